//! What messages do to the objects of a connection.

use super::{Connection, DISPLAY};
use crate::dynamic::interface::ArgKind;
use crate::dynamic::value::{Message, Value};
use crate::objects::Side;
use crate::wire::SERVER_IDS;

/// Opcodes of events of `wl_display`.
const ERROR: u16 = 0;
const DELETE_ID: u16 = 1;

/// An object that a message makes.
pub(super) struct NewObject<'a> {
    pub(super) interface: &'a str,
    pub(super) id: u32,
    version: Version,
}

enum Version {
    /// That of the parent, as far as the interface has it.
    OfParent(u32),
    /// Named by the message.
    Named(u32),
}

/// The object that an argument of a message makes, if it does.
pub(super) fn new_object<'a>(kind: &'a ArgKind, value: &'a Value, parent: u32) -> Option<NewObject<'a>> {
    match (kind, value) {
        (ArgKind::NewId { interface }, Value::NewId(id)) => {
            Some(NewObject { interface, id: *id, version: Version::OfParent(parent) })
        }
        (ArgKind::AnyNewId, Value::AnyNewId { interface, version, id }) => {
            Some(NewObject { interface, id: *id, version: Version::Named(*version) })
        }
        _ => None,
    }
}

impl Connection {
    /// The version of a new object. `None` if the message names one that the interface does not have.
    pub(super) fn version_of(&self, new: &NewObject<'_>) -> Option<u32> {
        let known = self.protocols.get(new.interface)?.version;
        match new.version {
            Version::OfParent(version) => Some(version.min(known)),
            Version::Named(version) => (self.relays || (1..=known).contains(&version)).then_some(version),
        }
    }

    /// Ends an object by a destructor message.
    pub(super) fn end(&mut self, id: u32, received: bool) {
        if id == DISPLAY {
            return;
        }
        match self.side {
            // The client has said that it names the object no more, or is told that it is gone.
            Side::Server if !self.relays && id < SERVER_IDS => {
                self.table.release(id);
                let event = Message { object: DISPLAY, opcode: DELETE_ID, values: vec![Value::Uint(id)] };
                // Whoever cannot be told is ending.
                let _ = self.send(event);
            }
            // An id of the server's own is free for it to use again.
            Side::Client if !self.relays && id >= SERVER_IDS && received => self.table.release(id),
            _ => self.table.end(id),
        }
    }

    /// Releases the id that a message deletes, if it is one that does.
    pub(super) fn delete(&mut self, message: &Message) {
        if message.object == DISPLAY
            && message.opcode == DELETE_ID
            && let [Value::Uint(id)] = message.values[..]
            && id != DISPLAY
        {
            self.table.delete(id);
        }
    }

    /// Whether a message is the event that says what was wrong, about an object that need not exist.
    pub(super) fn is_error(&self, message: &Message) -> bool {
        message.object == DISPLAY && message.opcode == ERROR
    }
}
