//! The libraries under test, and the roles this program plays for them.
//!
//! A role is a process: standard input is its end of the connection, standard
//! output the line on which it is told how much to do and says what it cost.

use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::with_wayline::{self, Loop};
use rustix::time::{ClockId, clock_gettime};

use crate::client::Client;
use crate::rounds::{Sample, bracket, memory, round};
use crate::work::{Step, Work};
use crate::{floor, wayland_rs, wayrs, wl_proxy};

/// A library under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Library {
    /// No library: bytes by hand.
    Floor,
    /// The same, waiting inside calloop: the least that a loop of others costs.
    FloorCalloop,
    /// The C library, through the C program beside this file.
    Libwayland,
    /// The crates wayland-client and wayland-server, Rust backend.
    WaylandRs,
    /// The crate wayrs-client; its server is the floor.
    Wayrs,
    /// The crate wl-proxy as a server; its client is the floor.
    WlProxy,
    /// Wayline with its own loop.
    Wayline,
    /// Wayline inside calloop.
    WaylineCalloop,
}

impl Library {
    /// All, the measure first.
    pub(crate) const ALL: [Library; 8] = [
        Library::Floor,
        Library::FloorCalloop,
        Library::Libwayland,
        Library::WaylandRs,
        Library::Wayrs,
        Library::WlProxy,
        Library::Wayline,
        Library::WaylineCalloop,
    ];

    /// The name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Library::Floor => "floor",
            Library::FloorCalloop => "floor in calloop",
            Library::Libwayland => "libwayland",
            Library::WaylandRs => "wayland-rs",
            Library::Wayrs => "wayrs",
            Library::WlProxy => "wl-proxy",
            Library::Wayline => "wayline, own loop",
            Library::WaylineCalloop => "wayline in calloop",
        }
    }

    /// The name on command lines.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Library::Floor => "floor",
            Library::FloorCalloop => "floor-calloop",
            Library::Libwayland => "libwayland",
            Library::WaylandRs => "wayland-rs",
            Library::Wayrs => "wayrs",
            Library::WlProxy => "wl-proxy",
            Library::Wayline => "wayline",
            Library::WaylineCalloop => "wayline-calloop",
        }
    }

    /// Whether it has the roles: client, server. The floor fills in, and is not reported.
    pub(crate) fn roles(self) -> [bool; 2] {
        match self {
            Library::Wayrs => [true, false],
            Library::WlProxy => [false, true],
            _ => [true, true],
        }
    }

    /// Whether it can do a workload. wl-proxy cannot be taught other protocols than its own,
    /// and those have neither requests with an array alone nor fences.
    pub(crate) fn does(self, work: Work) -> bool {
        match work {
            Work::Bytes | Work::Bulk | Work::Frame { .. } | Work::Pixels { .. } | Work::Trace(_) => {
                self != Library::WlProxy
            }
            _ => true,
        }
    }

    /// Whether its server takes the clients of W7, which speak bench.xml at a socket's path.
    pub(crate) fn listens(self) -> bool {
        !matches!(self, Library::FloorCalloop | Library::Wayrs | Library::WlProxy)
    }
}

/// How clients reach a server.
pub(crate) enum Entrance {
    /// One client, already connected.
    Socket(OwnedFd),
    /// A listening socket to be made at this path.
    Path(PathBuf),
}

impl Entrance {
    fn socket(self) -> OwnedFd {
        match self {
            Entrance::Socket(socket) => socket,
            Entrance::Path(_) => unreachable!("is not measured with many clients"),
        }
    }
}

/// What a server has left to do when its clients are gone.
pub(crate) fn serve(library: Library, path: Option<PathBuf>) {
    let entrance = path.map_or_else(|| Entrance::Socket(inherited(std::io::stdin())), Entrance::Path);
    match library {
        Library::Floor | Library::Wayrs => floor::serve(entrance),
        Library::FloorCalloop => floor::serve_inside(entrance.socket()),
        Library::WlProxy => wl_proxy::serve(entrance.socket()),
        Library::Libwayland => unreachable!("has a program of its own"),
        Library::WaylandRs => wayland_rs::serve(entrance),
        Library::Wayline => with_wayline::serve(entrance, Loop::Own),
        Library::WaylineCalloop => with_wayline::serve(entrance, Loop::Calloop),
    }
}

/// Does rounds of `work` as long as the control line asks for them.
pub(crate) fn drive(library: Library, work: Work, step: Step) {
    let socket = inherited(std::io::stdin());
    match library {
        Library::Floor => rounds(floor::Floor::<floor::Bench>::new(socket), work, step),
        Library::FloorCalloop => rounds(floor::Floor::<floor::Bench>::new(socket).inside_calloop(), work, step),
        Library::WlProxy => rounds(floor::Floor::<floor::Core>::new(socket), work, step),
        Library::Wayrs => {
            drop(socket);
            rounds(wayrs::connect(), work, step);
        }
        Library::Libwayland => unreachable!("has a program of its own"),
        Library::WaylandRs => rounds(wayland_rs::connect(socket), work, step),
        Library::Wayline => rounds(with_wayline::connect(socket, Loop::Own), work, step),
        Library::WaylineCalloop => rounds(with_wayline::connect(socket, Loop::Calloop), work, step),
    }
}

