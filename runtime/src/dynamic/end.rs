//! One socket of a dynamic connection: what has arrived at it, and what waits to be sent. Knows no objects.

use std::fmt;
use std::io;
use std::ops::Range;
use std::os::fd::{BorrowedFd, OwnedFd};

use super::error::{ReceiveError, RefusalReason};
use super::interface::Signature;
use super::plan::{Plan, Subject, Wrong};
use super::protocols::Protocols;
use super::table::Table;
use crate::conn::{Flush, FlushStats, Inbox, Link, Outbox, SendLimits};
use crate::error::{Disconnect, SendError};
use crate::limits::{FLUSH_AT, Limits, READ_SIZE};
use crate::wire::{DecodeError, HEADER, Header, MAX_SIZE};

/// A socket with its queues, as a program that waits for it sees it: an end of a [`Relay`](super::Relay), or that of a
/// [`Connection`](super::Connection).
pub struct End {
    link: Box<dyn Link>,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    /// What one read brought; `buffer[at..filled]` is still to be judged.
    pub(super) buffer: Vec<u8>,
    pub(super) at: usize,
    pub(super) filled: usize,
    /// Where the last message is in `buffer`.
    pub(super) place: Range<usize>,
    /// Descriptors of the last message, until it is taken or passed on.
    pub(super) fds: Vec<OwnedFd>,
    pub(super) limits: Limits,
    blocked: bool,
    congested: bool,
    /// Whether the peer has stopped reading. It may have said why.
    pub(super) unreadable: bool,
    /// Why no more messages come from here.
    pub(super) ended: Option<ReceiveError>,
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("End");
        debug.field("queued", &self.queued()).field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl End {
    pub(super) fn new(link: Box<dyn Link>) -> End {
        let limits = Limits::default();
        End {
            link,
            inbox: Inbox::default(),
            outbox: Outbox::new(rules(&limits)),
            buffer: vec![0; READ_SIZE + MAX_SIZE],
            at: 0,
            filled: 0,
            place: 0..0,
            fds: Vec::new(),
            limits,
            blocked: false,
            congested: false,
            unreadable: false,
            ended: None,
        }
    }

    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.outbox.set_rules(rules(&limits));
        self.limits = limits;
    }

