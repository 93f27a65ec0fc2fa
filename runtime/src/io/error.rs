//! The error of programs that set up a server or a connection and wait for it.
//!
//! Gathers the errors of all layers below, so that `main` can use `?`.

use std::{fmt, io};

use crate::error::{BindError, Disconnect, GlobalError, ObjectError, SendError};

/// What can go wrong when a program sets up its server or its connection.
///
/// `Debug` shows the same text as `Display`, which says what to do: that is what a program prints whose `main` returns
/// [`Result`](crate::Result).
///
/// ```
/// let error = wayline::Error::TimedOut;
/// assert_eq!(format!("Error: {error:?}"), "Error: the server does not answer");
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server's name could not be taken.
    #[error(transparent)]
    Listen(#[from] crate::io::listener::BindError),
    /// There is no server to connect to.
    #[error(transparent)]
    Connect(#[from] crate::io::connect::ConnectError),
    /// A global cannot be offered.
    #[error(transparent)]
    Global(#[from] GlobalError),
    /// A global cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The connection ended.
    #[error(transparent)]
    Disconnected(#[from] Disconnect),
    /// A message could not be queued.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Shared memory could not be made or used.
    #[error(transparent)]
    Shm(#[from] crate::io::shm::ShmError),
    /// An object was not found.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// Called from within a handler of the same connection, where waiting
    /// would turn the order of messages around.
    #[error("cannot wait for the server from within a handler")]
    Reentrant,
    /// The link has no descriptor to wait on ([`Link::as_fd`](crate::Link::as_fd)) and nothing to read. Whoever feeds it
    /// calls [`client::turn`](crate::client::turn) when there is something.
    #[error("the connection's link has no descriptor to wait on")]
    CannotWait,
    /// The server did not answer in the time that was allowed.
    #[error("the server does not answer")]
    TimedOut,
    /// A system call failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// [`std::result::Result`] with [`Error`].
pub type Result<T = (), E = Error> = std::result::Result<T, E>;
