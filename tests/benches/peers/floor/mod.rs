//! The least a program can do: bytes written and read by hand, in buffers of
//! 64 KiB, for exactly the messages of bench.xml.
//!
//! Checks nothing that it does not need itself: neither versions nor sizes nor
//! UTF-8. It is no library, but the measure for libraries.

mod client;
mod language;
mod server;

use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use calloop::generic::Generic;
use calloop::{EventLoop, Interest, Mode, PostAction};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};

pub(crate) use client::{Floor, receive_memory};
pub(crate) use language::{Bench, Core};
pub(crate) use server::{serve, serve_inside, serve_memory};

/// A calloop loop that only knows that `socket` is readable: the least that
/// waiting in calloop costs.
fn calloop(socket: BorrowedFd<'_>) -> EventLoop<'static, ()> {
    let events = EventLoop::try_new().expect("a descriptor is free");
    let socket = socket.try_clone_to_owned().expect("a descriptor is free");
    let source = Generic::new(socket, Interest::READ, Mode::Level);
    events.handle().insert_source(source, |_, _, ()| Ok(PostAction::Continue)).expect("it is new");
    events
}

/// Sleeps until the socket is readable.
fn wait(events: &mut EventLoop<'static, ()>) {
    events.dispatch(None, &mut ()).expect("no source fails");
}

/// Bytes of the send and the receive buffer.
const BUFFER: usize = 64 << 10;

/// Fds in one send: receivers of the C library have room for no more.
const FDS: usize = 28;

/// Largest message.
const MESSAGE: usize = 4096;

/// Opcodes of bench.xml and of the bootstrap.
mod opcode {
    pub(super) mod display {
        pub(crate) const SYNC: u32 = 0;
        pub(crate) const GET_REGISTRY: u32 = 1;
        pub(crate) const DELETE_ID: u32 = 1;
    }
    pub(super) mod request {
        pub(crate) const MARK: u32 = 1;
        pub(crate) const PING: u32 = 2;
        pub(crate) const CALC: u32 = 3;
        pub(crate) const TEXT: u32 = 4;
        pub(crate) const BYTES: u32 = 5;
        pub(crate) const CREATE: u32 = 6;
        pub(crate) const OPEN: u32 = 7;
        pub(crate) const BURST: u32 = 8;
        pub(crate) const FAN_OUT: u32 = 9;
        pub(crate) const IMPORT: u32 = 10;
        pub(crate) const COMMIT: u32 = 11;
    }
    pub(super) mod event {
        pub(crate) const MARKED: u32 = 0;
        pub(crate) const PONG: u32 = 1;
        pub(crate) const MOTION: u32 = 2;
        pub(crate) const PRESENTED: u32 = 3;
    }
}

/// What waits to be sent.
struct Outbox {
    bytes: Box<[u8; BUFFER]>,
    filled: usize,
    fds: Vec<OwnedFd>,
}

impl Outbox {
    fn new() -> Outbox {
        Outbox { bytes: Box::new([0; BUFFER]), filled: 0, fds: Vec::with_capacity(FDS) }
    }

    /// Writes a message of words.
    #[inline]
    fn words<const N: usize>(&mut self, socket: BorrowedFd<'_>, object: u32, opcode: u32, words: [u32; N]) {
        self.raw(socket, object, opcode, &words);
    }

    /// Writes a message of words, of which there may be any number.
    #[inline]
    fn raw(&mut self, socket: BorrowedFd<'_>, object: u32, opcode: u32, words: &[u32]) {
        let size = 8 + 4 * words.len();
        if self.filled + size > BUFFER {
            self.send(socket);
        }
        let place = &mut self.bytes[self.filled..self.filled + size];
        place[0..4].copy_from_slice(&object.to_ne_bytes());
        place[4..8].copy_from_slice(&((size as u32) << 16 | opcode).to_ne_bytes());
        for (place, word) in place[8..].chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_ne_bytes());
        }
        self.filled += size;
    }

    /// Writes a message of one string or array; `bytes` are what it holds, with
    /// `zeros` bytes of NUL and pad behind.
    #[inline]
    fn field(
        &mut self,
        socket: BorrowedFd<'_>,
        (object, opcode): (u32, u32),
        length: usize,
        bytes: &[u8],
        zeros: usize,
    ) {
        let size = 12 + bytes.len() + zeros;
        if self.filled + size > BUFFER {
            self.send(socket);
        }
        let place = &mut self.bytes[self.filled..self.filled + size];
        place[0..4].copy_from_slice(&object.to_ne_bytes());
        place[4..8].copy_from_slice(&((size as u32) << 16 | opcode).to_ne_bytes());
        place[8..12].copy_from_slice(&(length as u32).to_ne_bytes());
        place[12..12 + bytes.len()].copy_from_slice(bytes);
        place[12 + bytes.len()..].fill(0);
        self.filled += size;
    }

    /// Adds an fd to the message about to be written.
    #[inline]
    fn fd(&mut self, socket: BorrowedFd<'_>, fd: OwnedFd) {
        if self.fds.len() == FDS {
            self.send(socket);
        }
        self.fds.push(fd);
    }

    /// Sends all, waiting for room.
    fn send(&mut self, socket: BorrowedFd<'_>) {
        let mut sent = 0;
        while sent < self.filled {
            let bytes = &self.bytes[sent..self.filled];
            sent += if self.fds.is_empty() {
                rustix::net::send(socket, bytes, SendFlags::NOSIGNAL).expect("the peer reads")
            } else {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS))];
                let mut control = SendAncillaryBuffer::new(&mut space);
                let mut borrowed = [self.fds[0].as_fd(); FDS];
                for (place, fd) in borrowed.iter_mut().zip(&self.fds) {
                    *place = fd.as_fd();
                }
                control.push(SendAncillaryMessage::ScmRights(&borrowed[..self.fds.len()]));
                let sent = rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL);
                self.fds.clear();
                sent.expect("the peer reads")
            };
        }
        self.filled = 0;
    }
}

