//! A connection that can be full.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wayline::{Link, Received};

/// A link that takes nothing once it is full.
pub(crate) struct Narrow<L> {
    pub(crate) link: L,
    pub(crate) full: Arc<AtomicBool>,
}

impl<L: Link> Link for Narrow<L> {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        if self.full.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.link.send(bytes, fds)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        self.link.receive(buffer, fds)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_fd()
    }
}
