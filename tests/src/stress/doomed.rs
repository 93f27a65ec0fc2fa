//! A client process that is there to be killed.
//!
//! Knows how to be in the middle of something: each kind says its piece in small steps, a byte on standard output after
//! each, and then waits for its end. Never asks the server anything, so that it dies just as well beside a stopped one:
//! the names of the globals it binds come with the command line.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::fs::{MemfdFlags, SealFlags};

use super::animator::Animator;
use crate::protocol::{display, native, probe, registry, shm};
use crate::server::Global;
use crate::socket::{Stream, wait_fd};
use crate::wire::{DISPLAY, Message};

/// The hidden part of the `conform` command that is a doomed client.
pub const DOOMED: &str = "doomed";

/// The word behind the orders of one who animates until standard input ends, and then tells how many frames it had and
/// the longest time between two of them in microseconds.
pub const FRAMES: &str = "frames";

/// How long a write may take before the doomed client stops saying anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first requests, cut anywhere.
    Handshake,
    /// A message with three fds that come with different bytes of it.
    Fds,
    /// Hundreds of requests, the answers unread.
    Unread,
    /// Messages that each wait for their second half.
    Half,
    /// A pool, sealed and mapped by the server, with buffers.
    Pool,
    /// Showing pictures, a frame at a time.
    Animate,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Handshake, Self::Fds, Self::Unread, Self::Half, Self::Pool, Self::Animate];

    /// Those that never wait for an answer.
    pub const DEAF: [Self; 5] = [Self::Handshake, Self::Fds, Self::Unread, Self::Half, Self::Pool];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Fds => "fds",
            Self::Unread => "unread",
            Self::Half => "half",
            Self::Pool => "pool",
            Self::Animate => "animate",
        }
    }

    /// The kind called that.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Everything a doomed client is told.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Where the server listens.
    pub socket: PathBuf,
    /// What to be in the middle of.
    pub kind: Kind,
    /// Names of the globals: of the probe, of `wl_shm`, of `way_shm`; 0 for one that is not offered.
    pub names: [u32; 3],
}

impl Orders {
    /// Orders for a server with these globals.
    #[must_use]
    pub fn new(socket: &Path, kind: Kind, globals: &[Global]) -> Self {
        let name = |interface: &str| globals.iter().find(|global| global.interface == interface).map_or(0, |g| g.name);
        let names = [name(probe::NAME), name("wl_shm"), name(native::SHM)];
        Self { socket: socket.to_owned(), kind, names }
    }

    /// As words of a command line.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![DOOMED.to_owned(), self.socket.display().to_string(), self.kind.name().to_owned()];
        words.extend(self.names.iter().map(u32::to_string));
        words
    }
}

/// Some bytes and the fds that go with the first of them.
type Step = (Vec<u8>, Vec<OwnedFd>);

/// Carries out the orders, then waits until standard input ends.
///
/// # Errors
/// When the server cannot be connected to, or standard output is gone.
pub fn be(orders: &Orders) -> io::Result<()> {
    if orders.kind == Kind::Animate {
        animate(&orders.socket)?;
    } else {
        let stream = Stream::connect(&orders.socket).map_err(io::Error::other)?;
        for (bytes, fds) in steps(orders)? {
            let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
            // The server may have had enough of it, which is as good as being killed.
            if stream.send(&bytes, &fds, PATIENCE).is_err() {
                break;
            }
            tell()?;
        }
        wait()?;
    }
    Ok(())
}

/// More steps than any doomed client is asked for.
pub(super) const ENOUGH: usize = 16;

/// Says that a step is done.
fn tell() -> io::Result<()> {
    let mut output = io::stdout();
    output.write_all(b".")?;
    output.flush()
}

/// Says that no more steps will come, and waits until the kit closes standard input, or is gone itself.
fn wait() -> io::Result<()> {
    (0..ENOUGH).try_for_each(|_| tell())?;
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}

fn animate(socket: &Path) -> io::Result<()> {
    let animator = Animator::open(socket, PATIENCE).map_err(|stop| io::Error::other(format!("{stop:?}")));
    let Ok(mut animator) = animator else { return wait() };
    tell()?;
    while animator.frame().is_ok() {
        tell()?;
    }
    wait()
}

