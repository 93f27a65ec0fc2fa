//! What can go wrong with descriptions, with received messages and with messages to be sent.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::interface::Interface;
use super::value::{Message, Value};
use crate::error::{Disconnect, SendError};
use crate::escape::shortened;
use crate::limits::Limits;
use crate::wire::DecodeError;

/// Why interfaces were not accepted as [`Protocols`](super::Protocols).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DescriptionError {
    /// A name is empty or has other characters than ASCII letters, digits and `_`.
    Name(String),
    /// Two interfaces have this name.
    Duplicate(String),
    /// The interface or message has version 0. Versions count from 1.
    Version(String),
    /// The message has more arguments than libwayland can handle. A new id that names its interface counts as three.
    TooManyArgs(String),
    /// The event makes an object of an interface that it does not say. Only requests can.
    UntypedNewId(String),
    /// There are more interfaces, or more messages in one interface, than 16 bits can number.
    TooMany,
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DescriptionError::Name(name) => write!(f, "{name:?} is not a name"),
            DescriptionError::Duplicate(name) => write!(f, "{name} is described twice"),
            DescriptionError::Version(name) => write!(f, "{name} has version 0"),
            DescriptionError::TooManyArgs(name) => write!(f, "{name} has more than 20 arguments"),
            DescriptionError::UntypedNewId(name) => {
                write!(f, "{name} is an event and makes an object of any interface")
            }
            DescriptionError::TooMany => f.write_str("more than 65534 interfaces, or more than 65536 messages in one"),
        }
    }
}

impl StdError for DescriptionError {}

/// Why no more messages come from a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The peer sent something that is no valid message. Nothing that follows it can be understood. A server tells its
    /// client with [`Refusal::to_event`].
    Refused(Refusal),
    /// The connection ended: [`Closed`](Disconnect::Closed), [`Truncated`](Disconnect::Truncated),
    /// [`Reset`](Disconnect::Reset), [`FdsLost`](Disconnect::FdsLost), [`UnconsumedFds`](Disconnect::UnconsumedFds) or
    /// [`Socket`](Disconnect::Socket).
    Ended(Disconnect),
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReceiveError::Refused(error) => error.fmt(f),
            ReceiveError::Ended(error) => error.fmt(f),
        }
    }
}

impl StdError for ReceiveError {}

impl From<Refusal> for ReceiveError {
    fn from(error: Refusal) -> ReceiveError {
        ReceiveError::Refused(error)
    }
}

impl From<Disconnect> for ReceiveError {
    fn from(error: Disconnect) -> ReceiveError {
        ReceiveError::Ended(error)
    }
}

/// A received message that is not valid.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Id the message was for.
    pub object: u32,
    /// Position of the message in the interface.
    pub opcode: u16,
    /// Interface of the object, if there is such an object.
    pub interface: Option<Arc<Interface>>,
    /// Name of the message, if there is such a message.
    pub message: Option<String>,
    /// The check that failed.
    pub reason: RefusalReason,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl StdError for Refusal {}

/// The check that a received message failed. They are made in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// No object has the id.
    UnknownObject,
    /// The interface has no message with the opcode.
    UnknownOpcode,
    /// The message was added to the interface after the version of the object.
    TooNew {
        /// Version that added the message.
        since: u32,
        /// Version of the object.
        version: u32,
    },
    /// The message is larger than [`Limits::message_size`].
    TooLarge,
    /// The arguments do not fit the description.
    Malformed(DecodeError),
    /// The message makes an object of an interface that is not described.
    UnknownInterface(String),
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RefusalReason::UnknownObject => f.write_str("no such object"),
            RefusalReason::UnknownOpcode => f.write_str("no such message"),
            RefusalReason::TooNew { since, version } => {
                write!(f, "the message needs version {since}, the object has {version}")
            }
            RefusalReason::TooLarge => f.write_str("message too large"),
            RefusalReason::Malformed(error) => error.fmt(f),
            RefusalReason::UnknownInterface(name) => write!(f, "the interface {name:?} is not described"),
        }
    }
}

impl StdError for RefusalReason {}

impl From<DecodeError> for RefusalReason {
    fn from(error: DecodeError) -> RefusalReason {
        RefusalReason::Malformed(error)
    }
}

impl Refusal {
    fn text(&self) -> String {
        let (id, opcode) = (self.object, self.opcode);
        let interface = self.interface.as_ref().map_or("unknown", |interface| &interface.name);
        let name = self.message.as_deref().unwrap_or("unknown");
        match &self.reason {
            RefusalReason::UnknownObject => format!("invalid object {id}"),
            RefusalReason::UnknownOpcode => format!("invalid method {opcode}, object {interface}#{id}"),
            RefusalReason::TooNew { since, version } => {
                format!("invalid method {opcode} (since {version} < {since}), object {interface}#{id}")
            }
            RefusalReason::TooLarge => format!("message too large for {interface}#{id}.{name}"),
            RefusalReason::Malformed(error @ DecodeError::TooManyObjects(_)) => format!("no memory: {error}"),
            error => format!("invalid arguments for {interface}#{id}.{name}: {error}"),
        }
    }

    /// The `wl_display.error` event that tells a client what it did wrong, with the code that libwayland has for it.
    /// The client is to be disconnected once the event is sent.
    #[must_use]
    pub fn to_event(&self) -> Message {
        // Values of the enum `error` of `wl_display`.
        let code = match self.reason {
            RefusalReason::UnknownObject => 0,
            RefusalReason::Malformed(DecodeError::TooManyObjects(_)) => 2,
            _ => 1,
        };
        let mut text = self.text();
        text.retain(|character| character != '\0');
        text.truncate(shortened(&text, Limits::MESSAGE_SIZE / 2).len());
        Message { object: 1, opcode: 0, values: vec![Value::Object(1), Value::Uint(code), Value::String(Some(text))] }
    }
}

/// Why a message was not encoded or queued. Nothing has changed; the fds of the message are closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The interface has no message with this opcode in this direction.
    UnknownOpcode(u16),
    /// The message has another number of arguments.
    Count {
        /// Arguments of the description.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// The value of an argument has another type.
    Type(usize),
    /// The value of an argument is null, and the argument may not be.
    Null(usize),
    /// The new id is taken, leaves a gap, or belongs to the other side.
    BadNewId(u32),
    /// The message makes an object of an interface that is not described.
    UnknownInterface(String),
    /// As for messages of generated code: [`Gone`](SendError::Gone) where no live object has the id,
    /// [`ForeignObject`](SendError::ForeignObject) for an argument that names none, or one of another interface.
    Send(SendError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::UnknownOpcode(opcode) => write!(f, "no message has opcode {opcode}"),
            EncodeError::Count { expected, found } => {
                write!(f, "the message has {expected} arguments, {found} were given")
            }
            EncodeError::Type(index) => write!(f, "argument {index} has another type"),
            EncodeError::Null(index) => write!(f, "argument {index} is null"),
            EncodeError::BadNewId(id) => write!(f, "{id} cannot be the id of a new object"),
            EncodeError::UnknownInterface(name) => write!(f, "the interface {name:?} is not described"),
            EncodeError::Send(error) => error.fmt(f),
        }
    }
}

impl StdError for EncodeError {}

impl From<SendError> for EncodeError {
    fn from(error: SendError) -> EncodeError {
        EncodeError::Send(error)
    }
}
