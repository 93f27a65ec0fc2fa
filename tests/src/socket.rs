//! A connected Unix stream socket with fds, waited on with deadlines.
//!
//! Knows sendmsg, recvmsg, `SCM_RIGHTS` and poll, and keeps what arrived apart as the kernel delivered it: bytes, fds, and
//! how many fds came with each recvmsg. Refuses to know what the bytes mean beyond where one message ends. Every wait
//! has a deadline; nothing here blocks without one.

use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::sockopt::Timeout;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType, UCred,
};

use crate::wire::{self, Received, WireError};

pub mod record;

/// How long a connection may wait to be accepted.
const CONNECT: Duration = Duration::from_secs(10);

/// The kernel's limit of fds for one sendmsg (`SCM_MAX_FD`, unix(7)).
pub const SCM_MAX_FD: usize = 253;

/// Bytes that were handed out and are still kept.
const PIECE: usize = 1 << 20;

/// What can go wrong between the kit and a peer's socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Nothing happened until the deadline.
    #[error("nothing came within {}", seconds(*.after))]
    Timeout {
        /// How long the wait was.
        after: Duration,
    },
    /// A write found the peer gone.
    #[error("the peer has closed the connection")]
    Closed,
    /// The peer sent bytes that are no message.
    #[error("the peer sent what is no message: {0}")]
    Wire(#[from] WireError),
    /// A message lacks the fd its signature promises.
    #[error("the peer sent a message without its fd")]
    MissingFd,
    /// The kernel refused a call.
    #[error("{call}: {errno}")]
    System {
        /// The system call.
        call: &'static str,
        /// Its error.
        errno: Errno,
    },
}

/// How a connection ended from the kit's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Orderly: recvmsg returned 0.
    Eof,
    /// ECONNRESET: the peer closed with bytes of ours unread.
    Reset,
}

/// One connection. Dropping it closes the socket and every fd that was not taken.
#[derive(Debug)]
pub struct Stream {
    fd: OwnedFd,
    /// Which of this process it is.
    number: u64,
    input: Vec<u8>,
    /// Bytes of `input` that were handed out.
    taken: usize,
    fds: VecDeque<OwnedFd>,
    /// Fds that came with each recvmsg that brought any, in order: shows how the peer batched them.
    pub fd_groups: Vec<usize>,
    /// Set once the peer's end of the stream was seen.
    pub end: Option<End>,
}

impl Stream {
    /// Connects to the listening socket at `path`. Waits ten seconds for room among those that wait to be accepted.
    ///
    /// # Errors
    /// [`SocketError::System`] with the errno of socket or connect; `EAGAIN` when there was no room.
    pub fn connect(path: &Path) -> Result<Self, SocketError> {
        Self::connect_to(SocketAddrUnix::new(path))
    }

    /// Connects to the listening socket called `name` in the abstract namespace.
    ///
    /// # Errors
    /// As [`Stream::connect`].
    pub fn connect_abstract(name: &str) -> Result<Self, SocketError> {
        Self::connect_to(SocketAddrUnix::new_abstract_name(name.as_bytes()))
    }

    fn connect_to(address: Result<SocketAddrUnix, Errno>) -> Result<Self, SocketError> {
        let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .map_err(|errno| SocketError::System { call: "socket", errno })?;
        let address = address.map_err(|errno| SocketError::System { call: "connect", errno })?;
        // A listener that accepts no more, for want of descriptors, would keep it waiting for ever.
        let wait = |time| rustix::net::sockopt::set_socket_timeout(&fd, Timeout::Send, time);
        wait(Some(CONNECT)).map_err(|errno| SocketError::System { call: "setsockopt SO_SNDTIMEO", errno })?;
        rustix::net::connect(&fd, &address).map_err(|errno| SocketError::System { call: "connect", errno })?;
        wait(None).map_err(|errno| SocketError::System { call: "setsockopt SO_SNDTIMEO", errno })?;
        Ok(Self::new(fd))
    }

    /// Takes over a connected socket.
    #[must_use]
    pub fn new(fd: OwnedFd) -> Self {
        let number = record::next();
        Self { fd, number, input: Vec::new(), taken: 0, fds: VecDeque::new(), fd_groups: Vec::new(), end: None }
    }

