//! What kind of thing a received descriptor is.
//!
//! A message says that it carries a descriptor, and not of what. Whoever reads from one that should be a pipe, and is a
//! socket or a directory, gets errors at best. The look here asks the kernel alone: it reads nothing, waits for nobody
//! and changes nothing.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::fs::{CWD, FileType, OFlags, SealFlags, fcntl_get_seals, fcntl_getfl, readlinkat};
use rustix::net::sockopt;

use super::mount;

/// The kind of a descriptor.
///
/// ```
/// use std::os::fd::OwnedFd;
/// use wayline::io::kind::Kind;
///
/// let (reader, writer) = std::io::pipe()?;
/// assert_eq!(Kind::of(&reader)?, Kind::Pipe { reads: true, writes: false });
/// // What a handler does with a descriptor to which it is to write a selection:
/// let sink = Kind::demand(OwnedFd::from(writer), "a pipe to write to", |kind| {
///     matches!(kind, Kind::Pipe { writes: true, .. })
/// })?;
/// # drop(sink);
/// // A message could have carried anything.
/// let error = Kind::demand(OwnedFd::from(std::fs::File::open("/")?), "a pipe", |kind| matches!(kind, Kind::Pipe { .. }));
/// assert_eq!(error.unwrap_err().to_string(), "a pipe is wanted, not a directory");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Memory: a memfd, or a file on a tmpfs. [`io::shm`](crate::io::shm) maps it safely.
    Memory {
        /// Whether its size cannot fall (`F_SEAL_SHRINK`).
        keeps_size: bool,
        /// Whether nobody can write to it (`F_SEAL_WRITE`).
        constant: bool,
    },
    /// A regular file on another file system.
    File,
    /// A directory.
    Directory,
    /// One end of a pipe, or a FIFO.
    Pipe {
        /// Whether it is open for reading.
        reads: bool,
        /// Whether it is open for writing.
        writes: bool,
    },
    /// A socket.
    Socket {
        /// Whether it is one that accepts connections.
        listens: bool,
    },
    /// An eventfd, which can be a [`Fence`](crate::io::fence::Fence).
    Eventfd,
    /// A process (pidfd_open(2)).
    Process,
    /// A timer (timerfd_create(2)).
    Timer,
    /// Signals of a process (signalfd(2)).
    Signals,
    /// An epoll set.
    Epoll,
    /// Memory of a device (dma-buf).
    DmaBuf,
    /// A device, such as a terminal or a graphics card.
    Device,
    /// Something else.
    Other,
}

impl Kind {
    /// Looks what a descriptor is. Takes two or three system calls.
    ///
    /// # Errors
    /// What the kernel says; without `/proc` the kinds that have no name in the file system are [`Kind::Other`].
    pub fn of(fd: impl AsFd) -> io::Result<Kind> {
        let fd = fd.as_fd();
        let (kind, _) = mount::look(fd)?;
        Ok(match kind {
            FileType::Directory => Kind::Directory,
            FileType::Socket => Kind::Socket { listens: sockopt::socket_acceptconn(fd)? },
            FileType::Fifo => {
                let mode = fcntl_getfl(fd)? & OFlags::RWMODE;
                Kind::Pipe { reads: mode != OFlags::WRONLY, writes: mode != OFlags::RDONLY }
            }
            FileType::CharacterDevice | FileType::BlockDevice => Kind::Device,
            FileType::RegularFile => match fcntl_get_seals(fd) {
                Ok(seals) => Kind::Memory {
                    keeps_size: seals.contains(SealFlags::SHRINK),
                    constant: seals.intersects(SealFlags::WRITE),
                },
                Err(_) => named(fd, kind).unwrap_or(Kind::File),
            },
            _ => named(fd, kind).unwrap_or(Kind::Other),
        })
    }

    /// The descriptor, if it is of a kind that `fits`; otherwise it is closed. `expected` says in the error what is
    /// wanted, such as "a pipe to write to".
    ///
    /// # Errors
    /// [`KindError`], which names what was found.
    pub fn demand<F: AsFd>(fd: F, expected: &'static str, fits: impl FnOnce(Kind) -> bool) -> Result<F, KindError> {
        let found = Kind::of(&fd).map_err(KindError::Io)?;
        if fits(found) { Ok(fd) } else { Err(KindError::Wrong { expected, found }) }
    }
}

/// What the kernel calls a descriptor that is no file.
fn named(fd: BorrowedFd<'_>, kind: FileType) -> Option<Kind> {
    // Absolute paths are names of files, which anybody can choose; these are not.
    let name = readlinkat(CWD, format!("/proc/self/fd/{}", fd.as_raw_fd()), Vec::new()).ok()?;
    Some(match name.to_bytes() {
        b"anon_inode:[eventfd]" => Kind::Eventfd,
        b"anon_inode:[timerfd]" => Kind::Timer,
        b"anon_inode:[signalfd]" => Kind::Signals,
        b"anon_inode:[eventpoll]" => Kind::Epoll,
        b"anon_inode:[pidfd]" => Kind::Process,
        // Since Linux 6.9.
        name if name.starts_with(b"pidfd:[") => Kind::Process,
        // Anybody can name a file so, but a file is a regular one.
        name if name.starts_with(b"/dmabuf:") && kind == FileType::Unknown => Kind::DmaBuf,
        _ => return None,
    })
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Memory { .. } => "memory",
            Kind::File => "a file",
            Kind::Directory => "a directory",
            Kind::Pipe { reads: true, writes: false } => "the reading end of a pipe",
            Kind::Pipe { reads: false, .. } => "the writing end of a pipe",
            Kind::Pipe { .. } => "a pipe open both ways",
            Kind::Socket { listens: true } => "a listening socket",
            Kind::Socket { listens: false } => "a socket",
            Kind::Eventfd => "an eventfd",
            Kind::Process => "a process",
            Kind::Timer => "a timer",
            Kind::Signals => "a signalfd",
            Kind::Epoll => "an epoll set",
            Kind::DmaBuf => "a dma-buf",
            Kind::Device => "a device",
            Kind::Other => "something else",
        })
    }
}

/// Why a descriptor was not taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum KindError {
    /// It is of another kind.
    #[non_exhaustive]
    Wrong {
        /// What was wanted.
        expected: &'static str,
        /// What it is.
        found: Kind,
    },
    /// The kernel does not say what it is.
    Io(io::Error),
}

impl fmt::Display for KindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KindError::Wrong { expected, found } => write!(f, "{expected} is wanted, not {found}"),
            KindError::Io(error) => write!(f, "the kind of a descriptor is not known: {error}"),
        }
    }
}

impl std::error::Error for KindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            KindError::Io(error) => Some(error),
            KindError::Wrong { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
