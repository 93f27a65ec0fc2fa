//! The server's side of the floor: one epoll set, buffers shared by all clients.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;

use super::opcode::{display, event, request};
use super::{Inbox, Outbox, word};
use crate::memory::{Case, Feed};
use crate::peer::{Entrance, Seen, mark, position, present};

/// What an id is.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    None,
    Display,
    Registry,
    Peer,
    Item,
    Buffer,
}

/// Marks the listener in the epoll set; clients have their index.
const LISTENER: u64 = u64::MAX;

struct Client {
    socket: OwnedFd,
    /// By id; no server-made objects exist here.
    kinds: Vec<Kind>,
    /// Id of its `wlbench_peer`, 0 before the bind.
    peer: u32,
    /// The first bytes of an unfinished message, and fds without a message.
    rest: Vec<u8>,
    fds: VecDeque<OwnedFd>,
    memory: Option<OwnedFd>,
}

struct Server {
    outbox: Outbox,
    seen: Seen,
    picture: Vec<u8>,
}

/// Serves; ends with its client if it was given one.
pub(crate) fn serve(entrance: Entrance) {
    let set = epoll::create(epoll::CreateFlags::CLOEXEC).expect("a descriptor is free");
    let watch = |fd: BorrowedFd<'_>, token| {
        epoll::add(&set, fd, epoll::EventData::new_u64(token), epoll::EventFlags::IN).expect("epoll takes a socket");
    };
    let mut listener = None;
    let mut clients = Vec::new();
    match entrance {
        Entrance::Socket(socket) => {
            watch(socket.as_fd(), 0);
            clients.push(Some(Client::new(socket)));
        }
        Entrance::Path(path) => {
            let bound = listener.insert(UnixListener::bind(path).expect("the path is free"));
            watch(bound.as_fd(), LISTENER);
        }
    }
    let mut server = Server { outbox: Outbox::new(), seen: Seen::default(), picture: Vec::new() };
    let mut inbox = Inbox::new();
    let mut events = Vec::with_capacity(128);
    while listener.is_some() || clients.iter().any(Option::is_some) {
        events.clear();
        epoll::wait(&set, spare_capacity(&mut events), None).expect("epoll waits");
        for event in &events {
            match (event.data.u64(), &listener) {
                (LISTENER, Some(listener)) => {
                    let (socket, _) = listener.accept().expect("a client waits");
                    watch(socket.as_fd(), clients.len() as u64);
                    clients.push(Some(Client::new(socket.into())));
                }
                (index, _) => {
                    if !server.turn(&mut inbox, &mut clients, index as usize) {
                        clients[index as usize] = None;
                    }
                }
            }
        }
    }
    std::hint::black_box(server.seen);
}

/// Serves one client inside calloop, and ends with it.
pub(crate) fn serve_inside(socket: OwnedFd) {
    let mut events = super::calloop(socket.as_fd());
    let mut server = Server { outbox: Outbox::new(), seen: Seen::default(), picture: Vec::new() };
    let (mut inbox, mut clients) = (Inbox::new(), [Some(Client::new(socket))]);
    loop {
        super::wait(&mut events);
        if !server.turn(&mut inbox, &mut clients, 0) {
            break;
        }
    }
    std::hint::black_box(server.seen);
}

/// Serves a client whose requests come from memory: each call reads once. Answers are thrown away.
pub(crate) fn serve_memory(case: Case) -> impl FnMut() {
    let feed = Feed::default();
    let nobody = std::fs::File::open("/dev/null").expect("it is always there");
    let mut server = Server { outbox: Outbox::new(), seen: Seen::default(), picture: Vec::new() };
    let (mut inbox, mut client) = (Inbox::new(), Client::new(nobody.into()));
    let bytes = feed.clone();
    let mut read = move || {
        inbox.filled = bytes.read(&mut inbox.bytes);
        server.arrived(&mut inbox, &mut client);
        server.outbox.filled = 0;
        std::hint::black_box(server.seen);
    };
    feed.set(case.entry(1));
    read();
    feed.set(case.requests());
    read
}

impl Client {
    fn new(socket: OwnedFd) -> Client {
        let kinds = vec![Kind::None, Kind::Display];
        Client { socket, kinds, peer: 0, rest: Vec::new(), fds: VecDeque::new(), memory: None }
    }

    #[inline]
    fn make(&mut self, id: u32, kind: Kind) {
        let index = id as usize;
        if index >= self.kinds.len() {
            self.kinds.resize(index + 1, Kind::None);
        }
        self.kinds[index] = kind;
    }
}

