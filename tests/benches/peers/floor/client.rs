//! The client's side of the floor.

use std::marker::PhantomData;
use std::os::fd::{AsFd, OwnedFd};

use calloop::EventLoop;

use super::language::{Bench, Key, Language};
use super::opcode::{display, request};
use super::{Inbox, Outbox, word};
use crate::client::{Client, Heard};
use crate::memory::{Case, Feed};

/// Ids that never change, besides those of the language.
const DISPLAY: u32 = 1;
const REGISTRY: u32 = 2;
const SYNC: u32 = 3;

/// A connection that has bound the globals it needs.
pub(crate) struct Floor<L> {
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
    language: PhantomData<L>,
    /// Who waits for readiness; absent if reading itself waits.
    events: Option<EventLoop<'static, ()>>,
}

impl<L: Language> Floor<L> {
    pub(crate) fn new(socket: OwnedFd) -> Floor<L> {
        let mut floor = Floor::unbound(socket);
        floor.words(DISPLAY, display::GET_REGISTRY, [REGISTRY]);
        floor.words(DISPLAY, display::SYNC, [SYNC]);
        while !floor.synced {
            floor.dispatch();
        }
        let name = floor.global.expect("the server offers what we need");
        L::enter(name, |object, opcode, words| {
            floor.outbox.raw(floor.socket.as_fd(), object, opcode, words);
        });
        floor
    }

    fn unbound(socket: OwnedFd) -> Floor<L> {
        Floor {
            socket,
            outbox: Outbox::new(),
            inbox: Inbox::new(),
            heard: Heard::default(),
            free: Vec::new(),
            next: L::FIRST,
            global: None,
            synced: false,
            language: PhantomData,
            events: None,
        }
    }

    /// The same, waiting inside calloop from now on.
    pub(crate) fn inside_calloop(mut self) -> Floor<L> {
        self.events = Some(super::calloop(self.socket.as_fd()));
        self
    }

    /// Handles what has arrived.
    #[inline]
    fn arrived(&mut self) {
        let Floor { inbox, heard, free, global, synced, .. } = self;
        inbox.messages(|object, opcode, body, _| match (object, opcode) {
            key if key == L::MARKED => heard.marked(word(body, 0), word(body, 1)),
            key if key == L::PONG => heard.pong = word(body, 0),
            key if key == L::MOTION => heard.motion(word(body, 0), word(body, 1) as i32, word(body, 2) as i32),
            key if key == L::PRESENTED => heard.frames += 1,
            (DISPLAY, display::DELETE_ID) => {
                let id = word(body, 0);
                if id >= L::FIRST {
                    free.push(id);
                }
            }
            (REGISTRY, 0) if body[8..].starts_with(L::GLOBAL) => *global = Some(word(body, 0)),
            (SYNC, 0) => *synced = true,
            _ => {}
        });
    }

    #[inline]
    fn say<const N: usize>(&mut self, (object, opcode): Key, words: [u32; N]) {
        self.words(object, opcode, words);
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

impl<L: Language> Client for Floor<L> {
    #[inline]
    fn calc(&mut self, x: i32, y: i32, width: i32, height: i32) {
        self.say(L::CALC, [x as u32, y as u32, width as u32, height as u32]);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        let length = text.len() + 1;
        let zeros = length.next_multiple_of(4) - text.len();
        self.outbox.field(self.socket.as_fd(), L::TEXT, length, text.as_bytes(), zeros);
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        let zeros = bytes.len().next_multiple_of(4) - bytes.len();
        self.outbox.field(self.socket.as_fd(), (L::PEER, request::BYTES), bytes.len(), bytes, zeros);
    }

    #[inline]
    fn churn(&mut self) {
        let id = self.id();
        self.say(L::CREATE, [id]);
        self.words(id, 0, []);
    }

    #[inline]
    fn open(&mut self, file: OwnedFd) {
        self.outbox.fd(self.socket.as_fd(), file);
        let id = self.id();
        L::open(id, |object, opcode, words| {
            self.outbox.raw(self.socket.as_fd(), object, opcode, words);
        });
    }

    fn ping(&mut self, serial: u32) {
        self.say(L::PING, [serial]);
    }

    fn burst(&mut self, count: u32) {
        self.say(L::BURST, [count]);
    }

    fn mark(&mut self) {
        self.say(L::MARK, []);
    }

    fn import(&mut self, memory: OwnedFd, stride: u32, height: u32) {
        self.outbox.fd(self.socket.as_fd(), memory);
        self.words(L::PEER, request::IMPORT, [L::BUFFER, stride, height]);
    }

    fn commit(&mut self, bytes: u32, acquire: OwnedFd, release: OwnedFd) {
        self.outbox.fd(self.socket.as_fd(), acquire);
        self.outbox.fd(self.socket.as_fd(), release);
        self.words(L::PEER, request::COMMIT, [L::BUFFER, bytes]);
    }

    fn flush(&mut self) {
        self.outbox.send(self.socket.as_fd());
    }

    fn dispatch(&mut self) {
        self.flush();
        if let Some(events) = &mut self.events {
            super::wait(events);
        }
        assert!(self.inbox.receive(self.socket.as_fd()), "the server ended the connection");
        self.arrived();
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }
}

/// A client whose events come from memory: each call reads once.
pub(crate) fn receive_memory(case: Case) -> impl FnMut() {
    let feed = Feed::default();
    feed.set(case.events(Bench::PEER));
    let nobody = std::fs::File::open("/dev/null").expect("it is always there");
    let mut floor: Floor<Bench> = Floor::unbound(nobody.into());
    move || {
        floor.inbox.filled = feed.read(&mut floor.inbox.bytes);
        floor.arrived();
        std::hint::black_box(floor.heard);
    }
}
