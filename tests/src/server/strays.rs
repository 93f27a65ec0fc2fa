//! Fds that nobody gets: left over, lost by the kernel, cut off, abandoned.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::fds::{BATCH, SIZE, create_pool, held};
use super::files::{NamedMemfd, memfds};
use super::fixture::Fixture;
use super::peer::{Client, borrow, sync};
use crate::case::{Case, Verdict, ensure, fail};
use crate::protocol::{display, probe};
use crate::socket::SocketError;
use crate::wire::{DISPLAY, Message};

/// Fds that a server may keep for messages still to come, at most; more than any known limit: libwayland's is 1024.
const STRAYS: usize = 4096;
/// How long an abandoned fd may be kept.
const ABANDONED: Duration = Duration::from_secs(10);

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "D07",
        "3 fds that belong to no request come with a sync: answered, and closed at the latest with the connection.",
        "rule of the kit; libwayland holds 1024",
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
        "recvmsg(2), MSG_CTRUNC",
        d09a_limit,
    ),
    Case::must(
        "D09b",
        "An fd is lost because the server has no slot; the next one must not be taken for it: the client is dropped.",
        "recvmsg(2), MSG_CTRUNC",
        d09b_no_wrong_fd,
    ),
    Case::must(
        "D11a",
        "The client dies after every possible byte of three pools whose three fds are sent: no fd is left.",
        "libwayland sanity-test",
        d11a_cut_anywhere,
    ),
    Case::must(
        "D11b",
        "The client dies after every possible byte of one request with two fds: no fd is left.",
        "libwayland sanity-test",
        d11b_cut_anywhere,
    ),
    Case::must(
        "D12",
        "Two fds of a request are taken, then its string is malformed: dies as invalid_method, both are closed.",
        "libwayland closure_leaks",
        d12_error_behind_fds,
    ),
    Case::should(
        "D19",
        "One fd comes with a sync and then nothing: an early fd is legal, an abandoned one ends the connection within 10 s.",
        "rule of the kit",
        d19_abandoned,
    ),
];

fn d07_strays(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let strays = memfds(3, 0)?;
    let fds: Vec<BorrowedFd<'_>> = strays.iter().map(|file| file.fd.as_fd()).collect();
    let callback = client.fresh();
    client.send_with(&sync(callback).bytes(), &fds)?;
    client.until_done(callback)?;
    drop(client);
    // That they are closed is part of what is checked after every case.
    Ok(())
}

fn d08_cap(fixture: &mut Fixture) -> Verdict {
    let usual = fixture.process().set_fd_limit(2 * STRAYS as u64)?;
    let verdict = send_strays(fixture);
    fixture.process().restore_fd_limit(usual)?;
    verdict
}

fn send_strays(fixture: &Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let stray = NamedMemfd::new(0)?;
    let fds = vec![stray.fd.as_fd(); BATCH];
    for _ in 0..=STRAYS / BATCH {
        let callback = client.fresh();
        client.send_with(&sync(callback).bytes(), &fds)?;
        if client.until_done(callback).is_err() {
            // Dropped, with or without a word; if not, the text says that the connection stays open.
            return client.ends().map(drop);
        }
    }
    fail(format!("the server has taken {STRAYS} fds that belong to nothing"))
}

fn d09a_limit(fixture: &mut Fixture) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let files = memfds(2, u64::from(SIZE))?;
    let pools = [client.fresh(), client.fresh()];
    let bytes: Vec<u8> = pools.iter().flat_map(|pool| create_pool(shm, *pool).bytes()).collect();
    let usual = fixture.process().leave_free_fds(1)?;
    let sent = client.send_with(&bytes, &[files[0].fd.as_fd(), files[1].fd.as_fd()]);
    let ended = sent.and_then(|()| client.ends());
    let others = fixture.check_liveness();
    fixture.process().restore_fd_limit(usual)?;
    others?;
    match ended? {
        Some(_) => Ok(()),
        None => fail("the client was dropped without an error event"),
    }
}

fn d09b_no_wrong_fd(fixture: &mut Fixture) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let (lost, next) = (NamedMemfd::new(u64::from(SIZE))?, NamedMemfd::new(u64::from(SIZE))?);
    let pool = client.fresh();
    let bytes = create_pool(shm, pool).bytes();
    let usual = fixture.process().leave_free_fds(0)?;
    let sent = client.send_with(&bytes[..8], &[lost.fd.as_fd()]);
    let others = fixture.check_liveness().and_then(|_| fixture.check_liveness());
    fixture.process().restore_fd_limit(usual)?;
    sent?;
    others?;
    client.send_with(&bytes[8..], &[next.fd.as_fd()])?;
    match client.sync() {
        // It may leave the fd in the socket until it has a slot, and then nothing is lost.
        Ok(_) => ensure(held(fixture, &lost)?, || "the pool got the file of a later request".to_owned()),
        Err(_) => client.ends().map(drop),
    }
}

/// For each length of `bytes`, lets a client of its own send that much, with `fds` at the start, and vanish.
fn cut_anywhere(
    fixture: &mut Fixture,
    interface: &str,
    fds: &[OwnedFd],
    request: impl Fn(&mut Client, u32) -> Vec<u8>,
) -> Verdict {
    let mut length = 1;
    loop {
        let (mut client, object) = fixture.bound(interface, 1)?;
        let bytes = request(&mut client, object);
        client.send_with(&bytes[..length], &borrow(fds))?;
        drop(client);
        fixture.check_liveness()?;
        if length == bytes.len() {
            return Ok(());
        }
        length += 1;
    }
}

fn d11a_cut_anywhere(fixture: &mut Fixture) -> Verdict {
    fixture.need("wl_shm", 1)?;
    let fds: Vec<OwnedFd> = memfds(3, u64::from(SIZE))?.into_iter().map(|file| file.fd).collect();
    cut_anywhere(fixture, "wl_shm", &fds, |client, shm| {
        (0..3).flat_map(|_| create_pool(shm, client.fresh()).bytes()).collect()
    })
}

fn d11b_cut_anywhere(fixture: &mut Fixture) -> Verdict {
    fixture.need(probe::NAME, 1)?;
    let fds: Vec<OwnedFd> = memfds(2, 0)?.into_iter().map(|file| file.fd).collect();
    cut_anywhere(fixture, probe::NAME, &fds, |_, probe| Message::new(probe, probe::TAKE_THREE).string("text").bytes())
}

fn d12_error_behind_fds(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    let files = memfds(2, 0)?;
    let bytes = Message::new(probe, probe::TAKE_THREE).uint(5).raw(b"noNULs\0\0").bytes();
    client.send_with(&bytes, &[files[0].fd.as_fd(), files[1].fd.as_fd()])?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn d19_abandoned(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
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
    ensure(!held(fixture, &stray)?, || "the client was dropped, but the fd is kept".to_owned())
}
