//! wayrs-client: callbacks, blocking reads. Its connection comes from the
//! environment alone: `WAYLAND_SOCKET` names this program's standard input.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use wayrs_client::{Connection, EventCtx, IoMode};

use self::protocol::{WlbenchBuffer, WlbenchPeer, wlbench_peer};
use crate::client::{Client, Heard};

#[allow(missing_docs, unused, clippy::all, reason = "generated code")]
mod protocol {
    wayrs_client::generate!("benches/bench.xml");
}

struct Wayrs {
    connection: Connection<Heard>,
    peer: WlbenchPeer,
    buffer: Option<WlbenchBuffer>,
    heard: Heard,
}

/// A client that has bound the global.
pub(crate) fn connect() -> impl Client {
    let mut connection = Connection::connect().expect("WAYLAND_SOCKET names the socket");
    connection.blocking_roundtrip().expect("the server answers");
    let peer = connection.bind_singleton_with_cb(1, event).expect("the server offers wlbench_peer");
    Wayrs { connection, peer, buffer: None, heard: Heard::default() }
}

fn event(context: EventCtx<'_, Heard, WlbenchPeer>) {
    let heard = context.state;
    match context.event {
        wlbench_peer::Event::Marked(args) => heard.marked(args.high, args.low),
        wlbench_peer::Event::Pong(serial) => heard.pong = serial,
        wlbench_peer::Event::Motion(args) => heard.motion(args.time, args.x, args.y),
        wlbench_peer::Event::Presented(_) => heard.frames += 1,
    }
}

impl Client for Wayrs {
    fn calc(&mut self, x: i32, y: i32, width: i32, height: i32) {
        self.peer.calc(&mut self.connection, x, y, width, height);
    }

    fn text(&mut self, text: &str) {
        self.peer.text(&mut self.connection, CString::new(text).expect("the text has no NUL"));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.peer.bytes(&mut self.connection, bytes.to_vec());
    }

    fn churn(&mut self) {
        self.peer.create(&mut self.connection).destroy(&mut self.connection);
    }

    fn open(&mut self, file: OwnedFd) {
        self.peer.open(&mut self.connection, file).destroy(&mut self.connection);
    }

    fn ping(&mut self, serial: u32) {
        self.peer.ping(&mut self.connection, serial);
    }

    fn burst(&mut self, count: u32) {
        self.peer.burst(&mut self.connection, count);
    }

    fn mark(&mut self) {
        self.peer.mark(&mut self.connection);
    }

    fn import(&mut self, memory: OwnedFd, stride: u32, height: u32) {
        self.buffer = Some(self.peer.import(&mut self.connection, memory, stride, height));
    }

    fn commit(&mut self, bytes: u32, acquire: OwnedFd, release: OwnedFd) {
        let buffer = self.buffer.expect("a buffer was imported");
        self.peer.commit(&mut self.connection, buffer, bytes, acquire, release);
    }

    fn flush(&mut self) {
        self.connection.flush(IoMode::Blocking).expect("the server lives");
    }

    fn dispatch(&mut self) {
        self.flush();
        self.connection.recv_events(IoMode::Blocking).expect("the server lives");
        self.connection.dispatch_events(&mut self.heard);
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }
}
