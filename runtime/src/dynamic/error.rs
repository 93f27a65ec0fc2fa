//! What can go wrong with descriptions, with received messages and with messages to be sent.

use std::sync::Arc;

use super::interface::Interface;
use super::value::{Message, Value};
use crate::error::{Disconnect, SendError};
use crate::limits::Limits;
use crate::wire::DecodeError;

/// Why interfaces were not accepted as [`Protocols`](super::Protocols).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// A name is empty or has other characters than ASCII letters, digits and `_`.
    #[error("{0:?} is not a name")]
    Name(String),
    /// Two interfaces have this name.
    #[error("{0} is described twice")]
    Duplicate(String),
    /// The interface or message has version 0. Versions count from 1.
    #[error("{0} has version 0")]
    Version(String),
    /// The message has more arguments than libwayland can handle. A new id that names its interface counts as three.
    #[error("{0} has more than 20 arguments")]
    TooManyArgs(String),
    /// The event makes an object of an interface that it does not say. Only requests can.
    #[error("{0} is an event and makes an object of any interface")]
    UntypedNewId(String),
    /// There are more interfaces, or more messages in one interface, than 16 bits can number.
    #[error("more than 65534 interfaces, or more than 65536 messages in one")]
    TooMany,
}

/// Why no more messages come from a connection.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The peer sent something that is no valid message. Nothing that follows it can be understood. A server tells its
    /// client with [`Refusal::to_event`].
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The connection ended: [`Closed`](Disconnect::Closed), [`Truncated`](Disconnect::Truncated),
    /// [`Reset`](Disconnect::Reset), [`FdsLost`](Disconnect::FdsLost), [`UnconsumedFds`](Disconnect::UnconsumedFds) or
    /// [`Socket`](Disconnect::Socket).
    #[error(transparent)]
    Ended(#[from] Disconnect),
}

/// A received message that is not valid.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.text())]
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

/// The check that a received message failed. They are made in this order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// No object has the id.
    #[error("no such object")]
    UnknownObject,
    /// The interface has no message with the opcode.
    #[error("no such message")]
    UnknownOpcode,
    /// The message was added to the interface after the version of the object.
    #[error("the message needs version {since}, the object has {version}")]
    TooNew {
        /// Version that added the message.
        since: u32,
        /// Version of the object.
        version: u32,
    },
    /// The message is larger than [`Limits::message_size`].
    #[error("message too large")]
    TooLarge,
    /// The arguments do not fit the description.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// The message makes an object of an interface that is not described.
    #[error("the interface {0:?} is not described")]
    UnknownInterface(String),
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
        text.truncate(text.floor_char_boundary(Limits::MESSAGE_SIZE / 2));
        Message { object: 1, opcode: 0, values: vec![Value::Object(1), Value::Uint(code), Value::String(Some(text))] }
    }
}

/// Why a message was not encoded or queued. Nothing has changed; the fds of the message are closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The interface has no message with this opcode in this direction.
    #[error("no message has opcode {0}")]
    UnknownOpcode(u16),
    /// The message has another number of arguments.
    #[error("the message has {expected} arguments, {found} were given")]
    Count {
        /// Arguments of the description.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// The value of an argument has another type.
    #[error("argument {0} has another type")]
    Type(usize),
    /// The value of an argument is null, and the argument may not be.
    #[error("argument {0} is null")]
    Null(usize),
    /// The new id is taken, leaves a gap, or belongs to the other side.
    #[error("{0} cannot be the id of a new object")]
    BadNewId(u32),
    /// The message makes an object of an interface that is not described.
    #[error("the interface {0:?} is not described")]
    UnknownInterface(String),
    /// As for messages of generated code: [`Gone`](SendError::Gone) where no live object has the id,
    /// [`ForeignObject`](SendError::ForeignObject) for an argument that names none, or one of another interface.
    #[error(transparent)]
    Send(#[from] SendError),
}
