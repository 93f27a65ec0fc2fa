//! Why there is no window, or none any more. Each text says what failed; its source says why.

use std::io;

use wayline::io::connect::ConnectError;
use wayline::io::shm::ShmError;
use wayline::{BindError, Disconnect, ObjectError, SendError};

use crate::size::Size;

/// Why there is no window, or none any more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection was made. The text says what to do.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection has ended.
    #[error("lost the compositor")]
    Lost(#[from] Disconnect),
    /// The compositor does not offer what a window needs. Another one may.
    #[error("this compositor cannot run the app")]
    Bind(#[from] BindError),
    /// A request could not be queued.
    #[error("cannot send a request")]
    Send(#[from] SendError),
    /// The connection failed in another way, or there was no answer in time.
    #[error("trouble with the connection")]
    Wayline(#[source] wayline::Error),
    /// Shared memory cannot be had.
    #[error("trouble with a buffer")]
    Buffer(#[from] ShmError),
    /// Waiting failed.
    #[error("trouble with the event loop")]
    Loop(#[source] calloop::Error),
    /// The kernel refused something else.
    #[error("a system call failed")]
    Io(#[from] io::Error),
    /// A window must have a side of 1 to 16384 pixels.
    #[error("no buffer has {size} pixels")]
    Size {
        /// What was asked for.
        size: Size,
    },
    /// The pixels that were given are not as many as the size and the stride say.
    #[error("{bytes} bytes in rows of {stride} are no picture of {size} pixels")]
    Picture {
        /// What was to be shown.
        size: Size,
        /// Bytes from one row to the next.
        stride: usize,
        /// All bytes.
        bytes: usize,
    },
}

impl From<wayline::Error> for Error {
    fn from(error: wayline::Error) -> Error {
        match error {
            wayline::Error::Connect(error) => error.into(),
            wayline::Error::Disconnected(reason) => reason.into(),
            wayline::Error::Bind(error) => error.into(),
            wayline::Error::Send(error) => error.into(),
            wayline::Error::Io(error) => error.into(),
            other => Error::Wayline(other),
        }
    }
}

/// The end of the connection ends the dispatch of a loop, too: what it says is unpacked.
impl From<calloop::Error> for Error {
    fn from(error: calloop::Error) -> Error {
        match error {
            calloop::Error::OtherError(other) => match other.downcast::<wayline::Error>() {
                Ok(ours) => (*ours).into(),
                Err(other) => Error::Loop(calloop::Error::OtherError(other)),
            },
            error => Error::Loop(error),
        }
    }
}

impl From<ObjectError> for Error {
    fn from(gone: ObjectError) -> Error {
        Error::Send(gone.into())
    }
}
