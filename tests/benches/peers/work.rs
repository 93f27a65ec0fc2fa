//! The workloads, written once for all client libraries.
//!
//! Knows what is sent in which order; what a message looks like is the business
//! of each [`Client`]. A round is bracketed by two `mark` requests, whose
//! answers tell the CPU time of the server's process.

use std::os::fd::OwnedFd;
use std::str::FromStr;
use std::time::Instant;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::time::{ClockId, clock_gettime};

/// What a library's client side can do. Failures are fatal: nothing here may fail.
pub(crate) trait Client {
    /// `wlbench_peer.calc`
    fn calc(&mut self, x: i32, y: i32, width: i32, height: i32);
    /// `wlbench_peer.text`
    fn text(&mut self, text: &str);
    /// `wlbench_peer.bytes`
    fn bytes(&mut self, bytes: &[u8]);
    /// `wlbench_peer.create` and `wlbench_item.destroy`
    fn churn(&mut self);
    /// `wlbench_peer.open` and `wlbench_item.destroy`. The library gets the file.
    fn open(&mut self, file: OwnedFd);
    /// `wlbench_peer.ping`
    fn ping(&mut self, serial: u32);
    /// `wlbench_peer.burst`
    fn burst(&mut self, count: u32);
    /// `wlbench_peer.mark`
    fn mark(&mut self);
    /// `wlbench_peer.import`; the buffer is the one that [`Client::commit`] shows.
    fn import(&mut self, memory: OwnedFd, stride: u32, height: u32);
    /// `wlbench_peer.commit`
    fn commit(&mut self, bytes: u32, acquire: OwnedFd, release: OwnedFd);
    /// Hands all requests to the kernel, waiting while the socket is full.
    fn flush(&mut self);
    /// Waits until the socket has room for a turn, where the library would
    /// otherwise lose the connection.
    fn pace(&mut self) {}
    /// Flushes, sleeps until events arrive, handles them.
    fn dispatch(&mut self);
    /// What was heard so far.
    fn heard(&self) -> &Heard;
}

/// What a client's event handlers note.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    /// Answers to `mark`.
    pub(crate) marks: u32,
    /// CPU time of the server at the last of them, in nanoseconds.
    pub(crate) server_cpu: u64,
    /// Serial of the last `pong`.
    pub(crate) pong: u32,
    /// `motion` events.
    pub(crate) motions: u64,
    /// Sum of all numbers in them, so that decoding cannot be left out.
    pub(crate) sum: u64,
    /// `presented` events.
    pub(crate) frames: u32,
}

impl Heard {
    /// Notes a `marked` event.
    pub(crate) fn marked(&mut self, high: u32, low: u32) {
        self.marks += 1;
        self.server_cpu = u64::from(high) << 32 | u64::from(low);
    }

    /// Notes a `motion` event.
    #[inline]
    pub(crate) fn motion(&mut self, time: u32, x: i32, y: i32) {
        self.motions += 1;
        self.sum = self.sum.wrapping_add(u64::from(time) ^ x as u64 ^ y as u64);
    }
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

/// The arguments of a `marked` event.
pub(crate) fn mark() -> (u32, u32) {
    let cpu = cpu_time();
    ((cpu >> 32) as u32, cpu as u32)
}

/// One kind of message, in one pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// W1: requests with four integers.
    Calc,
    /// W2: events with three words.
    Motion,
    /// W3: a request and its answer.
    Trip,
    /// W4: requests with a string of 64 bytes.
    Text,
    /// W4: requests with an array of 64 bytes.
    Bytes,
    /// W5: an object made of a file, and destroyed again.
    Open,
    /// W6: an object made and destroyed again.
    Churn,
    /// W11: as W1, flushed after so many requests.
    Batch(u32),
    /// W10: a frame of `width` by `height` pixels with two fences, of which the
    /// server looks at one pixel.
    Frame { width: u32, height: u32 },
    /// As `Frame`, but the server copies all of it.
    Pixels { width: u32, height: u32 },
    /// Requests with an array of [`BULK`] bytes.
    Bulk,
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Work::Calc => f.write_str("calc"),
            Work::Motion => f.write_str("motion"),
            Work::Trip => f.write_str("trip"),
            Work::Text => f.write_str("text"),
            Work::Bytes => f.write_str("bytes"),
            Work::Open => f.write_str("open"),
            Work::Churn => f.write_str("churn"),
            Work::Batch(size) => write!(f, "batch-{size}"),
            Work::Frame { width, height } => write!(f, "frame-{width}x{height}"),
            Work::Pixels { width, height } => write!(f, "pixels-{width}x{height}"),
            Work::Bulk => f.write_str("bulk"),
        }
    }
}

