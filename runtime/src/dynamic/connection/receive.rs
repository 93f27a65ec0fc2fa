//! From the bytes of the link to messages as values.

use std::fmt;
use std::io;
use std::sync::Arc;

use super::Connection;
use super::objects::new_object;
use crate::dynamic::error::{ReceiveError, Refusal, RefusalReason};
use crate::dynamic::interface::{ArgKind, Direction, Interface, Signature};
use crate::dynamic::table::New;
use crate::dynamic::value::{Message, Text, Value};
use crate::error::Disconnect;
use crate::objects::{Entry, Side};
use crate::trace;
use crate::wire::{DecodeError, HEADER, Header};

/// A received message, and what is known of its object.
#[derive(Debug)]
pub struct Received {
    /// The message. A proxy passes it to [`Connection::send`] of its other connection.
    pub message: Message,
    /// Which way it goes.
    pub direction: Direction,
    /// Interface of the object.
    pub interface: Arc<Interface>,
    /// Version of the object.
    pub version: u32,
    /// Whether the object had already ended here, so that a program that takes part itself would not have seen the
    /// message. Only with [`Connection::relaying`].
    pub ended: bool,
}

impl Received {
    /// Describes the message.
    ///
    /// # Panics
    /// If the opcode was changed to one that the interface does not have.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.interface.messages(self.direction)[usize::from(self.message.opcode)]
    }
}

/// One line, the same as with `WAYLINE_DEBUG=1`: `wl_surface#3.attach(wl_buffer#5, 0, 0)`.
impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Received { message, interface, .. } = self;
        write!(f, "{}", Text { interface, signature: self.signature(), message, numbers: true })
    }
}

/// What became of the bytes in the buffer.
enum Next {
    Message(Received),
    /// It was for an object that has ended.
    Skipped,
    /// The rest is no whole message.
    Incomplete,
}

impl Connection {
    /// The next message. `None` if none is there: wait for the descriptor. Reads once at most.
    ///
    /// While more than [`Limits::throttle_bytes`](crate::Limits::throttle_bytes) wait to be sent the answer is `None` too, so that a peer that asks
    /// and does not read is not served: call this again after a [`flush`](Connection::flush).
    ///
    /// # Errors
    /// [`ReceiveError`] from when no more can be received; always the same. What is queued can still be flushed, and a
    /// last message be sent.
    pub fn receive(&mut self) -> Result<Option<Received>, ReceiveError> {
        if let Some(reason) = &self.ended {
            return Err(reason.clone());
        }
        let received = self.next();
        if let Err(reason) = &received {
            self.ended = Some(reason.clone());
        }
        received
    }

    fn next(&mut self) -> Result<Option<Received>, ReceiveError> {
        self.last = 0..0;
        if self.outbox.len() >= self.limits.throttle_bytes {
            return Ok(None);
        }
        let mut has_read = false;
        loop {
            match self.next_in_buffer()? {
                Next::Message(received) => return Ok(Some(received)),
                Next::Skipped => self.last = 0..0,
                Next::Incomplete if has_read => return Ok(None),
                Next::Incomplete if self.read()? => has_read = true,
                Next::Incomplete => return Ok(None),
            }
        }
    }

