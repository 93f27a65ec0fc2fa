//! wayland-server: `dispatch_clients` and `flush_clients` around one `poll`.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use wayland_server::backend::{ClientData, ClientId, DisconnectReason};
use wayland_server::{Client, DataInit, Dispatch, Display, DisplayHandle, GlobalDispatch, New, Resource};

use self::protocol::wlbench_buffer::{self, WlbenchBuffer};
use self::protocol::wlbench_item::{self, WlbenchItem};
use self::protocol::wlbench_peer::{self, WlbenchPeer};
use crate::peer::{Entrance, Seen, mark, position, present};

#[allow(missing_docs, non_upper_case_globals, non_camel_case_types, unused, clippy::all, reason = "generated code")]
mod protocol {
    use wayland_server;
    use wayland_server::protocol::*;

    pub(crate) mod __interfaces {
        use wayland_server::backend as wayland_backend;
        use wayland_server::protocol::__interfaces::*;
        wayland_scanner::generate_interfaces!("benches/bench.xml");
    }
    use self::__interfaces::*;
    wayland_scanner::generate_server_code!("benches/bench.xml");
}

#[derive(Default)]
struct App {
    seen: Seen,
    peers: Vec<WlbenchPeer>,
    memory: Option<OwnedFd>,
    picture: Vec<u8>,
}

/// Notes that a client has gone.
struct Leaving(Arc<AtomicBool>);

impl ClientData for Leaving {
    fn disconnected(&self, _: ClientId, _: DisconnectReason) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Serves; ends with its client if it was given one.
pub(crate) fn serve(entrance: Entrance) {
    let mut display = Display::<App>::new().expect("a descriptor is free");
    let mut handle = display.handle();
    handle.create_global::<App, WlbenchPeer, ()>(1, ());
    let gone = Arc::new(AtomicBool::new(false));
    let mut enter = |stream: UnixStream| {
        stream.set_nonblocking(true).expect("a socket can be non-blocking");
        handle.insert_client(stream, Arc::new(Leaving(Arc::clone(&gone)))).expect("the client is new");
    };
    let listener = match entrance {
        Entrance::Socket(socket) => {
            enter(UnixStream::from(socket));
            None
        }
        Entrance::Path(path) => Some(UnixListener::bind(path).expect("the path is free")),
    };
    let mut app = App::default();
    while listener.is_some() || !gone.load(Ordering::Relaxed) {
        if let (true, Some(listener)) = (wait(&mut display, listener.as_ref()), &listener) {
            let (stream, _) = listener.accept().expect("a client waits");
            enter(stream);
        }
        display.dispatch_clients(&mut app).expect("epoll works");
        display.flush_clients().expect("clients read");
    }
    std::hint::black_box(app.seen);
}

/// Sleeps until a client or the listener is ready. Returns whether the latter is.
fn wait(display: &mut Display<App>, listener: Option<&UnixListener>) -> bool {
    let backend = display.backend();
    let set = backend.poll_fd();
    let mut fds = [PollFd::new(&set, PollFlags::IN), PollFd::new(&set, PollFlags::empty())];
    if let Some(listener) = listener {
        fds[1] = PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN);
    }
    poll(&mut fds, None).expect("poll waits");
    fds[1].revents().contains(PollFlags::IN)
}

impl Dispatch<WlbenchPeer, ()> for App {
    fn request(
        app: &mut App,
        _: &Client,
        peer: &WlbenchPeer,
        request: wlbench_peer::Request,
        (): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, App>,
    ) {
        match request {
            wlbench_peer::Request::Calc { x, y, width, height } => app.seen.calc(x, y, width, height),
            wlbench_peer::Request::Text { text } => app.seen.length(text.len()),
            wlbench_peer::Request::Bytes { bytes } => app.seen.length(bytes.len()),
            wlbench_peer::Request::Create { id } => {
                init.init(id, ());
            }
            wlbench_peer::Request::Open { id, file } => {
                init.init(id, ());
                drop(file);
            }
            wlbench_peer::Request::Burst { count } => {
                let (x, y) = position();
                for time in 0..count {
                    peer.motion(time, x, y);
                }
            }
            wlbench_peer::Request::Ping { serial } => peer.pong(serial),
            wlbench_peer::Request::Mark => {
                let (high, low) = mark();
                peer.marked(high, low);
            }
            wlbench_peer::Request::FanOut => {
                for peer in &app.peers {
                    peer.motion(1, 2, 3);
                }
            }
            wlbench_peer::Request::Import { id, memory, .. } => {
                init.init(id, ());
                app.memory = Some(memory);
            }
            wlbench_peer::Request::Commit { bytes, acquire, release, .. } => {
                let memory = app.memory.as_ref().expect("a buffer was imported");
                peer.presented(present(memory.as_fd(), &mut app.picture, bytes, acquire, release));
            }
            wlbench_peer::Request::Destroy => app.peers.retain(|other| other.id() != peer.id()),
        }
    }
}

impl GlobalDispatch<WlbenchPeer, ()> for App {
    fn bind(
        app: &mut App,
        _: &DisplayHandle,
        _: &Client,
        peer: New<WlbenchPeer>,
        (): &(),
        init: &mut DataInit<'_, App>,
    ) {
        app.peers.push(init.init(peer, ()));
    }
}

impl Dispatch<WlbenchItem, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlbenchItem,
        wlbench_item::Request::Destroy: wlbench_item::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, App>,
    ) {
    }
}

impl Dispatch<WlbenchBuffer, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlbenchBuffer,
        wlbench_buffer::Request::Destroy: wlbench_buffer::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, App>,
    ) {
    }
}
