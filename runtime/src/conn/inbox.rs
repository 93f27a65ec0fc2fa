//! What has arrived and is not yet a whole message.
//!
//! The receive buffer belongs to the loop and is shared by all connections;
//! here remain only the first bytes of an unfinished message and the fds that
//! no message has claimed. An idle connection holds no heap memory here.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use super::{Link, Received};

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    partial: Vec<u8>,
    /// Fds in arrival order; the k-th fd argument of the stream takes the k-th (D01, D02).
    pub(crate) fds: VecDeque<OwnedFd>,
}

impl Inbox {
    /// Fills `buffer` with the unfinished message, if any, and what one read
    /// brings. Returns how many bytes of `buffer` are filled and what the read said.
    pub(crate) fn fill(&mut self, link: &mut dyn Link, buffer: &mut [u8]) -> std::io::Result<(usize, Received)> {
        let kept = self.partial.len();
        buffer[..kept].copy_from_slice(&self.partial);
        let received = link.receive(&mut buffer[kept..], &mut self.fds)?;
        self.partial.clear();
        Ok((kept + received.bytes, received))
    }

    /// Keeps the first bytes of a message whose end is still to come.
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        self.partial.extend_from_slice(rest);
    }
}
