//! What happens to each message. Most are numbers for an object that is alive, and nobody wants to see them: they are
//! looked at once and copied together.

use super::{Half, Relay, queue};
use crate::dynamic::end::End;
use crate::dynamic::error::{EncodeError, ReceiveError, RefusalReason};
use crate::dynamic::interface::Direction;
use crate::dynamic::plan::Subject;
use crate::dynamic::protocols::Protocols;
use crate::dynamic::received::{Last, refusal};
use crate::dynamic::selection::Selection;
use crate::dynamic::table::{Table, deleted_id};
use crate::objects::Entry;
use crate::trace;
use crate::wire::{HEADER, Header};

/// What becomes of a message.
enum Fate {
    Shown,
    PassedOn,
    /// It is not valid, which is noted.
    Refused,
}

impl Relay {
    /// Receives the next message of a direction that is to be shown, and passes on those before it. Whether there is one.
    ///
    /// Reads once at most, and only if nothing is left of what was read before; so if there is none, more may still
    /// have arrived, and the program waits for the descriptor as always. There is none while a peer
    /// [is behind](Relay::is_behind). What is passed on is queued, as by [`forward`](Relay::forward).
    /// The descriptors of a message are closed by the next call, unless it was passed on or taken.
    ///
    /// # Errors
    /// [`ReceiveError`] from when no more can be received; always the same. What is queued can still be flushed, and
    /// messages of the other direction be received.
    pub fn advance(&mut self, direction: Direction) -> Result<bool, ReceiveError> {
        let is_behind = self.is_behind();
        let Relay { client, server, table, protocols, selection, trace } = self;
        let (from, to) = match direction {
            Direction::Request => (client, &mut server.end),
            Direction::Event => (server, &mut client.end),
        };
        from.last = None;
        if from.end.ended.is_none() && !is_behind {
            from.end.forget();
            if from.end.next_header().is_some() || from.end.read() {
                // Only what is shown is traced.
                let selection = selection.as_ref().filter(|_| !*trace);
                let mut passing = Passing { from, to, table, protocols, selection, direction };
                if passing.run() {
                    self.trace(direction);
                    return Ok(true);
                }
            }
        }
        self.from(direction).end.ended.clone().map_or(Ok(false), Err)
    }

    /// Queues the message of the last [`advance`](Relay::advance) of this direction for the other side: its bytes as they
    /// are, padding included, and its descriptors. Nothing happens if there is none, or it was taken, or the other side
    /// reads no more: what that has still said comes first, then its end.
    ///
    /// # Errors
    /// [`SendError::QueueFull`] and [`SendError::TooLarge`]: it is not queued, and its descriptors are closed.
    pub fn forward(&mut self, direction: Direction) -> Result<(), EncodeError> {
        let (from, to) = match direction {
            Direction::Request => (&mut self.client, &mut self.server.end),
            Direction::Event => (&mut self.server, &mut self.client.end),
        };
        if from.last.take().is_none() {
            return Ok(());
        }
        let (bytes, fds) = from.end.last_with_fds();
        let size = bytes.len();
        to.has_size(size)?;
        Ok(queue(to, bytes, fds)?)
    }
}

impl Relay {
    fn trace(&self, direction: Direction) {
        if self.trace
            && let Some(message) = self.message(direction)
        {
            let arrow = if direction == Direction::Request { "" } else { " -> " };
            trace::emit(self.table.connection(), &format!("{arrow}{message}"));
        }
    }
}

/// One side's messages on their way to the other.
struct Passing<'a> {
    from: &'a mut Half,
    to: &'a mut End,
    table: &'a mut Table,
    protocols: &'a Protocols,
    selection: Option<&'a Selection>,
    direction: Direction,
}

