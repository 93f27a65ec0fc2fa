//! Fences: eventfds that say "the pixels are ready" or "the buffer is free again".
//!
//! A fence works with any event loop: it is [`AsFd`], and readable once it is
//! signalled. Signalling and taking never wait, whatever the other holders of the
//! eventfd do to it; [`Fence::wait`] is for programs without a loop.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::{CWD, OFlags, fcntl_getfl, readlinkat_raw};
use rustix::io::{Errno, ReadWriteFlags, preadv2, retry_on_intr};

use self::signaller::Signaller;
use super::stranger;

mod signaller;

/// What /proc shows an eventfd to be.
const EVENTFD_LINK: &[u8] = b"anon_inode:[eventfd]";

/// An eventfd that one process signals and another waits for.
///
/// Passing one over a connection duplicates the descriptor, not the eventfd:
/// both sides share its counter *and its flags*. Nothing here therefore relies
/// on `O_NONBLOCK` (S05).
///
/// An eventfd never reports that its other holders are gone (S02). A
/// wait for a fence must be given up together with the connection it came from:
/// drop the fence when the client goes, or use [`Fence::wait`].
///
/// ```
/// use wayline::io::fence::Fence;
///
/// let fence = Fence::new()?;
/// // What a message carries, and what the peer makes of it.
/// let theirs = Fence::from_fd(fence.try_clone()?.into())?;
/// assert!(!fence.is_signalled()?);
/// theirs.signal()?;
/// assert_eq!(fence.take()?, Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Fence(OwnedFd);

impl Fence {
    /// A new fence, not signalled, with close-on-exec and `O_NONBLOCK` set.
    ///
    /// # Errors
    /// What the kernel says, `EMFILE` for instance.
    pub fn new() -> io::Result<Fence> {
        Ok(Fence(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    /// Makes a fence of a received descriptor, after a look whether it is an
    /// eventfd at all: other kinds could block us or stay readable for ever. The
    /// look changes nothing and costs one system call; where AIO is denied it is
    /// a slower one, at /proc.
    ///
    /// An eventfd in semaphore mode is accepted; [`Fence::take`] then returns 1
    /// for each signal.
    ///
    /// # Errors
    /// [`FenceError::NotAnEventfd`], or [`FenceError::Unverifiable`] without AIO
    /// and a mounted /proc. The descriptor is closed in both cases.
    pub fn from_fd(fd: OwnedFd) -> Result<Fence, FenceError> {
        if Signaller::shared().knows(fd.as_fd()) { Ok(Fence(fd)) } else { Fence::from_fd_by_proc(fd) }
    }

    fn from_fd_by_proc(fd: OwnedFd) -> Result<Fence, FenceError> {
        match check_by_proc(&fd) {
            Ok(()) => Ok(Fence(fd)),
            Err(error) => {
                // Its end could make us wait.
                stranger::dispose(fd, None);
                Err(error)
            }
        }
    }

    /// Signals the fence. Signals add up until [`Fence::take`]; one that finds
    /// the counter full is not counted, since the fence is signalled anyway.
    ///
    /// Never waits, whatever the peer does with the eventfd and its flags: the
    /// kernel signals it itself, by Linux AIO. Where AIO is denied, a thread
    /// does, which a hostile peer can hold; signals beyond the 64 that may then
    /// wait are lost, and the log says so once.
    ///
    /// # Errors
    /// What the kernel says: `ENOMEM`, and without AIO `EMFILE`.
    pub fn signal(&self) -> io::Result<()> {
        Signaller::shared().signal(&[self.as_fd()])
    }

    /// Signals many fences with fewer system calls than one by one.
    ///
    /// # Errors
    /// As [`Fence::signal`]; fences behind the failing one may not be signalled.
    pub fn signal_all<'a>(fences: impl IntoIterator<Item = &'a Fence>) -> io::Result<()> {
        let eventfds: Vec<_> = fences.into_iter().map(Fence::as_fd).collect();
        Signaller::shared().signal(&eventfds)
    }

    /// How often the fence was signalled since the last call; `None` if it was
    /// not, or if another holder took the signals first. Never blocks, whatever
    /// the peer does to the flags (S05, S06).
    ///
    /// # Errors
    /// What the kernel says; `Unsupported` before Linux 5.8.
    pub fn take(&self) -> io::Result<Option<u64>> {
        let mut count = [0; 8];
        let read =
            retry_on_intr(|| preadv2(&self.0, &mut [IoSliceMut::new(&mut count)], u64::MAX, ReadWriteFlags::NOWAIT));
        match read {
            Ok(_) => Ok(Some(u64::from_ne_bytes(count))),
            Err(Errno::AGAIN) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the fence is signalled. The signals stay.
    ///
    /// # Errors
    /// What the kernel says, `ENOMEM` for instance.
    pub fn is_signalled(&self) -> io::Result<bool> {
        self.is_ready(PollFlags::IN)
    }

    /// Blocks until the fence is signalled, the peer of `connection` is gone, or
    /// the time is over; takes the signals in the first case. For programs
    /// without an event loop. Data waiting on the connection does not end it.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn wait(&self, connection: impl AsFd, timeout: Option<Duration>) -> io::Result<Wait> {
        // A time too far away to express is no limit.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            let mut fds =
                [PollFd::new(&self.0, PollFlags::IN), PollFd::from_borrowed_fd(connection.as_fd(), PollFlags::RDHUP)];
            let ready = poll(&mut fds, left.as_ref());
            let gone = !fds[1].revents().is_empty();
            match ready {
                Err(Errno::INTR) => continue,
                result if result? == 0 => return Ok(Wait::TimedOut),
                _ => {}
            }
            if let Some(count) = self.take()? {
                return Ok(Wait::Signalled(count));
            }
            if gone {
                return Ok(Wait::PeerGone);
            }
        }
    }

    /// Another descriptor of the same eventfd, to keep one and pass one on.
    ///
    /// # Errors
    /// What the kernel says, `EMFILE` for instance.
    pub fn try_clone(&self) -> io::Result<Fence> {
        Ok(Fence(self.0.try_clone()?))
    }

    fn is_ready(&self, events: PollFlags) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.0, events)];
        retry_on_intr(|| poll(&mut fds, Some(&Timespec::default())))?;
        Ok(fds[0].revents().contains(events))
    }
}

