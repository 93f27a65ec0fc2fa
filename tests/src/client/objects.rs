//! Ids from the client's side: zombies, `delete_id` that lies, objects made by the server.

use super::guest::Guest;
use super::host::Host;
use crate::case::{Case, Stop, Verdict, ensure, fail, skip};
use crate::protocol::{callback, child, display, driver};
use crate::socket::SocketError;
use crate::wire::{DISPLAY, Message, SERVER_RANGE};

pub(super) const CASES: &[Case<Host>] = &[
    Case::must(
        "O19a",
        "An event arrives for an object destroyed before it came, its delete_id still out: discarded, nothing else happens.",
        "libwayland display-test zombie_fd",
        |host| zombie_event(host, true),
    ),
    Case::must(
        "O19b",
        "An event was already received when its object is destroyed: it does not reach a handler any more.",
        "libwayland display-test zombie_fd",
        |host| zombie_event(host, false),
    ),
    Case::must(
        "O20a",
        "Before the delete_id of a destroyed object its id is not taken again.",
        "wl_display.delete_id",
        o20a_not_yet,
    ),
    Case::must(
        "O20b",
        "After it, the id may be taken again; no other id is taken than that or the next unused.",
        "wl_display.delete_id",
        o20b_reuse,
    ),
    Case::must(
        "O21a",
        "delete_id for an object that is alive, then its destruction: the id is not handed out twice.",
        "libwayland display_handle_delete_id",
        o21_live_deleted,
    ),
    Case::must(
        "O21b",
        "delete_id for an object that stays alive: its id is not handed out to another.",
        "libwayland display_handle_delete_id",
        |host| {
            let mut guest = host.meet()?;
            let (_, id) = guest.make_child()?;
            guest.delete_id(id)?;
            ids_stay_sound(&mut guest, &[id], &[])
        },
    ),
    Case::must(
        "O22a",
        "delete_id for an id never allocated: refused or ignored, the id is not handed out.",
        "libwayland logs it",
        |host| stray_delete_id(host, 77),
    ),
    Case::must(
        "O22b",
        "delete_id for an id of the server's range: refused or ignored.",
        "libwayland logs it",
        |host| stray_delete_id(host, SERVER_RANGE),
    ),
    Case::must("O22c", "delete_id for the null id: refused or ignored.", "rule of the kit", |host| {
        stray_delete_id(host, 0)
    }),
    Case::must(
        "O22d",
        "delete_id for wl_display: refused or ignored; the connection's first object stays.",
        "rule of the kit",
        |host| stray_delete_id(host, DISPLAY),
    ),
    Case::must(
        "O23",
        "A second delete_id for one id: refused or ignored, the id is not handed out twice.",
        "wl_display.delete_id",
        o23_deleted_twice,
    ),
    Case::must(
        "O28",
        "An event names an object that the client has destroyed: the handler sees none.",
        "libwayland validate_closure_objects",
        o28_destroyed_argument,
    ),
    Case::must(
        "O34a",
        "done arrives twice on one callback: the second is discarded or fatal, the handler runs once.",
        "wl_callback.done: a destructor",
        |host| o34_done_twice(host, false),
    ),
    Case::must(
        "O34b",
        "done arrives again after the callback's delete_id: discarded or fatal, the handler runs once.",
        "wl_callback.done: a destructor",
        |host| o34_done_twice(host, true),
    ),
    Case::should(
        "O36",
        "An event for a second queue arrives while the first is dispatched: it waits, its order is kept, delete_id still works.",
        "libwayland queue-test",
        o36_two_queues,
    ),
    Case::must(
        "O37",
        "A child made by event is usable: its events arrive, in order with those of the others.",
        "manual, Creating Objects",
        o37_server_object,
    ),
];

fn note(child: u32, serial: u32) -> Message {
    Message::new(child, child::NOTE).uint(serial)
}

fn destroy(guest: &Guest, index: u32) -> Message {
    guest.order(driver::DESTROY_CHILD).uint(index)
}

/// Orders the destruction of a child and waits for the request.
fn destroy_child(guest: &mut Guest, index: u32, id: u32) -> Verdict {
    guest.send(&destroy(guest, index))?;
    guest.expect(id, child::DESTROY).map(drop)
}

