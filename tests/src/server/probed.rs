//! Objects and errors that only a probe can bring about: server-made ids, posted errors, dangling handles.

use std::os::fd::AsFd;

use super::files::{NamedMemfd, inode};
use super::fixture::Fixture;
use crate::case::{Case, Verdict, ensure, fail};
use crate::protocol::{child, display, probe};
use crate::wire::{DISPLAY, Message, Received, SERVER_RANGE};

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "O12a",
        "A handler posts an error with 10000 bytes of two-byte characters: it arrives, cut between characters, then the end.",
        "rule of the kit; libwayland cuts at 127 bytes",
        |fixture| long_error(fixture, 10_000),
    ),
    Case::must(
        "O12b",
        "The same with 10001 bytes that begin with an 'x', which moves every character by one byte.",
        "rule of the kit; libwayland cuts at 127 bytes",
        |fixture| long_error(fixture, 10_001),
    ),
    Case::must(
        "O12c",
        "A short error text arrives whole, on the object and with the code the handler gave.",
        "libwayland display-test post_error_to_one_client",
        o12c_short_error,
    ),
    Case::must(
        "O13",
        "A handler posts two errors: only the first is sent.",
        "libwayland post_error_vargs",
        o13_two_errors,
    ),
    Case::must(
        "O14",
        "An error is posted while its client is being torn down: nothing is sent, nobody crashes.",
        "libwayland post_error_vargs",
        o14_error_at_teardown,
    ),
    Case::must(
        "O16a",
        "Objects the server makes get 0xff000000, then 0xff000001.",
        "libwayland map_insert_new",
        o16a_ids,
    ),
    Case::must(
        "O16b",
        "No delete_id is sent for a server-made object that the client destroys.",
        "wl_display.delete_id: of objects the client made",
        o16b_no_delete_id,
    ),
    Case::must(
        "O16c",
        "A child by event is alive when the next request arrives: it accepts one.",
        "libwayland map_insert_new",
        o16c_usable,
    ),
    Case::must(
        "O17a",
        "The server tries to name an object of client A in an event to B: B never receives such an event.",
        "libwayland verify_objects",
        |fixture| foreign_object(fixture, false),
    ),
    Case::should(
        "O17b",
        "After that B, who did nothing wrong, is still served.",
        "libwayland verify_objects",
        |fixture| foreign_object(fixture, true),
    ),
    Case::must(
        "O18a",
        "A client vanishes while the server holds a handle of its child: the handle is dead, and a later client's child with the same id is not taken for it.",
        "libwayland resources-test",
        o18a_vanished_client,
    ),
    Case::must(
        "O18b",
        "A held child is destroyed and its id used again: the handle does not come to mean the successor.",
        "libwayland resources-test",
        o18b_successor,
    ),
    Case::must(
        "W23s",
        "One argument of every type goes to the server and comes back in an event, equal; the fd is the same file.",
        "libwayland connection-test marshal_demarshal",
        w23s_echo,
    ),
];

fn long_error(fixture: &mut Fixture, length: u32) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    client.send(&Message::new(probe, probe::POST_ERROR).uint(7).uint(length))?;
    let (text, _) = client.dies(probe, 7)?;
    let tail = text.strip_prefix('x').unwrap_or(&text);
    let kept = tail.trim_end_matches(['.', '…']);
    ensure(!kept.is_empty() && kept.chars().all(|letter| letter == 'é'), || {
        let end: String = tail.chars().rev().take(3).collect();
        format!("the text was cut inside a character: it ends in {:?}", end.chars().rev().collect::<String>())
    })
}

fn o12c_short_error(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    client.send(&Message::new(probe, probe::POST_ERROR).uint(5).uint(9))?;
    let (text, _) = client.dies(probe, 5)?;
    ensure(text == "xéééé", || format!("the text arrived as {text:?}"))
}

fn o13_two_errors(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    client.send(&Message::new(probe, probe::POST_TWO_ERRORS).uint(3).uint(4))?;
    client.dies(probe, 3).map(drop)
}

fn o14_error_at_teardown(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    client.send(&Message::new(probe, probe::POST_ERROR_AT_TEARDOWN))?;
    client.lives()?;
    client.stream.shut_write()?;
    match client.ends()? {
        None => Ok(()),
        Some(death) => fail(format!("{} was sent", death.describe())),
    }
}

/// The ids of the `child` events among `events`.
fn children(events: &[Received], probe: u32) -> Vec<u32> {
    let is_child = |event: &&Received| (event.object, event.opcode) == (probe, probe::CHILD);
    events.iter().filter(is_child).map(Received::first).collect()
}

fn o16a_ids(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    client.send(&Message::new(probe, probe::SPAWN_CHILDREN).uint(2))?;
    let ids = children(&client.sync()?, probe);
    ensure(ids == [SERVER_RANGE, SERVER_RANGE + 1], || format!("the ids are {ids:#x?}"))
}

