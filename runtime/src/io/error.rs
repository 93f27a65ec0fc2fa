//! The error of programs that set up a server or a connection and wait for it.
//!
//! Gathers the errors of all layers below, so that `main` can use `?`.

use std::error::Error as StdError;
use std::{fmt, io};

use crate::error::{BindError, Disconnect, GlobalError, LimitError, ObjectError, ProtocolError, SendError};
use crate::io::shm::LayoutError;

/// What can go wrong when a program sets up its server or its connection.
///
/// `Debug` shows the same text as `Display`, which says what to do: that is what a program prints whose `main` returns
/// [`Result`](crate::Result).
///
/// ```
/// let error = wayline::Error::TimedOut;
/// assert_eq!(format!("Error: {error:?}"), "Error: the server does not answer");
/// ```
#[non_exhaustive]
pub enum Error {
    /// The server's name could not be taken.
    Listen(crate::io::listener::ListenError),
    /// There is no server to connect to.
    Connect(crate::io::connect::ConnectError),
    /// A name has no address.
    Address(crate::io::path::AddressError),
    /// A descriptor that the environment announces cannot be used.
    Inherit(crate::io::inherit::InheritError),
    /// A waiting connection could not be taken.
    Accept(crate::io::listener::AcceptError),
    /// A global cannot be offered.
    Global(GlobalError),
    /// A global cannot be bound.
    Bind(BindError),
    /// The connection ended.
    Disconnected(Disconnect),
    /// A message could not be queued.
    Send(SendError),
    /// Shared memory could not be made or used.
    Shm(crate::io::shm::ShmError),
    /// A buffer does not fit its pool.
    Layout(LayoutError),
    /// A descriptor is no fence.
    Fence(crate::io::fence::FenceError),
    /// A limit would be crossed.
    Limit(LimitError),
    /// An object was not found.
    Object(ObjectError),
    /// Called from within a handler of the same connection, where waiting
    /// would turn the order of messages around.
    Reentrant,
    /// The link has no descriptor to wait on ([`Link::as_fd`](crate::Link::as_fd)) and nothing to read. Whoever feeds it
    /// calls [`client::turn`](crate::client::turn) when there is something.
    CannotWait,
    /// The server did not answer in the time that was allowed.
    TimedOut,
    /// A system call failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Listen(error) => error.fmt(f),
            Error::Connect(error) => error.fmt(f),
            Error::Address(error) => error.fmt(f),
            Error::Inherit(error) => error.fmt(f),
            Error::Accept(error) => error.fmt(f),
            Error::Global(error) => error.fmt(f),
            Error::Bind(error) => error.fmt(f),
            Error::Disconnected(error) => error.fmt(f),
            Error::Send(error) => error.fmt(f),
            Error::Shm(error) => error.fmt(f),
            Error::Layout(error) => error.fmt(f),
            Error::Fence(error) => error.fmt(f),
            Error::Limit(error) => error.fmt(f),
            Error::Object(error) => error.fmt(f),
            Error::Reentrant => f.write_str("cannot wait for the server from within a handler"),
            Error::CannotWait => f.write_str("the connection's link has no descriptor to wait on"),
            Error::TimedOut => f.write_str("the server does not answer"),
            Error::Io(error) => error.fmt(f),
        }
    }
}

impl Error {
    /// The error event by which the server ended the connection; `None` for every other error.
    /// [`ProtocolError::is`] tells which one it is.
    #[must_use]
    pub fn protocol_error(&self) -> Option<&ProtocolError> {
        match self {
            Error::Disconnected(reason) => reason.protocol_error(),
            _ => None,
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::Listen(error) => error.source(),
            Error::Connect(error) => error.source(),
            Error::Inherit(error) => error.source(),
            Error::Accept(error) => error.source(),
            Error::Fence(error) => error.source(),
            Error::Shm(error) => error.source(),
            Error::Io(error) => error.source(),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($error:path => $variant:ident,)+) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Error {
                Error::$variant(error)
            }
        }
    )+};
}

from! {
    crate::io::listener::ListenError => Listen,
    crate::io::connect::ConnectError => Connect,
    crate::io::path::AddressError => Address,
    crate::io::inherit::InheritError => Inherit,
    crate::io::listener::AcceptError => Accept,
    GlobalError => Global,
    BindError => Bind,
    Disconnect => Disconnected,
    SendError => Send,
    crate::io::shm::ShmError => Shm,
    LayoutError => Layout,
    crate::io::fence::FenceError => Fence,
    LimitError => Limit,
    ObjectError => Object,
    io::Error => Io,
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// [`std::result::Result`] with [`Error`].
pub type Result<T = (), E = Error> = std::result::Result<T, E>;
