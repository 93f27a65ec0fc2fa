//! What happens to each message. Most are numbers for an object that is alive, and few have descriptors: they are looked
//! at where they lie, and runs of them are copied together.

use std::os::fd::OwnedFd;

use super::{Half, Relay, queue};
use crate::conn::Inbox;
use crate::dynamic::codec;
use crate::dynamic::end::{Arrived, End};
use crate::dynamic::error::{EncodeError, ReceiveError, Refusal, RefusalReason};
use crate::dynamic::interface::Direction;
use crate::dynamic::plan::{Plan, Subject};
use crate::dynamic::protocols::Protocols;
use crate::dynamic::received::{Last, refusal};
use crate::dynamic::selection::Selection;
use crate::dynamic::table::{Table, deleted_id};
use crate::dynamic::view::View;
use crate::objects::Entry;
use crate::trace;
use crate::wire::{HEADER, Header};

/// What becomes of a message, as [`Relay::visit`] is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is passed on as it is.
    Pass,
    /// It is not passed on. It should be one that makes no object and ends none.
    Drop,
    /// It stays where it is, and what follows it waits: [`Relay::message`] looks at it again, until
    /// [`Relay::forward`] passes it on or [`Relay::take`] makes values of it.
    Hold,
}

impl Relay {
    /// Passes on what has arrived of a direction, and asks `visit` about each message that is selected. Whether it
    /// holds one.
    ///
    /// Reads once at most, and only if nothing is left of what was read before, so that a connection gets as much of
    /// the program's time as others; what has arrived since shows when the program waits for the descriptor. Nothing
    /// is done while a peer [is behind](Relay::is_behind); [`has_more`](Relay::has_more) says what is left when it no longer
    /// is. What is passed on is queued until it is [flushed](Relay::flush). Of a message that the last call held and that
    /// nobody took, the descriptors are closed.
    ///
    /// A message that cannot be queued is held, whatever `visit` says: [`forward`](Relay::forward) tells why.
    ///
    /// # Errors
    /// [`ReceiveError`] from when no more can be received; always the same. What is queued can still be flushed, and
    /// messages of the other direction be received.
    pub fn visit(
        &mut self,
        direction: Direction,
        mut visit: impl FnMut(&View<'_>) -> Verdict,
    ) -> Result<bool, ReceiveError> {
        let is_behind = self.is_behind() && {
            // Whoever waited for room has it now.
            let _ = (self.flush(Direction::Request), self.flush(Direction::Event));
            self.is_behind()
        };
        let Relay { client, server, table, protocols, selection, trace } = self;
        let (from, to) = match direction {
            Direction::Request => (client, &mut server.end),
            Direction::Event => (server, &mut client.end),
        };
        from.last = None;
        if from.end.ended.is_none() {
            from.end.forget();
            if !is_behind && (from.end.next_header().is_some() || from.end.read()) {
                // All that is traced is looked at.
                let (selection, trace) = (selection.as_ref().filter(|_| !*trace), *trace);
                let mut passing = Passing { to, table, protocols, selection, direction, trace };
                if passing.run(from, &mut visit) {
                    return Ok(true);
                }
            }
        }
        from.end.ended.clone().map_or(Ok(false), Err)
    }

    /// As [`visit`](Relay::visit), up to the next message that is selected, which it holds. Whether there is one.
    ///
    /// # Errors
    /// As [`visit`](Relay::visit).
    pub fn advance(&mut self, direction: Direction) -> Result<bool, ReceiveError> {
        self.visit(direction, |_| Verdict::Hold)
    }

    /// Queues the message of this direction that is held for the other side: its bytes as they are, padding included, and
    /// its descriptors. Nothing happens if there is none, or it was taken, or the other side reads no more: what that has
    /// still said comes first, then its end.
    ///
    /// # Errors
    /// [`SendError::QueueFull`](crate::SendError::QueueFull) and [`SendError::TooLarge`](crate::SendError::TooLarge): it is
    /// not queued, and its descriptors are closed.
    pub fn forward(&mut self, direction: Direction) -> Result<(), EncodeError> {
        let (from, to) = match direction {
            Direction::Request => (&mut self.client, &mut self.server.end),
            Direction::Event => (&mut self.server, &mut self.client.end),
        };
        if from.last.take().is_none() {
            return Ok(());
        }
        let (bytes, fds) = from.end.last_with_fds();
        let queued = to.has_size(bytes.len()).and_then(|()| queue(to, bytes, fds));
        fds.clear();
        Ok(queued?)
    }
}

/// Where messages go, and by what they are judged.
struct Passing<'a> {
    to: &'a mut End,
    table: &'a mut Table,
    protocols: &'a Protocols,
    selection: Option<&'a Selection>,
    direction: Direction,
    trace: bool,
}

/// The first of these bytes are to be passed on, and were not copied yet: so many messages.
#[derive(Clone, Copy)]
struct Run<'a> {
    bytes: &'a [u8],
    count: u64,
}

/// A message that is to be looked at.
struct Next<'a> {
    header: Header,
    entry: Entry,
    size: usize,
    plan: Option<&'a Plan>,
    /// Whether there is nothing to judge.
    is_plain: bool,
    is_selected: bool,
}

