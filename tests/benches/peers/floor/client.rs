//! The client's side of the floor.

use std::os::fd::{AsFd, OwnedFd};

use super::opcode::{display, event, request};
use super::{Inbox, Outbox, word};
use crate::client::{Client, Heard};

/// Ids that never change.
const DISPLAY: u32 = 1;
const REGISTRY: u32 = 2;
const SYNC: u32 = 3;
const PEER: u32 = 4;
const BUFFER: u32 = 5;
/// The first id for items.
const FIRST: u32 = 6;

/// A connection that has bound the global.
pub(crate) struct Floor {
    socket: OwnedFd,
    outbox: Outbox,
    inbox: Inbox,
    heard: Heard,
    /// Ids that the server gave back, and the next that was never used.
    free: Vec<u32>,
    next: u32,
    /// The registry's name of the global, once known; whether the sync was answered.
    global: Option<u32>,
    synced: bool,
}

impl Floor {
    pub(crate) fn new(socket: OwnedFd) -> Floor {
        let mut floor = Floor {
            socket,
            outbox: Outbox::new(),
            inbox: Inbox::new(),
            heard: Heard::default(),
            free: Vec::new(),
            next: FIRST,
            global: None,
            synced: false,
        };
        floor.words(DISPLAY, display::GET_REGISTRY, [REGISTRY]);
        floor.words(DISPLAY, display::SYNC, [SYNC]);
        while !floor.synced {
            floor.dispatch();
        }
        let name = floor.global.expect("the server offers wlbench_peer");
        let [a, b, c, d] = [0, 1, 2, 3].map(|index| word(b"wlbench_peer\0\0\0\0", index));
        floor.words(REGISTRY, 0, [name, 13, a, b, c, d, 1, PEER]);
        floor
    }

    #[inline]
    fn words<const N: usize>(&mut self, object: u32, opcode: u32, words: [u32; N]) {
        self.outbox.words(self.socket.as_fd(), object, opcode, words);
    }

    #[inline]
    fn id(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

impl Client for Floor {
    #[inline]
    fn calc(&mut self, x: i32, y: i32, width: i32, height: i32) {
        self.words(PEER, request::CALC, [x as u32, y as u32, width as u32, height as u32]);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        let length = text.len() + 1;
        let zeros = length.next_multiple_of(4) - text.len();
        self.outbox.field(self.socket.as_fd(), PEER, request::TEXT, length, text.as_bytes(), zeros);
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        let zeros = bytes.len().next_multiple_of(4) - bytes.len();
        self.outbox.field(self.socket.as_fd(), PEER, request::BYTES, bytes.len(), bytes, zeros);
    }

    #[inline]
    fn churn(&mut self) {
        let id = self.id();
        self.words(PEER, request::CREATE, [id]);
        self.words(id, 0, []);
    }

    #[inline]
    fn open(&mut self, file: OwnedFd) {
        self.outbox.fd(self.socket.as_fd(), file);
        let id = self.id();
        self.words(PEER, request::OPEN, [id]);
        self.words(id, 0, []);
    }

    fn ping(&mut self, serial: u32) {
        self.words(PEER, request::PING, [serial]);
    }

    fn burst(&mut self, count: u32) {
        self.words(PEER, request::BURST, [count]);
    }

    fn mark(&mut self) {
        self.words(PEER, request::MARK, []);
    }

    fn import(&mut self, memory: OwnedFd, stride: u32, height: u32) {
        self.outbox.fd(self.socket.as_fd(), memory);
        self.words(PEER, request::IMPORT, [BUFFER, stride, height]);
    }

    fn commit(&mut self, bytes: u32, acquire: OwnedFd, release: OwnedFd) {
        self.outbox.fd(self.socket.as_fd(), acquire);
        self.outbox.fd(self.socket.as_fd(), release);
        self.words(PEER, request::COMMIT, [BUFFER, bytes]);
    }

    fn flush(&mut self) {
        self.outbox.send(self.socket.as_fd());
    }

    fn dispatch(&mut self) {
        self.flush();
        assert!(self.inbox.receive(self.socket.as_fd()), "the server ended the connection");
        let Floor { inbox, heard, free, global, synced, .. } = self;
        inbox.messages(|object, opcode, body, _| match (object, opcode) {
            (PEER, event::MARKED) => heard.marked(word(body, 0), word(body, 1)),
            (PEER, event::PONG) => heard.pong = word(body, 0),
            (PEER, event::MOTION) => heard.motion(word(body, 0), word(body, 1) as i32, word(body, 2) as i32),
            (PEER, event::PRESENTED) => heard.frames += 1,
            (DISPLAY, display::DELETE_ID) => {
                let id = word(body, 0);
                if id >= FIRST {
                    free.push(id);
                }
            }
            (REGISTRY, 0) if body[8..].starts_with(b"wlbench_peer\0") => *global = Some(word(body, 0)),
            (SYNC, 0) => *synced = true,
            _ => {}
        });
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }
}
