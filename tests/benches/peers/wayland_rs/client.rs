//! wayland-client: the event queue, `blocking_dispatch`.

use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use wayland_client::backend::WaylandError;
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::{Connection, Dispatch, EventQueue, QueueHandle};

use self::protocol::wlbench_buffer::WlbenchBuffer;
use self::protocol::wlbench_item::WlbenchItem;
use self::protocol::wlbench_peer::{self, WlbenchPeer};
use crate::client::{Client, Heard};

#[allow(missing_docs, non_upper_case_globals, non_camel_case_types, unused, clippy::all, reason = "generated code")]
mod protocol {
    use wayland_client;
    use wayland_client::protocol::*;

    pub(crate) mod __interfaces {
        use wayland_client::backend as wayland_backend;
        use wayland_client::protocol::__interfaces::*;
        wayland_scanner::generate_interfaces!("benches/bench.xml");
    }
    use self::__interfaces::*;
    wayland_scanner::generate_client_code!("benches/bench.xml");
}

struct WaylandRs {
    connection: Connection,
    queue: EventQueue<Heard>,
    handle: QueueHandle<Heard>,
    peer: WlbenchPeer,
    buffer: Option<WlbenchBuffer>,
    heard: Heard,
}

/// A client that has bound the global.
pub(crate) fn connect(socket: OwnedFd) -> impl Client {
    let connection = Connection::from_socket(UnixStream::from(socket)).expect("the socket is connected");
    let (globals, queue) = registry_queue_init::<Heard>(&connection).expect("the server answers");
    let handle = queue.handle();
    let peer = globals.bind(&handle, 1..=1, ()).expect("the server offers wlbench_peer");
    WaylandRs { connection, queue, handle, peer, buffer: None, heard: Heard::default() }
}

impl WaylandRs {
    fn wait(&self, flags: PollFlags) {
        let backend = self.connection.backend();
        poll(&mut [PollFd::new(&backend.poll_fd(), flags)], None).expect("poll waits");
    }
}

impl Client for WaylandRs {
    fn calc(&mut self, x: i32, y: i32, width: i32, height: i32) {
        self.peer.calc(x, y, width, height);
    }

    fn text(&mut self, text: &str) {
        self.peer.text(text.to_owned());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.peer.bytes(bytes.to_vec());
    }

    fn churn(&mut self) {
        self.peer.create(&self.handle, ()).destroy();
    }

    fn open(&mut self, file: OwnedFd) {
        self.peer.open(file.as_fd(), &self.handle, ()).destroy();
    }

    fn ping(&mut self, serial: u32) {
        self.peer.ping(serial);
    }

    fn burst(&mut self, count: u32) {
        self.peer.burst(count);
    }

    fn mark(&mut self) {
        self.peer.mark();
    }

    fn import(&mut self, memory: OwnedFd, stride: u32, height: u32) {
        self.buffer = Some(self.peer.import(memory.as_fd(), stride, height, &self.handle, ()));
    }

    fn commit(&mut self, bytes: u32, acquire: OwnedFd, release: OwnedFd) {
        let buffer = self.buffer.as_ref().expect("a buffer was imported");
        self.peer.commit(buffer, bytes, acquire.as_fd(), release.as_fd());
    }

    fn flush(&mut self) {
        loop {
            match self.connection.flush() {
                Ok(()) => return,
                Err(WaylandError::Io(error)) if error.kind() == ErrorKind::WouldBlock => self.wait(PollFlags::OUT),
                Err(error) => panic!("the connection ended: {error}"),
            }
        }
    }

    /// Its queue grows without a bound while the socket is full.
    fn pace(&mut self) {
        self.wait(PollFlags::OUT);
    }

    fn dispatch(&mut self) {
        // By itself it fails while the socket is full.
        self.flush();
        self.queue.blocking_dispatch(&mut self.heard).expect("the server lives");
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }
}

impl Dispatch<WlbenchPeer, ()> for Heard {
    fn event(
        heard: &mut Heard,
        _: &WlbenchPeer,
        event: wlbench_peer::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Heard>,
    ) {
        match event {
            wlbench_peer::Event::Marked { high, low } => heard.marked(high, low),
            wlbench_peer::Event::Pong { serial } => heard.pong = serial,
            wlbench_peer::Event::Motion { time, x, y } => heard.motion(time, x, y),
            wlbench_peer::Event::Presented { .. } => heard.frames += 1,
        }
    }
}

impl Dispatch<WlRegistry, GlobalListContents> for Heard {
    fn event(
        _: &mut Heard,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Heard>,
    ) {
    }
}

wayland_client::delegate_noop!(Heard: WlbenchItem);
wayland_client::delegate_noop!(Heard: WlbenchBuffer);
