//! What messages do to the objects of a connection.

use super::{Connection, DISPLAY};
use crate::dynamic::table::DELETE_ID;
use crate::dynamic::value::{Message, Value};
use crate::objects::Side;
use crate::wire::SERVER_IDS;

impl Connection {
    /// Ends an object by a destructor message.
    pub(super) fn finish(&mut self, id: u32, received: bool) {
        if id == DISPLAY {
            return;
        }
        match self.side {
            // The client has said that it names the object no more, or is told that it is gone.
            Side::Server if id < SERVER_IDS => {
                self.table.release(id);
                let event = Message { object: DISPLAY, opcode: DELETE_ID, values: vec![Value::Uint(id)] };
                // Whoever cannot be told is ending.
                let _ = self.send(event);
            }
            // An id of the server's own is free for it to use again.
            Side::Client if id >= SERVER_IDS && received => self.table.release(id),
            _ => self.table.end(id),
        }
    }
}
