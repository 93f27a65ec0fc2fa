//! Ids from the client's side: zombies, `delete_id` that lies, objects made by the server.

use super::host::Host;
use super::tested::TestedClient;
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
            let mut client = host.meet()?;
            let (_, id) = client.make_child()?;
            client.delete_id(id)?;
            ids_stay_sound(&mut client, &[id], &[])
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

fn destroy(client: &TestedClient, index: u32) -> Message {
    client.order(driver::DESTROY_CHILD).uint(index)
}

/// Orders the destruction of a child and waits for the request.
fn destroy_child(client: &mut TestedClient, index: u32, id: u32) -> Verdict {
    client.send(&destroy(client, index))?;
    client.expect(id, child::DESTROY).map(drop)
}

fn zombie_event(host: &mut Host, known_dead: bool) -> Verdict {
    let mut client = host.meet()?;
    let (index, id) = client.make_child()?;
    if known_dead {
        destroy_child(&mut client, index, id)?;
        client.send(&note(id, 7))?;
    } else {
        client.send_bytes(&[destroy(&client, index).bytes(), note(id, 7).bytes()].concat())?;
        client.expect(id, child::DESTROY)?;
    }
    let lines = client.printed_so_far()?;
    ensure(!lines.iter().any(|line| line.starts_with("note")), || "the event reached a handler".to_owned())?;
    client.delete_id(id)?;
    client.finish()
}

fn o20a_not_yet(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (index, id) = client.make_child()?;
    destroy_child(&mut client, index, id)?;
    for _ in 0..3 {
        let (_, next) = client.make_child()?;
        ensure(next != id, || format!("the id {id} was taken again before its delete_id"))?;
    }
    client.finish()
}

fn o20b_reuse(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let children = [client.make_child()?, client.make_child()?, client.make_child()?];
    let highest = children.map(|(_, id)| id).into_iter().fold(client.driver, u32::max);
    let (index, freed) = children[1];
    destroy_child(&mut client, index, freed)?;
    client.delete_id(freed)?;
    let (_, first) = client.make_child()?;
    let (_, second) = client.make_child()?;
    let mut taken = [first, second];
    taken.sort_unstable();
    ensure(taken == [freed, highest + 1] || taken == [highest + 1, highest + 2], || {
        format!("with {freed} freed and {highest} the highest in use, the ids {first} and {second} were taken")
    })?;
    client.finish()
}

/// Orders children and requires that their ids are none of `live`, distinct, and dense over `ever`, the ids used so far.
/// A client that rather ends is fine.
fn ids_stay_sound(client: &mut TestedClient, live: &[u32], ever: &[u32]) -> Verdict {
    let mut used = [live, &[client.driver, client.registry]].concat();
    let mut highest = used.iter().chain(ever).max().copied().unwrap_or(0);
    for _ in 0..3 {
        client.send(&client.order(driver::MAKE_CHILD))?;
        let Ok(request) = client.request() else { return client.unharmed() };
        let id = request.first();
        ensure(!used.contains(&id), || format!("the id {id} was handed out twice"))?;
        ensure(id <= highest + 1, || format!("the id {id} was handed out with {highest} the highest before"))?;
        highest = highest.max(id);
        used.push(id);
    }
    client.unharmed()
}

fn o21_live_deleted(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (index, id) = client.make_child()?;
    client.delete_id(id)?;
    client.send(&destroy(&client, index))?;
    match client.request() {
        Ok(request) => {
            ensure((request.object, request.opcode) == (id, child::DESTROY), || {
                "something else was requested".to_owned()
            })?;
            // Freed once, it may be taken once more.
            ids_stay_sound(&mut client, &[], &[id])
        }
        Err(_) => client.unharmed(),
    }
}

fn stray_delete_id(host: &mut Host, id: u32) -> Verdict {
    let mut client = host.meet()?;
    let (_, child) = client.make_child()?;
    client.delete_id(id)?;
    ids_stay_sound(&mut client, &[child], &[])
}

fn o23_deleted_twice(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (_, kept) = client.make_child()?;
    let (index, id) = client.make_child()?;
    destroy_child(&mut client, index, id)?;
    client.delete_id(id)?;
    client.delete_id(id)?;
    ids_stay_sound(&mut client, &[kept], &[id])
}

fn o28_destroyed_argument(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (first, first_id) = client.make_child()?;
    let (second, second_id) = client.make_child()?;
    let named = Message::new(first_id, child::OBJECT).uint(second_id);
    client.send(&named)?;
    let line = client.line("object")?;
    ensure(line == format!("object {first} {second}"), || format!("alive, it arrives as: {line}"))?;
    client.send_bytes(&[destroy(&client, second).bytes(), named.bytes()].concat())?;
    let line = client.line("object")?;
    ensure(line == format!("object {first} none"), || format!("destroyed, it arrives as: {line}"))?;
    client.expect(second_id, child::DESTROY)?;
    client.finish()
}

fn o34_done_twice(host: &mut Host, after_delete: bool) -> Verdict {
    let mut client = host.meet()?;
    client.serving = false;
    client.send(&client.order(driver::ROUNDTRIP))?;
    let request = match client.stream.receive(host.patience()) {
        // The case needs a callback, not that it is waited for in a handler: a client may refuse that (P13).
        Err(SocketError::Timeout { .. }) if client.line("roundtrip")? == "roundtrip refused" => {
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
    client.send_bytes(&events.concat())?;
    client.line("roundtrip")?;
    client.serving = true;
    client.unharmed()
}

fn o36_two_queues(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (first, first_id) = client.make_child()?;
    client.send(&client.order(driver::OTHER_QUEUE))?;
    // An unsupported order is answered by a line alone.
    client.line("child")?;
    let other_id = client.expect(client.driver, driver::CREATE_CHILD)?.first();
    let events = [note(other_id, 1), note(first_id, 2), note(other_id, 3), note(first_id, 4)];
    client.send_bytes(&events.iter().flat_map(Message::bytes).collect::<Vec<u8>>())?;
    let early: Vec<String> = client.printed_so_far()?;
    ensure(early == [format!("note {first} 2"), format!("note {first} 4")], || format!("it printed {early:?}"))?;
    client.send(&client.order(driver::DRAIN_QUEUE))?;
    let late = [client.line("note")?, client.line("note")?];
    let serials = late.clone().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned());
    ensure(serials == ["1", "3"], || format!("the second queue gave {late:?}"))?;
    client.line("drained")?;
    client.finish()
}

fn o37_server_object(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (first, first_id) = client.make_child()?;
    let id = client.server_id();
    let born = Message::new(first_id, child::BORN).uint(id);
    client.send_bytes(&[born.bytes(), note(id, 5).bytes(), note(first_id, 6).bytes()].concat())?;
    let index = child_line(&mut client, id)?;
    for expected in [format!("note {index} 5"), format!("note {first} 6")] {
        let line = client.line("note")?;
        ensure(line == expected, || format!("`{line}` was printed where `{expected}` was due"))?;
    }
    destroy_child(&mut client, index, id)?;
    client.finish()
}

/// Reads the line for a child made by event and returns its index.
fn child_line(client: &mut TestedClient, id: u32) -> Result<u32, Stop> {
    let line = client.line("child")?;
    let numbers: Vec<u32> = line.split(' ').skip(1).filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        [index, printed] if *printed == id => Ok(*index),
        _ => fail(format!("the child {id} was printed as: {line}")),
    }
}
