//! Why something does not go over.

use std::fmt;
use std::io;

use crate::error::{GlobalError, LimitError};

/// Why a server cannot be taken over. It goes on as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// A refusal for a reason that people are told.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Refusal {
        Refusal(reason.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal(error.to_string())
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Refusal {
        Refusal::new(reason)
    }
}

/// Why a state cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum CarryError {
    /// It is no state, or damaged.
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// It is of another format.
    Format {
        /// The format of the state.
        found: u32,
        /// The newest one that this program reads; it reads the one before as well.
        known: u32,
    },
    /// It has objects of an interface that this program does not carry.
    UnknownInterface {
        /// The interface.
        interface: String,
    },
    /// An interface has other messages in this program, up to the version that the state names.
    OtherInterface {
        /// The interface.
        interface: String,
        /// The version.
        version: u32,
    },
    /// A global is offered in a lower version than clients know.
    Global(GlobalError),
    /// A client knows other globals than this server has.
    OtherGlobals {
        /// A name that means something else here.
        name: u32,
    },
    /// This server has as many clients as it may have, in all or of one user.
    Limit(LimitError),
    /// A system call failed.
    Io(io::Error),
    /// The application says so.
    Application(String),
}

impl fmt::Display for CarryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CarryError::Damaged { what } => write!(f, "the state is damaged: {what}"),
            CarryError::Format { found, known } => {
                write!(
                    f,
                    "the state is of format {found}, and this program reads {} and {known}",
                    known.saturating_sub(1)
                )
            }
            CarryError::UnknownInterface { interface } => {
                write!(f, "the state has objects of {interface}, which this program does not carry")
            }
            CarryError::OtherInterface { interface, version } => {
                write!(f, "{interface} has other messages in this program, up to version {version}")
            }
            CarryError::Global(error) => error.fmt(f),
            CarryError::OtherGlobals { name } => {
                write!(f, "this server has another global {name} than the client knows")
            }
            CarryError::Limit(error) => error.fmt(f),
            CarryError::Io(error) => error.fmt(f),
            CarryError::Application(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for CarryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CarryError::Global(error) => Some(error),
            CarryError::Limit(error) => Some(error),
            CarryError::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<GlobalError> for CarryError {
    fn from(error: GlobalError) -> CarryError {
        CarryError::Global(error)
    }
}

impl From<LimitError> for CarryError {
    fn from(error: LimitError) -> CarryError {
        CarryError::Limit(error)
    }
}

impl From<io::Error> for CarryError {
    fn from(error: io::Error) -> CarryError {
        CarryError::Io(error)
    }
}

/// Why a server was not handed over. Whoever served before goes on.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandOverError {
    /// Something cannot go over.
    Refused(Refusal),
    /// The successor, or the predecessor, is gone.
    Gone,
    /// The other process did not answer in time.
    TimedOut,
    /// The other process said something else than was its turn to say.
    Unexpected,
    /// The successor could not load the state, and says why.
    NotLoaded(String),
    /// This process could not load the state.
    Carry(CarryError),
    /// A system call failed.
    Io(io::Error),
}

impl fmt::Display for HandOverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandOverError::Refused(refusal) => write!(f, "this server cannot be handed over: {refusal}"),
            HandOverError::Gone => f.write_str("the other process is gone"),
            HandOverError::TimedOut => f.write_str("the other process did not answer in time"),
            HandOverError::Unexpected => f.write_str("the other process does not speak this protocol"),
            HandOverError::NotLoaded(text) => {
                write!(f, "the successor cannot take over: {}", crate::escape::Escaped(text))
            }
            HandOverError::Carry(error) => error.fmt(f),
            HandOverError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HandOverError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            HandOverError::Refused(error) => Some(error),
            HandOverError::Carry(error) => Some(error),
            HandOverError::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Refusal> for HandOverError {
    fn from(refusal: Refusal) -> HandOverError {
        HandOverError::Refused(refusal)
    }
}

impl From<CarryError> for HandOverError {
    fn from(error: CarryError) -> HandOverError {
        HandOverError::Carry(error)
    }
}

impl From<io::Error> for HandOverError {
    fn from(error: io::Error) -> HandOverError {
        HandOverError::Io(error)
    }
}

impl From<rustix::io::Errno> for HandOverError {
    fn from(error: rustix::io::Errno) -> HandOverError {
        HandOverError::Io(error.into())
    }
}
