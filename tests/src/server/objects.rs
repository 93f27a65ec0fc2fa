//! Ids and the life of objects: what a new id may be, when an id comes back, what it costs.

use super::fixture::Fixture;
use super::peer::{Client, sync};
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::protocol::{callback, compositor, display};
use crate::socket::seconds;
use crate::wire::{DISPLAY, Message, SERVER_RANGE};

/// Growth of resident memory that counts as flat: the allocator's own slack.
const FLAT: u64 = 2 << 20;
/// Objects made and destroyed by the endurance cases.
const MANY: u32 = 100_000;
/// How many of them are alive at once.
const BATCH: u32 = 100;

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "O01",
        "sync is answered by done on the callback and then delete_id for it, in this order: the id is free only after.",
        "libwayland display_sync",
        o01_sync,
    ),
    Case::must(
        "O02",
        "Three syncs in one write are answered one after the other, each with its delete_id, in the order sent.",
        "manual, Wire Format",
        o02_three_syncs,
    ),
    Case::must(
        "O03",
        "A new id that leaves a gap (3 where 2 is next) kills the connection: ids are dense, or tables explode.",
        "libwayland map_reserve_new",
        |fixture| bad_new_id(fixture, 3),
    ),
    Case::must("O04a", "The null id as a new id kills the connection.", "libwayland demarshal", |fixture| {
        bad_new_id(fixture, 0)
    }),
    Case::must(
        "O04b",
        "The id of wl_display as a new id kills the connection: it is taken.",
        "libwayland",
        |fixture| bad_new_id(fixture, 1),
    ),
    Case::must(
        "O04c",
        "A new id that names a live object other than wl_display kills the connection.",
        "libwayland map_reserve_new",
        o04c_occupied_id,
    ),
    Case::must(
        "O05a",
        "A new id of 0x00f00001 on a fresh connection kills it, and the server's memory stays flat.",
        "libwayland WL_MAP_MAX_OBJECTS",
        |fixture| huge_id(fixture, 0x00f0_0001),
    ),
    Case::must(
        "O05b",
        "A new id of 0xfeffffff, the last of the client's range, kills a fresh connection; memory stays flat.",
        "libwayland WL_MAP_MAX_OBJECTS",
        |fixture| huge_id(fixture, SERVER_RANGE - 1),
    ),
    Case::must(
        "O05c",
        "A new id in the server's range (0xff000000) kills the connection: clients do not allocate there.",
        "libwayland map_reserve_new",
        |fixture| bad_new_id(fixture, SERVER_RANGE),
    ),
    Case::must(
        "O06a",
        "An id that was freed may name an object of another interface, which then answers to its own opcodes.",
        "libwayland map-test",
        o06a_reuse,
    ),
    Case::must(
        "O06b",
        "Three freed ids are taken again lowest first: any order is legal.",
        "libwayland map_reserve_new",
        |fixture| reuse_in_order(fixture, [0, 1, 2]),
    ),
    Case::must(
        "O06c",
        "Three freed ids are taken again highest first: any order is legal.",
        "libwayland map_reserve_new",
        |fixture| reuse_in_order(fixture, [2, 1, 0]),
    ),
    Case::must(
        "O06d",
        "With a freed id at hand, a never-used one may be taken first, if it is the next.",
        "libwayland map_reserve_new",
        o06d_fresh_before_freed,
    ),
    Case::should(
        "O11",
        "An object is destroyed and nothing else sent: its delete_id arrives, not only with some later event.",
        "wl_display.delete_id; libwayland holds it back",
        o11_bare_delete_id,
    ),
    Case::must(
        "O15a",
        "100000 callbacks come and go: each is answered, the ids stay below 110, memory stays flat.",
        "libwayland map-test map_remove",
        o15a_callbacks,
    ),
    Case::must(
        "O15b",
        "100000 regions are created and destroyed: each delete_id comes, the ids stay below 110, memory stays flat.",
        "libwayland map-test map_remove",
        o15b_regions,
    ),
];

fn o01_sync(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    client.send(&sync(2))?;
    answered(&mut client, 2)
}

fn o02_three_syncs(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    client.send_bytes(&[sync(2).bytes(), sync(3).bytes(), sync(4).bytes()].concat())?;
    (2..=4).try_for_each(|id| answered(&mut client, id))
}

/// Requires done on `id` and `delete_id` for it, with nothing before or between.
fn answered(client: &mut Client, id: u32) -> Verdict {
    let done = client.event()?;
    ensure((done.object, done.opcode) == (id, callback::DONE), || {
        format!("event {} of object {} came before done of {id}", done.opcode, done.object)
    })?;
    let deleted = client.event()?;
    let right = (deleted.object, deleted.opcode, deleted.first()) == (DISPLAY, display::DELETE_ID, id);
    ensure(right, || format!("event {} of object {} came instead of delete_id({id})", deleted.opcode, deleted.object))
}

