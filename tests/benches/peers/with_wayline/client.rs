//! The client's side of Wayline.

use std::os::fd::OwnedFd;

use calloop::EventLoop;
use rustix::event::{PollFd, PollFlags, poll};
use wayline::client::{dispatch, roundtrip};
use wayline::{Client as Connection, EventHandler, HandlerResult, HasClient};

use super::protocol::{WlbenchBuffer, WlbenchPeer, wlbench_peer};
use super::{Loop, turn};
use crate::client::{Client, Heard};
use crate::memory::{Case, Feed};
use crate::wire::global;

struct App {
    client: Connection<App>,
    heard: Heard,
}

struct Wayline {
    app: App,
    peer: WlbenchPeer,
    buffer: Option<WlbenchBuffer>,
    events: Option<EventLoop<'static, App>>,
}

/// A client that has bound the global.
pub(crate) fn connect(socket: OwnedFd, inside: Loop) -> impl Client {
    let mut app = App { client: Connection::from_socket(socket), heard: Heard::default() };
    let events = (inside == Loop::Calloop).then(|| {
        let events = EventLoop::try_new().expect("a descriptor is free");
        let source = app.client.source().expect("a descriptor is free");
        events.handle().insert_source(source, |(), (), app| wayline::client::turn(app)).expect("it is new");
        events
    });
    roundtrip(&mut app).expect("the server answers");
    let peer = app.client.bind(1).expect("the server offers wlbench_peer");
    Wayline { app, peer, buffer: None, events }
}

/// A client whose events come from memory: each call reads once. Requests are thrown away.
pub(crate) fn receive_memory(case: Case) -> impl FnMut() {
    let feed = Feed::default();
    let mut app = App { client: Connection::new(feed.clone()), heard: Heard::default() };
    let read = |app: &mut App| {
        assert!(wayline::client::receive(app), "the connection ended");
        wayline::client::finish_turn(app);
    };
    feed.set(global(1));
    read(&mut app);
    let peer: WlbenchPeer = app.client.bind(1).expect("the global is announced");
    feed.set(case.events(peer.id()));
    move || read(&mut app)
}

impl Wayline {
    fn wait(&mut self) {
        match &mut self.events {
            Some(events) => {
                // Spares the loop a turn that would only send.
                self.app.client.flush();
                turn(events, &mut self.app);
            }
            None => {
                dispatch(&mut self.app, None).expect("the server lives");
            }
        }
    }
}

/// Every send succeeds as long as the connection lives.
const LIVES: &str = "the server lives";

impl Client for Wayline {
    #[inline]
    fn calc(&mut self, x: i32, y: i32, width: i32, height: i32) {
        self.peer.calc(&mut self.app.client, x, y, width, height).expect(LIVES);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        self.peer.text(&mut self.app.client, text).expect(LIVES);
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.peer.bytes(&mut self.app.client, bytes).expect(LIVES);
    }

    #[inline]
    fn churn(&mut self) {
        let item = self.peer.create(&mut self.app.client).expect(LIVES);
        item.destroy(&mut self.app.client).expect(LIVES);
    }

    #[inline]
    fn open(&mut self, file: OwnedFd) {
        let item = self.peer.open(&mut self.app.client, file).expect(LIVES);
        item.destroy(&mut self.app.client).expect(LIVES);
    }

    fn ping(&mut self, serial: u32) {
        self.peer.ping(&mut self.app.client, serial).expect(LIVES);
    }

    fn burst(&mut self, count: u32) {
        self.peer.burst(&mut self.app.client, count).expect(LIVES);
    }

    fn mark(&mut self) {
        self.peer.mark(&mut self.app.client).expect(LIVES);
    }

    fn import(&mut self, memory: OwnedFd, stride: u32, height: u32) {
        self.buffer = Some(self.peer.import(&mut self.app.client, memory, stride, height).expect(LIVES));
    }

    fn commit(&mut self, bytes: u32, acquire: OwnedFd, release: OwnedFd) {
        let buffer = self.buffer.expect("a buffer was imported");
        self.peer.commit(&mut self.app.client, buffer, bytes, acquire, release).expect(LIVES);
    }

    fn flush(&mut self) {
        while !self.app.client.flush() {
            let socket = self.app.client.socket().expect(LIVES);
            poll(&mut [PollFd::from_borrowed_fd(socket, PollFlags::OUT)], None).expect("poll waits");
        }
    }

    fn dispatch(&mut self) {
        self.wait();
    }

    fn heard(&self) -> &Heard {
        &self.app.heard
    }
}

impl HasClient for App {
    fn client(&mut self) -> &mut Connection<App> {
        &mut self.client
    }
}

impl EventHandler<WlbenchPeer> for App {
    type Data = ();

    fn event(&mut self, _: WlbenchPeer, event: wlbench_peer::Event) -> HandlerResult {
        match event {
            wlbench_peer::Event::Marked { high, low } => self.heard.marked(high, low),
            wlbench_peer::Event::Pong { serial } => self.heard.pong = serial,
            wlbench_peer::Event::Motion { time, x, y } => self.heard.motion(time, x, y),
            wlbench_peer::Event::Presented { .. } => self.heard.frames += 1,
        }
        Ok(())
    }
}