fn zombie_event(host: &mut Host, known_dead: bool) -> Verdict {
    let mut guest = host.meet()?;
    let (index, id) = guest.make_child()?;
    if known_dead {
        destroy_child(&mut guest, index, id)?;
        guest.send(&note(id, 7))?;
    } else {
        guest.send_bytes(&[destroy(&guest, index).bytes(), note(id, 7).bytes()].concat())?;
        guest.expect(id, child::DESTROY)?;
    }
    let lines = guest.printed_so_far()?;
    ensure(!lines.iter().any(|line| line.starts_with("note")), || "the event reached a handler".to_owned())?;
    guest.delete_id(id)?;
    guest.finish()
}

fn o20a_not_yet(host: &mut Host) -> Verdict {
    let mut guest = host.meet()?;
    let (index, id) = guest.make_child()?;
    destroy_child(&mut guest, index, id)?;
    for _ in 0..3 {
        let (_, next) = guest.make_child()?;
        ensure(next != id, || format!("the id {id} was taken again before its delete_id"))?;
    }
    guest.finish()
}

fn o20b_reuse(host: &mut Host) -> Verdict {
    let mut guest = host.meet()?;
    let children = [guest.make_child()?, guest.make_child()?, guest.make_child()?];
    let highest = children.map(|(_, id)| id).into_iter().fold(guest.driver, u32::max);
    let (index, freed) = children[1];
    destroy_child(&mut guest, index, freed)?;
    guest.delete_id(freed)?;
    let (_, first) = guest.make_child()?;
    let (_, second) = guest.make_child()?;
    let mut taken = [first, second];
    taken.sort_unstable();
    ensure(taken == [freed, highest + 1] || taken == [highest + 1, highest + 2], || {
        format!("with {freed} freed and {highest} the highest in use, the ids {first} and {second} were taken")
    })?;
    guest.finish()
}

/// Orders children and requires that their ids are none of `live`, distinct, and dense over `ever`, the ids used so far.
/// A client that rather ends is fine.
fn ids_stay_sound(guest: &mut Guest, live: &[u32], ever: &[u32]) -> Verdict {
    let mut used = [live, &[guest.driver, guest.registry]].concat();
    let mut highest = used.iter().chain(ever).max().copied().unwrap_or(0);
    for _ in 0..3 {
        guest.send(&guest.order(driver::MAKE_CHILD))?;
        let Ok(request) = guest.request() else { return guest.unharmed() };
        let id = request.first();
        ensure(!used.contains(&id), || format!("the id {id} was handed out twice"))?;
        ensure(id <= highest + 1, || format!("the id {id} was handed out with {highest} the highest before"))?;
        highest = highest.max(id);
        used.push(id);
    }
    guest.unharmed()
}

fn o21_live_deleted(host: &mut Host) -> Verdict {
    let mut guest = host.meet()?;
    let (index, id) = guest.make_child()?;
    guest.delete_id(id)?;
    guest.send(&destroy(&guest, index))?;
    match guest.request() {
        Ok(request) => {
            ensure((request.object, request.opcode) == (id, child::DESTROY), || {
                "something else was requested".to_owned()
            })?;
            // Freed once, it may be taken once more.
            ids_stay_sound(&mut guest, &[], &[id])
        }
        Err(_) => guest.unharmed(),
    }
}

fn stray_delete_id(host: &mut Host, id: u32) -> Verdict {
    let mut guest = host.meet()?;
    let (_, child) = guest.make_child()?;
    guest.delete_id(id)?;
    ids_stay_sound(&mut guest, &[child], &[])
}

fn o23_deleted_twice(host: &mut Host) -> Verdict {
    let mut guest = host.meet()?;
    let (_, kept) = guest.make_child()?;
    let (index, id) = guest.make_child()?;
    destroy_child(&mut guest, index, id)?;
    guest.delete_id(id)?;
    guest.delete_id(id)?;
    ids_stay_sound(&mut guest, &[kept], &[id])
}

