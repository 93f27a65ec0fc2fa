//! Peers that do not read, do not finish, do not stop, or leave early.

use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::fixture::Fixture;
use super::peer::{Client, Global, bind, globals_of, sync};
use crate::case::{Case, Verdict, ensure, fail};
use crate::protocol::{beacon, callback, compositor, display, probe, registry};
use crate::socket::{SocketError, seconds};
use crate::wire::{DISPLAY, HEADER, Message};

/// Memory a server may spend on one client that never reads. Far above any sensible limit.
const BOUND: u64 = 32 << 20;
/// Growth of resident memory that counts as flat.
const FLAT: u64 = 2 << 20;
/// The longest a well-behaved client may wait beside a busy one.
const LATENCY: Duration = Duration::from_millis(250);
/// The largest message every implementation accepts: libwayland's `WL_MAX_MESSAGE_SIZE`.
const MESSAGE: usize = 4096;

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "P01",
        "A client sends up to a million syncs and never reads: it is dropped or no longer read; memory stays below 32 MiB.",
        "libwayland wl_connection_put",
        p01_never_reads,
    ),
    Case::must(
        "P01b",
        "Two million events, 40 MB, are produced for a client that reads none: memory stays below 32 MiB.",
        "rule of the kit",
        p01b_endless_events,
    ),
    Case::should(
        "P02a",
        "A client sends 1700 syncs, 40 KiB of answers, and reads only when all were handled: none is lost.",
        "rule of the kit; compositors raised libwayland's 4 KiB to 1 MiB",
        p02a_late_reader,
    ),
    Case::should(
        "P02b",
        "2000 events of 20 bytes are produced for a client that is away: none is lost.",
        "rule of the kit; compositors raised libwayland's 4 KiB to 1 MiB",
        |fixture| burst(fixture, 2000),
    ),
    Case::should(
        "P02c",
        "20000 events, 400 KB and more than a socket holds, are produced for a client that is away: none is lost.",
        "rule of the kit; compositors raised libwayland's 4 KiB to 1 MiB",
        |fixture| burst(fixture, 20_000),
    ),
    Case::should(
        "P02d",
        "A client writes syncs until no more are taken, then reads: it was held up, not dropped; all are answered.",
        "rule of the kit; compositors raised libwayland's 4 KiB to 1 MiB",
        p02d_held_up,
    ),
    Case::must(
        "P08",
        "A client sends sync and shuts its write side: done is delivered, then the end.",
        "shutdown(2)",
        p08_half_close,
    ),
    Case::should(
        "P09",
        "A client binds, requests and closes at once: what it sent is executed before its teardown.",
        "rule of the kit; libwayland loses them",
        p09_final_requests,
    ),
    Case::must(
        "P10a",
        "A message of 5000 bytes dies as invalid_method; the server does not spin on it.",
        "WL_MAX_MESSAGE_SIZE",
        |fixture| {
            let (mut client, _) = long_bind(fixture, 5000)?;
            client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
        },
    ),
    Case::must(
        "P10b",
        "A message of exactly 4096 bytes is within the limits: it is judged by what it says.",
        "WL_MAX_MESSAGE_SIZE",
        |fixture| {
            let (mut client, registry) = long_bind(fixture, MESSAGE)?;
            client.dies(registry, registry::INVALID_BIND).map(drop)
        },
    ),
    Case::must(
        "P10c",
        "A message of 4100 bytes, one word above the limit, dies as invalid_method.",
        "WL_MAX_MESSAGE_SIZE",
        |fixture| {
            let (mut client, _) = long_bind(fixture, MESSAGE + 4)?;
            client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
        },
    ),
    Case::must(
        "P11a",
        "A header claims 4096 bytes, 8 come, then silence: others are served, the CPU is idle.",
        "rule of the kit",
        |fixture| unfinished(fixture, &Message::new(DISPLAY, 0).bytes_claiming(MESSAGE)[..HEADER]),
    ),
    Case::must(
        "P11b",
        "One byte of a header comes, then silence: others are served, the CPU is idle.",
        "rule of the kit",
        |fixture| unfinished(fixture, &sync(2).bytes()[..1]),
    ),
    Case::should(
        "P12s",
        "400 syncs are answered one by one to a client that reads none of them, more sends than a socket holds: all arrive later.",
        "socket(7), SO_SNDBUF",
        p12s_unbatched,
    ),
    Case::must(
        "P14",
        "1000 clients connect, sync and leave, 20 times: fds and memory are back each time.",
        "libwayland sanity-test",
        p14_coming_and_going,
    ),
    Case::should(
        "P15",
        "Beside a client that sends 1 MiB of requests as fast as they are taken, a sync takes at most 250 ms.",
        "rule of the kit",
        p15_fairness,
    ),
];

