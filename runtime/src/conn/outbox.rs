//! What waits to be sent: bytes in order, and fds tied to the message they belong to.
//!
//! Guarantees that an fd never travels behind the last byte of its message,
//! that one send carries at most 28 fds, and that a partial send neither loses
//! nor repeats an fd (D05, D13).

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::Link;
use crate::limits::{FDS_PER_SEND, FIRST_QUEUE, FLUSH_AT};
use crate::wire::LARGEST_FIXED;

#[derive(Debug)]
pub(crate) struct Outbox {
    /// `bytes[..end]` are whole messages, of which `bytes[..sent]` are already gone. The rest is
    /// room that messages may take without a question; see [`Outbox::grow`].
    bytes: Vec<u8>,
    sent: usize,
    end: usize,
    fds: VecDeque<QueuedFd>,
    /// Whether a message was refused because too many fds wait.
    pub(crate) refused: bool,
    /// Messages queued since somebody counted.
    pub(crate) messages: u64,
    /// What is fixed for the connection, kept where sends look anyway.
    pub(crate) rules: SendLimits,
}

/// What the sends of one connection have to keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SendLimits {
    pub(crate) trace: bool,
    /// Bytes of the largest message.
    pub(crate) message_size: u32,
    /// Most fds that may wait.
    pub(crate) queued_fds: u32,
}

#[derive(Debug)]
struct QueuedFd {
    /// Where its message starts in `bytes`.
    start: usize,
    fd: OwnedFd,
}

/// How far a flush came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flush {
    /// Everything is with the kernel.
    Done,
    /// The socket is full; wait until it is writable.
    Blocked,
    /// Too many fds of this user are in flight, whoever sent them (D15). Nothing tells when that is over.
    Congested,
}

/// What one flush moved, for statistics.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FlushStats {
    pub(crate) bytes: u64,
    pub(crate) fds: u64,
    pub(crate) calls: u64,
}

impl Outbox {
    pub(crate) fn new(rules: SendLimits) -> Outbox {
        Outbox { bytes: Vec::new(), sent: 0, end: 0, fds: VecDeque::new(), refused: false, messages: 0, rules }
    }

    /// Drops everything that is queued: nothing can be sent any more.
    pub(crate) fn clear(&mut self) {
        *self = Outbox::new(self.rules);
    }

    /// Whether [`Outbox::append`] has room for `size` bytes.
    #[inline]
    pub(crate) fn has_room(&self, size: usize) -> bool {
        self.bytes.get(self.end..self.end.wrapping_add(size)).is_some()
    }

    /// Queues a message of `size` bytes, if there is room, and returns the place
    /// to write it to. There is none in a queue that is empty, because the loop
    /// does not know of it, nor in one that is long, in bytes or in fds, nor in
    /// one whose messages are traced.
    #[inline]
    pub(crate) fn append(&mut self, size: usize) -> Option<&mut [u8]> {
        let end = self.end.wrapping_add(size);
        let place = self.bytes.get_mut(self.end..end)?;
        self.end = end;
        self.messages += 1;
        Some(place)
    }

    /// As [`Outbox::append`], with the fds of the message.
    pub(crate) fn append_with(&mut self, size: usize, fds: impl IntoIterator<Item = OwnedFd>) -> Option<&mut [u8]> {
        let start = self.end;
        self.append(size)?;
        self.fds.extend(fds.into_iter().map(|fd| QueuedFd { start, fd }));
        if self.fds.len() >= FDS_PER_SEND {
            // The next message has to ask.
            self.bytes.truncate(self.end);
        }
        self.bytes.get_mut(start..self.end)
    }

    /// Whether it is time to send, before `size` more bytes are queued.
    pub(crate) fn is_long(&self, size: usize) -> bool {
        self.len() + size > FLUSH_AT || self.fds.len() >= FDS_PER_SEND
    }

    /// Makes room for `size` bytes whatever waits; and for more if little does.
    pub(crate) fn grow(&mut self, size: usize) {
        let needed = self.end + size;
        if self.asks() || self.fds.len() >= FDS_PER_SEND {
            self.bytes.resize(needed, 0);
        } else if self.bytes.len() < needed {
            // Twice what it was, as vectors grow.
            self.bytes.resize(needed.max((2 * self.bytes.len()).clamp(FIRST_QUEUE, FLUSH_AT)), 0);
        }
    }

