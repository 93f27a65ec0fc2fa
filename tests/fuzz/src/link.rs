//! A socket made of memory that does as the input says, the script that says it, and a count of open fds.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use wayline::{Link, Received};

/// Most fds that one send may carry.
const FDS_PER_SEND: usize = 28;

/// Input read from front to back. Behind the end there are zeros.
#[derive(Clone, Copy)]
pub(super) struct Script<'a>(pub(super) &'a [u8]);

impl<'a> Script<'a> {
    pub(super) fn is_over(self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    pub(super) fn half(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    pub(super) fn word(&mut self) -> u32 {
        u32::from(self.half()) | u32::from(self.half()) << 16
    }

    /// The next `count` bytes, fewer at the end.
    pub(super) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }
}

/// Descriptors of one pipe: it ends when the last of them is closed, wherever they went.
#[derive(Default)]
pub(super) struct Fds(Option<(OwnedFd, OwnedFd)>);

impl Fds {
    pub(super) fn make(&mut self) -> OwnedFd {
        let (_, writer) =
            self.0.get_or_insert_with(|| pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).expect("a pipe"));
        writer.try_clone().expect("a descriptor")
    }

    pub(super) fn make_many(&mut self, count: usize) -> Vec<OwnedFd> {
        (0..count).map(|_| self.make()).collect()
    }

    /// # Panics
    /// If one is still open.
    pub(super) fn assert_all_closed(self) {
        if let Some((reader, writer)) = self.0 {
            drop(writer);
            assert_eq!(rustix::io::read(&reader, &mut [0; 1]), Ok(0), "a descriptor is still open");
        }
    }
}

/// Both ends: the endpoint under test has one as its [`Link`], the script acts on the other.
#[derive(Clone, Default)]
pub(super) struct Wire(Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    /// What reads find, each of them one read: as with sockets, fds end it.
    pub(super) incoming: VecDeque<Chunk>,
    /// Every read behind them finds the end.
    pub(super) closed: bool,
    /// What the next send, and the next read, fails with.
    pub(super) send_fails: Option<Errno>,
    pub(super) read_fails: Option<Errno>,
    /// Every send fails: the peer is gone.
    pub(super) broken: bool,
    /// Whether the socket is full after `room` more bytes.
    pub(super) full: bool,
    pub(super) room: usize,
    /// All that was sent since somebody looked.
    pub(super) sent: Vec<u8>,
    pub(super) sent_fds: usize,
}

#[derive(Default)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    pub(super) fds: Vec<OwnedFd>,
    pub(super) lost: bool,
}

impl Wire {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts one read in.
    pub(super) fn put(&self, bytes: &[u8], fds: Vec<OwnedFd>) {
        // No read has fds but no bytes.
        if !bytes.is_empty() {
            self.state().incoming.push_back(Chunk { bytes: bytes.to_vec(), fds, lost: false });
        }
    }

    pub(super) fn take_sent(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().sent)
    }

    /// Does what the low bits of `how` say to the connection.
    pub(super) fn afflict(&self, how: u8, amount: u16) {
        let mut state = self.state();
        match how & 7 {
            0 => (state.full, state.room) = (true, 0),
            1 => state.full = false,
            2 => (state.full, state.room) = (true, amount.into()),
            3 => state.closed = true,
            4 => {
                state.read_fails =
                    Some([Errno::INTR, Errno::CONNRESET, Errno::IO, Errno::AGAIN][usize::from(amount) % 4]);
            }
            5 => {
                let errors = [Errno::INTR, Errno::TOOMANYREFS, Errno::NOBUFS, Errno::PIPE, Errno::AGAIN, Errno::NOMEM];
                state.send_fails = Some(errors[usize::from(amount) % errors.len()]);
            }
            6 => state.broken = true,
            _ => {
                if let Some(chunk) = state.incoming.back_mut() {
                    chunk.lost = true;
                    chunk.fds.pop();
                }
            }
        }
    }

    /// Makes the connection take all again, as far as it is not broken.
    pub(super) fn recover(&self) {
        let mut state = self.state();
        state.full = false;
        (state.send_fails, state.read_fails) = (None, None);
    }
}

impl Link for Wire {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        assert!(!bytes.is_empty(), "an empty send");
        assert!(fds.len() <= FDS_PER_SEND, "{} fds in one send", fds.len());
        let mut state = self.state();
        if let Some(error) = state.send_fails.take() {
            return Err(error.into());
        }
        if state.broken {
            return Err(Errno::PIPE.into());
        }
        let taken = if state.full { bytes.len().min(state.room) } else { bytes.len() };
        if taken == 0 {
            return Err(Errno::AGAIN.into());
        }
        state.room = state.room.saturating_sub(taken);
        state.sent.extend_from_slice(&bytes[..taken]);
        state.sent_fds += fds.len();
        Ok(taken)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        assert!(!buffer.is_empty(), "a read without room");
        let mut state = self.state();
        if let Some(error) = state.read_fails.take() {
            return Err(error.into());
        }
        let Some(mut chunk) = state.incoming.pop_front() else {
            return if state.closed { Ok(Received { bytes: 0, fds_lost: false }) } else { Err(Errno::AGAIN.into()) };
        };
        let bytes = chunk.bytes.len().min(buffer.len());
        buffer[..bytes].copy_from_slice(&chunk.bytes[..bytes]);
        fds.extend(chunk.fds.drain(..));
        let fds_lost = chunk.lost;
        if bytes < chunk.bytes.len() {
            chunk.bytes.drain(..bytes);
            chunk.lost = false;
            state.incoming.push_front(chunk);
        }
        Ok(Received { bytes, fds_lost })
    }
}

/// One message with a size that is right if the body is no longer than the wire allows.
pub(super) fn message(object: u32, opcode: u16, body: &[u8]) -> Vec<u8> {
    let size = ((8 + body.len()) as u32) << 16;
    [&object.to_ne_bytes()[..], &(size | u32::from(opcode)).to_ne_bytes(), body].concat()
}

/// A string or array argument.
pub(super) fn array(bytes: &[u8]) -> Vec<u8> {
    let mut field = (bytes.len() as u32).to_ne_bytes().to_vec();
    field.extend_from_slice(bytes);
    field.resize(field.len().next_multiple_of(4), 0);
    field
}

/// Puts a message in that is well made as far as lengths go, its object and opcode among the small numbers.
pub(super) fn put_message(wire: &Wire, fds: &mut Fds, words: u8, script: &mut Script<'_>) {
    let (object, opcode) = (script.byte(), script.byte());
    let object = if object < 0x80 { u32::from(object) } else { 0xff00_0000 + u32::from(object & 0x7f) };
    let mut body = script.bytes(usize::from(words) * 4).to_vec();
    body.resize(usize::from(words) * 4, 0);
    // The upper bits of the opcode are fds and, rarely of use, an opcode that does not exist.
    let count = usize::from(opcode >> 5) % 4;
    wire.put(&message(object, (opcode & 0x1f).into(), &body), fds.make_many(count));
}

/// A send may fail; that it does not panic is all that is asked.
pub(super) fn tried<T, E>(_: Result<T, E>) {}
