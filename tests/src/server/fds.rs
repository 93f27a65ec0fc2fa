//! Fds beside the bytes: which message gets which, what becomes of those that nobody gets (WIRE.md A.5 to A.8).
//!
//! Most cases hand over memfds as `wl_shm` pools and look into the server's `/proc` entry for them, so that any server
//! can be judged by what it really holds. The probe is asked only for what cannot be seen from outside.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::files::{self, NamedMemfd, memfds};
use super::peer::{Client, borrow, sync};
use super::rig::Rig;
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::protocol::{display, probe, shm};
use crate::socket::{SCM_MAX_FD, SocketError};
use crate::wire::{DISPLAY, Message};

/// Bytes of the pools used here.
const SIZE: u32 = 4096;
/// Fds that a server may keep for messages still to come, at most; more than any known limit (WIRE.md A.8).
const STRAYS: usize = 4096;
/// Fds per sendmsg that every peer has room for.
const BATCH: usize = 28;
/// How long an abandoned fd may be kept.
const ABANDONED: Duration = Duration::from_secs(10);

pub(super) const CASES: &[Case<Rig>] = &[
    Case::must(
        "D01a",
        "A pool's fd comes with its request: the server then holds that very file.",
        "manual, fd",
        d01a_pool,
    ),
    Case::must("D01b", "An fd comes with its request: the handler gets that file, by inode.", "manual, fd", d01b_inode),
    Case::must(
        "D02",
        "The fd comes with the bytes of an earlier request: it waits for its own.",
        "WIRE.md A.5",
        d02_early,
    ),
    Case::must(
        "D03a",
        "The fd comes with the first header byte of its request, the rest follows later.",
        "WIRE.md A.5",
        |rig| split_request(rig, 1, 0),
    ),
    Case::must("D03b", "The fd comes only with the last byte of its request.", "WIRE.md A.5", |rig| {
        split_request(rig, 15, 1)
    }),
    Case::must(
        "D04",
        "A request is complete and its fd is not there: dies as invalid_method at once.",
        "libwayland; wayland-rs waits",
        d04_missing,
    ),
    Case::must(
        "D05b",
        "60 events with an fd each: at most 28 fds per send, and each fd is the right file.",
        "wayland-rs backend_socket_out_limits",
        d05b_sixty_events,
    ),
    Case::must(
        "D06a",
        "40 pools with their 40 fds in one send: each pool has its own file, or the connection is refused as a whole.",
        "WIRE.md A.7",
        |rig| many_at_once(rig, 40),
    ),
    Case::should(
        "D06b",
        "253 pools with their fds in one send, as many as the kernel carries: each pool has its own file.",
        "WIRE.md A.7",
        |rig| many_at_once(rig, SCM_MAX_FD),
    ),
    Case::must(
        "D07",
        "3 fds that belong to no request come with a sync: answered, and closed at the latest with the connection.",
        "WIRE.md A.8",
        d07_strays,
    ),
    Case::must(
        "D08",
        "Fds that belong to no request keep coming: the client is dropped at some cap, its fds closed.",
        "libwayland EOVERFLOW",
        d08_cap,
    ),
    Case::must(
        "D09a",
        "The server can open one more fd and two pools with two fds come: that client is dropped, no other is hurt.",
        "WIRE.md E.7",
        d09a_limit,
    ),
    Case::must(
        "D09b",
        "An fd is lost because the server has no slot; the next one must not be taken for it: the client is dropped.",
        "WIRE.md E.7",
        d09b_no_wrong_fd,
    ),
    Case::must(
        "D10",
        "An fd that has arrived has FD_CLOEXEC set.",
        "libwayland os-wrappers-test recvmsg_cloexec",
        d10_cloexec,
    ),
    Case::must(
        "D11a",
        "The client dies after every possible byte of three pools whose three fds are sent: no fd is left.",
        "WIRE.md E.13",
        d11a_cut_anywhere,
    ),
    Case::must(
        "D11b",
        "The client dies after every possible byte of one request with two fds: no fd is left.",
        "WIRE.md E.13",
        d11b_cut_anywhere,
    ),
    Case::must(
        "D12",
        "Two fds of a request are taken, then its string is malformed: dies as invalid_method, both are closed.",
        "libwayland closure_leaks",
        d12_error_behind_fds,
    ),
    Case::should("D18a", "A fd opened with O_PATH is passed to the handler.", "WIRE.md E.13", |rig| {
        odd_fd(rig, files::path_only()?, true)
    }),
    Case::should("D18b", "A pidfd is passed to the handler.", "WIRE.md E.13", |rig| {
        odd_fd(rig, files::pidfd()?, false)
    }),
    Case::should("D18c", "A directory is passed to the handler.", "WIRE.md E.13", |rig| {
        odd_fd(rig, files::directory()?, true)
    }),
    Case::should(
        "D18d",
        "An end of the client's own connection is passed to the handler; no cycle keeps it alive.",
        "WIRE.md E.13",
        d18d_own_socket,
    ),
    Case::should(
        "D19",
        "One fd comes with a sync and then nothing: an early fd is legal, an abandoned one ends the connection within 10 s.",
        "rule of WIRE.md F",
        d19_abandoned,
    ),
];

