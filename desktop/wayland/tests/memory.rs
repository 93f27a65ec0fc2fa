//! What surfaces take that clients make and never use, in bytes of the heap. A program of its own, since the threads of a
//! test harness allocate too.

use std::alloc::System;
use std::collections::VecDeque;

use calloop::EventLoop;
use wayline::{ClientId, HasServer, Interface, Link, MemoryLink, Server, server};
use wayline_desktop::{Desktop, Effect};
use wayline_desktop_wayland::protocol::WlCompositor;
use wayline_desktop_wayland::{self as wayland, Host, Offer, Parts, Picture, WaylandOwner};

/// Counts through a library, since a global allocator of our own would be unsafe code.
#[global_allocator]
static ALLOCATOR: stats_alloc::StatsAlloc<System> = stats_alloc::StatsAlloc::system();

/// The most that a surface may take that has neither role nor content, in bytes: as the desktop and the front end know it,
/// and in the tables of both and of the connection.
const MOST: usize = 900;

/// The most that may be left when all but one are destroyed: the flat parts of tables, however many there were.
const LEFT: usize = 256 << 10;

struct App {
    server: Server<App>,
    desktop: Desktop<WaylandOwner, Picture>,
    wayland: wayland::State<App>,
}

wayland::delegate!(App);

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }
}

impl Host for App {
    type Owner = WaylandOwner;
    type Picture = Picture;

    fn parts(&mut self) -> Parts<'_, App> {
        Parts { server: &mut self.server, desktop: &mut self.desktop, wayland: &mut self.wayland }
    }

    fn deliver(&mut self, owner: WaylandOwner, effect: Effect) {
        wayland::deliver(self, owner.0, effect);
    }

    fn draw(&mut self) {
        wayland::draw(self);
    }
}

/// Bytes allocated at the moment.
fn heap() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// A message of words to an object.
fn message(object: u32, opcode: u32, body: &[u32]) -> Vec<u8> {
    let words = [object, (8 + 4 * body.len() as u32) << 16 | opcode];
    words.iter().chain(body).flat_map(|word| word.to_ne_bytes()).collect()
}

/// Has the server handle what a client says.
fn say(app: &mut App, client: ClientId, link: &mut MemoryLink, bytes: &[u8]) {
    link.send(bytes, &[]).unwrap();
    while server::receive(app, client) {}
    server::finish_turn(app);
    while link.receive(&mut [0; 4096], &mut VecDeque::new()).is_ok_and(|received| received.bytes > 0) {}
}

/// Bytes that so many surfaces of one client take, and what is left of that when all but one are destroyed.
fn taken_by(surfaces: u32) -> (usize, usize) {
    const REGISTRY: u32 = 2;
    const COMPOSITOR: u32 = 3;
    let events = EventLoop::try_new().unwrap();
    let mut server = Server::new();
    wayland::announce(&mut server, &mut Offer::default()).unwrap();
    let wayland = wayland::State::new(events.handle());
    let mut app = App { server, desktop: Desktop::new((64, 48)), wayland };
    let (near, mut far) = MemoryLink::pair();
    let client = app.server.connect(near);
    say(&mut app, client, &mut far, &message(1, 1, &[REGISTRY]));
    // The compositor is the first global.
    let name: Vec<u32> = b"wl_compositor\0\0\0".as_chunks::<4>().0.iter().map(|c| u32::from_ne_bytes(*c)).collect();
    assert_eq!(WlCompositor::SPEC.name.len(), 13);
    let bind = [&[1, 14][..], &name, &[4, COMPOSITOR]].concat();
    say(&mut app, client, &mut far, &message(REGISTRY, 0, &bind));
    let before = heap();
    for id in COMPOSITOR + 1..=COMPOSITOR + surfaces {
        say(&mut app, client, &mut far, &message(COMPOSITOR, 0, &[id]));
    }
    assert_eq!(app.server.object_count(client), 3 + surfaces);
    let taken = heap() - before;
    for id in COMPOSITOR + 2..=COMPOSITOR + surfaces {
        say(&mut app, client, &mut far, &message(id, 0, &[]));
    }
    (taken, heap() - before)
}

fn main() {
    for surfaces in [15_000, 60_000] {
        let (taken, left) = taken_by(surfaces);
        let each = taken / surfaces as usize;
        println!("{each} bytes for each of {surfaces} surfaces that are never used");
        assert!(each <= MOST, "{each} bytes for each of {surfaces} surfaces");
        println!("{left} bytes when all but one are destroyed");
        assert!(left <= LEFT, "{left} bytes left of {surfaces} surfaces");
    }
}