impl Server {
    /// Reads once from a client and answers. Returns whether it still lives.
    fn turn(&mut self, inbox: &mut Inbox, clients: &mut [Option<Client>], index: usize) -> bool {
        let Some(client) = &mut clients[index] else { return true };
        inbox.bytes[..client.rest.len()].copy_from_slice(&client.rest);
        inbox.filled = client.rest.len();
        inbox.fds = std::mem::take(&mut client.fds);
        if !inbox.receive(client.socket.as_fd()) {
            return false;
        }
        let fan_out = self.arrived(inbox, client);
        self.outbox.send(client.socket.as_fd());
        if fan_out {
            for client in clients.iter().flatten().filter(|client| client.peer != 0) {
                self.outbox.words(client.socket.as_fd(), client.peer, event::MOTION, [1, 2, 3]);
                self.outbox.send(client.socket.as_fd());
            }
        }
        true
    }

    /// Handles what has arrived from a client. Returns whether it asks for a fan-out.
    #[inline]
    fn arrived(&mut self, inbox: &mut Inbox, client: &mut Client) -> bool {
        let mut fan_out = false;
        inbox.messages(|object, opcode, body, fds| fan_out |= self.message(client, object, opcode, body, fds));
        client.rest.clear();
        client.rest.extend_from_slice(&inbox.bytes[..inbox.filled]);
        client.fds = std::mem::take(&mut inbox.fds);
        fan_out
    }

    /// Handles one message. Returns whether it asks for a fan-out.
    #[inline]
    fn message(
        &mut self,
        client: &mut Client,
        object: u32,
        opcode: u32,
        body: &[u8],
        fds: &mut VecDeque<OwnedFd>,
    ) -> bool {
        let kind = client.kinds.get(object as usize).copied().unwrap_or(Kind::None);
        let out = &mut self.outbox;
        match (kind, opcode) {
            (Kind::Peer, request::CALC) => {
                let [x, y, width, height] = [0, 1, 2, 3].map(|index| word(body, index) as i32);
                self.seen.calc(x, y, width, height);
            }
            (Kind::Peer, request::TEXT) => self.seen.length(body[4..].len().min(word(body, 0) as usize - 1)),
            (Kind::Peer, request::BYTES) => self.seen.length(body[4..].len().min(word(body, 0) as usize)),
            (Kind::Peer, request::CREATE) => client.make(word(body, 0), Kind::Item),
            (Kind::Peer, request::OPEN) => {
                client.make(word(body, 0), Kind::Item);
                drop(fds.pop_front().expect("the message has an fd"));
            }
            (Kind::Peer, request::BURST) => {
                let (x, y) = position();
                for time in 0..word(body, 0) {
                    out.words(client.socket.as_fd(), object, event::MOTION, [time, x as u32, y as u32]);
                }
            }
            (Kind::Peer, request::PING) => out.words(client.socket.as_fd(), object, event::PONG, [word(body, 0)]),
            (Kind::Peer, request::MARK) => {
                let (high, low) = mark();
                out.words(client.socket.as_fd(), object, event::MARKED, [high, low]);
            }
            (Kind::Peer, request::FAN_OUT) => return true,
            (Kind::Peer, request::IMPORT) => {
                client.make(word(body, 0), Kind::Buffer);
                client.memory = fds.pop_front();
            }
            (Kind::Peer, request::COMMIT) => {
                let (acquire, release) = (fds.pop_front(), fds.pop_front());
                let (Some(acquire), Some(release), Some(memory)) = (acquire, release, &client.memory) else {
                    return false;
                };
                let pixel = present(memory.as_fd(), &mut self.picture, word(body, 1), acquire, release);
                out.words(client.socket.as_fd(), object, event::PRESENTED, [pixel]);
            }
            (Kind::Item | Kind::Buffer, 0) => {
                client.kinds[object as usize] = Kind::None;
                out.words(client.socket.as_fd(), 1, display::DELETE_ID, [object]);
            }
            (Kind::Display, display::SYNC) => {
                out.words(client.socket.as_fd(), word(body, 0), 0, [0]);
                out.words(client.socket.as_fd(), 1, display::DELETE_ID, [word(body, 0)]);
            }
            (Kind::Display, display::GET_REGISTRY) => {
                let registry = word(body, 0);
                client.make(registry, Kind::Registry);
                let [a, b, c, d] = [0, 1, 2, 3].map(|index| word(b"wlbench_peer\0\0\0\0", index));
                out.words(client.socket.as_fd(), registry, 0, [1, 13, a, b, c, d, 1]);
            }
            (Kind::Registry, 0) => {
                client.peer = word(body, body.len() / 4 - 1);
                client.make(client.peer, Kind::Peer);
            }
            _ => {}
        }
        false
    }
}
