//! From the bytes of the link to messages: looked at where they lie, or as values.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::Arc;

use super::Connection;
use super::objects::deleted_id;
use crate::dynamic::error::{ReceiveError, Refusal, RefusalReason};
use crate::dynamic::interface::{Direction, Interface, Signature};
use crate::dynamic::plan::{Plan, Subject};
use crate::dynamic::value::{self, Message};
use crate::dynamic::view::View;
use crate::error::Disconnect;
use crate::objects::{Entry, Side};
use crate::trace;
use crate::wire::{DecodeError, HEADER, Header};

/// A received message, and what is known of its object.
#[derive(Debug)]
pub struct Received {
    /// The message.
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
        let signature = self.signature();
        let args = signature.args.iter().zip(self.message.values.iter().map(value::Value::borrow));
        value::write_line(f, &self.interface.name, self.message.object, &signature.name, args, true)
    }
}

/// What became of the bytes in the buffer.
enum Next {
    /// It is the last one.
    Message,
    /// It was for an object that has ended.
    Skipped,
    /// The rest is no whole message.
    Incomplete,
    /// Nothing more can be received.
    Ended,
}

/// The message that was received last, whose bytes are still where they were.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) header: Header,
    /// The interface.
    pub(super) number: u16,
    pub(super) version: u32,
    pub(super) ended: bool,
}

impl Connection {
    /// The next message, as values. `None` if none is there: wait for the descriptor. Reads once at most.
    ///
    /// While more than [`Limits::throttle_bytes`](crate::Limits::throttle_bytes) wait to be sent the answer is `None` too, so that a peer that asks
    /// and does not read is not served: call this again after a [`flush`](Connection::flush).
    ///
    /// # Errors
    /// [`ReceiveError`] from when no more can be received; always the same. What is queued can still be flushed, and a
    /// last message be sent.
    pub fn receive(&mut self) -> Result<Option<Received>, ReceiveError> {
        Ok(if self.advance()? { self.take() } else { None })
    }

    /// As [`receive`](Connection::receive), and leaves the message where it is: [`message`](Connection::message) looks at
    /// it, [`forward`](Connection::forward) passes it on, [`take`](Connection::take) makes values of it. Whether there is
    /// one. Its descriptors are closed by the next call, if nobody took them.
    ///
    /// # Errors
    /// As [`receive`](Connection::receive).
    pub fn advance(&mut self) -> Result<bool, ReceiveError> {
        self.last = None;
        if !self.fds.is_empty() {
            self.fds.clear();
        }
        if self.ended.is_none() {
            self.place = 0..0;
            match self.next() {
                Next::Message => return Ok(true),
                Next::Incomplete => return Ok(false),
                Next::Skipped | Next::Ended => self.fds.clear(),
            }
        }
        self.ended.clone().map_or(Ok(false), Err)
    }