/// Animates until standard input ends, then tells the frames and the longest time between two in microseconds.
///
/// # Errors
/// As [`be`], and when the server stops asking for frames.
pub fn count_frames(socket: &Path) -> io::Result<()> {
    let failed = |stop| io::Error::other(format!("{stop:?}"));
    let mut animator = Animator::open(socket, PATIENCE).map_err(failed)?;
    let (mut frames, mut longest) = (0, Duration::ZERO);
    let mut last = Instant::now();
    while !wait_fd(io::stdin().as_fd(), PollFlags::IN, Instant::now()).map_err(io::Error::other)? {
        animator.frame().map_err(failed)?;
        let now = Instant::now();
        (frames, longest) = (frames + 1, longest.max(now - last));
        last = now;
    }
    println!("{frames} {}", longest.as_micros());
    Ok(())
}

fn steps(orders: &Orders) -> io::Result<Vec<Step>> {
    Ok(match orders.kind {
        Kind::Handshake | Kind::Animate => cut(&handshake(orders), 5),
        Kind::Fds => fds(orders)?,
        Kind::Unread => (0..20).map(|chunk| (syncs(2 + chunk * 50, 50), Vec::new())).collect(),
        Kind::Half => cut(&syncs(2, 10), 6),
        Kind::Pool => pool(orders)?,
    })
}

/// `bytes` in pieces of `size`, which is no multiple of a word if it can be helped.
fn cut(bytes: &[u8], size: usize) -> Vec<Step> {
    bytes.chunks(size).map(|piece| (piece.to_vec(), Vec::new())).collect()
}

fn syncs(first: u32, count: u32) -> Vec<u8> {
    (first..first + count).flat_map(|id| Message::new(DISPLAY, display::SYNC).uint(id).bytes()).collect()
}

fn get_registry() -> Vec<u8> {
    Message::new(DISPLAY, display::GET_REGISTRY).uint(2).bytes()
}

fn bind(name: u32, interface: &str, id: u32) -> Vec<u8> {
    Message::new(2, registry::BIND).uint(name).string(interface).uint(1).uint(id).bytes()
}

/// A registry and the first global that the doomed client knows, bound as object 3.
fn handshake(orders: &Orders) -> Vec<u8> {
    let mut bytes = get_registry();
    let known = [probe::NAME, "wl_shm", native::SHM];
    if let Some((name, interface)) = orders.names.into_iter().zip(known).find(|(name, _)| *name != 0) {
        bytes.extend(bind(name, interface, 3));
    }
    bytes
}

/// The probe's message with two fds, or just syncs, with an fd at each of the first three pieces.
fn fds(orders: &Orders) -> io::Result<Vec<Step>> {
    let mut steps = cut(&handshake(orders), 64);
    let message = if orders.names[0] == 0 {
        syncs(4, 2)
    } else {
        Message::new(3, probe::TAKE_THREE).string("one fd more than it takes").bytes()
    };
    let mut pieces = cut(&message, 7);
    for (_, fds) in pieces.iter_mut().take(3) {
        fds.push(memory(4096)?);
    }
    steps.extend(pieces);
    Ok(steps)
}

/// A pool of `wl_shm`, or else of `way_shm`, sealed so that the server may map it; it grows while it is in use.
fn pool(orders: &Orders) -> io::Result<Vec<Step>> {
    const SIZE: i32 = 64 << 10;
    let [_, wayland, own] = orders.names;
    let (name, interface, opcodes) = match (wayland, own) {
        (0, 0) => return Ok(cut(&handshake(orders), 5)),
        (0, own) => (own, native::SHM, [native::CREATE_POOL, native::CREATE_BUFFER, native::RESIZE]),
        (wayland, _) => (wayland, "wl_shm", [shm::CREATE_POOL, shm::CREATE_BUFFER, shm::RESIZE]),
    };
    let [create_pool, create_buffer, resize] = opcodes;
    let create = Message::new(3, create_pool).uint(4).int(SIZE).bytes();
    let mut steps = vec![
        (get_registry(), Vec::new()),
        (bind(name, interface, 3), Vec::new()),
        (create, vec![memory(2 * SIZE as u64)?]),
    ];
    for n in 0..8 {
        let buffer = Message::new(4, create_buffer).uint(5 + n).int(0).int(64).int(64).int(256).uint(shm::XRGB8888);
        steps.extend(cut(&buffer.bytes(), 18));
    }
    steps.push((Message::new(4, resize).int(2 * SIZE).bytes(), Vec::new()));
    steps.push((vec![4, 0, 0], Vec::new()));
    Ok(steps)
}

/// A memfd that cannot shrink.
fn memory(size: u64) -> io::Result<OwnedFd> {
    let fd = rustix::fs::memfd_create("doomed", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    rustix::fs::ftruncate(&fd, size)?;
    rustix::fs::fcntl_add_seals(&fd, SealFlags::SHRINK)?;
    Ok(fd)
}