    /// Whether it has a buffer; idle ones have none.
    pub(crate) fn has_buffer(&self) -> bool {
        self.bytes.capacity() > 0
    }

    /// Gives it a buffer, all of which is room.
    pub(crate) fn set_buffer(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
    }

    /// Changes the rules, also for messages that there was room for.
    pub(crate) fn set_rules(&mut self, rules: SendLimits) {
        self.rules = rules;
        if self.asks() {
            self.bytes.truncate(self.end);
        }
    }

    /// Whether each message has to be looked at: to trace it, or because even those without strings and arrays, of which
    /// nobody asks the size, can be too large.
    fn asks(&self) -> bool {
        self.rules.trace || (self.rules.message_size as usize) < LARGEST_FIXED
    }

    /// Takes the buffer of an empty queue.
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.end == self.sent
    }

    /// What was not sent yet: bytes, from anywhere in a message, and fds with where in them their messages start.
    #[cfg(feature = "io")]
    pub(crate) fn image(&self) -> (&[u8], Vec<(usize, BorrowedFd<'_>)>) {
        let fds = self.fds.iter().map(|queued| (queued.start.saturating_sub(self.sent), queued.fd.as_fd()));
        (&self.bytes[self.sent..self.end], fds.collect())
    }

    /// Queues what [`Outbox::image`] gave of another process's. `false` if there can be no such queue.
    #[cfg(feature = "io")]
    pub(crate) fn restore(&mut self, bytes: Vec<u8>, fds: Vec<(usize, OwnedFd)>) -> bool {
        let in_order = fds.is_sorted_by_key(|(start, _)| *start) && fds.iter().all(|(start, _)| *start < bytes.len());
        (self.sent, self.end) = (0, bytes.len());
        self.bytes = bytes;
        self.fds = fds.into_iter().map(|(start, fd)| QueuedFd { start, fd }).collect();
        in_order
    }

    /// Bytes not yet sent.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end - self.sent
    }

    /// Fds not yet sent.
    pub(crate) fn fds(&self) -> usize {
        self.fds.len()
    }

    /// Sends as much as the link takes.
    pub(crate) fn flush(&mut self, link: &mut dyn Link, moved: &mut FlushStats) -> io::Result<Flush> {
        while self.sent < self.end {
            let (count, end) = self.next_send();
            let result = if count == 0 {
                link.send(&self.bytes[self.sent..end], &[])
            } else {
                let first: BorrowedFd<'_> = self.fds[0].fd.as_fd();
                let mut borrowed = [first; FDS_PER_SEND];
                for (place, queued) in borrowed.iter_mut().zip(&self.fds) {
                    *place = queued.fd.as_fd();
                }
                link.send(&self.bytes[self.sent..end], &borrowed[..count])
            };
            match result {
                Ok(bytes) => {
                    // The fds went with the first byte, however few bytes were taken.
                    self.fds.drain(..count);
                    self.sent += bytes;
                    moved.bytes += bytes as u64;
                    moved.fds += count as u64;
                    moved.calls += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.compact();
                    return Ok(Flush::Blocked);
                }
                Err(error) if error.kind() == io::ErrorKind::QuotaExceeded => {
                    self.compact();
                    return Ok(Flush::Congested);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        (self.sent, self.end) = (0, 0);
        Ok(Flush::Done)
    }

    /// How many fds the next send carries, and where its bytes end: before the
    /// first message whose fds do not all fit.
    fn next_send(&self) -> (usize, usize) {
        let Some(beyond) = self.fds.get(FDS_PER_SEND) else { return (self.fds.len(), self.end) };
        if beyond.start > self.sent {
            return (FDS_PER_SEND, beyond.start);
        }
        // Its message is already under way, so more than 28 fds belong to it alone: one byte
        // at a time keeps them ahead of its end. Generated messages have at most 20 arguments.
        (FDS_PER_SEND, self.sent + 1)
    }

    /// Drops the sent part once it is the larger one, so that a slow peer
    /// costs memory in proportion to what waits for it.
    fn compact(&mut self) {
        if self.sent > self.end / 2 {
            self.bytes.copy_within(self.sent..self.end, 0);
            self.end -= self.sent;
            // What was taken by a long queue is no room.
            self.bytes.truncate(self.end);
            for queued in &mut self.fds {
                queued.start = queued.start.saturating_sub(self.sent);
            }
            self.sent = 0;
        }
    }
}