    /// `SO_PEERCRED`: the process that connected, or that called listen (unix(7)).
    ///
    /// # Errors
    /// [`SocketError::System`].
    pub fn peer(&self) -> Result<UCred, SocketError> {
        rustix::net::sockopt::socket_peercred(&self.fd)
            .map_err(|errno| SocketError::System { call: "getsockopt SO_PEERCRED", errno })
    }

    /// One sendmsg that does not block. Returns how many bytes the kernel took; 0 means the socket is full. If any byte
    /// was taken, all `fds` went with it: the kernel attaches them to the first.
    ///
    /// # Errors
    /// [`SocketError::Closed`] for EPIPE and ECONNRESET, [`SocketError::System`] otherwise.
    pub fn send_some(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Result<usize, SocketError> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SCM_MAX_FD + 2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(SocketError::System { call: "sendmsg", errno: Errno::INVAL });
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        loop {
            match rustix::net::sendmsg(&self.fd, &[IoSlice::new(bytes)], &mut control, flags) {
                Ok(sent) => {
                    record::note(self.number, &bytes[..sent], fds.len());
                    return Ok(sent);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(0),
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(SocketError::Closed),
                Err(errno) => return Err(SocketError::System { call: "sendmsg", errno }),
            }
        }
    }

    /// Sends everything, the fds with the first byte, waiting for room until `patience` is over.
    ///
    /// # Errors
    /// As [`Stream::send_some`], and [`SocketError::Timeout`].
    pub fn send(&self, bytes: &[u8], fds: &[BorrowedFd<'_>], patience: Duration) -> Result<(), SocketError> {
        let deadline = Instant::now() + patience;
        let (mut rest, mut fds) = (bytes, fds);
        while !rest.is_empty() {
            match self.send_some(rest, fds)? {
                0 if !self.wait(PollFlags::OUT, deadline)? => return Err(SocketError::Timeout { after: patience }),
                0 => {}
                sent => (rest, fds) = (&rest[sent..], &[]),
            }
        }
        Ok(())
    }

    /// The next complete message, or `None` at the end of the stream.
    ///
    /// # Errors
    /// [`SocketError::Timeout`] when `patience` is over first, [`SocketError::Wire`] for bytes that are no message.
    pub fn receive(&mut self, patience: Duration) -> Result<Option<Received>, SocketError> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(message) = self.split()? {
                return Ok(Some(message));
            }
            if self.end.is_some() {
                return Ok(None);
            }
            if !self.fill()? && !self.wait(PollFlags::IN, deadline)? {
                return Err(SocketError::Timeout { after: patience });
            }
        }
    }

    /// The next message that is already here, without waiting.
    ///
    /// # Errors
    /// As [`Stream::receive`], but never [`SocketError::Timeout`].
    pub fn receive_ready(&mut self) -> Result<Option<Received>, SocketError> {
        while self.end.is_none() && self.fill()? {}
        self.split()
    }

    /// The first complete message of what has arrived. What was handed out is dropped in large pieces, so that a long
    /// answer costs what it has bytes.
    fn split(&mut self) -> Result<Option<Received>, SocketError> {
        let message = wire::first(&self.input[self.taken..])?;
        self.taken += message.as_ref().map_or(0, |message| wire::HEADER + message.body.len());
        if self.taken == self.input.len() || self.taken > PIECE {
            self.input.drain(..self.taken);
            self.taken = 0;
        }
        Ok(message)
    }

    /// The oldest fd not yet taken.
    ///
    /// # Errors
    /// [`SocketError::MissingFd`] if there is none: the peer sent the message before its fd.
    pub fn take_fd(&mut self) -> Result<OwnedFd, SocketError> {
        self.fds.pop_front().ok_or(SocketError::MissingFd)
    }

    /// Fds that arrived and were not taken.
    #[must_use]
    pub fn waiting_fds(&self) -> usize {
        self.fds.len()
    }

