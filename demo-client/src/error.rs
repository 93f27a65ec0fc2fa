//! Why an app ends before it is done. Each text says what failed; its source says why.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use wayline::io::shm::ShmError;
use wayline::{BindError, Disconnect, ObjectError, SendError};
use wayline_toolkit::Size;

/// Why an app ends before it is done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The window, its connection or its memory.
    #[error(transparent)]
    Window(#[from] wayline_toolkit::Error),
    /// Nobody reads standard output any more, for instance.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// A file is missing, or no picture.
    #[error("cannot read the picture `{}`", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file was not written.
    #[error("cannot write `{}`", path.display())]
    Save {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: png::EncodingError,
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
    pub(crate) fn is_not_offered(&self) -> bool {
        matches!(self, Error::Window(wayline_toolkit::Error::Bind(_)) | Error::NoCapture)
    }
}

/// What is wrong with a connection or with memory has the text that it has with a window.
macro_rules! of_window {
    ($($error:ty),+) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Error {
                Error::Window(error.into())
            }
        })+
    };
}

of_window!(wayline::Error, Disconnect, BindError, SendError, ShmError, ObjectError, io::Error);
