//! From messages as values to the queue, and from there to the link.

use std::os::fd::OwnedFd;

use super::Connection;
use crate::dynamic::error::EncodeError;
use crate::dynamic::interface::Direction;
use crate::dynamic::plan::Subject;
use crate::dynamic::table::deleted_id;
use crate::dynamic::value::{self, Message};
use crate::dynamic::view::Args;
use crate::error::{Disconnect, SendError};
use crate::objects::Side;
use crate::trace;
use crate::wire::Header;

impl Connection {
    /// Queues a message. Its fds travel with it, or are closed if it is not queued.
    ///
    /// Objects that it makes have the ids that its values say, see [`vacant_id`](Connection::vacant_id). A destructor
    /// ends its object. An event `wl_display.delete_id` releases the id; a server's end sends it by itself when an
    /// object ends by a destructor.
    ///
    /// # Errors
    /// [`EncodeError`] if the message was not queued. [`SendError::QueueFull`] if the peer does not read; it ends
    /// the connection of a server, as [`Disconnect::SlowPeer`], since its client has missed an event.
    pub fn send(&mut self, message: Message) -> Result<(), EncodeError> {
        let entry = self.table.entry(message.object);
        if entry.interface == 0 || self.end.unreadable {
            return Err(SendError::Gone.into());
        }
        let direction = self.sends();
        let number = entry.interface;
        let signature = self.protocols.signature(number, direction, message.opcode);
        let signature = signature.ok_or(EncodeError::UnknownOpcode(message.opcode))?;
        if entry.version < signature.since {
            return Err(SendError::Version { since: signature.since, version: entry.version }.into());
        }
        // Before memory is taken for it.
        self.end.has_size(signature.encoded_size(&message.values)?)?;
        let (bytes, mut fds) = signature.encode(message)?;
        let header = bytes.first_chunk().map(|header| Header::from_bytes(*header)).ok_or(SendError::Gone)?;
        let room = self.end.make_room(bytes.len(), fds.len());
        if let (Err(SendError::QueueFull { .. }), Side::Server) = (&room, self.side) {
            // The client misses an event, so nothing that follows would be right.
            let (queued, fds) = self.end.queued();
            self.end.ended.get_or_insert(Disconnect::SlowPeer { queued, fds }.into());
        }
        room?;
        let plan = self.protocols.plan(number, direction, header.opcode);
        let plan = plan.ok_or(EncodeError::UnknownOpcode(header.opcode))?;
        let destructor = plan.destructor;
        if !plan.plain {
            let subject = Subject::new(header, &entry, Some(self.side), direction);
            let entered = plan.refer(&mut self.table, subject, &bytes, |name| self.protocols.find(name));
            entered.map_err(|wrong| wrong.encode_error(signature))?;
        }
        if self.trace {
            self.trace_sent(number, header, &bytes, &fds);
        }
        if self.side == Side::Server
            && let Some(id) = deleted_id(header, &bytes)
        {
            self.table.delete(id);
        }
        self.end.append(&bytes, &mut fds)?;
        if destructor {
            self.finish(header.object, false);
        }
        Ok(())
    }

    #[cold]
    fn trace_sent(&self, number: u16, header: Header, bytes: &[u8], fds: &[OwnedFd]) {
        let Some(signature) = self.protocols.signature(number, self.sends(), header.opcode) else { return };
        let Some(interface) = self.protocols.numbered(number) else { return };
        let mut line = " -> ".to_owned();
        let args = Args::new(signature, bytes, fds);
        // Writing to a string cannot fail.
        let _ = value::write_line(&mut line, &interface.name, header.object, &signature.name, args, false);
        trace::emit(self.table.connection(), &line);
    }

    /// Hands queued messages to the link. Returns whether all are gone; otherwise wait, see
    /// [`is_blocked`](Connection::is_blocked) and [`is_congested`](Connection::is_congested).
    ///
    /// # Errors
    /// [`Disconnect`] if the peer takes nothing any more. What it wrote before can still be received, and may say why.
    pub fn flush(&mut self) -> Result<bool, Disconnect> {
        self.end.flush()
    }

    fn sends(&self) -> Direction {
        if self.side == Side::Server { Direction::Event } else { Direction::Request }
    }
}
