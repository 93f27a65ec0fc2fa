//! What waits to be sent: bytes in order, and fds tied to the message they belong to.
//!
//! Guarantees that an fd never travels behind the last byte of its message,
//! that one send carries at most 28 fds, and that a partial send neither loses
//! nor repeats an fd (WIRE.md A.5, A.6, E.10).

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::Link;
use crate::interface::ClientId;
use crate::limits::{FDS_PER_SEND, FLUSH_AT};
use crate::objects::Side;

#[derive(Debug)]
pub(crate) struct Outbox {
    /// Whole messages; `bytes[..sent]` are already gone.
    pub(crate) bytes: Vec<u8>,
    sent: usize,
    fds: VecDeque<QueuedFd>,
    /// Whether a message was refused because too many fds wait.
    pub(crate) refused: bool,
    /// Messages queued since somebody counted.
    pub(crate) messages: u64,
    /// What is fixed for the connection, kept where sends look anyway.
    pub(crate) rules: Rules,
}

/// What the sends of one connection have to keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) client: ClientId,
    pub(crate) side: Side,
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
}

/// What one flush moved, for statistics.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moved {
    pub(crate) bytes: u64,
    pub(crate) fds: u64,
    pub(crate) calls: u64,
}

impl Outbox {
    pub(crate) fn new(rules: Rules) -> Outbox {
        Outbox { bytes: Vec::new(), sent: 0, fds: VecDeque::new(), refused: false, messages: 0, rules }
    }

    /// Forgets everything: nothing can be sent any more.
    pub(crate) fn clear(&mut self) {
        *self = Outbox::new(self.rules);
    }

    /// Whether a message can simply be appended: the queue is neither empty,
    /// in which case the loop does not know of it, nor long, in bytes or in fds.
    #[inline]
    pub(crate) fn is_under_way(&self) -> bool {
        self.len().wrapping_sub(1) < FLUSH_AT - 1 && self.fds.len() < FDS_PER_SEND
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes not yet sent.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Fds not yet sent.
    pub(crate) fn fds(&self) -> usize {
        self.fds.len()
    }

    /// Queues an fd for the message that starts at `start` in `bytes`.
    pub(crate) fn push_fd(&mut self, start: usize, fd: OwnedFd) {
        self.fds.push_back(QueuedFd { start, fd });
    }

    /// Sends as much as the link takes.
    pub(crate) fn flush(&mut self, link: &mut dyn Link, moved: &mut Moved) -> io::Result<Flush> {
        while self.sent < self.bytes.len() {
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
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.bytes.clear();
        self.sent = 0;
        Ok(Flush::Done)
    }

    /// How many fds the next send carries, and where its bytes end: before the
    /// first message whose fds do not all fit.
    fn next_send(&self) -> (usize, usize) {
        let Some(beyond) = self.fds.get(FDS_PER_SEND) else { return (self.fds.len(), self.bytes.len()) };
        if beyond.start > self.sent {
            return (FDS_PER_SEND, beyond.start);
        }
        // Its message is already under way, so more than 28 fds belong to it alone: one byte
        // at a time keeps them ahead of its end. Generated messages have at most 20 arguments.
        (FDS_PER_SEND, self.sent + 1)
    }

    /// Forgets the sent part once it is the larger one, so that a slow peer
    /// costs memory in proportion to what waits for it.
    fn compact(&mut self) {
        if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            for queued in &mut self.fds {
                queued.start = queued.start.saturating_sub(self.sent);
            }
            self.sent = 0;
        }
    }
}
