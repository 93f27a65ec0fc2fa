//! From messages as values to the queue, and from there to the link.

use std::os::fd::OwnedFd;

use super::Connection;
use super::objects::deleted_id;
use crate::conn::{Flush, FlushStats};
use crate::dynamic::codec;
use crate::dynamic::error::EncodeError;
use crate::dynamic::interface::Direction;
use crate::dynamic::plan::Subject;
use crate::dynamic::value::{self, Message};
use crate::dynamic::view::Args;
use crate::error::{Disconnect, SendError};
use crate::limits::FLUSH_AT;
use crate::objects::{Entry, Side};
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
    pub fn send(&mut self, mut message: Message) -> Result<(), EncodeError> {
        let (entry, number) = self.target(message.object)?;
        let interface = self.protocols.numbered(number).ok_or(SendError::Gone)?;
        let signature = interface.messages(self.sends()).get(usize::from(message.opcode));
        let signature = signature.ok_or(EncodeError::UnknownOpcode(message.opcode))?;
        self.has_version(&entry, signature.since)?;
        let size = signature.encoded_size(&message.values)?;
        // Before memory is taken for it.
        self.has_size(size)?;
        let mut bytes = vec![0; size];
        codec::write(&mut bytes, &message);
        let mut fds = codec::take_fds(&mut message.values);
        let header = bytes.first_chunk().map(|header| Header::from_bytes(*header)).ok_or(SendError::Gone)?;
        self.queue(header, &entry, number, &bytes, &mut fds)
    }

    /// Passes the message of the last [`advance`](Connection::advance) on to another connection, the other end of a
    /// proxy: its bytes as they are, padding included, and its descriptors. Makes no values of it. Nothing happens if
    /// there is none, or it was taken. Both ends should have the same [`Protocols`](super::Protocols), by one value that
    /// was cloned; otherwise this is [`take`](Connection::take) and [`send`](Connection::send).
    ///
    /// # Errors
    /// As [`send`](Connection::send).
    pub fn forward(&mut self, to: &mut Connection) -> Result<(), EncodeError> {
        let Some(last) = self.last else { return Ok(()) };
        if !self.protocols.is(&to.protocols) || self.side == to.side {
            return self.take().map_or(Ok(()), |received| to.send(received.message));
        }
        self.last = None;
        let queued = match to.target(last.header.object) {
            Ok((entry, number)) => {
                to.queue(last.header, &entry, number, &self.buffer[self.place.clone()], &mut self.fds)
            }
            Err(error) => Err(error.into()),
        };
        if !self.fds.is_empty() {
            self.fds.clear();
        }
        queued
    }

    /// The object that a message is sent to, and its interface.
    fn target(&self, object: u32) -> Result<(Entry, u16), SendError> {
        let entry = self.table.entry(object);
        let number = if self.relays { entry.known_interface() } else { entry.interface };
        if number == 0 || self.unreadable { Err(SendError::Gone) } else { Ok((entry, number)) }
    }

    fn has_version(&self, entry: &Entry, since: u32) -> Result<(), SendError> {
        if entry.version < since && !self.relays {
            return Err(SendError::Version { since, version: entry.version });
        }
        Ok(())
    }

    fn has_size(&self, size: usize) -> Result<(), SendError> {
        let limit = self.outbox.rules.message_size;
        if size > limit as usize {
            return Err(SendError::TooLarge { size: u32::try_from(size).unwrap_or(u32::MAX), limit });
        }
        Ok(())
    }

    /// Queues the bytes of a message, which were judged but for the ids in them.
    fn queue(
        &mut self,
        header: Header,
        entry: &Entry,
        number: u16,
        bytes: &[u8],
        fds: &mut Vec<OwnedFd>,
    ) -> Result<(), EncodeError> {
        self.make_room(bytes.len(), fds.len())?;
        let plan = self.protocols.plan(number, self.sends(), header.opcode);
        let plan = plan.ok_or(EncodeError::UnknownOpcode(header.opcode))?;
        self.has_version(entry, plan.since)?;
        let (plain, destructor) = (plan.plain, plan.destructor);
        if !plain {
            let subject = Subject::new(header, entry, self.side, self.relays, false);
            let entered = plan.refer(&mut self.table, subject, bytes, |name| self.protocols.find(name));
            if let Err(wrong) = entered {
                let signature = self.signature(number, header.opcode, self.sends());
                return Err(signature.map_or(SendError::Gone.into(), |signature| wrong.encode_error(signature)));
            }
        }
        if self.trace {
            self.trace_sent(number, header, bytes, fds);
        }
        if !plain
            && self.side == Side::Server
            && let Some(id) = deleted_id(header, bytes)
        {
            self.table.delete(id);
        }
        let place = match plain {
            true => self.outbox.append(bytes.len()),
            false => self.outbox.append_with(bytes.len(), fds.drain(..)),
        };
        place.ok_or(SendError::Gone)?.copy_from_slice(bytes);
        if destructor {
            self.end(header.object, false);
        }
        Ok(())
    }

    #[cold]
    fn trace_sent(&self, number: u16, header: Header, bytes: &[u8], fds: &[OwnedFd]) {
        let Some(signature) = self.signature(number, header.opcode, self.sends()) else { return };
        let Some(interface) = self.protocols.numbered(number) else { return };
        let mut line = " -> ".to_owned();
        let args = Args::new(signature, bytes, fds);
        // Writing to a string cannot fail.
        let _ = value::write_line(&mut line, &interface.name, header.object, &signature.name, args, false);
        trace::emit(self.table.connection(), &line);
    }

    /// Makes room for a message, as endpoints do.
    fn make_room(&mut self, size: usize, fds: usize) -> Result<(), SendError> {
        self.has_size(size)?;
        if self.outbox.is_long(size) && !self.blocked && !self.congested {
            // If that fails, the program learns it when it receives or flushes.
            let _ = self.flush();
        }
        let (queued, limit) = (self.outbox.len(), self.outbox.rules.message_size);
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
