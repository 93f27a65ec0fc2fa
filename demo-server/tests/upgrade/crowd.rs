//! Many clients that draw all the time, and how long they wait for a server that is replaced.
//!
//! By hand, for figures: `WAYLINE_UPGRADES` says how often the server is replaced, and `WAYLINE_SERVER` which program it is.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use wayline_toolkit::protocol::native::way_surface;

use crate::native;
use crate::servers::{Report, Servers};
use crate::support::{SERVER, Server};
use crate::test_client::{TestClient, event, request};

/// Clients in all.
pub(crate) const CLIENTS: usize = 100;

const UPGRADES: usize = 5;

/// How often the server is replaced.
pub(crate) fn upgrades() -> usize {
    std::env::var("WAYLINE_UPGRADES").map_or(UPGRADES, |count| count.parse().unwrap())
}

/// The server that is replaced.
pub(crate) fn servers(args: &[&str]) -> Servers {
    let program = std::env::var("WAYLINE_SERVER").unwrap_or_else(|_| SERVER.to_owned());
    Servers::of(Server::start_with(&program, args, &[]))
}

/// A client with a window, which asks for its next frame as soon as it has one.
struct Member {
    client: TestClient,
    surface: u32,
    opcodes: Opcodes,
    /// `wp_presentation`, for a client of Wayland.
    presentation: Option<u32>,
    /// The number of the frame of the screen that showed its latest picture.
    shown: u64,
    /// When the frame with the number 0 was, in nanoseconds, by what is said of those that it has seen.
    origin: Option<u64>,
    /// The callback that it waits for, and the feedback.
    waiting: (u32, u32),
}

struct Opcodes {
    frame: u16,
    commit: u16,
}

impl Member {
    fn native(servers: &Servers) -> Member {
        let mut client = servers.client();
        let (surface, _) = native::window(&mut client);
        let buffer = native::buffer(&mut client, (48, 32), 0x0030_60a0);
        native::attach(&mut client, surface, buffer);
        client.send(surface, way_surface::opcode::COMMIT, |m| m);
        client.sync();
        let opcodes = Opcodes { frame: way_surface::opcode::FRAME, commit: way_surface::opcode::COMMIT };
        Member { client, surface, opcodes, presentation: None, shown: 0, origin: None, waiting: (0, 0) }
    }

    fn wayland(servers: &Servers) -> Member {
        let mut client = servers.client();
        let surface = client.window(48, 32, 0x00a0_6030).surface;
        let presentation = Some(client.bind("wp_presentation", 1));
        let opcodes = Opcodes { frame: request::FRAME, commit: request::COMMIT };
        Member { client, surface, opcodes, presentation, shown: 0, origin: None, waiting: (0, 0) }
    }

    /// Asks for the next frame.
    fn ask(&mut self) {
        self.waiting.0 = self.client.make(self.surface, self.opcodes.frame, |m| m);
        if let Some(presentation) = self.presentation {
            let (surface, id) = (self.surface, self.client.id());
            self.client.send(presentation, request::FEEDBACK, |m| m.uint(surface).uint(id));
            self.waiting.1 = id;
        }
        self.client.send(self.surface, self.opcodes.commit, |m| m);
    }

    /// Waits for the frame: its callback is answered before any other, its number is a higher one, and its time is as many
    /// periods later.
    fn wait(&mut self) {
        let (callback, feedback) = self.waiting;
        self.client.until(callback, event::DONE);
        if self.presentation.is_some() {
            let seen = self.client.events.iter().position(|event| event.object == feedback);
            let event = match seen {
                Some(at) => self.client.events.swap_remove(at),
                None => self.client.until(feedback, event::PRESENTED),
            };
            assert_eq!(event.opcode, event::PRESENTED, "a picture that was never shown");
            let words: Vec<u64> =
                event.body.chunks_exact(4).map(|w| u32::from_ne_bytes(w.try_into().unwrap()).into()).collect();
            let [hi, lo, nanoseconds, period, number_hi, number_lo, _] = words[..] else { panic!("{words:?}") };
            let (time, shown) = ((hi << 32 | lo) * 1_000_000_000 + nanoseconds, number_hi << 32 | number_lo);
            assert!(shown > self.shown, "frame {shown} after {}", self.shown);
            self.shown = shown;
            let origin = time - shown * period;
            assert_eq!(*self.origin.get_or_insert(origin), origin, "frame {shown} was at another time than it says");
        }
        let others: Vec<_> = self.client.events.iter().filter(|event| event.object > callback).collect();
        assert!(others.is_empty(), "answers to nothing: {others:?}");
        self.client.events.clear();
    }
}

/// Clients with a window each, half of them of the native protocol and half of Wayland.
pub(crate) struct Crowd(Vec<Member>);

impl Crowd {
    pub(crate) fn join(servers: &Servers, count: usize) -> Crowd {
        let member = |at| if at % 2 == 0 { Member::native(servers) } else { Member::wayland(servers) };
        Crowd((0..count).map(member).collect())
    }

    /// All of them draw, one frame after the other, until `act` is done. Each frame that was asked for is answered then.
    pub(crate) fn draw_during<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let stop = AtomicBool::new(false);
        let draw = || loop {
            self.0.iter_mut().for_each(Member::ask);
            self.0.iter_mut().for_each(Member::wait);
            if stop.load(Ordering::Relaxed) {
                break;
            }
        };
        let done = std::thread::scope(|scope| {
            scope.spawn(draw);
            let _stops = Stops(&stop);
            act()
        });
        let origins: BTreeSet<u64> = self.0.iter().filter_map(|member| member.origin).collect();
        assert_eq!(origins.len(), 1, "whichever process showed a frame, it counted from the same one");
        done
    }
}

/// Says that it is over when dropped.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What is said of several upgrades.
#[derive(Default)]
pub(crate) struct Pauses {
    waits: Vec<f64>,
    bytes: u64,
}

impl Pauses {
    pub(crate) fn note(&mut self, report: &Report) {
        self.waits.push(report.waited_ms);
        self.bytes = report.bytes;
    }

    pub(crate) fn print(mut self, whom: &str) {
        self.waits.sort_by(f64::total_cmp);
        let count = self.waits.len();
        let (median, most, longest) = (self.waits[count / 2], self.waits[count * 99 / 100], self.waits[count - 1]);
        println!(
            "{whom}, {count} upgrades: median {median:.1} ms, p99 {most:.1} ms, longest {longest:.1} ms, {} bytes",
            self.bytes
        );
    }
}

#[test]
fn a_hundred_windows_are_drawn_over_five_upgrades() {
    let mut servers = servers(&[]);
    let mut crowd = Crowd::join(&servers, CLIENTS);
    // All windows are on the screen, but not all shadows: there are so many at most, and those of windows that come to be
    // among the topmost show when they are next drawn. A successor draws all of it, and holds a few descriptors that the first
    // process has not: see `process`.
    crowd.draw_during(|| ());
    servers.upgrade();
    crowd.draw_during(|| ());
    let (screen, mut fds, mut pauses) = (servers.screen(), None, Pauses::default());
    servers.must_have(&mut fds);
    for _ in 0..upgrades() {
        let report = crowd.draw_during(|| servers.upgrade());
        assert_eq!(report.clients as usize, CLIENTS);
        pauses.note(&report);
        assert!(servers.screen() == screen, "the screen is another one");
        servers.must_have(&mut fds);
    }
    let objects: u64 = servers.status().iter().map(|row| row.objects).sum();
    pauses.print(&format!("{CLIENTS} windows, {objects} objects"));
}
