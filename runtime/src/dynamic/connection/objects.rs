//! What messages do to the objects of a connection.

use super::{Connection, DISPLAY};
use crate::dynamic::value::{Message, Value};
use crate::objects::Side;
use crate::wire::{HEADER, Header, SERVER_IDS};

/// Opcode of an event of `wl_display`.
const DELETE_ID: u16 = 1;

impl Connection {
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
}

/// The id that a message deletes, if it is one that does.
pub(super) fn deleted_id(header: Header, bytes: &[u8]) -> Option<u32> {
    if (header.object, header.opcode) != (DISPLAY, DELETE_ID) {
        return None;
    }
    let id = bytes.get(HEADER..)?.first_chunk().map(|id| u32::from_ne_bytes(*id))?;
    (id != DISPLAY).then_some(id)
}