/// What has arrived.
struct Inbox {
    bytes: Box<[u8]>,
    filled: usize,
    fds: VecDeque<OwnedFd>,
}

impl Inbox {
    fn new() -> Inbox {
        Inbox { bytes: vec![0; BUFFER + MESSAGE].into(), filled: 0, fds: VecDeque::new() }
    }

    /// Reads what is there, waiting for something. Returns whether the
    /// connection still lives.
    fn receive(&mut self, socket: BorrowedFd<'_>) -> bool {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let room = &mut self.bytes[self.filled..];
        let received =
            rustix::net::recvmsg(socket, &mut [IoSliceMut::new(room)], &mut control, RecvFlags::CMSG_CLOEXEC);
        let Ok(received) = received else { return false };
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                self.fds.extend(fds);
            }
        }
        self.filled += received.bytes;
        received.bytes > 0
    }

    /// Hands each whole message to `handle`: object, opcode, body, fds.
    #[inline]
    fn messages(&mut self, mut handle: impl FnMut(u32, u32, &[u8], &mut VecDeque<OwnedFd>)) {
        let mut rest = &self.bytes[..self.filled];
        while let Some((header, _)) = rest.split_first_chunk::<8>() {
            let second = word(header, 1);
            let size = (second >> 16) as usize;
            if size > rest.len() {
                break;
            }
            handle(word(header, 0), second & 0xffff, &rest[8..size], &mut self.fds);
            rest = &rest[size..];
        }
        let kept = rest.len();
        self.bytes.copy_within(self.filled - kept..self.filled, 0);
        self.filled = kept;
    }
}

/// The `index`-th word of a message.
#[inline]
fn word(bytes: &[u8], index: usize) -> u32 {
    bytes[4 * index..].first_chunk().map_or(0, |word| u32::from_ne_bytes(*word))
}
