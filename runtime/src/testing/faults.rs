//! A link that fails as planned, around any other link.
//!
//! A plan counts calls and bytes; messages play no part in it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{BorrowedFd, OwnedFd};

use crate::conn::{Link, Received};

/// The environment variable that holds the seed of harmless faults, see [`Plan::of_environment`].
pub const SEED: &str = "WAYLINE_FAULTS";

/// Which calls of whoever has the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// [`Link::send`].
    Send,
    /// [`Link::receive`].
    Receive,
}

/// What a call can do instead of what was asked of it: all that a kernel may do to a stream socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkFault {
    /// It moves the bytes before this one and no more.
    Cut,
    /// As [`LinkFault::Cut`], and the next call fails once: nothing moves, but something would later.
    WouldBlock,
    /// As [`LinkFault::WouldBlock`], by a signal.
    Interrupted,
    /// It fails with this number of errno(3).
    Error(i32),
    /// It fails since too many fds of this user are in flight.
    Congested,
    /// The kernel closes the fds of a read and says so (`MSG_CTRUNC`).
    FdsLost,
    /// The last fd of a read is missing, and nobody says so.
    ShortFds,
}

/// When which faults happen.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Never.
    None,
    /// One fault, where that byte of the stream is about to be moved.
    At {
        /// In which calls.
        way: Way,
        /// Bytes that pass before it, this way.
        byte: usize,
        /// What happens.
        fault: LinkFault,
    },
    /// No call moves more bytes than this.
    Pieces(usize),
    /// Harmless ones now and then, see [`Plan::random`].
    Random(Random),
}

/// Where a series of harmless faults stands: a generator that the seed starts (xorshift64).
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    /// Calls that failed one after the other, each way.
    failed: [u32; 2],
}

/// Calls of one way that [`Plan::random`] lets fail in a row at most: whoever asks more often knows that nothing is there.
pub const PATIENCE: u32 = 3;

/// What becomes of one call.
enum Step {
    Move(usize),
    Fail(io::Error),
    Lose,
    Shorten,
}

impl Plan {
    /// Harmless faults from a seed: short calls, `EAGAIN` and `EINTR`. The same seed gives the same faults.
    #[must_use]
    pub fn random(seed: u64) -> Plan {
        // The state must not be 0, and seeds that follow each other must not begin alike.
        Plan::Random(Random { state: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15), failed: [0; 2] })
    }

    /// [`Plan::random`] with the seed in [`SEED`] (`WAYLINE_FAULTS`), and nothing without it: how a test replays what failed.
    /// Each link of a thread, and so of a test, has faults of its own.
    #[must_use]
    pub fn of_environment() -> Plan {
        thread_local!(static LINKS: Cell<u64> = const { Cell::new(0) });
        let link = LINKS.replace(LINKS.get() + 1);
        let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse::<u64>().ok());
        seed.map_or(Plan::None, |seed| Plan::random(seed << 32 | link))
    }
}

impl Random {
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn step(&mut self, way: Way) -> Step {
        let failed = self.failed[way as usize];
        let fails = failed < PATIENCE && self.next() >> 32 & 3 == 0;
        self.failed[way as usize] = if fails { failed + 1 } else { 0 };
        match self.next() >> 32 & 7 {
            choice if fails => {
                Step::Fail(if choice & 1 == 0 { ErrorKind::WouldBlock } else { ErrorKind::Interrupted }.into())
            }
            0..4 => Step::Move(usize::MAX),
            // Mostly within a message or two, now and then within a batch.
            4..7 => Step::Move(1 + (self.next() >> 32) as usize % 40),
            _ => Step::Move(1 + (self.next() >> 32) as usize % 5000),
        }
    }
}

/// A link around another one, with planned faults.
///
/// ```
/// use wayline::testing::{LinkFault, FaultyLink, Plan, Way};
/// use wayline::{Link, MemoryLink};
///
/// let (one, _other) = MemoryLink::pair();
/// let mut link = FaultyLink::new(one, Plan::At { way: Way::Send, byte: 4, fault: LinkFault::WouldBlock });
/// assert_eq!(link.send(b"message", &[]).unwrap(), 4);
/// assert!(link.send(b"age", &[]).is_err());
/// assert_eq!(link.send(b"age", &[]).unwrap(), 3);
/// ```
#[derive(Debug)]
pub struct FaultyLink<L> {
    link: L,
    plan: Plan,
    /// Bytes moved so far, each way.
    sent: usize,
    received: usize,
}

impl<L> FaultyLink<L> {
    /// This link with this plan.
    pub fn new(link: L, plan: Plan) -> FaultyLink<L> {
        FaultyLink { link, plan, sent: 0, received: 0 }
    }

    fn step(&mut self, way: Way) -> Step {
        let moved = if way == Way::Send { self.sent } else { self.received };
        let fault = match &mut self.plan {
            Plan::Random(random) => return random.step(way),
            Plan::Pieces(size) => return Step::Move(*size),
            Plan::At { way: where_, byte, .. } if *where_ == way && moved < *byte => return Step::Move(*byte - moved),
            Plan::At { way: where_, fault, .. } if *where_ == way => *fault,
            Plan::None | Plan::At { .. } => return Step::Move(usize::MAX),
        };
        let error: io::Error = match fault {
            LinkFault::FdsLost => return Step::Lose,
            LinkFault::ShortFds => return Step::Shorten,
            LinkFault::Cut => {
                self.plan = Plan::None;
                return Step::Move(usize::MAX);
            }
            LinkFault::WouldBlock => ErrorKind::WouldBlock.into(),
            LinkFault::Interrupted => ErrorKind::Interrupted.into(),
            LinkFault::Congested => ErrorKind::QuotaExceeded.into(),
            LinkFault::Error(number) => io::Error::from_raw_os_error(number),
        };
        self.plan = Plan::None;
        Step::Fail(error)
    }
}

impl<L: Link> Link for FaultyLink<L> {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        let most = match self.step(Way::Send) {
            Step::Move(most) => most.min(bytes.len()),
            Step::Fail(error) => return Err(error),
            Step::Lose | Step::Shorten => bytes.len(),
        };
        let sent = self.link.send(&bytes[..most], fds).inspect_err(|error| {
            // Reads from a peer that is gone never have to wait.
            if error.kind() != ErrorKind::WouldBlock && matches!(self.plan, Plan::Random(_)) {
                self.plan = Plan::None;
            }
        })?;
        self.sent += sent;
        Ok(sent)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        let step = self.step(Way::Receive);
        let most = match step {
            Step::Move(most) => most.min(buffer.len()),
            Step::Fail(error) => return Err(error),
            Step::Lose | Step::Shorten => buffer.len(),
        };
        let before = fds.len();
        let mut received = self.link.receive(&mut buffer[..most], fds)?;
        self.received += received.bytes;
        if fds.len() > before {
            match step {
                Step::Lose => {
                    fds.truncate(before);
                    received.fds_lost = true;
                }
                Step::Shorten => {
                    fds.pop_back();
                    self.plan = Plan::None;
                }
                Step::Move(_) | Step::Fail(_) => {}
            }
        }
        Ok(received)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_fd()
    }
}
