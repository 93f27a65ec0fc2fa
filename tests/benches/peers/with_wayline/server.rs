//! The server's side of Wayline.

use std::error::Error;
use std::os::fd::OwnedFd;

use calloop::EventLoop;
use wayline::io::fence::Fence;
use wayline::io::shm::{Access, Policy, Pool};
use wayline::{ClientId, Disconnect, GlobalId, HandlerError, HandlerResult, HasServer, RequestHandler, Server};

use super::protocol::{WlbenchBuffer, WlbenchItem, WlbenchPeer, wlbench_buffer, wlbench_item, wlbench_peer};
use super::{Loop, turn};
use crate::memory::{Case, Feed};
use crate::peer::{Entrance, Seen, mark, position};

struct App {
    server: Server<App>,
    peers: Vec<WlbenchPeer>,
    memory: Option<Pool>,
    /// What was copied of the last frame.
    picture: Vec<u8>,
    /// Whether to end with the last client.
    single: bool,
}

/// Serves; ends with its client if it was given one.
pub(crate) fn serve(entrance: Entrance, inside: Loop) {
    let server = match &entrance {
        Entrance::Socket(_) => Server::new(),
        Entrance::Path(path) => Server::listen_at(path.to_str().expect("the path is text")).expect("the path is free"),
    };
    let single = matches!(entrance, Entrance::Socket(_));
    let mut app = App::new(server, single);
    if let Entrance::Socket(socket) = entrance {
        app.server.add_socket(socket).expect("epoll takes a socket");
    }
    app.server.add_global::<WlbenchPeer>(1).expect("version 1 is known");
    match inside {
        Loop::Own => {
            wayline::server::run(app).expect("epoll works");
        }
        Loop::Calloop => {
            let mut events = EventLoop::try_new().expect("a descriptor is free");
            let source = app.server.source().expect("a descriptor is free");
            events.handle().insert_source(source, |(), (), app| wayline::server::turn(app)).expect("it is new");
            while !app.server.is_stopped() {
                turn(&mut events, &mut app);
            }
        }
    }
}

/// Serves a client whose requests come from memory: each call reads once. Answers are thrown away.
pub(crate) fn serve_memory(case: Case) -> impl FnMut() {
    let feed = Feed::default();
    let mut app = App::new(Server::new(), true);
    let global = app.server.add_global::<WlbenchPeer>(1).expect("version 1 is known");
    let client = app.server.connect(feed.clone());
    let mut read = move || {
        assert!(wayline::server::receive(&mut app, client), "the client was dropped");
        wayline::server::finish_turn(&mut app);
    };
    feed.set(case.entry(global.name()));
    read();
    feed.set(case.requests());
    read
}

impl App {
    fn new(server: Server<App>, single: bool) -> App {
        App { server, peers: Vec::new(), memory: None, picture: Vec::new(), single }
    }

    /// Shows a frame whose pixels are ready. A compositor would put the fence of
    /// one that is not ready into its loop.
    fn present(&mut self, bytes: u32, acquire: OwnedFd, release: OwnedFd) -> Result<u32, Box<dyn Error>> {
        let (acquire, release) = (Fence::from_fd(acquire)?, Fence::from_fd(release)?);
        let memory = self.memory.as_ref().ok_or("no buffer was imported")?;
        acquire.take()?.ok_or("the pixels are not ready")?;
        self.picture.resize(bytes as usize, 0);
        memory.read(0, &mut self.picture)?;
        release.signal()?;
        let pixel = self.picture.first_chunk().ok_or("a picture has a pixel")?;
        Ok(u32::from_ne_bytes(*pixel))
    }
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn disconnected(&mut self, client: ClientId, _: &Disconnect) {
        if self.single {
            self.server.stop();
        }
        self.peers.retain(|peer| peer.client() != client);
    }
}

impl RequestHandler<WlbenchPeer> for App {
    type Data = Seen;

    fn request(&mut self, peer: WlbenchPeer, request: wlbench_peer::Request<'_>) -> HandlerResult {
        match request {
            wlbench_peer::Request::Calc { x, y, width, height } => self.server.data(peer)?.calc(x, y, width, height),
            wlbench_peer::Request::Text { text } => self.server.data(peer)?.length(text.len()),
            wlbench_peer::Request::Bytes { bytes } => self.server.data(peer)?.length(bytes.len()),
            wlbench_peer::Request::Create { id: _ } => {}
            wlbench_peer::Request::Open { id: _, file } => drop(file),
            wlbench_peer::Request::Burst { count } => {
                let (x, y) = position();
                for time in 0..count {
                    peer.motion(&mut self.server, time, x, y)?;
                }
            }
            wlbench_peer::Request::Ping { serial } => peer.pong(&mut self.server, serial)?,
            wlbench_peer::Request::Mark => {
                let (high, low) = mark();
                peer.marked(&mut self.server, high, low)?;
            }
            wlbench_peer::Request::FanOut => {
                for &peer in &self.peers {
                    peer.motion(&mut self.server, 1, 2, 3)?;
                }
            }
            wlbench_peer::Request::Import { id: _, memory, stride, height } => {
                let size = i32::try_from(stride * height).map_err(|error| HandlerError::internal(error.to_string()))?;
                let pool = Pool::import(memory, size, Access::ReadOnly, &Policy::default());
                self.memory = Some(pool.map_err(|error| HandlerError::internal(error.to_string()))?);
            }
            wlbench_peer::Request::Commit { buffer: _, bytes, acquire, release } => {
                let pixel =
                    self.present(bytes, acquire, release).map_err(|error| HandlerError::internal(error.to_string()))?;
                peer.presented(&mut self.server, pixel)?;
            }
            wlbench_peer::Request::Destroy => self.peers.retain(|&other| other != peer),
        }
        Ok(())
    }

    fn bound(&mut self, peer: WlbenchPeer, _: GlobalId) -> HandlerResult {
        self.peers.push(peer);
        Ok(())
    }
}

impl RequestHandler<WlbenchItem> for App {
    type Data = Seen;

    fn request(&mut self, _: WlbenchItem, wlbench_item::Request::Destroy: wlbench_item::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<WlbenchBuffer> for App {
    type Data = ();

    fn request(
        &mut self,
        _: WlbenchBuffer,
        wlbench_buffer::Request::Destroy: wlbench_buffer::Request,
    ) -> HandlerResult {
        Ok(())
    }
}
