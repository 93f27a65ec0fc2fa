//! A link with planned faults around any other link: all that a kernel may do to a stream socket.
//!
//! Knows calls, bytes and fds, no messages. A plan is one fault at one byte, or harmless faults from a seed, which a
//! test that fails prints; `WAYLINE_FAULTS=SEED` replays it. The probe programs of the conformance kit use it as well.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::io::Errno;
use wayline::{Link, Received};

/// The environment variable that holds the seed of harmless faults.
pub(crate) const SEED: &str = "WAYLINE_FAULTS";

/// Which calls of the owner of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Send,
    Receive,
}

/// What a call can do instead of what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It moves the bytes before this one and no more.
    Cut,
    /// As [`Fault::Cut`], and the next call fails once: nothing moves, but something would later.
    WouldBlock,
    /// As [`Fault::WouldBlock`], by a signal.
    Interrupted,
    /// It fails.
    Error(Errno),
    /// The kernel closes the fds of a read and says so (`MSG_CTRUNC`).
    FdsLost,
    /// The last fd of a read is missing, and nobody says so.
    ShortFds,
}

/// When which faults happen.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    None,
    /// One fault, where that byte of the stream is about to be moved.
    At {
        way: Way,
        byte: usize,
        fault: Fault,
    },
    /// No call moves more bytes than this.
    Pieces(usize),
    Random(Random),
}

/// Short calls, `EAGAIN` and `EINTR`, by a generator that the seed starts (xorshift64).
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
    /// Calls that failed one after the other, each way.
    failed: [u32; 2],
}

/// Failed calls of one way after which one succeeds: whoever asks more often knows that there is nothing left.
pub(crate) const PATIENCE: u32 = 3;

/// What becomes of one call.
enum Step {
    Move(usize),
    Fail(io::Error),
    Lose,
    Shorten,
}

impl Plan {
    /// Harmless faults from a seed.
    pub(crate) fn random(seed: u64) -> Plan {
        // The state must not be 0, and seeds that follow each other must not begin alike.
        Plan::Random(Random { state: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15), failed: [0; 2] })
    }

    /// What the environment asks for; another one for each link of a thread, and so of a test.
    pub(crate) fn of_environment() -> Plan {
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
            choice if fails => Step::Fail(if choice & 1 == 0 { Errno::AGAIN } else { Errno::INTR }.into()),
            0..4 => Step::Move(usize::MAX),
            // Mostly within a message or two, now and then within a batch.
            4..7 => Step::Move(1 + (self.next() >> 32) as usize % 40),
            _ => Step::Move(1 + (self.next() >> 32) as usize % 5000),
        }
    }
}

/// The link.
#[derive(Debug)]
pub(crate) struct Faulty<L> {
    link: L,
    plan: Plan,
    /// Bytes moved so far, each way.
    sent: usize,
    received: usize,
}

impl<L> Faulty<L> {
    pub(crate) fn new(link: L, plan: Plan) -> Faulty<L> {
        Faulty { link, plan, sent: 0, received: 0 }
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
        let error = match fault {
            Fault::FdsLost => return Step::Lose,
            Fault::ShortFds => return Step::Shorten,
            Fault::Cut => None,
            Fault::WouldBlock => Some(Errno::AGAIN),
            Fault::Interrupted => Some(Errno::INTR),
            Fault::Error(errno) => Some(errno),
        };
        self.plan = Plan::None;
        match error {
            None => Step::Move(usize::MAX),
            // As a link has to put it.
            Some(Errno::TOOMANYREFS) => Step::Fail(io::ErrorKind::QuotaExceeded.into()),
            Some(errno) => Step::Fail(errno.into()),
        }
    }
}

impl<L: Link> Link for Faulty<L> {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        let most = match self.step(Way::Send) {
            Step::Move(most) => most.min(bytes.len()),
            Step::Fail(error) => return Err(error),
            Step::Lose | Step::Shorten => bytes.len(),
        };
        let sent = self.link.send(&bytes[..most], fds).inspect_err(|error| {
            // Reads from a peer that is gone never have to wait.
            if error.kind() != io::ErrorKind::WouldBlock && matches!(self.plan, Plan::Random(_)) {
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