impl<'a> Passing<'a> {
    /// Passes on what has arrived. Whether a message is held.
    fn run(&mut self, half: &mut Half, visit: &mut dyn FnMut(&View<'_>) -> Verdict) -> bool {
        let Half { end, last, passed } = half;
        let largest = end.largest();
        let End { buffer, at, filled, inbox, fds, place, ended, .. } = end;
        let arrived = buffer.get(..*filled).unwrap_or_default();
        let first = *at;
        let mut rest = arrived.get(first..).unwrap_or_default();
        let mut run = Run { bytes: rest, count: 0 };
        let held = loop {
            let Some(next) = self.next(&mut rest, &mut run.count, largest) else { break None };
            let Next { header, entry, size, .. } = next;
            let is_odd = if next.is_plain {
                false
            } else {
                if !self.has_room() {
                    break None;
                }
                let message = Arrived { bytes: rest.get(..size.max(HEADER)).unwrap_or(rest), size, largest };
                match self.judge(&next, message, inbox, fds) {
                    Ok(is_odd) => is_odd,
                    Err(refusal) => {
                        let here = arrived.len() - rest.len();
                        *place = here..here + message.bytes.len();
                        *ended = Some(refusal.into());
                        fds.clear();
                        break None;
                    }
                }
            };
            if self.direction == Direction::Request {
                self.table.note_asked(header.object, header.opcode);
            }
            let Some((bytes, behind)) = rest.split_at_checked(size) else { break None };
            let before = std::mem::replace(&mut rest, behind);
            passed.fds += fds.len() as u64;
            let mut verdict = Verdict::Pass;
            if is_odd || next.is_selected {
                let last = Last::new(header, &entry);
                if let Some(view) = last.view(self.direction, bytes, fds, self.protocols, Some(self.table)) {
                    if self.trace {
                        self.print(&view);
                    }
                    verdict = visit(&view);
                }
            }
            if fds.is_empty() && verdict == Verdict::Pass {
                run.count += 1;
                continue;
            }
            passed.messages += run.count + 1;
            self.copy(run, before);
            run = Run { bytes: rest, count: 0 };
            if verdict == Verdict::Pass && queue(self.to, bytes, fds).is_err() {
                verdict = Verdict::Hold;
            }
            if verdict == Verdict::Hold {
                let here = arrived.len() - rest.len();
                break Some((Last::new(header, &entry), here - size..here));
            }
            fds.clear();
        };
        passed.messages += run.count;
        self.copy(run, rest);
        *at = arrived.len() - rest.len();
        passed.bytes += (*at - first) as u64;
        let Some((message, range)) = held else { return false };
        (*last, *place) = (Some(message), range);
        true
    }

    /// The next message that has to be looked at. Those before it are passed over, and counted.
    #[inline(always)]
    fn next(&mut self, rest: &mut &[u8], count: &mut u64, largest: usize) -> Option<Next<'a>> {
        loop {
            let header = Header::from_bytes(*rest.first_chunk::<HEADER>()?);
            let (entry, size) = (self.table.entry(header.object), usize::from(header.size));
            let plan = self.protocols.plan(entry.known_interface(), self.direction, header.opcode);
            let is_plain = entry.interface != 0
                && size <= largest
                && plan.is_some_and(|plan| plan.is_plain_of(size, entry.version));
            let Some(behind) = rest.get(size..) else {
                // A size that no message can have is not waited for.
                let is_good = (HEADER..=largest).contains(&size);
                return (!is_good).then_some(Next { header, entry, size, plan, is_plain: false, is_selected: false });
            };
            let number = entry.known_interface();
            let is_selected = self.selection.is_none_or(|all| all.has(number, self.direction, header.opcode));
            if !is_plain || is_selected {
                return Some(Next { header, entry, size, plan, is_plain, is_selected });
            }
            if self.direction == Direction::Request {
                self.table.note_asked(header.object, header.opcode);
            }
            *rest = behind;
            *count += 1;
        }
    }

    /// Whether the peer reads what it is sent. If not, its socket is full, and what was read waits until there is room.
    fn has_room(&mut self) -> bool {
        if self.to.is_behind() {
            // One that reads no more takes everything.
            let _ = self.to.flush();
        }
        !self.to.is_behind()
    }

    /// Copies a run, behind which is the rest.
    #[inline]
    fn copy(&mut self, run: Run<'_>, rest: &[u8]) {
        if run.count > 0 {
            self.to.append_run(run.bytes.get(..run.bytes.len() - rest.len()).unwrap_or_default(), run.count);
        }
    }

    /// Judges a message, and does to the objects what it says. Whether it is odd, though not ours to judge.
    fn judge(
        &mut self,
        next: &Next<'_>,
        message: Arrived<'_>,
        inbox: &mut Inbox,
        fds: &mut Vec<OwnedFd>,
    ) -> Result<bool, Refusal> {
        let Next { header, ref entry, plan, .. } = *next;
        let number = entry.known_interface();
        let refused = |reason| refusal(header, entry, self.direction, self.protocols, reason);
        let Some(plan) = plan else {
            let reason = if number == 0 { RefusalReason::UnknownObject } else { RefusalReason::UnknownOpcode };
            return Err(refused(reason));
        };
        let subject = Subject::new(header, entry, None, self.direction);
        let admitted = message.admit(plan, subject, inbox, fds, self.table, self.protocols);
        admitted
            .map_err(|unfit| refused(unfit.reason(self.protocols.signature(number, self.direction, header.opcode))))?;
        if plan.destructor {
            self.table.end(header.object);
        }
        if self.direction == Direction::Event
            && let Some(id) = deleted_id(header, message.bytes)
        {
            self.table.delete(id);
        }
        let is_padded = || {
            let signature = self.protocols.signature(number, self.direction, header.opcode);
            signature.is_some_and(|signature| codec::padded(&signature.args, message.bytes).is_some())
        };
        Ok(entry.interface == 0 || entry.version < plan.since || (!plan.is_fixed && is_padded()))
    }

    #[cold]
    fn print(&self, message: &View<'_>) {
        let arrow = if self.direction == Direction::Request { "" } else { " -> " };
        trace::emit(self.table.connection(), &format!("{arrow}{message}"));
    }
}