fn o16b_no_delete_id(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    client.send(&Message::new(probe, probe::SPAWN_CHILDREN).uint(1))?;
    client.lives()?;
    client.send(&Message::new(SERVER_RANGE, child::DESTROY))?;
    let events = client.sync()?;
    let deleted = |event: &Received| {
        (event.object, event.opcode) == (DISPLAY, display::DELETE_ID) && event.first() >= SERVER_RANGE
    };
    ensure(!events.iter().any(deleted), || "a delete_id for an id of the server's range".to_owned())?;
    // Two syncs prove that it was not merely late.
    ensure(!client.sync()?.iter().any(deleted), || "a late delete_id for an id of the server's range".to_owned())
}

fn o16c_usable(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(3)?;
    client.send(&Message::new(probe, probe::SPAWN_CHILDREN).uint(1))?;
    client.lives()?;
    client.send(&Message::new(SERVER_RANGE, child::SINCE_THREE))?;
    client.lives()
}

fn foreign_object(fixture: &mut Fixture, judge_life: bool) -> Verdict {
    let (mut a, probe_a) = fixture.probe(1)?;
    let (mut b, probe_b) = fixture.probe(1)?;
    let child = a.fresh();
    a.send(&Message::new(probe_a, probe::CREATE_CHILD).uint(child))?;
    a.send(&Message::new(probe_a, probe::SEND_FOREIGN).uint(child))?;
    a.lives()?;
    let after = b.sync();
    if let Ok(events) = &after {
        let foreign = events.iter().any(|event| (event.object, event.opcode) == (probe_b, probe::FOREIGN));
        ensure(!foreign, || format!("B received an event that names object {child}, which it never made"))?;
    }
    if judge_life { after.map(drop) } else { Ok(()) }
}

fn o18a_vanished_client(fixture: &mut Fixture) -> Verdict {
    let sockets = fixture.fds()?;
    let (mut a, probe_a) = fixture.probe(1)?;
    let child = a.fresh();
    a.send(&Message::new(probe_a, probe::CREATE_CHILD).uint(child))?;
    a.send(&Message::new(probe_a, probe::HOLD).uint(child))?;
    a.lives()?;
    drop(a);
    fixture.until(|| "the vanished client was let go".to_owned(), |fixture| Ok(fixture.fds()? <= sockets))?;

    let (mut b, probe_b) = fixture.probe(1)?;
    let same = b.fresh();
    b.send(&Message::new(probe_b, probe::CREATE_CHILD).uint(same))?;
    ensure((probe_b, same) == (probe_a, child), || "the kit did not reproduce the ids".to_owned())?;
    b.send(&Message::new(probe_b, probe::POKE_HELD))?;
    judge_handle(&b.sync()?, probe_b, same)
}

fn o18b_successor(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    let id = client.fresh();
    client.send(&Message::new(probe, probe::CREATE_CHILD).uint(id))?;
    client.send(&Message::new(probe, probe::HOLD).uint(id))?;
    client.send(&Message::new(id, child::DESTROY))?;
    client.lives()?;
    client.send(&Message::new(probe, probe::CREATE_CHILD).uint(id))?;
    client.send(&Message::new(probe, probe::POKE_HELD))?;
    judge_handle(&client.sync()?, probe, id)
}

/// Requires that the held handle was reported dead and that `successor` was left alone.
fn judge_handle(events: &[Received], probe: u32, successor: u32) -> Verdict {
    let poked = events.iter().any(|event| (event.object, event.opcode) == (successor, child::POKED));
    ensure(!poked, || "the successor with the same id was taken for the held object".to_owned())?;
    match events.iter().find(|event| (event.object, event.opcode) == (probe, probe::HELD)) {
        Some(event) if event.first() == 0 => Ok(()),
        Some(_) => fail("the handle of a dead object was reported alive"),
        None => fail("no held event"),
    }
}

fn w23s_echo(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    let child = client.fresh();
    client.send(&Message::new(probe, probe::CREATE_CHILD).uint(child))?;
    let file = NamedMemfd::new(16)?;
    let (fraction, bytes) = (-0x0004_b0a0, [1, 0, 255, 7, 9]);
    let scalars = Message::new(probe, probe::ECHO).int(i32::MIN).uint(u32::MAX).int(fraction);
    let echo = scalars.string("süß").uint(0).array(&bytes).uint(child).uint(0);
    client.send_with(&echo.bytes(), &[file.fd.as_fd()])?;
    let event = client.expect(probe, probe::ECHOED)?;
    let mut args = event.args();
    let numbers = (args.int()?, args.uint()?, args.int()?);
    ensure(numbers == (i32::MIN, u32::MAX, fraction), || format!("the numbers came back as {numbers:?}"))?;
    let texts = (args.string()?, args.nullable_string()?);
    ensure(texts == ("süß".to_owned(), None), || format!("the strings came back as {texts:?}"))?;
    let array = args.array()?;
    ensure(array == bytes, || format!("the array came back as {array:?}"))?;
    let objects = (args.uint()?, args.uint()?);
    ensure(objects == (child, 0), || format!("the objects came back as {objects:?}"))?;
    args.end()?;
    let returned = client.stream.take_fd()?;
    ensure(inode(&returned)? == inode(&file.fd)?, || "another file came back".to_owned())
}
