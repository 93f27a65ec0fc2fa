//! From the bytes of the link to messages: looked at where they lie, or as values.

use super::Connection;
use crate::dynamic::error::{ReceiveError, RefusalReason};
use crate::dynamic::interface::Direction;
use crate::dynamic::plan::Subject;
use crate::dynamic::received::{Last, Received, refusal};
use crate::dynamic::table::deleted_id;
use crate::dynamic::view::View;
use crate::objects::{Entry, Side};
use crate::trace;
use crate::wire::Header;

/// What became of the bytes that have arrived.
enum Next {
    /// A message is the last one.
    Message,
    /// It was for an object that has ended.
    Skipped,
    /// There is no whole message.
    Incomplete,
    /// Nothing more can be received.
    Ended,
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
    /// it, [`take`](Connection::take) makes values of it. Whether there is one. Its descriptors are closed by the next
    /// call, if nobody took them.
    ///
    /// # Errors
    /// As [`receive`](Connection::receive).
    pub fn advance(&mut self) -> Result<bool, ReceiveError> {
        self.last = None;
        if self.end.ended.is_none() {
            self.end.forget();
            match self.next() {
                Next::Message => return Ok(true),
                Next::Incomplete => {}
                Next::Skipped | Next::Ended => self.end.fds.clear(),
            }
        }
        self.end.ended.clone().map_or(Ok(false), Err)
    }

    /// The message of the last [`advance`](Connection::advance), until it is taken.
    #[must_use]
    pub fn message(&self) -> Option<View<'_>> {
        self.last?.view(self.receives(), self.end.last(), &self.end.fds, &self.protocols, None)
    }

    /// The message of the last [`advance`](Connection::advance) as values, which own its descriptors.
    pub fn take(&mut self) -> Option<Received> {
        let direction = self.receives();
        self.last.take()?.take(direction, &mut self.end, &self.protocols)
    }

    /// Finds the next message, in the buffer or by one read. Why there are no more is noted, and not returned, since
    /// most messages are good ones.
    fn next(&mut self) -> Next {
        if self.end.outbox.len() >= self.end.limits.throttle_bytes {
            return Next::Incomplete;
        }
        let mut has_read = false;
        loop {
            match self.next_in_buffer() {
                Next::Skipped => {
                    self.last = None;
                    self.end.forget();
                }
                Next::Incomplete if !has_read && self.end.read() => has_read = true,
                next => return next,
            }
        }
    }

    /// Takes the next whole message of the buffer.
    fn next_in_buffer(&mut self) -> Next {
        let Some(header) = self.end.next_header() else { return Next::Incomplete };
        self.end.point_at(header);
        let entry = self.table.entry(header.object);
        if let Err(reason) = self.apply(header, &entry) {
            let refusal = refusal(header, &entry, self.receives(), &self.protocols, reason);
            self.end.ended = Some(refusal.into());
            return Next::Ended;
        }
        self.end.skip(usize::from(header.size));
        let last = Last::new(header, &entry);
        self.last = Some(last);
        if self.trace {
            let line = self.message().map(|message| message.to_string());
            trace::emit(self.table.connection(), &line.unwrap_or_default());
        }
        if last.ended { Next::Skipped } else { Next::Message }
    }

    /// Judges the message in the buffer, takes its descriptors, and does to the objects what it says.
    fn apply(&mut self, header: Header, entry: &Entry) -> Result<(), RefusalReason> {
        let (number, direction) = (entry.known_interface(), self.receives());
        let Some(plan) = self.protocols.plan(number, direction, header.opcode) else {
            return Err(if number == 0 { RefusalReason::UnknownObject } else { RefusalReason::UnknownOpcode });
        };
        // In the order of endpoints, which is libwayland's.
        if entry.version < plan.since {
            return Err(RefusalReason::TooNew { since: plan.since, version: entry.version });
        }
        let subject = Subject::new(header, entry, Some(self.side), direction);
        let admitted = self.end.admit(plan, subject, usize::from(header.size), &mut self.table, &self.protocols);
        let (plain, destructor) = (plan.plain, plan.destructor);
        if let Err(unfit) = admitted {
            return Err(unfit.reason(self.protocols.signature(number, direction, header.opcode)));
        }
        if plain {
            return Ok(());
        }
        if destructor {
            self.finish(header.object, true);
        }
        if self.side == Side::Client
            && let Some(id) = deleted_id(header, self.end.last())
        {
            self.table.delete(id);
        }
        Ok(())
    }

    pub(super) fn receives(&self) -> Direction {
        if self.side == Side::Server { Direction::Request } else { Direction::Event }
    }
}