impl FromStr for Work {
    type Err = String;

    fn from_str(text: &str) -> Result<Work, String> {
        let unknown = || format!("no workload is called `{text}`");
        let number = |text: &str| text.parse().map_err(|_| unknown());
        let (name, rest) = text.split_once('-').unwrap_or((text, ""));
        let size = rest.split_once('x');
        Ok(match name {
            "calc" => Work::Calc,
            "motion" => Work::Motion,
            "trip" => Work::Trip,
            "text" => Work::Text,
            "bytes" => Work::Bytes,
            "open" => Work::Open,
            "churn" => Work::Churn,
            "bulk" => Work::Bulk,
            "batch" => Work::Batch(number(rest)?),
            "frame" | "pixels" => {
                let (width, height) = size.ok_or_else(unknown)?;
                let (width, height) = (number(width)?, number(height)?);
                if name == "frame" { Work::Frame { width, height } } else { Work::Pixels { width, height } }
            }
            _ => return Err(unknown()),
        })
    }
}

/// Bytes that fit the send buffer of every library.
const SMALL_QUEUE: u32 = 4096;

/// Bytes of the arrays of [`Work::Bulk`]; the largest message has 4096.
pub(crate) const BULK: usize = 4080;

/// Bytes in one turn of a batched workload, the size of the floor's buffers.
const TURN: u32 = 64 << 10;

impl Work {
    /// Messages (or pairs of them) between two looks at the socket.
    fn turn(self, step: Step) -> u32 {
        let turn = match self {
            Work::Calc => TURN / 24,
            Work::Motion => TURN / 20,
            Work::Text => TURN / 80,
            Work::Bytes => TURN / 76,
            // Four sends with as many fds as every receiver takes.
            Work::Open => 4 * 28,
            Work::Churn => 1024,
            Work::Trip | Work::Frame { .. } | Work::Pixels { .. } => 1,
            Work::Bulk => TURN / (12 + BULK as u32),
            Work::Batch(size) => size,
        };
        match step {
            Step::Stream => turn,
            Step::Lock => turn.min(LOCKED_TURN),
        }
    }
}

/// How client and server are coupled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Step {
    /// The client sends on while the server works, as far as the socket allows.
    Stream,
    /// The client waits for the server after each turn, and turns are so small
    /// that one send carries them: the number of system calls does not depend
    /// on timing, which makes instruction counts repeatable.
    Lock,
}

impl Step {
    /// The name on command lines.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Step::Stream => "stream",
            Step::Lock => "lock",
        }
    }
}

/// Messages in a turn of [`Step::Lock`].
const LOCKED_TURN: u32 = 256;

/// Turns of object churn whose answers may be outstanding.
const WINDOW: u32 = 2;

/// What one round cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// CPU time of the client's process, in nanoseconds.
    pub(crate) client: u64,
    /// CPU time of the server's process, in nanoseconds.
    pub(crate) server: u64,
    /// Time that passed, in nanoseconds.
    pub(crate) wall: u64,
}

/// Does one round of `count` messages.
pub(crate) fn round(client: &mut impl Client, work: Work, count: u32, step: Step) -> Sample {
    let files = if work == Work::Open { files(count) } else { Vec::new() };
    bracket(client, |client| send(client, work, count, step, files))
}

/// Measures what `work` costs this process and the server of `client`.
pub(crate) fn bracket<C: Client>(client: &mut C, work: impl FnOnce(&mut C)) -> Sample {
    let server = mark_server(client);
    let cpu = cpu_time();
    let start = Instant::now();
    work(client);
    let server = mark_server(client) - server;
    Sample { client: cpu_time() - cpu, server, wall: start.elapsed().as_nanos() as u64 }
}