/// A `create_pool` request.
fn create_pool(shm: u32, pool: u32) -> Message {
    Message::new(shm, shm::CREATE_POOL).uint(pool).uint(SIZE)
}

fn held(rig: &Rig, file: &NamedMemfd) -> Result<bool, Stop> {
    rig.process().holds_memfd(&file.name).map_err(Stop::from)
}

fn must_hold(rig: &Rig, file: &NamedMemfd) -> Verdict {
    ensure(held(rig, file)?, || "the server does not hold the file it was given".to_owned())
}

fn d01a_pool(rig: &mut Rig) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(SIZE))?;
    let pool = client.fresh();
    client.send_with(&create_pool(shm, pool).bytes(), &[file.fd.as_fd()])?;
    client.lives()?;
    must_hold(rig, &file)?;
    client.send(&Message::new(pool, shm::DESTROY_POOL))?;
    client.lives()?;
    ensure(!held(rig, &file)?, || "the server holds the file after its pool was destroyed".to_owned())
}

/// Sends `inspect_fd` and requires that the handler saw `file`.
fn inspected(client: &mut Client, probe: u32, file: BorrowedFd<'_>) -> Verdict {
    client.send_with(&Message::new(probe, probe::INSPECT_FD).bytes(), &[file])?;
    let event = client.expect(probe, probe::INSPECTED)?;
    let mut args = event.args();
    let seen = u64::from(args.uint()?) << 32 | u64::from(args.uint()?);
    let sent = files::inode(file)?;
    ensure(seen == sent, || format!("the handler got inode {seen} instead of {sent}"))
}

fn d01b_inode(rig: &mut Rig) -> Verdict {
    let (mut client, probe) = rig.probe(1)?;
    inspected(&mut client, probe, NamedMemfd::new(1)?.fd.as_fd())
}

fn d02_early(rig: &mut Rig) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(SIZE))?;
    let (callback, pool) = (client.fresh(), client.fresh());
    client.send_with(&sync(callback).bytes(), &[file.fd.as_fd()])?;
    client.until_done(callback)?;
    client.send(&create_pool(shm, pool))?;
    client.lives()?;
    must_hold(rig, &file)
}

/// Sends a `create_pool` in two pieces, the fd with the one numbered `with_fd`, the second after the first has arrived.
fn split_request(rig: &mut Rig, at: usize, with_fd: usize) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(SIZE))?;
    let pool = client.fresh();
    let bytes = create_pool(shm, pool).bytes();
    for (index, piece) in [&bytes[..at], &bytes[at..]].into_iter().enumerate() {
        let fds = [file.fd.as_fd()];
        client.send_with(piece, if index == with_fd { &fds } else { &[] })?;
        // Two answers to the canary: the server has turned to its sockets in between.
        rig.canary()?;
        rig.canary()?;
    }
    client.lives()?;
    must_hold(rig, &file)
}

fn d04_missing(rig: &mut Rig) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let pool = client.fresh();
    client.send(&create_pool(shm, pool))?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn d05b_sixty_events(rig: &mut Rig) -> Verdict {
    let (mut client, probe) = rig.probe(1)?;
    client.send(&Message::new(probe, probe::SEND_FDS).uint(60))?;
    for index in 0..60 {
        let event = client.expect(probe, probe::FD)?;
        ensure(event.first() == index, || format!("event {} came where {index} was due", event.first()))?;
        let text = std::io::read_to_string(std::fs::File::from(client.stream.take_fd()?))?;
        ensure(text == index.to_string(), || format!("the file of event {index} holds {text:?}"))?;
    }
    let largest = client.stream.fd_groups.iter().max().copied().unwrap_or(0);
    ensure(largest <= BATCH, || format!("{largest} fds came in one send; common peers have room for {BATCH}"))
}

