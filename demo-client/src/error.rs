//! Why an app ends before it is done. Each text says what failed; its source says why.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use image::ImageError;
use wayline::io::connect::ConnectError;
use wayline::io::shm::ShmError;
use wayline::{BindError, Disconnect, ObjectError, SendError};

use crate::size::Size;

/// Why an app ends before it is done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection was made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection is gone.
    #[error("lost the compositor")]
    Lost(#[from] Disconnect),
    /// Something that the app needs is not offered.
    #[error("this compositor cannot run the app")]
    Bind(#[from] BindError),
    /// A request could not be queued.
    #[error("cannot send a request")]
    Send(#[from] SendError),
    /// Anything else about the connection.
    #[error("trouble with the connection")]
    Wayline(#[source] wayline::Error),
    /// Shared memory cannot be had, or not be used.
    #[error("trouble with a buffer")]
    Buffer(#[from] ShmError),
    /// Waiting failed.
    #[error("trouble with the event loop")]
    Loop(#[from] calloop::Error),
    /// The kernel refused something else.
    #[error("a system call failed")]
    Io(#[from] io::Error),
    /// Nobody reads standard output any more, for instance.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// A file is missing, or no picture.
    #[error("cannot read the picture `{}`", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ImageError,
    },
    /// A file was not written.
    #[error("cannot write `{}`", path.display())]
    Save {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: ImageError,
    },
    /// The compositor offers no protocol, or none that is known here, to take pictures with.
    #[error("this compositor offers nothing to capture the screen with")]
    NoCapture,
    /// There is nothing to capture.
    #[error("the compositor has no screen")]
    NoScreen,
    /// There is no screen of that name.
    #[error("there is no screen `{name}`; the compositor has {}", known.join(", "))]
    UnknownScreen {
        /// What was asked for.
        name: String,
        /// The screens that there are.
        known: Vec<String>,
    },
    /// The part to be captured is not on the screen.
    #[error("the corner lies outside of the screen, which has {whole} pixels")]
    Outside {
        /// The size of the screen.
        whole: Size,
    },
    /// No buffer can be that large.
    #[error("{size} pixels are more than a buffer can have")]
    TooLarge {
        /// What was asked for.
        size: Size,
    },
    /// The compositor refused to take a picture.
    #[error("the compositor took no picture: {why}")]
    Capture {
        /// The reason that it gave.
        why: String,
    },
    /// The compositor does not do what it is asked to.
    #[error("the compositor gave no answer for {} seconds", after.as_secs_f32())]
    Timeout {
        /// How long it was waited for.
        after: Duration,
    },
}

impl Error {
    /// Whether the compositor does not offer what is needed: another one may.
    #[must_use]
    pub fn is_not_offered(&self) -> bool {
        matches!(self, Error::Bind(_) | Error::NoCapture)
    }
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

impl From<ObjectError> for Error {
    fn from(gone: ObjectError) -> Error {
        Error::Send(gone.into())
    }
}