fn send<C: Client>(client: &mut C, work: Work, count: u32, step: Step, files: Vec<OwnedFd>) {
    const TEXT: &str = "A window title of the usual kind, with a path: ~/src/wayline/src";
    const { assert!(TEXT.len() == 64) };
    let bytes = [7; 64];
    let turn = work.turn(step);
    match work {
        Work::Calc => turns(client, count, turn, step, |client, n| client.calc(n as i32, -1, 640, 480)),
        Work::Text => turns(client, count, turn, step, |client, _| client.text(TEXT)),
        Work::Bytes => turns(client, count, turn, step, |client, _| client.bytes(&bytes)),
        Work::Motion => motions(client, count, turn, step),
        Work::Trip => (0..count).for_each(|_| trip(client)),
        Work::Batch(_) => {
            for first in (0..count).step_by(turn as usize) {
                if turn * 24 > SMALL_QUEUE {
                    client.pace();
                }
                for n in first..count.min(first + turn) {
                    client.calc(n as i32, -1, 640, 480);
                }
                client.flush();
            }
        }
        Work::Churn => windowed(client, count, turn, step, C::churn),
        Work::Open => {
            let mut files = files.into_iter();
            windowed(client, count, turn, step, |client| {
                if let Some(file) = files.next() {
                    client.open(file);
                }
            });
        }
        Work::Bulk => turns(client, count, turn, step, |client, _| client.bytes(&[7; BULK])),
        Work::Frame { .. } => (0..count).for_each(|_| frame(client, 4)),
        Work::Pixels { width, height } => (0..count).for_each(|_| frame(client, 4 * width * height)),
    }
}

/// Sends `count` requests in turns.
fn turns<C: Client>(client: &mut C, count: u32, turn: u32, step: Step, mut request: impl FnMut(&mut C, u32)) {
    for first in (0..count).step_by(turn as usize) {
        client.pace();
        for n in first..count.min(first + turn) {
            request(client, n);
        }
        match step {
            Step::Stream => client.flush(),
            Step::Lock => trip(client),
        }
    }
}

/// As [`turns`], for requests whose objects the server gives back: at most
/// [`WINDOW`] turns of them are under way.
fn windowed<C: Client>(client: &mut C, count: u32, turn: u32, step: Step, mut request: impl FnMut(&mut C)) {
    let window = if step == Step::Lock { 1 } else { WINDOW };
    let start = client.heard().pong;
    for (index, first) in (0..).zip((0..count).step_by(turn as usize)) {
        while client.heard().pong.wrapping_sub(start) + window <= index {
            client.dispatch();
        }
        client.pace();
        for _ in first..count.min(first + turn) {
            request(client);
        }
        client.ping(start.wrapping_add(index + 1));
        client.flush();
    }
}

/// Asks for `count` events in bursts, of which two are under way.
fn motions(client: &mut impl Client, count: u32, turn: u32, step: Step) {
    let window = if step == Step::Lock { turn } else { 2 * turn };
    let start = client.heard().motions;
    let mut asked = 0;
    loop {
        let arrived = (client.heard().motions - start) as u32;
        while asked < count && asked - arrived + turn <= window {
            let burst = turn.min(count - asked);
            client.burst(burst);
            asked += burst;
        }
        if arrived == count {
            break;
        }
        client.dispatch();
    }
}

/// One request and its answer.
fn trip(client: &mut impl Client) {
    let serial = client.heard().pong.wrapping_add(1);
    client.ping(serial);
    while client.heard().pong != serial {
        client.dispatch();
    }
}

/// One frame: its pixels are ready when it is committed, and the next is
/// committed when the server is done with it.
fn frame(client: &mut impl Client, bytes: u32) {
    let fence = || eventfd(0, EventfdFlags::CLOEXEC).expect("a descriptor is free");
    let (acquire, release) = (fence(), fence());
    rustix::io::write(&acquire, &1u64.to_ne_bytes()).expect("an eventfd takes a 1");
    let released = release.try_clone().expect("a descriptor is free");
    let frames = client.heard().frames;
    client.commit(bytes, acquire, release);
    while client.heard().frames == frames {
        client.dispatch();
    }
    rustix::io::read(&released, &mut [0; 8]).expect("the server has signalled");
}

/// CPU time of the server when it has handled all requests so far.
fn mark_server(client: &mut impl Client) -> u64 {
    let marks = client.heard().marks;
    client.mark();
    while client.heard().marks == marks {
        client.dispatch();
    }
    client.heard().server_cpu
}

/// Files to give away.
fn files(count: u32) -> Vec<OwnedFd> {
    let file = eventfd(0, EventfdFlags::CLOEXEC).expect("a descriptor is free");
    (0..count).map(|_| file.try_clone().expect("the limit of descriptors is raised")).collect()
}

/// Shared memory for a picture, sealed as servers want it.
pub(crate) fn memory(stride: u32, height: u32) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = memfd_create("wlbench", flags).expect("a descriptor is free");
    ftruncate(&memory, u64::from(stride) * u64::from(height)).expect("memory is free");
    fcntl_add_seals(&memory, SealFlags::SHRINK).expect("the file takes seals");
    memory
}