/// Passes on what one client and a server say to each other, until one of them ends.
pub(crate) fn forward(library: Library, listen: &Path, upstream: &Path) {
    match library {
        Library::WlProxy => wl_proxy::forward(listen, upstream),
        _ => unreachable!("is no proxy"),
    }
}

/// W7: connections that come, look at the registry and go, beside one that
/// asks for the time. The server listens at `path`.
pub(crate) fn visit(library: Library, path: &Path) {
    match library {
        Library::Floor => visits(floor::Floor::<floor::Bench>::new, path),
        Library::Libwayland | Library::FloorCalloop | Library::Wayrs | Library::WlProxy => {
            unreachable!("is not measured here")
        }
        Library::WaylandRs => visits(wayland_rs::connect, path),
        Library::Wayline => visits(|socket| with_wayline::connect(socket, Loop::Own), path),
        Library::WaylineCalloop => visits(|socket| with_wayline::connect(socket, Loop::Calloop), path),
    }
}

fn visits<C: Client>(connect: impl Fn(OwnedFd) -> C, path: &Path) {
    let mut standing = connect(dial(path));
    Control::inherited().obey(|count| {
        bracket(&mut standing, |_| {
            for _ in 0..count {
                drop(connect(dial(path)));
            }
        })
    });
}

/// A connection to the server at `path`.
pub(crate) fn dial(path: &Path) -> OwnedFd {
    UnixStream::connect(path).expect("the server listens").into()
}

fn rounds(mut client: impl Client, work: Work, step: Step) {
    if let Work::Frame { width, height } | Work::Pixels { width, height } = work {
        let stride = 4 * width;
        client.import(memory(stride, height), stride, height);
    }
    Control::inherited().obey(|count| round(&mut client, work, count, step));
}

/// The line to the process that compares.
pub(crate) struct Control(UnixStream);

impl Control {
    pub(crate) fn inherited() -> Control {
        Control(inherited(std::io::stdout()).into())
    }

    /// Reads a count, does a round, reports, until the line is closed.
    pub(crate) fn obey(&mut self, mut round: impl FnMut(u32) -> Sample) {
        let commands = BufReader::new(self.0.try_clone().expect("a descriptor is free"));
        for command in commands.lines() {
            let count = command.expect("the line is readable").parse().expect("a command is a number");
            let Sample { client, server, wall } = round(count);
            // Nobody listens any more: the comparison was interrupted.
            if writeln!(self.0, "{client} {server} {wall}").is_err() {
                return;
            }
        }
    }
}

/// Shows a frame, for the servers that have no fences of their own: takes the
/// acquire fence, copies bytes of the picture, signals the release fence.
pub(crate) fn present(
    memory: BorrowedFd<'_>,
    picture: &mut Vec<u8>,
    bytes: u32,
    acquire: OwnedFd,
    release: OwnedFd,
) -> u32 {
    rustix::io::read(acquire, &mut [0; 8]).expect("the client signals");
    picture.resize(bytes as usize, 0);
    rustix::io::pread(memory, &mut picture[..], 0).expect("memory is readable");
    rustix::io::write(release, &1u64.to_ne_bytes()).expect("an eventfd takes a 1");
    picture.first_chunk().map_or(0, |pixel| u32::from_ne_bytes(*pixel))
}

/// What a server's request handlers note.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Sum of all numbers and lengths, so that decoding cannot be left out.
    pub(crate) sum: u64,
}

impl Seen {
    /// Notes a `calc` request.
    #[inline]
    pub(crate) fn calc(&mut self, x: i32, y: i32, width: i32, height: i32) {
        self.sum = self.sum.wrapping_add(x as u64 ^ y as u64 ^ width as u64 ^ height as u64);
    }

    /// Notes a string or an array.
    #[inline]
    pub(crate) fn length(&mut self, length: usize) {
        self.sum = self.sum.wrapping_add(length as u64);
    }
}

/// CPU time of this process, in nanoseconds.
pub(crate) fn cpu_time() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The position in `motion` events, unknown to the compiler as in real programs.
pub(crate) fn position() -> (i32, i32) {
    std::hint::black_box((2, 3))
}

/// The arguments of a `marked` event.
pub(crate) fn mark() -> (u32, u32) {
    let cpu = cpu_time();
    ((cpu >> 32) as u32, cpu as u32)
}

/// A descriptor that the parent passed as a standard stream.
pub(crate) fn inherited(stream: impl AsFd) -> OwnedFd {
    stream.as_fd().try_clone_to_owned().expect("a descriptor is free")
}