impl Passing<'_> {
    /// Passes on what has arrived, up to a message that is shown. Whether there is one.
    fn run(&mut self) -> bool {
        loop {
            self.pass_plain();
            let Some(header) = self.from.end.next_header().filter(|_| !self.to.is_behind()) else { return false };
            match self.pass(header) {
                Fate::Shown => return true,
                Fate::PassedOn => {}
                Fate::Refused => return false,
            }
        }
    }

    /// Passes on the messages up to one that needs a closer look.
    fn pass_plain(&mut self) {
        let (Some(selection), Passing { direction, .. }) = (self.selection, &*self) else { return };
        let (direction, rest) = (*direction, self.from.end.rest());
        let (mut count, mut at, largest) = (0, 0, self.from.end.largest());
        while let Some(header) = rest.get(at..).and_then(|rest| rest.first_chunk::<HEADER>()) {
            let header = Header::from_bytes(*header);
            let (entry, size) = (self.table.entry(header.object), usize::from(header.size));
            let plan = self.protocols.plan(entry.interface, direction, header.opcode);
            if !plan.is_some_and(|plan| plan.is_plain_of(size, entry.version))
                || at + size > rest.len()
                || size > largest
                || selection.has(entry.interface, direction, header.opcode)
            {
                break;
            }
            if direction == Direction::Request {
                self.table.note_asked(header.object, header.opcode);
            }
            (count, at) = (count + 1, at + size);
        }
        if count > 0 {
            self.to.append_run(rest.get(..at).unwrap_or_default(), count);
            self.from.note(count, at, 0);
            self.from.end.skip(at);
        }
    }

    /// One message, whatever it is.
    fn pass(&mut self, header: Header) -> Fate {
        self.from.end.point_at(header);
        let entry = self.table.entry(header.object);
        let is_odd = match self.admit(header, &entry) {
            Ok(is_odd) => is_odd,
            Err(reason) => {
                let refusal = refusal(header, &entry, self.direction, self.protocols, reason);
                self.from.end.ended = Some(refusal.into());
                self.from.end.fds.clear();
                return Fate::Refused;
            }
        };
        let size = usize::from(header.size);
        self.from.end.skip(size);
        self.from.note(1, size, self.from.end.fds.len());
        let last = Last::new(header, &entry);
        let is_selected = |selection: &Selection| selection.has(last.number, self.direction, header.opcode);
        if is_odd || self.selection.is_none_or(is_selected) {
            self.from.last = Some(last);
            return Fate::Shown;
        }
        let (bytes, fds) = self.from.end.last_with_fds();
        if queue(self.to, bytes, fds).is_err() {
            // Whoever looks at it passes it on, and learns why that cannot be.
            self.from.last = Some(last);
            return Fate::Shown;
        }
        self.from.end.forget();
        Fate::PassedOn
    }

    /// Judges a message, and does to the objects what it says. Whether it is odd, though not this side's to judge.
    fn admit(&mut self, header: Header, entry: &Entry) -> Result<bool, RefusalReason> {
        let number = entry.known_interface();
        let Some(plan) = self.protocols.plan(number, self.direction, header.opcode) else {
            return Err(if number == 0 { RefusalReason::UnknownObject } else { RefusalReason::UnknownOpcode });
        };
        let subject = Subject::new(header, entry, None, self.direction);
        let admitted = self.from.end.admit(plan, subject, usize::from(header.size), self.table, self.protocols);
        admitted.map_err(|unfit| unfit.reason(self.protocols.signature(number, self.direction, header.opcode)))?;
        if self.direction == Direction::Request {
            self.table.note_asked(header.object, header.opcode);
        }
        if plan.destructor {
            self.table.end(header.object);
        }
        if self.direction == Direction::Event
            && let Some(id) = deleted_id(header, self.from.end.last())
        {
            self.table.delete(id);
        }
        Ok(entry.interface == 0 || entry.version < plan.since || plan.has_padding(self.from.end.last()))
    }
}

impl Half {
    fn note(&mut self, messages: u64, bytes: usize, fds: usize) {
        self.passed.messages += messages;
        self.passed.bytes += bytes as u64;
        self.passed.fds += fds as u64;
    }
}
