//! Why there is no listener, and why a waiting client could not be taken.
//!
//! Each text says what whoever reads it can do.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::lstat;
use rustix::io::Errno;

use crate::io::path::{Address, AddressError};

/// Why there is no listener.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// The name has no address.
    Address(AddressError),
    /// Another server holds the name.
    InUse {
        /// The address.
        address: Address,
    },
    /// Something that is not a socket is in the way. It was left untouched.
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The directory does not exist.
    NoDirectory {
        /// Path of the socket.
        path: PathBuf,
    },
    /// No permission to create files there.
    PermissionDenied {
        /// Path of the socket.
        path: PathBuf,
    },
    /// The lock file beside the socket cannot be used. It was left untouched.
    LockFile {
        /// Path of the lock file.
        path: PathBuf,
        /// Why, and what to do if that is known.
        source: io::Error,
    },
    /// Somebody put another file in the place of the new socket. It was left untouched.
    Replaced {
        /// Path of the socket.
        path: PathBuf,
    },
    /// No automatic name is free.
    AllTaken {
        /// The directory.
        dir: PathBuf,
        /// How many names were tried.
        tried: u32,
    },
    /// A system call failed.
    Io {
        /// Path of the socket.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenError::Address(error) => error.fmt(f),
            ListenError::InUse { address } => {
                write!(f, "another server listens at `{address}`; stop it, or choose another name")
            }
            ListenError::NotASocket { path } => {
                write!(f, "`{}` exists and is not a socket; remove it, or choose another name", path.display())
            }
            ListenError::NoDirectory { path } => {
                write!(f, "the directory of `{}` does not exist; create it with mode 0700", path.display())
            }
            ListenError::PermissionDenied { path } => {
                write!(f, "no permission to create `{}`; choose a directory of your own", path.display())
            }
            ListenError::LockFile { path, .. } => write!(f, "cannot lock `{}`", path.display()),
            ListenError::Replaced { path } => {
                write!(f, "somebody replaced `{}` while it was made; choose a directory of your own", path.display())
            }
            ListenError::AllTaken { dir, tried } => {
                write!(f, "all {tried} automatic names in `{}` are taken; stop a server, or give a name", dir.display())
            }
            ListenError::Io { path, .. } => write!(f, "cannot listen at `{}`", path.display()),
        }
    }
}

impl StdError for ListenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            ListenError::LockFile { source, .. } | ListenError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<AddressError> for ListenError {
    fn from(error: AddressError) -> ListenError {
        ListenError::Address(error)
    }
}

impl ListenError {
    /// A failure at the lock file of a socket.
    pub(super) fn from_lock(socket: &Path, lock: &Path, source: io::Error) -> ListenError {
        let reason = match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                return ListenError::NoDirectory { path: socket.to_owned() };
            }
            // Without a file it is the directory that cannot be written.
            _ if lstat(lock).is_err() => return ListenError::from_io(socket, source),
            io::ErrorKind::PermissionDenied => "it belongs to somebody else; choose another name",
            _ if source.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => "it is a symbolic link; remove it",
            io::ErrorKind::IsADirectory => "it is a directory; remove it, or choose another name",
            _ => return ListenError::LockFile { path: lock.to_owned(), source },
        };
        ListenError::LockFile { path: lock.to_owned(), source: io::Error::new(source.kind(), reason) }
    }

    pub(super) fn from_io(path: &Path, source: io::Error) -> ListenError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ListenError::NoDirectory { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                ListenError::PermissionDenied { path }
            }
            _ => ListenError::Io { path, source },
        }
    }
}

/// Why a waiting connection could not be taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum AcceptError {
    /// The process or the system has no descriptor or memory left. The
    /// connection stays in the queue and the listener stays readable, so a loop
    /// that only tries again spins (K17). Stop polling the listener until a client
    /// was dropped or some time has passed, or turn the waiting client away with [`Listener::refuse`](super::Listener::refuse).
    Exhausted(io::Error),
    /// Another failure; the listener itself is of no use any more.
    Io(io::Error),
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AcceptError::Exhausted(_) => f.write_str("no descriptor or memory left for another client"),
            AcceptError::Io(_) => f.write_str("cannot accept connections"),
        }
    }
}

impl StdError for AcceptError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let (AcceptError::Exhausted(source) | AcceptError::Io(source)) = self;
        Some(source)
    }
}
