//! The workloads, written once for all client libraries.
//!
//! Knows what is sent in which order. A round is bracketed by two `mark`
//! requests, whose answers tell the CPU time of the server's process.

use std::hint::black_box;
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

use crate::client::Client;
use crate::peer::cpu_time;
use crate::trace::Action;
use crate::work::{BULK, SMALL_QUEUE, Step, Work};

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
    let files = match work {
        Work::Open => files(count),
        Work::Trace(program) => {
            let opened = |action: &Action| if let Action::Open(count) = action { *count } else { 0 };
            files(count * program.actions().iter().map(opened).sum::<u32>())
        }
        _ => Vec::new(),
    };
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

/// A string for all lengths that programs send.
pub(crate) const TEXT: &str = "A window title of the usual kind, with a path: ~/src/wayline/src";
const _: () = assert!(TEXT.len() == 64);

fn send<C: Client>(client: &mut C, work: Work, count: u32, step: Step, files: Vec<OwnedFd>) {
    // What is known when compiling would be worked out then, which no program profits from.
    let (text, bytes, [y, width, height]) = black_box((TEXT, [7; 64], [-1, 640, 480]));
    let turn = work.turn(step);
    match work {
        Work::Calc => turns(client, count, turn, step, |client, n| client.calc(n as i32, y, width, height)),
        Work::Text => turns(client, count, turn, step, |client, _| client.text(text)),
        Work::Bytes => turns(client, count, turn, step, |client, _| client.bytes(&bytes)),
        Work::Motion => motions(client, count, turn, step),
        Work::Trip => (0..count).for_each(|_| trip(client)),
        Work::Batch(_) => {
            for first in (0..count).step_by(turn as usize) {
                if turn * 24 > SMALL_QUEUE {
                    client.pace();
                }
                for n in first..count.min(first + turn) {
                    client.calc(n as i32, y, width, height);
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
        Work::Trace(program) => replay(client, &program.actions(), count, &mut files.into_iter()),
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

/// Does what a program did, `count` times.
fn replay(client: &mut impl Client, actions: &[Action], count: u32, files: &mut impl Iterator<Item = OwnedFd>) {
    for _ in 0..count {
        for &action in actions {
            match action {
                Action::Calc(count) => (0..count).for_each(|n| client.calc(n as i32, -1, 640, 480)),
                Action::Text(length) => client.text(&TEXT[..length]),
                Action::Bytes(length) => client.bytes(&TEXT.as_bytes()[..length]),
                Action::Churn(count) => (0..count).for_each(|_| client.churn()),
                Action::Open(count) => files.take(count as usize).for_each(|file| client.open(file)),
                Action::Wait(count) => {
                    let wanted = client.heard().motions + u64::from(count);
                    client.burst(count);
                    while client.heard().motions < wanted {
                        client.dispatch();
                    }
                }
            }
        }
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