    /// The message of the last [`advance`](Connection::advance), until it is taken or passed on.
    #[must_use]
    pub fn message(&self) -> Option<View<'_>> {
        let last = self.last?;
        Some(View {
            object: last.header.object,
            opcode: last.header.opcode,
            direction: self.receives(),
            interface: self.protocols.numbered(last.number)?,
            index: usize::from(last.number) - 1,
            version: last.version,
            ended: last.ended,
            bytes: self.last_received(),
            fds: &self.fds,
        })
    }

    /// The message of the last [`advance`](Connection::advance) as values, which own its descriptors.
    pub fn take(&mut self) -> Option<Received> {
        let Last { header, number, version, ended } = self.last.take()?;
        let direction = self.receives();
        let interface = Arc::clone(self.protocols.numbered(number)?);
        let signature = interface.messages(direction).get(usize::from(header.opcode))?;
        let mut fds: VecDeque<_> = self.fds.drain(..).collect();
        // It was judged, so it can be read.
        let message = signature.decode(&self.buffer[self.place.clone()], &mut fds).ok()?;
        Some(Received { message, direction, interface, version, ended })
    }

    /// Finds the next message, in the buffer or by one read. Why there are no more is noted, and not returned, since
    /// most messages are good ones.
    fn next(&mut self) -> Next {
        if self.outbox.len() >= self.limits.throttle_bytes {
            return Next::Incomplete;
        }
        let mut has_read = false;
        loop {
            match self.next_in_buffer() {
                Next::Skipped => {
                    self.last = None;
                    self.place = 0..0;
                    self.fds.clear();
                }
                Next::Incomplete if !has_read => match self.read() {
                    Ok(true) => has_read = true,
                    Ok(false) => return Next::Incomplete,
                    Err(reason) => {
                        self.ended = Some(reason.into());
                        return Next::Ended;
                    }
                },
                next => return next,
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
    fn next_in_buffer(&mut self) -> Next {
        let rest = &self.buffer[self.at..self.filled];
        let Some(header) = rest.first_chunk::<HEADER>() else { return Next::Incomplete };
        let header = Header::from_bytes(*header);
        let size = usize::from(header.size);
        let arrived = size.clamp(HEADER, rest.len());
        if size > rest.len() && (HEADER..=self.largest()).contains(&size) {
            return Next::Incomplete;
        }
        self.place = self.at..self.at + arrived;
        let entry = self.table.entry(header.object);
        if let Err(reason) = self.apply(header, &entry) {
            self.ended = Some(self.refusal(header, &entry, reason).into());
            return Next::Ended;
        }
        self.at += size;
        let ended = entry.interface == 0;
        self.last = Some(Last { header, number: entry.known_interface(), version: entry.version, ended });
        if self.trace {
            let line = self.message().map(|message| message.to_string());
            trace::emit(self.table.connection(), &line.unwrap_or_default());
        }
        if ended && !self.relays { Next::Skipped } else { Next::Message }
    }

    /// Judges the message in the buffer, takes its descriptors, and does to the objects what it says.
    fn apply(&mut self, header: Header, entry: &Entry) -> Result<(), RefusalReason> {
        let (size, number) = (usize::from(header.size), entry.known_interface());
        let Some(plan) = self.protocols.plan(number, self.receives(), header.opcode) else {
            return Err(if number == 0 { RefusalReason::UnknownObject } else { RefusalReason::UnknownOpcode });
        };
        self.judge(entry, plan, size)?;
        if plan.plain {
            return Ok(());
        }
        // As large as it says, and not larger than what has arrived.
        let bytes = &self.buffer[self.at..self.at + size];
        plan.check(bytes)?;
        if plan.fds > self.inbox.fds.len() {
            return Err(DecodeError::MissingFd.into());
        }
        self.fds.extend(self.inbox.fds.drain(..plan.fds));
        let subject = Subject::new(header, entry, self.side, self.relays, true);
        let entered = plan.refer(&mut self.table, subject, bytes, |name| self.protocols.find(name));
        if let Err(wrong) = entered {
            let signature = self.signature(number, header.opcode, self.receives());
            return Err(signature.map_or(RefusalReason::UnknownOpcode, |signature| wrong.refusal(signature)));
        }
        if plan.destructor {
            self.end(header.object, true);
        }
        if self.side == Side::Client
            && let Some(id) = deleted_id(header, &self.buffer[self.at..self.at + size])
        {
            self.table.delete(id);
        }
        Ok(())
    }

    pub(super) fn signature(&self, number: u16, opcode: u16, direction: Direction) -> Option<&Signature> {
        self.protocols.numbered(number)?.messages(direction).get(usize::from(opcode))
    }

    #[cold]
    fn refusal(&self, header: Header, entry: &Entry, reason: RefusalReason) -> Refusal {
        let number = entry.known_interface();
        Refusal {
            object: header.object,
            opcode: header.opcode,
            interface: self.protocols.numbered(number).cloned(),
            message: self.signature(number, header.opcode, self.receives()).map(|signature| signature.name.clone()),
            reason,
        }
    }

    /// The checks before the arguments are read, in the order of endpoints, which is libwayland's.
    fn judge(&self, entry: &Entry, plan: &Plan, size: usize) -> Result<(), RefusalReason> {
        let (since, version) = (plan.since, entry.version);
        if version < since && !self.relays {
            return Err(RefusalReason::TooNew { since, version });
        }
        if size > self.largest() {
            return Err(RefusalReason::TooLarge);
        }
        Ok(plan.check_size(size)?)
    }

    pub(super) fn receives(&self) -> Direction {
        if self.side == Side::Server { Direction::Request } else { Direction::Event }
    }
}