fn p01_never_reads(fixture: &mut Fixture) -> Verdict {
    const CHUNK: u32 = 1000;
    let before = fixture.resident()?;
    let mut client = fixture.client()?;
    let mut sent = 0;
    'sending: for _ in 0..1000 {
        let chunk: Vec<u8> = (0..CHUNK).flat_map(|_| sync(client.fresh()).bytes()).collect();
        let mut rest = chunk.as_slice();
        while !rest.is_empty() {
            match client.stream.send_some(rest, &[]) {
                Ok(0) => {
                    let patient = Instant::now() + fixture.patience();
                    fixture.check_liveness()?;
                    if !client.stream.wait(PollFlags::OUT, patient)? {
                        break 'sending;
                    }
                }
                Ok(taken) => (rest, sent) = (&rest[taken..], sent + taken),
                Err(SocketError::Closed) => break 'sending,
                Err(error) => return Err(error.into()),
            }
        }
        fixture.check_liveness()?;
        let grown = fixture.resident()?.saturating_sub(before);
        ensure(grown < BOUND, || format!("after {} syncs the server has grown by {} MiB", sent / 12, grown >> 20))?;
        if sent / 12 >= 999_000 {
            return fail("a million syncs were taken, their answers kept, the client neither dropped nor held up");
        }
    }
    fixture.check_liveness().map(drop)
}

fn p01b_endless_events(fixture: &mut Fixture) -> Verdict {
    const EVENTS: u32 = 2_000_000;
    let (client, probe) = fixture.probe(1)?;
    // All others have to wait until it has made them, which is no fault.
    let mut patient = Client::connect(fixture.path(), fixture.patience() * 10)?;
    let before = fixture.resident()?;
    client.send(&Message::new(probe, probe::BURST).uint(EVENTS))?;
    patient.lives()?;
    fixture.check_liveness()?;
    let grown = fixture.resident()?.saturating_sub(before);
    ensure(grown < BOUND, || format!("the server has grown by {} MiB", grown >> 20))
}

fn p02d_held_up(fixture: &mut Fixture) -> Verdict {
    /// Syncs with 12 MB of answers: who takes more is not waiting for anything.
    const MANY: usize = 500_000;
    /// Turns of the server in which it took nothing of ours.
    const HELD_UP: u32 = 8;
    let mut client = fixture.client()?;
    let mut ids = Vec::new();
    let (mut sent, mut refused) = (0, 0);
    while ids.len() < MANY && refused < HELD_UP {
        let fresh: Vec<u32> = (0..1000).map(|_| client.fresh()).collect();
        let chunk: Vec<u8> = fresh.iter().flat_map(|id| sync(*id).bytes()).collect();
        ids.extend(fresh);
        let mut rest = chunk.as_slice();
        while !rest.is_empty() && refused < HELD_UP {
            match client.stream.send_some(rest, &[]) {
                Ok(0) => refused += 1,
                Ok(taken) => (rest, sent, refused) = (&rest[taken..], sent + taken, 0),
                Err(SocketError::Closed) => return fail(format!("the client was dropped after {} syncs", sent / 12)),
                Err(error) => return Err(error.into()),
            }
            fixture.check_liveness()?;
        }
    }
    ids.truncate(sent / 12);
    all_done(&mut client, &ids)
}

fn p02a_late_reader(fixture: &mut Fixture) -> Verdict {
    const SYNCS: u32 = 1700;
    let mut client = fixture.client()?;
    let ids: Vec<u32> = (0..SYNCS).map(|_| client.fresh()).collect();
    for chunk in ids.chunks(100) {
        client.send_bytes(&chunk.iter().flat_map(|id| sync(*id).bytes()).collect::<Vec<u8>>())?;
        fixture.check_liveness()?;
    }
    all_done(&mut client, &ids)
}