fn many_at_once(rig: &mut Rig, count: usize) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let files = memfds(count, u64::from(SIZE))?;
    let pools: Vec<u32> = files.iter().map(|_| client.fresh()).collect();
    let bytes: Vec<u8> = pools.iter().flat_map(|pool| create_pool(shm, *pool).bytes()).collect();
    let fds: Vec<BorrowedFd<'_>> = files.iter().map(|file| file.fd.as_fd()).collect();
    client.send_with(&bytes, &fds)?;
    match client.answer()? {
        None => {}
        // What the kernel dropped is missed later, at a message that did nothing wrong.
        Some(death) if death.code == display::INVALID_METHOD => {
            return fail(format!("the client is accused of a malformed request: {}", death.describe()));
        }
        // Refusing such a send, and saying so, is legal.
        Some(_) => return Ok(()),
    }
    for (index, (pool, file)) in pools.iter().zip(&files).enumerate() {
        ensure(held(rig, file)?, || format!("the file of pool {index} of {count} was lost, or went to another pool"))?;
        client.send(&Message::new(*pool, shm::DESTROY_POOL))?;
        client.lives()?;
        ensure(!held(rig, file)?, || format!("destroying pool {index} of {count} did not let go of its file"))?;
    }
    Ok(())
}

fn d07_strays(rig: &mut Rig) -> Verdict {
    let mut client = rig.client()?;
    let strays = memfds(3, 0)?;
    let fds: Vec<BorrowedFd<'_>> = strays.iter().map(|file| file.fd.as_fd()).collect();
    let callback = client.fresh();
    client.send_with(&sync(callback).bytes(), &fds)?;
    client.until_done(callback)?;
    drop(client);
    // That they are closed is part of what is checked after every case.
    Ok(())
}

fn d08_cap(rig: &mut Rig) -> Verdict {
    let usual = rig.process().set_fd_limit(2 * STRAYS as u64)?;
    let verdict = send_strays(rig);
    rig.process().restore_fd_limit(usual)?;
    verdict
}

fn send_strays(rig: &Rig) -> Verdict {
    let mut client = rig.client()?;
    let stray = NamedMemfd::new(0)?;
    let fds = vec![stray.fd.as_fd(); BATCH];
    for _ in 0..=STRAYS / BATCH {
        let callback = client.fresh();
        client.send_with(&sync(callback).bytes(), &fds)?;
        if client.until_done(callback).is_err() {
            return if client.has_ended()? { Ok(()) } else { fail("the server stops answering, but keeps the client") };
        }
    }
    fail(format!("the server has taken {STRAYS} fds that belong to nothing"))
}

fn d09a_limit(rig: &mut Rig) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let files = memfds(2, u64::from(SIZE))?;
    let pools = [client.fresh(), client.fresh()];
    let bytes: Vec<u8> = pools.iter().flat_map(|pool| create_pool(shm, *pool).bytes()).collect();
    let usual = rig.process().leave_free_fds(1)?;
    let sent = client.send_with(&bytes, &[files[0].fd.as_fd(), files[1].fd.as_fd()]);
    let ended = sent.and_then(|()| client.ends());
    let others = rig.canary();
    rig.process().restore_fd_limit(usual)?;
    others?;
    match ended? {
        Some(_) => Ok(()),
        None => fail("the client was dropped without an error event"),
    }
}

fn d09b_no_wrong_fd(rig: &mut Rig) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let (lost, next) = (NamedMemfd::new(u64::from(SIZE))?, NamedMemfd::new(u64::from(SIZE))?);
    let pool = client.fresh();
    let bytes = create_pool(shm, pool).bytes();
    let usual = rig.process().leave_free_fds(0)?;
    let sent = client.send_with(&bytes[..8], &[lost.fd.as_fd()]);
    let others = rig.canary().and_then(|_| rig.canary());
    rig.process().restore_fd_limit(usual)?;
    sent?;
    others?;
    client.send_with(&bytes[8..], &[next.fd.as_fd()])?;
    match client.sync() {
        Ok(_) => fail("the pool got the file of a later request"),
        Err(_) if client.has_ended()? => Ok(()),
        Err(stop) => Err(stop),
    }
}

