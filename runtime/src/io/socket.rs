//! `sendmsg` and `recvmsg` on a connected stream socket.
//!
//! Never blocks whatever the descriptor's flags say (`MSG_DONTWAIT`), never
//! raises SIGPIPE, sets close-on-exec on every fd received, and lets none in whose
//! end could hold this process.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};

use super::stranger;
use crate::conn::{Link, Received};
use crate::limits::{FDS_PER_SEND, READ_SIZE};
use crate::wire::MAX_SIZE;

/// Most fds the kernel passes in one message (`SCM_MAX_FD`).
const MAX_FDS: usize = 253;

const SEND_FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// A connected Unix stream socket.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
}

impl Socket {
    /// Takes a connected stream socket. Its `O_NONBLOCK` flag is left alone:
    /// it is shared with whoever else holds the description.
    #[must_use]
    pub fn new(fd: OwnedFd) -> Socket {
        Socket { fd }
    }
}

/// What a refused send of fds means.
fn refusal(errno: Errno) -> io::Error {
    match errno {
        // Too many fds of this user are in flight, over all its sockets (D15).
        Errno::TOOMANYREFS => io::ErrorKind::QuotaExceeded.into(),
        errno => errno.into(),
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Link for Socket {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        if fds.is_empty() {
            return Ok(rustix::net::send(&self.fd, bytes, SEND_FLAGS)?);
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_PER_SEND))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let sent = rustix::net::sendmsg(&self.fd, &[io::IoSlice::new(bytes)], &mut control, SEND_FLAGS);
        sent.map_err(refusal)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS), ScmCredentials(1))];
        // Without room the kernel drops them, and says so.
        let room = if stranger::are_taken_from(self.fd.as_fd()) { &mut space[..] } else { &mut [] };
        let mut control = RecvAncillaryBuffer::new(room);
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        let received = rustix::net::recvmsg(&self.fd, &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
        let mut refused = Ok(());
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                // All of them, also behind a failure: none may be closed here before it was looked at.
                for fd in rights {
                    match stranger::admit(fd, self.fd.as_fd()) {
                        Ok(fd) => fds.push_back(fd),
                        Err(error) => refused = Err(error),
                    }
                }
            }
        }
        refused?;
        Ok(Received { bytes: received.bytes, fds_lost: received.flags.contains(ReturnFlags::CTRUNC) })
    }

    fn fits(&mut self) -> bool {
        // A look at the queue gives copies of the fds, as many as there is room for; the originals stay there.
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS), ScmCredentials(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::PEEK | RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
        // As large as what a read can fill, so that it comes as far.
        let mut buffer = [0; READ_SIZE + MAX_SIZE];
        let looked = rustix::net::recvmsg(&self.fd, &mut [IoSliceMut::new(&mut buffer)], &mut control, flags);
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                rights.for_each(|fd| stranger::dispose(fd, Some(self.fd.as_fd())));
            }
        }
        // What else is wrong shows when it is received.
        !looked.is_ok_and(|looked| looked.flags.contains(ReturnFlags::CTRUNC))
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.fd.as_fd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d15_etoomanyrefs_is_for_the_moment_and_other_failures_are_what_they_are() {
        // The kernel refuses nothing to root, whom tests may run as.
        assert_eq!(refusal(Errno::TOOMANYREFS).kind(), io::ErrorKind::QuotaExceeded);
        assert_eq!(refusal(Errno::PIPE).kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(refusal(Errno::AGAIN).kind(), io::ErrorKind::WouldBlock);
    }
}