fn check_by_proc(fd: &OwnedFd) -> Result<(), FenceError> {
    // Formatted on the stack: without AIO this runs for each frame of each client.
    let mut path = [0; 32];
    write!(&mut path[..], "/proc/self/fd/{}", fd.as_raw_fd()).map_err(FenceError::Unverifiable)?;
    let length = path.iter().position(|&byte| byte == 0).unwrap_or(path.len());
    let mut link = [MaybeUninit::uninit(); EVENTFD_LINK.len() + 1];
    let (link, _) =
        readlinkat_raw(CWD, &path[..length], &mut link[..]).map_err(|error| FenceError::Unverifiable(error.into()))?;
    // A file with that name can exist, but one opened by O_PATH has no counter to use.
    let path = fcntl_getfl(fd).map_err(|error| FenceError::Unverifiable(error.into()))?.contains(OFlags::PATH);
    if link == EVENTFD_LINK && !path { Ok(()) } else { Err(FenceError::NotAnEventfd) }
}

/// How a [`Fence::wait`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The fence was signalled, this many times.
    Signalled(u64),
    /// The peer closed its end of the connection; nobody may be left to signal.
    PeerGone,
    /// The time is over.
    TimedOut,
}

impl AsFd for Fence {
    /// Readable while the fence is signalled.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<Fence> for OwnedFd {
    fn from(fence: Fence) -> OwnedFd {
        fence.0
    }
}

/// Why a received descriptor is no fence.
#[derive(Debug)]
#[non_exhaustive]
pub enum FenceError {
    /// It is some other kind of file.
    NotAnEventfd,
    /// /proc could not be asked.
    Unverifiable(io::Error),
}

impl fmt::Display for FenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FenceError::NotAnEventfd => f.write_str("the descriptor is not an eventfd"),
            FenceError::Unverifiable(_) => {
                f.write_str("cannot tell whether a descriptor is an eventfd; is /proc mounted?")
            }
        }
    }
}

impl StdError for FenceError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            FenceError::Unverifiable(source) => Some(source),
            FenceError::NotAnEventfd => None,
        }
    }
}

#[cfg(test)]
mod tests;
