//! From messages as values to the queue, and from there to the link.

use std::os::fd::OwnedFd;

use super::Connection;
use super::objects::{NewObject, new_object};
use crate::conn::{Flush, FlushStats};
use crate::dynamic::codec;
use crate::dynamic::error::EncodeError;
use crate::dynamic::interface::{ArgKind, Direction, Signature};
use crate::dynamic::table::New;
use crate::dynamic::value::{Message, Text, Value};
use crate::error::{Disconnect, SendError};
use crate::limits::FLUSH_AT;
use crate::objects::{Entry, Side};
use crate::trace;
use crate::wire::{DecodeError, Header};

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
        self.queue(message, None)
    }

    /// As [`send`](Connection::send), for a message that another connection has just received and whose values were not
    /// changed: `bytes` are those of its [`last_received`](Connection::last_received). They are sent as they are, with
    /// padding that [`send`](Connection::send) would make zero, and need not be made again.
    ///
    /// # Errors
    /// As [`send`](Connection::send); [`EncodeError::Bytes`] if the bytes have another header or size. More of them is not
    /// looked at.
    pub fn pass_on(&mut self, message: Message, bytes: &[u8]) -> Result<(), EncodeError> {
        self.queue(message, Some(bytes))
    }

    fn queue(&mut self, message: Message, bytes: Option<&[u8]>) -> Result<(), EncodeError> {
        let entry = self.table.entry(message.object);
        let number = if self.relays { entry.known_interface() } else { entry.interface };
        let interface = self.protocols.numbered(number).filter(|_| !self.unreadable).ok_or(SendError::Gone)?.clone();
        let signature = interface.messages(self.sends()).get(usize::from(message.opcode));
        let signature = signature.ok_or(EncodeError::UnknownOpcode(message.opcode))?;
        if entry.version < signature.since && !self.relays {
            return Err(SendError::Version { since: signature.since, version: entry.version }.into());
        }
        let size = match bytes {
            None => signature.encoded_size(&message.values)?,
            Some(bytes) => {
                let header = bytes.first_chunk().map(|header| Header::from_bytes(*header));
                let said = header.map(|header| (header.object, header.opcode, usize::from(header.size)));
                if said != Some((message.object, message.opcode, bytes.len())) {
                    return Err(EncodeError::Bytes);
                }
                bytes.len()
            }
        };
        self.make_room(size, signature.fds())?;
        self.refer(&message, signature, &entry)?;
        if self.trace {
            let text = Text { interface: &interface, signature, message: &message, numbers: false };
            trace::emit(self.table.connection(), &format!(" -> {text}"));
        }
        let object = message.object;
        if self.side == Side::Server {
            self.delete(&message);
        }
        self.append(size, message, bytes)?;
        if signature.destructor {
            self.end(object, false);
        }
        Ok(())
    }

    /// Checks the objects that a message to be sent names, and enters those that it makes; all or none.
    fn refer(&mut self, message: &Message, signature: &Signature, entry: &Entry) -> Result<(), EncodeError> {
        let live = entry.interface != 0;
        let mut made = Vec::new();
        for (arg, value) in signature.args.iter().zip(&message.values) {
            let queued = match (&arg.kind, value) {
                (ArgKind::Object { interface, .. }, Value::Object(id))
                    if live && *id != 0 && !self.is_error(message) =>
                {
                    let interface = interface.as_ref().and_then(|name| self.protocols.number(name));
                    self.table.check(*id, interface, self.relays).map_err(|_| SendError::ForeignObject.into())
                }
                _ => match new_object(&arg.kind, value, entry.version) {
                    Some(new) => self.make(&new, live).map(|()| made.push(new.id)),
                    None => Ok(()),
                },
            };
            if let Err(error) = queued {
                made.into_iter().for_each(|id| self.table.take_back(id));
                return Err(error);
            }
        }
        Ok(())
    }

    fn make(&mut self, new: &NewObject<'_>, live: bool) -> Result<(), EncodeError> {
        let unknown = || EncodeError::UnknownInterface(new.interface.to_owned());
        let interface = self.protocols.number(new.interface).ok_or_else(unknown)?;
        let version = self.version_of(new).ok_or_else(unknown)?;
        self.table.insert(New { id: new.id, interface, version, live, received: false }).map_err(|error| match error {
            DecodeError::TooManyObjects(limit) => SendError::TooManyObjects(limit).into(),
            _ => EncodeError::BadNewId(new.id),
        })
    }

    /// Makes room for a message, as endpoints do.
    fn make_room(&mut self, size: usize, fds: usize) -> Result<(), SendError> {
        let limit = self.outbox.rules.message_size;
        if size > limit as usize {
            return Err(SendError::TooLarge { size: u32::try_from(size).unwrap_or(u32::MAX), limit });
        }
        if self.outbox.is_long(size) && !self.blocked && !self.congested {
            // If that fails, the program learns it when it receives or flushes.
            let _ = self.flush();
        }
        let queued = self.outbox.len();
        let fds_fit = fds == 0 || self.outbox.fds() + fds <= self.limits.queued_fds;
        if queued + limit as usize > self.limits.queued_bytes || !fds_fit {
            if self.side == Side::Server && !self.relays {
                // The client misses an event, so nothing that follows would be right.
                let reason = Disconnect::SlowPeer { queued, fds: self.outbox.fds() };
                self.ended.get_or_insert(reason.into());
            }
            return Err(SendError::QueueFull { queued: u32::try_from(queued).unwrap_or(u32::MAX) });
        }
        if self.unreadable {
            return Err(SendError::Gone);
        }
        if !self.outbox.has_room(size) {
            self.outbox.grow(size);
        }
        Ok(())
    }

    /// Writes a message to the room that was made for it.
    fn append(&mut self, size: usize, mut message: Message, bytes: Option<&[u8]>) -> Result<(), SendError> {
        let fds: Vec<OwnedFd> = codec::take_fds(&mut message.values);
        let place = self.outbox.append_with(size, fds).ok_or(SendError::Gone)?;
        match bytes {
            Some(bytes) => place.copy_from_slice(bytes),
            None => codec::write(place, &message),
        }
        Ok(())
    }

    /// Hands queued messages to the link. Returns whether all are gone; otherwise wait, see
    /// [`is_blocked`](Connection::is_blocked) and [`is_congested`](Connection::is_congested).
    ///
    /// # Errors
    /// [`Disconnect`] if the peer takes nothing any more. What it wrote before can still be received, and may say why.
    pub fn flush(&mut self) -> Result<bool, Disconnect> {
        let flushed = self.outbox.flush(&mut *self.link, &mut FlushStats::default());
        (self.blocked, self.congested) = match flushed {
            Ok(flush) => (flush == Flush::Blocked, flush == Flush::Congested),
            Err(error) => {
                self.outbox.clear();
                self.unreadable = true;
                (self.blocked, self.congested) = (false, false);
                return Err(Disconnect::by(&error));
            }
        };
        if self.outbox.is_empty() {
            // A long queue leaves no long buffer behind.
            let buffer = self.outbox.take_buffer();
            if buffer.len() <= FLUSH_AT {
                self.outbox.set_buffer(buffer);
            }
        }
        Ok(self.outbox.is_empty())
    }

    fn sends(&self) -> Direction {
        if self.side == Side::Server { Direction::Event } else { Direction::Request }
    }
}