fn d10_cloexec(rig: &mut Rig) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(SIZE))?;
    let pool = client.fresh();
    let bytes = create_pool(shm, pool).bytes();
    client.send_with(&bytes[..8], &[file.fd.as_fd()])?;
    let mut seen = None;
    rig.until(
        || "the fd was seen in the server".to_owned(),
        |rig| {
            seen = rig.process().memfd_is_cloexec(&file.name)?;
            Ok(seen.is_some())
        },
    )?;
    client.send_bytes(&bytes[8..])?;
    client.lives()?;
    ensure(seen == Some(true), || "the fd would be inherited by whatever the server starts".to_owned())
}

/// For each length of `bytes`, lets a client of its own send that much, with `fds` at the start, and vanish.
fn cut_anywhere(
    rig: &mut Rig,
    interface: &str,
    fds: &[OwnedFd],
    request: impl Fn(&mut Client, u32) -> Vec<u8>,
) -> Verdict {
    let mut length = 1;
    loop {
        let (mut client, object) = rig.bound(interface, 1)?;
        let bytes = request(&mut client, object);
        client.send_with(&bytes[..length], &borrow(fds))?;
        drop(client);
        rig.canary()?;
        if length == bytes.len() {
            return Ok(());
        }
        length += 1;
    }
}

fn d11a_cut_anywhere(rig: &mut Rig) -> Verdict {
    rig.need("wl_shm", 1)?;
    let fds: Vec<OwnedFd> = memfds(3, u64::from(SIZE))?.into_iter().map(|file| file.fd).collect();
    cut_anywhere(rig, "wl_shm", &fds, |client, shm| {
        (0..3).flat_map(|_| create_pool(shm, client.fresh()).bytes()).collect()
    })
}

fn d11b_cut_anywhere(rig: &mut Rig) -> Verdict {
    rig.need(probe::NAME, 1)?;
    let fds: Vec<OwnedFd> = memfds(2, 0)?.into_iter().map(|file| file.fd).collect();
    cut_anywhere(rig, probe::NAME, &fds, |_, probe| Message::new(probe, probe::TAKE_THREE).string("text").bytes())
}

fn d12_error_behind_fds(rig: &mut Rig) -> Verdict {
    let (mut client, probe) = rig.probe(1)?;
    let files = memfds(2, 0)?;
    let bytes = Message::new(probe, probe::TAKE_THREE).uint(5).raw(b"noNULs\0\0").bytes();
    client.send_with(&bytes, &[files[0].fd.as_fd(), files[1].fd.as_fd()])?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn odd_fd(rig: &mut Rig, fd: OwnedFd, by_inode: bool) -> Verdict {
    let (mut client, probe) = rig.probe(1)?;
    if by_inode {
        return inspected(&mut client, probe, fd.as_fd());
    }
    client.send_with(&Message::new(probe, probe::INSPECT_FD).bytes(), &[fd.as_fd()])?;
    client.lives()
}

fn d18d_own_socket(rig: &mut Rig) -> Verdict {
    let (mut client, probe) = rig.probe(1)?;
    let own = client.as_fd().try_clone_to_owned()?;
    client.send_with(&Message::new(probe, probe::INSPECT_FD).bytes(), &[own.as_fd()])?;
    client.lives()
}

fn d19_abandoned(rig: &mut Rig) -> Verdict {
    let mut client = rig.client()?;
    let stray = NamedMemfd::new(0)?;
    let callback = client.fresh();
    client.send_with(&sync(callback).bytes(), &[stray.fd.as_fd()])?;
    client.until_done(callback)?;
    loop {
        match client.stream.receive(ABANDONED) {
            Ok(None) => break,
            Ok(Some(_)) => {}
            Err(SocketError::Timeout { .. }) => {
                return fail(format!("the fd is still kept after {} s of silence", ABANDONED.as_secs()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    ensure(!held(rig, &stray)?, || "the client was dropped, but the fd is kept".to_owned())
}
