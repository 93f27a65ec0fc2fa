//! What has arrived and was not handled yet.
//!
//! The receive buffer belongs to the loop and is shared by all connections. Here remain the first bytes of an unfinished
//! message, the messages that did not fit into the budget of a turn, and the fds that no message has consumed. An idle
//! connection holds no heap memory here.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use super::{Link, Received};

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// An unfinished message, or what is left of a read.
    bytes: Vec<u8>,
    /// Bytes of `bytes` that were handled.
    at: usize,
    /// Whether `bytes` has whole messages.
    left: bool,
    /// Fds in arrival order; the k-th fd argument of the stream takes the k-th (D01, D02).
    pub(crate) fds: VecDeque<OwnedFd>,
}

/// What is left of a read: whole messages, and perhaps the beginning of one.
#[derive(Debug)]
pub(crate) struct Left {
    bytes: Vec<u8>,
    at: usize,
}

impl Left {
    pub(crate) fn new(bytes: Vec<u8>) -> Left {
        Left { bytes, at: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// What is left when `count` bytes more were handled.
    pub(crate) fn after(self, count: usize) -> Left {
        Left { at: self.at + count, ..self }
    }
}

impl Inbox {
    /// Fills `buffer` with the unfinished message, if any, and what one read
    /// brings. Returns how many bytes of `buffer` are filled and what the read said.
    pub(crate) fn fill(&mut self, link: &mut dyn Link, buffer: &mut [u8]) -> std::io::Result<(usize, Received)> {
        debug_assert!(!self.left);
        let kept = self.bytes.len();
        buffer[..kept].copy_from_slice(&self.bytes);
        let received = link.receive(&mut buffer[kept..], &mut self.fds)?;
        self.bytes.clear();
        Ok((kept + received.bytes, received))
    }

    /// Keeps the first bytes of a message whose end is still to come.
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        self.bytes.extend_from_slice(rest);
    }

    /// Keeps messages for a later turn, in the memory where they are.
    pub(crate) fn leave(&mut self, Left { bytes, at }: Left) {
        (self.bytes, self.at, self.left) = (bytes, at, true);
    }

    /// Takes the messages that were left.
    pub(crate) fn take_left(&mut self) -> Option<Left> {
        if !std::mem::take(&mut self.left) {
            return None;
        }
        Some(Left { bytes: std::mem::take(&mut self.bytes), at: std::mem::take(&mut self.at) })
    }

    /// What was not handled yet.
    #[cfg(feature = "io")]
    pub(crate) fn image(&self) -> (&[u8], &VecDeque<OwnedFd>) {
        (&self.bytes[self.at..], &self.fds)
    }

    /// Bytes that were not handled yet.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Whether whole messages wait here.
    pub(crate) fn has_left(&self) -> bool {
        self.left
    }
}