fn bad_new_id(fixture: &mut Fixture, id: u32) -> Verdict {
    let mut client = fixture.client()?;
    client.send(&sync(id))?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn o04c_occupied_id(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let (registry, _) = client.registry()?;
    client.send(&sync(registry))?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn huge_id(fixture: &mut Fixture, id: u32) -> Verdict {
    let before = fixture.resident()?;
    bad_new_id(fixture, id)?;
    flat(fixture, before)
}

fn flat(fixture: &Fixture, before: u64) -> Verdict {
    let after = fixture.resident()?;
    ensure(after < before + FLAT, || format!("the server's memory grew by {} KiB", (after - before) / 1024))
}

/// A client with five regions; returns the compositor and the ids of the regions.
fn regions(fixture: &Fixture) -> Result<(Client, u32, [u32; 5]), Stop> {
    let (mut client, compositor) = fixture.bound("wl_compositor", 1)?;
    let ids = [(); 5].map(|()| client.fresh());
    for id in ids {
        client.send(&Message::new(compositor, compositor::CREATE_REGION).uint(id))?;
    }
    client.lives()?;
    Ok((client, compositor, ids))
}

/// Destroys `ids` and requires their `delete_id`, in any order.
fn free(client: &mut Client, ids: &[u32]) -> Verdict {
    for id in ids {
        client.send(&Message::new(*id, compositor::DESTROY))?;
    }
    let events = client.sync()?;
    for id in ids {
        let seen = events
            .iter()
            .any(|event| (event.object, event.opcode, event.first()) == (DISPLAY, display::DELETE_ID, *id));
        ensure(seen, || format!("no delete_id({id}) before the answer to the next sync"))?;
    }
    Ok(())
}

fn o06a_reuse(fixture: &mut Fixture) -> Verdict {
    let (mut client, compositor, ids) = regions(fixture)?;
    free(&mut client, &ids[2..3])?;
    client.send(&Message::new(compositor, compositor::CREATE_SURFACE).uint(ids[2]))?;
    // No region has an opcode of that number.
    client.send(&Message::new(ids[2], compositor::COMMIT))?;
    client.lives()
}

fn reuse_in_order(fixture: &mut Fixture, order: [usize; 3]) -> Verdict {
    let (mut client, compositor, ids) = regions(fixture)?;
    free(&mut client, &ids[1..4])?;
    for index in order {
        client.send(&Message::new(compositor, compositor::CREATE_SURFACE).uint(ids[1 + index]))?;
        client.send(&Message::new(ids[1 + index], compositor::COMMIT))?;
    }
    client.lives()
}

fn o06d_fresh_before_freed(fixture: &mut Fixture) -> Verdict {
    let (mut client, compositor, ids) = regions(fixture)?;
    free(&mut client, &ids[1..2])?;
    let fresh = client.fresh();
    client.send(&Message::new(compositor, compositor::CREATE_SURFACE).uint(fresh))?;
    client.send(&Message::new(compositor, compositor::CREATE_SURFACE).uint(ids[1]))?;
    client.lives()
}

fn o11_bare_delete_id(fixture: &mut Fixture) -> Verdict {
    let (mut client, _, ids) = regions(fixture)?;
    // The delete_id of the sync's own callback may still be on its way: it is not the one that counts.
    while let Some(event) = client.stream.receive_ready()? {
        ensure(event.object == DISPLAY, || "an event nobody asked for".to_owned())?;
    }
    client.send(&Message::new(ids[4], compositor::DESTROY))?;
    loop {
        match client.event() {
            Ok(event) if (event.object, event.opcode, event.first()) == (DISPLAY, display::DELETE_ID, ids[4]) => {
                return Ok(());
            }
            Ok(_) => {}
            Err(_) => return fail(format!("the delete_id is held back for more than {}", seconds(fixture.patience()))),
        }
    }
}

fn o15a_callbacks(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let batch: Vec<u8> = (2..2 + BATCH).flat_map(|id| sync(id).bytes()).collect();
    let mut before = 0;
    for round in 0..MANY / BATCH {
        client.send_bytes(&batch)?;
        (2..2 + BATCH).try_for_each(|id| answered(&mut client, id))?;
        // The first rounds may allocate what the later ones reuse.
        if round == 20 {
            before = fixture.resident()?;
        }
    }
    flat(fixture, before)
}

fn o15b_regions(fixture: &mut Fixture) -> Verdict {
    let (mut client, compositor) = fixture.bound("wl_compositor", 1)?;
    let first = client.fresh();
    let ids: Vec<u32> = (first..first + BATCH).collect();
    let mut batch: Vec<u8> = Vec::new();
    for id in &ids {
        batch.extend(Message::new(compositor, compositor::CREATE_REGION).uint(*id).bytes());
        batch.extend(Message::new(*id, compositor::DESTROY).bytes());
    }
    let callback = first + BATCH;
    batch.extend(sync(callback).bytes());
    let mut before = 0;
    for round in 0..MANY / BATCH {
        client.send_bytes(&batch)?;
        let mut freed = 0;
        while freed < BATCH {
            let event = client.event()?;
            let deleted = (event.object, event.opcode) == (DISPLAY, display::DELETE_ID);
            freed += u32::from(deleted && ids.contains(&event.first()));
            ensure(!(event.object == DISPLAY && event.opcode == display::ERROR), || "a protocol error".to_owned())?;
        }
        // The callback's id is free again once its delete_id was read.
        while client.event()?.opcode != display::DELETE_ID {}
        if round == 20 {
            before = fixture.resident()?;
        }
    }
    flat(fixture, before)
}