    /// Bytes that wait in the kernel, unread (FIONREAD).
    ///
    /// # Errors
    /// [`SocketError::System`].
    pub fn unread(&self) -> Result<u64, SocketError> {
        rustix::io::ioctl_fionread(&self.fd).map_err(|errno| SocketError::System { call: "ioctl FIONREAD", errno })
    }

    /// Announces that the kit will send nothing more; what the peer sends can still be read.
    ///
    /// # Errors
    /// [`SocketError::System`].
    pub fn shut_write(&self) -> Result<(), SocketError> {
        rustix::net::shutdown(&self.fd, rustix::net::Shutdown::Write)
            .map_err(|errno| SocketError::System { call: "shutdown", errno })
    }

    /// Waits until the socket is ready for `events` (or hung up). `false` at the deadline.
    ///
    /// # Errors
    /// [`SocketError::System`].
    pub fn wait(&self, events: PollFlags, deadline: Instant) -> Result<bool, SocketError> {
        wait_fd(self.fd.as_fd(), events, deadline)
    }

    /// One recvmsg with room for every fd the kernel can deliver. `false` if there was nothing.
    fn fill(&mut self) -> Result<bool, SocketError> {
        let mut bytes = [0; 65536];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SCM_MAX_FD))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        match rustix::net::recvmsg(&self.fd, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags) {
            Ok(message) => {
                let before = self.fds.len();
                for part in control.drain() {
                    if let RecvAncillaryMessage::ScmRights(fds) = part {
                        self.fds.extend(fds);
                    }
                }
                if self.fds.len() > before {
                    self.fd_groups.push(self.fds.len() - before);
                }
                if message.flags.contains(ReturnFlags::CTRUNC) {
                    return Err(SocketError::System { call: "recvmsg (control data cut)", errno: Errno::MSGSIZE });
                }
                self.input.extend_from_slice(&bytes[..message.bytes]);
                if message.bytes == 0 {
                    self.end = Some(End::Eof);
                }
                Ok(true)
            }
            Err(Errno::INTR) => Ok(true),
            Err(Errno::AGAIN) => Ok(false),
            Err(Errno::CONNRESET) => {
                self.end = Some(End::Reset);
                Ok(true)
            }
            Err(errno) => Err(SocketError::System { call: "recvmsg", errno }),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Waits until `fd` is ready for `events` (or hung up). `false` at the deadline.
///
/// # Errors
/// [`SocketError::System`].
pub fn wait_fd(fd: BorrowedFd<'_>, events: PollFlags, deadline: Instant) -> Result<bool, SocketError> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).expect("a wait is never centuries long");
        match rustix::event::poll(&mut [PollFd::from_borrowed_fd(fd, events)], Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(SocketError::System { call: "poll", errno }),
        }
    }
}

/// A listening socket at `path`, close-on-exec.
///
/// # Errors
/// [`SocketError::System`] of socket, bind or listen.
pub fn listen(path: &Path) -> Result<OwnedFd, SocketError> {
    let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(|errno| SocketError::System { call: "socket", errno })?;
    let address = SocketAddrUnix::new(path).map_err(|errno| SocketError::System { call: "bind", errno })?;
    rustix::net::bind(&fd, &address).map_err(|errno| SocketError::System { call: "bind", errno })?;
    rustix::net::listen(&fd, 128).map_err(|errno| SocketError::System { call: "listen", errno })?;
    Ok(fd)
}

/// Accepts one connection from `listener`, waiting no longer than `patience`.
///
/// # Errors
/// [`SocketError::Timeout`] if nobody came, [`SocketError::System`] otherwise.
pub fn accept(listener: BorrowedFd<'_>, patience: Duration) -> Result<Stream, SocketError> {
    if !wait_fd(listener, PollFlags::IN, Instant::now() + patience)? {
        return Err(SocketError::Timeout { after: patience });
    }
    rustix::net::accept_with(listener, SocketFlags::CLOEXEC)
        .map(Stream::new)
        .map_err(|errno| SocketError::System { call: "accept", errno })
}

/// A duration for people: `2 s`, `250 ms`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    match duration.as_millis() {
        whole if whole % 1000 == 0 => format!("{} s", whole / 1000),
        milliseconds => format!("{milliseconds} ms"),
    }
}
