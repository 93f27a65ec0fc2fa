//! A compositor and its clients in one process, and what the tests do with them.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use wayline::carry::State;
use wayline::io::shm::Memory;
use wayline::{ClientId, carry, client, server};
use wayline_desktop::Action;
use wayline_desktop_wayland::protocol::*;
use wayline_desktop_wayland::{self as wayland, Host, WaylandOwner};

use super::client::TestClient;
use super::host::App;

const PATIENCE: Duration = Duration::from_secs(60);

/// The button that everybody has.
pub(crate) const LEFT: u32 = 0x110;

pub(crate) struct Fixture {
    pub(crate) app: App,
    pub(crate) guests: Vec<TestClient>,
}

/// A window of 100 × 80 pixels.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) surface: WlSurface,
    pub(crate) xdg: XdgSurface,
    pub(crate) toplevel: XdgToplevel,
    pub(crate) pool: WlShmPool,
    pub(crate) buffer: WlBuffer,
}

impl Fixture {
    pub(crate) fn new() -> Fixture {
        Fixture { app: App::new(), guests: Vec::new() }
    }

    /// Another client.
    pub(crate) fn join(&mut self, name: &'static str) -> usize {
        let (ours, theirs) = UnixStream::pair().unwrap();
        self.app.server.add_socket(ours.into()).unwrap();
        self.guests.push(TestClient::new(name, theirs));
        self.pump();
        self.guests.len() - 1
    }

    /// Passes messages on until nobody has anything to say.
    pub(crate) fn pump(&mut self) {
        self.exchange();
        for guest in &self.guests {
            assert!(guest.client.ended().is_none(), "{}: {:?}", guest.name, guest.client.ended());
        }
    }

    /// The same, where clients may come to an end.
    pub(crate) fn exchange(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let mut quiet = 0;
        // What a turn sends at its end is not work that it tells of.
        while quiet < 2 {
            assert!(Instant::now() < deadline, "they do not come to an end");
            let mut busy = false;
            for guest in &mut self.guests {
                busy |= client::turn(guest).unwrap_or(false);
            }
            busy |= server::turn(&mut self.app).unwrap();
            quiet = if busy { 0 } else { quiet + 1 };
        }
    }

    /// Another process takes over, and then another one: of what is loaded, the same is written again.
    pub(crate) fn upgrade(&mut self) {
        let state = carry::save(&mut self.app).unwrap();
        self.app = carry::load(state).unwrap();
        let (bytes, fds) = carry::save(&mut self.app).unwrap().into_parts();
        self.app = carry::load(State::from_parts(bytes.clone(), fds)).unwrap();
        let (again, _) = carry::save(&mut self.app).unwrap().into_parts();
        let passed = passed(&bytes, &again, 1 + 4 * self.guests.len()).expect("something is lost on the way");
        assert!(passed <= PATIENCE, "{passed:?} more");
    }

    /// The user does something.
    pub(crate) fn input(&mut self, action: Action) {
        wayland::input(&mut self.app, action);
        self.pump();
    }

    pub(crate) fn move_to(&mut self, x: i32, y: i32) {
        self.input(Action::Move { x: x.into(), y: y.into() });
    }

    pub(crate) fn press(&mut self, pressed: bool) {
        self.input(Action::Button { code: LEFT, pressed });
    }

    pub(crate) fn key(&mut self, code: u32, pressed: bool) {
        self.input(Action::Key { code, pressed });
    }

    pub(crate) fn draw(&mut self) {
        self.app.draw();
        self.pump();
    }

    pub(crate) fn forget(&mut self) {
        self.guests.iter_mut().for_each(|guest| guest.log.clear());
    }

    /// A pool of so many bytes, of which all are `fill`, and the memory behind it.
    pub(crate) fn pool(&mut self, guest: usize, bytes: usize, fill: u8) -> (WlShmPool, Memory) {
        let mut memory = Memory::create("pixels", bytes).unwrap();
        memory.fill(0..bytes, fill).unwrap();
        let guest = &mut self.guests[guest];
        let shm: WlShm = guest.bind();
        let fd = memory.try_clone_fd().unwrap();
        (shm.create_pool(&mut guest.client, fd, bytes as i32).unwrap(), memory)
    }

    pub(crate) fn buffer(&mut self, guest: usize, (width, height): (i32, i32), fill: u8) -> (WlShmPool, WlBuffer) {
        let (pool, _) = self.pool(guest, (width * height * 4) as usize, fill);
        let client = &mut self.guests[guest].client;
        let format = wl_shm::Format::XRGB8888;
        (pool, pool.create_buffer(client, 0, width, height, width * 4, format).unwrap())
    }

    pub(crate) fn surface(&mut self, guest: usize) -> WlSurface {
        let guest = &mut self.guests[guest];
        let compositor: WlCompositor = guest.bind();
        compositor.create_surface(&mut guest.client).unwrap()
    }