    /// The descriptor to wait on, if there is one: until it is readable, and writable while
    /// [`is_blocked`](End::is_blocked).
    #[must_use]
    pub fn poll_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_fd()
    }

    /// Whether messages wait for a full socket.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Whether messages wait because too many fds of this user are in flight. No descriptor tells when that is over, so
    /// the program flushes again after a while.
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.congested
    }

    /// Bytes and fds that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> (usize, usize) {
        (self.outbox.len(), self.outbox.fds())
    }

    /// Bytes that were received and not looked at yet, and fds that no message has claimed.
    #[must_use]
    pub fn unread(&self) -> (usize, usize) {
        (self.inbox.len() + (self.filled - self.at), self.inbox.fds.len())
    }

    /// Whether so much waits to be sent that no more should be added: [`Limits::throttle_bytes`], or half of
    /// [`Limits::queued_fds`]. A proxy does not receive from its other end meanwhile.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.outbox.len() >= self.limits.throttle_bytes || self.outbox.fds() >= self.limits.queued_fds.div_ceil(2)
    }

    /// See [`Connection::fits`](super::Connection::fits).
    pub(super) fn fits(&mut self) -> bool {
        self.link.fits()
    }

    /// Bytes of the largest message.
    pub(super) fn largest(&self) -> usize {
        self.limits.message_size.min(MAX_SIZE)
    }

    /// What was read and not judged yet.
    #[inline]
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..self.filled).unwrap_or_default()
    }

    /// The last message.
    pub(super) fn last(&self) -> &[u8] {
        self.buffer.get(self.place.clone()).unwrap_or_default()
    }

    /// As [`End::last`], with its descriptors.
    pub(super) fn last_with_fds(&mut self) -> (&[u8], &mut Vec<OwnedFd>) {
        (self.buffer.get(self.place.clone()).unwrap_or_default(), &mut self.fds)
    }

    /// Forgets the last message. Descriptors that nobody took are closed.
    #[inline]
    pub(super) fn forget(&mut self) {
        self.place = 0..0;
        if !self.fds.is_empty() {
            self.fds.clear();
        }
    }

    /// The next message becomes the last one: as many bytes of it as have arrived and its header says.
    pub(super) fn point_at(&mut self, header: Header) {
        let arrived = usize::from(header.size).clamp(HEADER, self.filled - self.at);
        self.place = self.at..self.at + arrived;
    }

    /// Passes over these bytes.
    #[inline]
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The header of the next message, if all of it is there, or so much is known that it cannot be a good one.
    #[inline]
    pub(super) fn next_header(&self) -> Option<Header> {
        let rest = self.rest();
        let header = Header::from_bytes(*rest.first_chunk::<HEADER>()?);
        let size = usize::from(header.size);
        if size > rest.len() && (HEADER..=self.largest()).contains(&size) { None } else { Some(header) }
    }

    /// Reads once. Returns whether anything was there; why nothing follows is noted.
    pub(super) fn read(&mut self) -> bool {
        match self.try_read() {
            Ok(any) => any,
            Err(reason) => {
                self.ended = Some(reason.into());
                false
            }
        }
    }

    fn try_read(&mut self) -> Result<bool, Disconnect> {
        let count = self.inbox.fds.len();
        if count > self.limits.unconsumed_fds {
            return Err(Disconnect::UnconsumedFds { count });
        }
        self.inbox.keep(self.buffer.get(self.at..self.filled).unwrap_or_default());
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

    /// Judges the next message, takes its descriptors, and enters the objects that it makes.
    pub(super) fn admit(
        &mut self,
        plan: &Plan,
        subject: Subject,
        size: usize,
        table: &mut Table,
        protocols: &Protocols,
    ) -> Result<(), Unfit> {
        let largest = self.largest();
        let bytes = self.buffer.get(self.place.clone()).unwrap_or_default();
        Arrived { bytes, size, largest }.admit(plan, subject, &mut self.inbox, &mut self.fds, table, protocols)
    }

    pub(super) fn has_size(&self, size: usize) -> Result<(), SendError> {
        let limit = self.outbox.rules.message_size;
        if size > limit as usize {
            return Err(SendError::TooLarge { size: u32::try_from(size).unwrap_or(u32::MAX), limit });
        }
        Ok(())
    }

    /// Makes room for a message, as endpoints do.
    pub(super) fn make_room(&mut self, size: usize, fds: usize) -> Result<(), SendError> {
        if self.outbox.is_long(size) && !self.blocked && !self.congested {
            // If that fails, the program learns it when it receives or flushes.
            let _ = self.flush();
        }
        let (queued, limit) = (self.outbox.len(), self.outbox.rules.message_size);
        let fds_fit = fds == 0 || self.outbox.fds() + fds <= self.limits.queued_fds;
        if queued + size.max(limit as usize) > self.limits.queued_bytes || !fds_fit {
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

    /// Queues a message that there is room for.
    pub(super) fn append(&mut self, bytes: &[u8], fds: &mut Vec<OwnedFd>) -> Result<(), SendError> {
        let place = match fds.is_empty() {
            true => self.outbox.append(bytes.len()),
            false => self.outbox.append_with(bytes.len(), fds.drain(..)),
        };
        place.ok_or(SendError::Gone)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Queues messages without descriptors, at most those of one read, unless the peer reads no more.
    pub(super) fn append_run(&mut self, bytes: &[u8], count: u64) {
        if self.outbox.is_long(bytes.len()) && !self.blocked && !self.congested {
            // If that fails, the program learns it when it receives or flushes.
            let _ = self.flush();
        }
        if self.unreadable {
            return;
        }
        if !self.outbox.has_room(bytes.len()) {
            self.outbox.grow(bytes.len());
        }
        if let Some(place) = self.outbox.append(bytes.len()) {
            place.copy_from_slice(bytes);
            self.outbox.messages += count - 1;
        }
    }

    /// See [`Connection::flush`](super::Connection::flush).
    pub(super) fn flush(&mut self) -> Result<bool, Disconnect> {
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
}

/// A message that has arrived.
#[derive(Clone, Copy)]
pub(super) struct Arrived<'a> {
    /// All of it, unless its size is none that a message can have.
    pub(super) bytes: &'a [u8],
    /// What its header says.
    pub(super) size: usize,
    /// Bytes that messages may have.
    pub(super) largest: usize,
}

impl Arrived<'_> {
    /// Judges the message, takes its descriptors, and enters the objects that it makes.
    pub(super) fn admit(
        self,
        plan: &Plan,
        subject: Subject,
        inbox: &mut Inbox,
        fds: &mut Vec<OwnedFd>,
        table: &mut Table,
        protocols: &Protocols,
    ) -> Result<(), Unfit> {
        if self.size > self.largest {
            return Err(Unfit::Message(RefusalReason::TooLarge));
        }
        plan.check_size(self.size)?;
        if plan.plain {
            return Ok(());
        }
        plan.check(self.bytes)?;
        if plan.fds > 0 {
            if plan.fds > inbox.fds.len() {
                return Err(DecodeError::MissingFd.into());
            }
            fds.extend(inbox.fds.drain(..plan.fds));
        }
        plan.refer(table, subject, self.bytes, |name| protocols.find(name)).map_err(Unfit::Objects)
    }
}

/// Why a message is not valid.
pub(super) enum Unfit {
    Message(RefusalReason),
    Objects(Wrong),
}

impl Unfit {
    pub(super) fn reason(self, signature: Option<&Signature>) -> RefusalReason {
        match (self, signature) {
            (Unfit::Message(reason), _) => reason,
            (Unfit::Objects(wrong), Some(signature)) => wrong.refusal(signature),
            (Unfit::Objects(_), None) => RefusalReason::UnknownOpcode,
        }
    }
}

impl From<DecodeError> for Unfit {
    fn from(error: DecodeError) -> Unfit {
        Unfit::Message(error.into())
    }
}

fn rules(limits: &Limits) -> SendLimits {
    let queued_fds = u32::try_from(limits.queued_fds).unwrap_or(u32::MAX);
    // Traced are messages as values.
    SendLimits { trace: false, message_size: limits.message_size.min(MAX_SIZE) as u32, queued_fds }
}