    /// Reads once. Returns whether anything was there.
    fn read(&mut self) -> Result<bool, Disconnect> {
        let count = self.inbox.fds.len();
        if count > self.limits.unconsumed_fds {
            return Err(Disconnect::UnconsumedFds { count });
        }
        self.inbox.keep(&self.buffer[self.at..self.filled]);
        (self.at, self.filled) = (0, 0);
        let (filled, received) = match self.inbox.fill(&mut *self.link, &mut self.buffer) {
            Ok(filled) => filled,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return if self.unreadable { Err(Disconnect::Reset) } else { Ok(false) };
            }
            Err(error) => return Err(Disconnect::by(&error)),
        };
        if received.fds_lost {
            return Err(Disconnect::FdsLost);
        }
        if received.bytes == 0 {
            return Err(if filled == 0 { Disconnect::Closed } else { Disconnect::Truncated { received: filled } });
        }
        self.filled = filled;
        Ok(true)
    }

    /// Takes the next whole message of the buffer.
    fn next_in_buffer(&mut self) -> Result<Next, Refusal> {
        let rest = &self.buffer[self.at..self.filled];
        let Some(header) = rest.first_chunk::<HEADER>() else { return Ok(Next::Incomplete) };
        let header = Header::from_bytes(*header);
        let entry = self.table.entry(header.object);
        let interface = self.protocols.numbered(entry.known_interface()).cloned();
        let direction = self.receives();
        let signature = interface.as_ref().and_then(|interface| {
            let signature = interface.messages(direction).get(usize::from(header.opcode))?;
            Some((interface, signature))
        });
        let refuse = |reason| Refusal {
            object: header.object,
            opcode: header.opcode,
            interface: interface.clone(),
            message: signature.map(|(_, signature)| signature.name.clone()),
            reason,
        };
        let size = usize::from(header.size);
        let (at, arrived) = (self.at, size.clamp(HEADER, rest.len()));
        if size > rest.len() && (HEADER..=self.largest()).contains(&size) {
            return Ok(Next::Incomplete);
        }
        self.last = at..at + arrived;
        let rest = &self.buffer[self.at..self.filled];
        let Some((interface, signature)) = signature else {
            let unknown = if interface.is_some() { RefusalReason::UnknownOpcode } else { RefusalReason::UnknownObject };
            return Err(refuse(unknown));
        };
        if let Err(reason) = self.judge(&entry, signature, size) {
            return Err(refuse(reason));
        }
        // As large as it says, and not larger than what has arrived.
        let message = match signature.decode(&rest[..size], &mut self.inbox.fds) {
            Ok(message) => message,
            Err(error) => return Err(refuse(error.into())),
        };
        let ended = entry.interface == 0;
        let received = Received { message, direction, interface: Arc::clone(interface), version: entry.version, ended };
        if let Err(reason) = self.insert_new(&received, signature) {
            return Err(refuse(reason));
        }
        self.at += size;
        if self.trace {
            trace::emit(self.table.connection(), &received.to_string());
        }
        Ok(if ended && !self.relays { Next::Skipped } else { Next::Message(received) })
    }

    /// The checks before a message is decoded, in the order of endpoints, which is libwayland's.
    fn judge(&self, entry: &Entry, signature: &Signature, size: usize) -> Result<(), RefusalReason> {
        let (since, version) = (signature.since, entry.version);
        if version < since && !self.relays {
            return Err(RefusalReason::TooNew { since, version });
        }
        if size > self.largest() {
            return Err(RefusalReason::TooLarge);
        }
        Ok(signature.check_size(size)?)
    }

    /// Does to the objects what a received message says.
    fn insert_new(&mut self, received: &Received, signature: &Signature) -> Result<(), RefusalReason> {
        let Received { message, version, ended, .. } = received;
        // A client may have ended an object that an event names; a server hears of that first.
        let zombies = self.relays || self.side == Side::Client;
        for (arg, value) in signature.args.iter().zip(&message.values) {
            match (&arg.kind, value) {
                // An error counts, whatever it is about.
                (ArgKind::Object { .. }, _) if *ended || self.is_error(message) => {}
                (ArgKind::Object { nullable: false, .. }, Value::Object(0)) => return Err(DecodeError::Null.into()),
                (ArgKind::Object { interface, .. }, Value::Object(id)) if *id != 0 => {
                    let interface = interface.as_ref().and_then(|name| self.protocols.number(name));
                    self.table.check(*id, interface, zombies)?;
                }
                _ => {
                    if let Some(new) = new_object(&arg.kind, value, *version) {
                        let interface = self.protocols.number(new.interface);
                        let interface =
                            interface.ok_or_else(|| RefusalReason::UnknownInterface(new.interface.to_owned()))?;
                        let version = self.version_of(&new).ok_or(DecodeError::WrongInterface(new.id))?;
                        self.table.insert(New { id: new.id, interface, version, live: !ended, received: true })?;
                    }
                }
            }
        }
        if signature.destructor {
            self.end(message.object, true);
        }
        if self.side == Side::Client {
            self.delete(message);
        }
        Ok(())
    }

    fn receives(&self) -> Direction {
        if self.side == Side::Server { Direction::Request } else { Direction::Event }
    }
}