    /// A window that is configured, and has no content yet.
    pub(crate) fn empty_window(&mut self, guest: usize) -> (WlSurface, XdgSurface, XdgToplevel) {
        let surface = self.surface(guest);
        let guest = &mut self.guests[guest];
        let base: XdgWmBase = guest.bind();
        let client = &mut guest.client;
        let xdg = base.get_xdg_surface(client, surface).unwrap();
        let toplevel = xdg.get_toplevel(client).unwrap();
        surface.commit(client).unwrap();
        self.pump();
        (surface, xdg, toplevel)
    }

    /// A window on the screen.
    pub(crate) fn window(&mut self, guest: usize, fill: u8) -> Window {
        let (surface, xdg, toplevel) = self.empty_window(guest);
        let (pool, buffer) = self.buffer(guest, (100, 80), fill);
        self.show(guest, surface, buffer);
        Window { surface, xdg, toplevel, pool, buffer }
    }

    pub(crate) fn show(&mut self, guest: usize, surface: WlSurface, buffer: WlBuffer) {
        let client = &mut self.guests[guest].client;
        surface.attach(client, Some(buffer), 0, 0).unwrap();
        surface.damage(client, 0, 0, i32::MAX, i32::MAX).unwrap();
        surface.commit(client).unwrap();
        self.pump();
    }

    /// Where a surface of a client is on the screen.
    pub(crate) fn place(&mut self, guest: usize, surface: WlSurface) -> (i32, i32) {
        let mut clients: Vec<ClientId> = self.app.server.clients().collect();
        // In the order in which they came.
        clients.sort_unstable_by_key(|client| client.number());
        let is_meant = |owner: WaylandOwner| (owner.0.client(), owner.0.id()) == (clients[guest], surface.id());
        let id = self.app.desktop.find(is_meant).unwrap();
        self.app.desktop.origin(id)
    }

    /// Puts the pointer on a surface.
    pub(crate) fn point_at(&mut self, guest: usize, surface: WlSurface) {
        let (x, y) = self.place(guest, surface);
        self.move_to(x + 10, y + 10);
    }

    /// What somebody else gives, by a request that names where to.
    pub(crate) fn received(&mut self, ask: impl FnOnce(&mut TestClient, OwnedFd), guest: usize) -> String {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ask(&mut self.guests[guest], theirs.into());
        self.pump();
        ours.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut text = String::new();
        ours.read_to_string(&mut text).unwrap();
        text
    }
}

/// What clients heard, each of them, and what was on the screen.
#[derive(Debug, PartialEq)]
struct Story {
    logs: Vec<Vec<String>>,
    frames: [Vec<u32>; 2],
}

/// The first part, then an upgrade or none, a frame, and the second part: clients hear the same of the second one, and see
/// the same, whether there was an upgrade. Returns what they heard of it.
pub(crate) fn twins<T>(before: impl Fn(&mut Fixture) -> T, after: impl Fn(&mut Fixture, T)) -> Vec<Vec<String>> {
    let tell = |upgraded: bool| {
        let mut fixture = Fixture::new();
        let known = before(&mut fixture);
        fixture.pump();
        fixture.forget();
        if upgraded {
            fixture.upgrade();
            fixture.pump();
            assert!(fixture.guests.iter().all(|guest| guest.log.is_empty()), "they heard of the upgrade itself");
        }
        fixture.draw();
        let first = pixels(&fixture);
        after(&mut fixture, known);
        fixture.draw();
        let frames = [first, pixels(&fixture)];
        Story { logs: fixture.guests.into_iter().map(|guest| guest.log).collect(), frames }
    };
    let (stays, goes) = (tell(false), tell(true));
    for (stays, goes) in stays.logs.iter().zip(&goes.logs) {
        assert_eq!(stays, goes, "with an upgrade they hear something else");
    }
    assert!(stays.frames == goes.frames, "with an upgrade they see something else");
    goes.logs
}

pub(crate) fn pixels(fixture: &Fixture) -> Vec<u32> {
    let frame = fixture.app.desktop.frame();
    let (width, height) = frame.size();
    (0..height as i32).flat_map(|y| frame.row(y, 0, width as i32).to_vec()).collect()
}

/// How much later one of two states was written than the other, if they are the same but for that: at most so many times,
/// how long ago something was, in milliseconds, and all of them have grown by the same.
fn passed(one: &[u8], later: &[u8], times: usize) -> Option<Duration> {
    const HEADER: usize = 32;
    let (mut at, mut grown) = (HEADER, Vec::new());
    while let Some(more) = one[at..].iter().zip(&later[at..]).position(|(one, later)| one != later) {
        at += more;
        // A number of 8 bytes has its length in front. Its lowest bytes may be the same.
        at = (0..8).map(|back| at - back).find(|at| one[at - 4..*at] == 8_u32.to_le_bytes())?;
        let number = |bytes: &[u8]| bytes.get(at..at + 8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
        grown.push(number(later)?.checked_sub(number(one)?)?);
        at += 8;
    }
    let passed = grown.first().copied().unwrap_or(0);
    let same = one.len() == later.len() && grown.len() <= times && grown.iter().all(|&grown| grown == passed);
    same.then_some(Duration::from_millis(passed))
}