fn o28_destroyed_argument(host: &mut Host) -> Verdict {
    let mut guest = host.meet()?;
    let (first, first_id) = guest.make_child()?;
    let (second, second_id) = guest.make_child()?;
    let named = Message::new(first_id, child::OBJECT).uint(second_id);
    guest.send(&named)?;
    let line = guest.line("object")?;
    ensure(line == format!("object {first} {second}"), || format!("alive, it arrives as: {line}"))?;
    guest.send_bytes(&[destroy(&guest, second).bytes(), named.bytes()].concat())?;
    let line = guest.line("object")?;
    ensure(line == format!("object {first} none"), || format!("destroyed, it arrives as: {line}"))?;
    guest.expect(second_id, child::DESTROY)?;
    guest.finish()
}

fn o34_done_twice(host: &mut Host, after_delete: bool) -> Verdict {
    let mut guest = host.meet()?;
    guest.serving = false;
    guest.send(&guest.order(driver::ROUNDTRIP))?;
    let request = match guest.stream.receive(host.patience()) {
        // The case needs a callback, not that it is waited for in a handler: a client may refuse that (P13).
        Err(SocketError::Timeout { .. }) if guest.line("roundtrip")? == "roundtrip refused" => {
            return skip("the client refuses to wait in a handler, and does not do so later");
        }
        request => request?,
    };
    let sync = match request {
        Some(request) if (request.object, request.opcode) == (DISPLAY, display::SYNC) => request.first(),
        Some(request) => {
            return fail(format!("request {} of object {} instead of sync", request.opcode, request.object));
        }
        None => return fail("the client has closed the connection"),
    };
    let done = Message::new(sync, callback::DONE).uint(0).bytes();
    let deleted = Message::new(DISPLAY, display::DELETE_ID).uint(sync).bytes();
    let events = if after_delete { [done.clone(), deleted, done] } else { [done.clone(), done, deleted] };
    guest.send_bytes(&events.concat())?;
    guest.line("roundtrip")?;
    guest.serving = true;
    guest.unharmed()
}

fn o36_two_queues(host: &mut Host) -> Verdict {
    let mut guest = host.meet()?;
    let (first, first_id) = guest.make_child()?;
    guest.send(&guest.order(driver::OTHER_QUEUE))?;
    // An unsupported order is answered by a line alone.
    guest.line("child")?;
    let other_id = guest.expect(guest.driver, driver::CREATE_CHILD)?.first();
    let events = [note(other_id, 1), note(first_id, 2), note(other_id, 3), note(first_id, 4)];
    guest.send_bytes(&events.iter().flat_map(Message::bytes).collect::<Vec<u8>>())?;
    let early: Vec<String> = guest.printed_so_far()?;
    ensure(early == [format!("note {first} 2"), format!("note {first} 4")], || format!("it printed {early:?}"))?;
    guest.send(&guest.order(driver::DRAIN_QUEUE))?;
    let late = [guest.line("note")?, guest.line("note")?];
    let serials = late.clone().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned());
    ensure(serials == ["1", "3"], || format!("the second queue gave {late:?}"))?;
    guest.line("drained")?;
    guest.finish()
}

fn o37_server_object(host: &mut Host) -> Verdict {
    let mut guest = host.meet()?;
    let (first, first_id) = guest.make_child()?;
    let id = guest.server_id();
    let born = Message::new(first_id, child::BORN).uint(id);
    guest.send_bytes(&[born.bytes(), note(id, 5).bytes(), note(first_id, 6).bytes()].concat())?;
    let index = child_line(&mut guest, id)?;
    for expected in [format!("note {index} 5"), format!("note {first} 6")] {
        let line = guest.line("note")?;
        ensure(line == expected, || format!("`{line}` was printed where `{expected}` was due"))?;
    }
    destroy_child(&mut guest, index, id)?;
    guest.finish()
}

/// Reads the line for a child made by event and returns its index.
fn child_line(guest: &mut Guest, id: u32) -> Result<u32, Stop> {
    let line = guest.line("child")?;
    let numbers: Vec<u32> = line.split(' ').skip(1).filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        [index, printed] if *printed == id => Ok(*index),
        _ => fail(format!("the child {id} was printed as: {line}")),
    }
}
