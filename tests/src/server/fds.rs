//! Fds beside the bytes: which message gets which.
//!
//! Most cases hand over memfds as `wl_shm` pools and look into the server's `/proc` entry for them, so that any server
//! can be judged by what it really holds. The probe is asked only for what cannot be seen from outside.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::files::{self, NamedMemfd, memfds};
use super::fixture::Fixture;
use super::peer::{Client, sync};
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::protocol::{display, probe, shm};
use crate::socket::SCM_MAX_FD;
use crate::wire::{DISPLAY, Message};

/// Bytes of the pools used here.
pub(super) const SIZE: u32 = 4096;
/// Fds per sendmsg that every peer has room for.
pub(super) const BATCH: usize = 28;

pub(super) const CASES: &[Case<Fixture>] = &[
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
        "manual, fd",
        d02_early,
    ),
    Case::must(
        "D03a",
        "The fd comes with the first header byte of its request, the rest follows later.",
        "manual, fd",
        |fixture| split_request(fixture, 1, 0),
    ),
    Case::must("D03b", "The fd comes only with the last byte of its request.", "manual, fd", |fixture| {
        split_request(fixture, 15, 1)
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
        "unix(7): 253 fds in one send",
        |fixture| many_at_once(fixture, 40),
    ),
    Case::should(
        "D06b",
        "253 pools with their fds in one send, as many as the kernel carries: each pool has its own file.",
        "unix(7): 253 fds in one send",
        |fixture| many_at_once(fixture, SCM_MAX_FD),
    ),
    Case::must(
        "D10",
        "An fd that has arrived has FD_CLOEXEC set.",
        "libwayland os-wrappers-test recvmsg_cloexec",
        d10_cloexec,
    ),
    Case::should("D18a", "An fd opened with O_PATH is passed to the handler.", "unix(7), SCM_RIGHTS", |fixture| {
        odd_fd(fixture, files::path_only()?, true)
    }),
    Case::should("D18b", "A pidfd is passed to the handler.", "unix(7), SCM_RIGHTS", |fixture| {
        odd_fd(fixture, files::pidfd()?, false)
    }),
    Case::should("D18c", "A directory is passed to the handler.", "unix(7), SCM_RIGHTS", |fixture| {
        odd_fd(fixture, files::directory()?, true)
    }),
    Case::should(
        "D18d",
        "An end of the client's own connection is passed to the handler; no cycle keeps it alive.",
        "unix(7), SCM_RIGHTS",
        d18d_own_socket,
    ),
];

/// A `create_pool` request.
pub(super) fn create_pool(shm: u32, pool: u32) -> Message {
    Message::new(shm, shm::CREATE_POOL).uint(pool).uint(SIZE)
}

pub(super) fn held(fixture: &Fixture, file: &NamedMemfd) -> Result<bool, Stop> {
    fixture.process().holds_memfd(&file.name).map_err(Stop::from)
}

fn must_hold(fixture: &Fixture, file: &NamedMemfd) -> Verdict {
    ensure(held(fixture, file)?, || "the server does not hold the file it was given".to_owned())
}

fn d01a_pool(fixture: &mut Fixture) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(SIZE))?;
    let pool = client.fresh();
    client.send_with(&create_pool(shm, pool).bytes(), &[file.fd.as_fd()])?;
    client.lives()?;
    must_hold(fixture, &file)?;
    client.send(&Message::new(pool, shm::DESTROY_POOL))?;
    client.lives()?;
    ensure(!held(fixture, &file)?, || "the server holds the file after its pool was destroyed".to_owned())
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

fn d01b_inode(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    inspected(&mut client, probe, NamedMemfd::new(1)?.fd.as_fd())
}

fn d02_early(fixture: &mut Fixture) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(SIZE))?;
    let (callback, pool) = (client.fresh(), client.fresh());
    client.send_with(&sync(callback).bytes(), &[file.fd.as_fd()])?;
    client.until_done(callback)?;
    client.send(&create_pool(shm, pool))?;
    client.lives()?;
    must_hold(fixture, &file)
}

/// Sends a `create_pool` in two pieces, the fd with the one numbered `with_fd`, the second after the first has arrived.
fn split_request(fixture: &mut Fixture, at: usize, with_fd: usize) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(SIZE))?;
    let pool = client.fresh();
    let bytes = create_pool(shm, pool).bytes();
    for (index, piece) in [&bytes[..at], &bytes[at..]].into_iter().enumerate() {
        let fds = [file.fd.as_fd()];
        client.send_with(piece, if index == with_fd { &fds } else { &[] })?;
        // Two answers to the innocent client: the server has turned to its sockets in between.
        fixture.check_liveness()?;
        fixture.check_liveness()?;
    }
    client.lives()?;
    must_hold(fixture, &file)
}

fn d04_missing(fixture: &mut Fixture) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let pool = client.fresh();
    client.send(&create_pool(shm, pool))?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn d05b_sixty_events(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
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

fn many_at_once(fixture: &mut Fixture, count: usize) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
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
        ensure(held(fixture, file)?, || {
            format!("the file of pool {index} of {count} was lost, or went to another pool")
        })?;
        client.send(&Message::new(*pool, shm::DESTROY_POOL))?;
        client.lives()?;
        ensure(!held(fixture, file)?, || format!("destroying pool {index} of {count} did not let go of its file"))?;
    }
    Ok(())
}

fn d10_cloexec(fixture: &mut Fixture) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(SIZE))?;
    let pool = client.fresh();
    let bytes = create_pool(shm, pool).bytes();
    client.send_with(&bytes[..8], &[file.fd.as_fd()])?;
    let mut seen = None;
    fixture.until(
        || "the fd was seen in the server".to_owned(),
        |fixture| {
            seen = fixture.process().memfd_is_cloexec(&file.name)?;
            Ok(seen.is_some())
        },
    )?;
    client.send_bytes(&bytes[8..])?;
    client.lives()?;
    ensure(seen == Some(true), || "the fd would be inherited by whatever the server starts".to_owned())
}

fn odd_fd(fixture: &mut Fixture, fd: OwnedFd, by_inode: bool) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    if by_inode {
        return inspected(&mut client, probe, fd.as_fd());
    }
    client.send_with(&Message::new(probe, probe::INSPECT_FD).bytes(), &[fd.as_fd()])?;
    client.lives()
}

fn d18d_own_socket(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    let own = client.as_fd().try_clone_to_owned()?;
    client.send_with(&Message::new(probe, probe::INSPECT_FD).bytes(), &[own.as_fd()])?;
    client.lives()
}
