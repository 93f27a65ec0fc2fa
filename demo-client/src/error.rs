//! Why an app ends before it is done. Each text says what failed; its source says why.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use image::ImageError;
use wayline::client::BindError;
use wayline::io::connect::ConnectError;
use wayline::io::shm::ShmError;
use wayline::{Disconnect, Gone, SendError};

use crate::protocol::way_capture::Reason;
use crate::size::Size;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
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
    #[error("trouble with a buffer")]
    Buffer(#[from] ShmError),
    #[error("trouble with the event loop")]
    Loop(#[from] calloop::Error),
    #[error("a system call failed")]
    Io(#[from] io::Error),
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    #[error("cannot read the picture `{}`", path.display())]
    Load { path: PathBuf, source: ImageError },
    #[error("cannot write `{}`", path.display())]
    Save { path: PathBuf, source: ImageError },
    #[error("the compositor has no screen")]
    NoScreen,
    #[error("there is no screen `{name}`; the compositor has {}", known.join(", "))]
    UnknownScreen { name: String, known: Vec<String> },
    #[error("the corner lies outside of the screen, which has {whole} pixels")]
    Outside { whole: Size },
    #[error("{size} pixels are more than a buffer can have")]
    TooLarge { size: Size },
    #[error("the compositor took no picture: {}", reason_text(*reason))]
    Capture { reason: Reason },
    #[error("the compositor gave no answer for {} seconds", after.as_secs_f32())]
    Timeout { after: Duration },
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

impl From<Gone> for Error {
    fn from(gone: Gone) -> Error {
        Error::Send(gone.into())
    }
}

fn reason_text(reason: Reason) -> String {
    match reason {
        Reason::BUFFER => "it cannot write into our buffer".into(),
        Reason::OUTPUT => "the screen is gone, or shows nothing yet".into(),
        Reason::DENIED => "it does not allow it".into(),
        Reason(number) => format!("reason {number}"),
    }
}