/// Requires done for each of `ids`, in order.
fn all_done(client: &mut Client, ids: &[u32]) -> Verdict {
    for (index, id) in ids.iter().enumerate() {
        loop {
            match client.stream.receive(Duration::from_secs(2)) {
                Ok(Some(event)) if (event.object, event.opcode) == (*id, callback::DONE) => break,
                Ok(Some(event)) if (event.object, event.opcode) == (DISPLAY, display::DELETE_ID) => {}
                Ok(Some(event)) => return fail(format!("event {} of object {}", event.opcode, event.object)),
                Ok(None) => return fail(format!("the client was dropped after {index} of {} answers", ids.len())),
                Err(SocketError::Timeout { .. }) => {
                    return fail(format!("nothing came after {index} of {} answers", ids.len()));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

fn burst(fixture: &mut Fixture, ticks: u32) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    client.send(&Message::new(probe, probe::BURST).uint(ticks))?;
    fixture.check_liveness()?;
    fixture.check_liveness()?;
    let mut index = 0;
    while index < ticks {
        match client.stream.receive(fixture.patience())? {
            Some(event) if (event.object, event.opcode) == (DISPLAY, display::DELETE_ID) => {}
            Some(event) => {
                let due = (event.object, event.opcode, event.first()) == (probe, probe::TICK, index);
                ensure(due, || format!("tick {} came where {index} was due", event.first()))?;
                index += 1;
            }
            None => return fail(format!("the client was dropped after {index} of {ticks} events")),
        }
    }
    client.lives()
}

fn p08_half_close(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let callback = client.fresh();
    client.send(&sync(callback))?;
    client.stream.shut_write()?;
    client.until_done(callback)?;
    match client.ends()? {
        None => Ok(()),
        Some(death) => fail(death.describe()),
    }
}

fn p09_final_requests(fixture: &mut Fixture) -> Verdict {
    let global = fixture.need(probe::NAME, 1)?;
    let mut client = fixture.client()?;
    client.lives()?;
    let words = final_requests(&global, client.fresh(), client.fresh());
    executes_final_requests(fixture, move |_| client.send_bytes(&words))
}

/// Requests whose effect others see: a registry, a probe, and of that a new global.
pub(super) fn final_requests(global: &Global, registry: u32, own_probe: u32) -> Vec<u8> {
    [
        Message::new(DISPLAY, display::GET_REGISTRY).uint(registry).bytes(),
        bind(registry, global.name, probe::NAME, 1, own_probe).bytes(),
        Message::new(own_probe, probe::ADD_GLOBAL).bytes(),
    ]
    .concat()
}

/// Has `write` send [`final_requests`] and leave while the server is paused, so that it sees both at once.
pub(super) fn executes_final_requests(fixture: &mut Fixture, write: impl FnOnce(&Fixture) -> Verdict) -> Verdict {
    let (mut witness, witness_probe) = fixture.probe(1)?;
    let (registry, _) = witness.registry()?;
    fixture.process().pause(fixture.patience())?;
    let written = write(fixture);
    fixture.process().resume()?;
    written?;
    fixture.check_liveness()?;
    fixture.check_liveness()?;
    let announced = globals_of(&witness.sync()?, registry)?;
    for global in announced.iter().filter(|global| global.interface == beacon::NAME) {
        witness.send(&Message::new(witness_probe, probe::DESTROY_GLOBAL).uint(global.name))?;
    }
    witness.lives()?;
    ensure(!announced.is_empty(), || "the requests written before close were not executed".to_owned())
}

/// A client that has sent a bind of `size` bytes, most of them the name of an interface nobody has.
fn long_bind(fixture: &Fixture, size: usize) -> Result<(Client, u32), crate::case::Stop> {
    let mut client = fixture.client()?;
    let (registry, globals) = client.registry()?;
    let Some(first) = globals.first() else { return fail("the registry is empty") };
    // Header, name, length, version and id take 24 bytes; the NUL one more.
    let interface = "i".repeat(size - 25);
    client.bind(registry, first.name, &interface, 1)?;
    Ok((client, registry))
}

fn unfinished(fixture: &mut Fixture, bytes: &[u8]) -> Verdict {
    let client = fixture.client()?;
    client.send_bytes(bytes)?;
    fixture.check_liveness()?;
    fixture.idle()?;
    fixture.check_liveness().map(drop)
}

fn p12s_unbatched(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let ids: Vec<u32> = (0..400).map(|_| client.fresh()).collect();
    for id in &ids {
        client.send(&sync(*id))?;
        fixture.check_liveness()?;
    }
    all_done(&mut client, &ids)
}

fn p14_coming_and_going(fixture: &mut Fixture) -> Verdict {
    let fds = fixture.fds()?;
    let mut before = 0;
    for round in 0..20 {
        for _ in 0..1000 {
            fixture.client()?.lives()?;
        }
        fixture.until(|| "the fds of 1000 clients were closed".to_owned(), |fixture| Ok(fixture.fds()? <= fds))?;
        // The first rounds may allocate what the later ones reuse.
        if round == 4 {
            before = fixture.resident()?;
        }
    }
    let after = fixture.resident()?;
    ensure(after < before + FLAT, || {
        format!("15000 clients later the server has grown by {} KiB", (after - before) >> 10)
    })
}

fn p15_fairness(fixture: &mut Fixture) -> Verdict {
    let (mut busy, surface) = fixture.surface(1)?;
    let request = Message::new(surface, compositor::SET_OPAQUE_REGION).uint(0).bytes();
    let load = request.repeat((10 << 10) / request.len());
    let mut worst = Duration::ZERO;
    for _ in 0..100 {
        busy.send_bytes(&load)?;
        worst = worst.max(fixture.check_liveness()?);
    }
    busy.lives()?;
    ensure(worst <= LATENCY, || format!("the innocent client waited {}", seconds(worst)))
}
