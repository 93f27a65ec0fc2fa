//! What the core asks of a socket, and a socket made of memory.
//!
//! The seam where system calls begin: `io::Socket` implements [`Link`] with
//! `sendmsg` and `recvmsg`; tests implement it with queues and planned faults.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

/// One end of a byte stream that also carries fds.
pub trait Link: Send {
    /// Sends a prefix of `bytes`, with all of `fds` attached to its first byte.
    /// Never blocks. A result of n ≥ 1 means that all fds are on their way.
    ///
    /// # Errors
    /// `WouldBlock` if nothing could be sent until the descriptor is writable;
    /// `QuotaExceeded` if too many fds of this user are in flight, so that it has
    /// to be tried again later; anything else ends the connection.
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize>;

    /// Receives into `buffer` and appends the fds that came along to `fds`,
    /// each with close-on-exec set. Never blocks.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there; anything else ends the connection.
    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received>;

    /// Whether the fds that the next [`Link::receive`] brings can be taken; `false` if this process has no descriptors
    /// for them. Nothing is received, and no fd is kept.
    fn fits(&mut self) -> bool {
        true
    }

    /// The descriptor to wait on, if there is one.
    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// Result of one [`Link::receive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes received; 0 is the end of the stream.
    pub bytes: usize,
    /// Whether the kernel had to drop fds (`MSG_CTRUNC`). Fatal, since all
    /// later fds would reach the wrong messages (D09).
    pub fds_lost: bool,
}

/// One end of an in-memory connection, for tests and fuzzers.
///
/// Unbounded, lossless, usable across threads. Dropping one end is the end of
/// the stream for the other.
///
/// ```
/// use wayline::{Link, MemoryLink};
///
/// // A server takes one by `Server::connect`, a client the other by `Client::new`.
/// let (mut one, mut other) = MemoryLink::pair();
/// assert_eq!(one.send(b"bytes", &[])?, 5);
/// let mut buffer = [0; 16];
/// let received = other.receive(&mut buffer, &mut Default::default())?;
/// assert_eq!(&buffer[..received.bytes], b"bytes");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct MemoryLink {
    incoming: Arc<Mutex<Pipe>>,
    outgoing: Arc<Mutex<Pipe>>,
}

#[derive(Debug, Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    fds: VecDeque<OwnedFd>,
    closed: bool,
}

impl MemoryLink {
    /// Two connected ends.
    #[must_use]
    pub fn pair() -> (MemoryLink, MemoryLink) {
        let (a, b) = (Arc::default(), Arc::default());
        let first = MemoryLink { incoming: Arc::clone(&a), outgoing: Arc::clone(&b) };
        (first, MemoryLink { incoming: b, outgoing: a })
    }
}

impl Link for MemoryLink {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        let mut pipe = self.outgoing.lock().unwrap_or_else(PoisonError::into_inner);
        if pipe.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        for fd in fds {
            pipe.fds.push_back(fd.try_clone_to_owned()?);
        }
        pipe.bytes.extend(bytes);
        Ok(bytes.len())
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        let mut pipe = self.incoming.lock().unwrap_or_else(PoisonError::into_inner);
        if pipe.bytes.is_empty() && !pipe.closed {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes = pipe.bytes.len().min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(pipe.bytes.drain(..bytes)) {
            *place = byte;
        }
        fds.append(&mut pipe.fds);
        Ok(Received { bytes, fds_lost: false })
    }
}

impl Drop for MemoryLink {
    fn drop(&mut self) {
        for pipe in [&self.incoming, &self.outgoing] {
            pipe.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        }
    }
}
