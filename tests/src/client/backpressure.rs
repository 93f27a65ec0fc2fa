//! A server that does not read, breaks off, or goes: what the client makes of it.

use super::ending::Ending;
use super::host::Host;
use super::tested::TestedClient;
use crate::case::{Case, Verdict, ensure, fail};
use crate::protocol::{child, driver};
use crate::wire::Message;

/// Requests of 4000 bytes: together more than any socket holds.
const FLOOD: u32 = 300;

pub(super) const CASES: &[Case<Host>] = &[
    Case::must(
        "P03",
        "The server does not read while 1.2 MB of requests are made: no call blocks, flush says so, nothing is lost.",
        "libwayland display-test send_overflow_disconnection",
        |host| {
            let mut client = host.meet()?;
            blocked(&mut client)?;
            all_data(&mut client)?;
            client.finish()
        },
    ),
    Case::must(
        "P04",
        "With requests stuck an event arrives: the client handles it and finishes its flush when there is room.",
        "libwayland dispatch_queue_timeout",
        p04_stuck_and_served,
    ),
    Case::must(
        "P05",
        "An error event, then the server closes; the client writes first (EPIPE): the error is what it reports.",
        "libwayland display-test error_code_after_epipe",
        p05_write_after_close,
    ),
    Case::must(
        "P06",
        "An error event, then the server closes with the client's bytes unread (ECONNRESET): the error is what it reports.",
        "rule of the kit",
        p06_reset,
    ),
    Case::must(
        "P07a",
        "The server closes in the middle of an event: end of file is reported, the client does not spin.",
        "rule of the kit",
        |host| closed(host, |child| Message::new(child, child::NOTE).uint(1).bytes()[..10].to_vec()),
    ),
    Case::must("P07b", "The server closes between events: end of file is reported.", "rule of the kit", |host| {
        closed(host, |_| Vec::new())
    }),
    Case::must(
        "P07c",
        "Whole events right before the end are handled, then end of file is reported.",
        "rule of the kit",
        p07c_last_events,
    ),
    Case::should(
        "P12x",
        "The client blocks on a full socket, then the server reads: it goes on.",
        "socket(7), SO_SNDBUF",
        p12x_again,
    ),
    Case::should(
        "P13",
        "A roundtrip inside a handler works or is refused with a clear error; it never deadlocks.",
        "libwayland roundtrip_queue",
        p13_nested_roundtrip,
    ),
    Case::must(
        "P16",
        "A read finds nothing: no error, no wait.",
        "libwayland display-test threading_read_eagain_tst",
        p16_idle_read,
    ),
];

/// Lets the client flood the socket, unread.
fn blocked(client: &mut TestedClient) -> Verdict {
    client.serving = false;
    client.send(&client.order(driver::FLOOD).uint(FLOOD))?;
    let line = client.line("flood")?;
    client.serving = true;
    ensure(line == "flood blocked", || format!("with nobody reading, the client says: {line}"))
}

fn all_data(client: &mut TestedClient) -> Verdict {
    for index in 0..FLOOD {
        let request = client.expect(client.driver, driver::DATA)?;
        ensure(request.body.len() == 4004, || format!("request {index} arrived with {} bytes", request.body.len()))?;
    }
    Ok(())
}

fn p04_stuck_and_served(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (index, id) = client.make_child()?;
    blocked(&mut client)?;
    client.serving = false;
    client.send(&Message::new(id, child::NOTE).uint(8))?;
    // Whether it reads before or after it has flushed, nothing moves until somebody reads: that is us now.
    client.serving = true;
    let line = client.line("note")?;
    ensure(line == format!("note {index} 8"), || format!("it printed: {line}"))?;
    all_data(&mut client)?;
    client.finish()
}

/// Requires the posted error, code 5 and its text.
fn posted(client: &mut TestedClient) -> Verdict {
    match client.fatal()? {
        Ending::Protocol { code: 5, text, .. } if text.contains("why it ended") => Ok(()),
        other => fail(other.describe()),
    }
}

fn p05_write_after_close(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (_, id) = client.make_child()?;
    client.pause()?;
    client.expect(client.driver, driver::READY)?;
    client.post(id, 5, "why it ended")?;
    client.hang_up()?;
    client.resume()?;
    posted(&mut client)
}

fn p06_reset(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (_, id) = client.make_child()?;
    client.pause()?;
    // The ready request stays unread: that is what makes it a reset.
    ensure(client.stream.unread()? > 0, || "the client has not sent what it should".to_owned())?;
    client.post(id, 5, "why it ended")?;
    client.hang_up()?;
    client.resume()?;
    posted(&mut client)
}

fn closed(host: &mut Host, last: impl FnOnce(u32) -> Vec<u8>) -> Verdict {
    let mut client = host.meet()?;
    let (_, id) = client.make_child()?;
    let last = last(id);
    if !last.is_empty() {
        client.send_bytes(&last)?;
    }
    client.hang_up()?;
    match client.fatal()? {
        Ending::Fatal { kind, .. } if kind == "closed" || (kind == "malformed" && !last.is_empty()) => Ok(()),
        other => fail(other.describe()),
    }
}

fn p07c_last_events(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (index, id) = client.make_child()?;
    let note = |serial: u32| Message::new(id, child::NOTE).uint(serial).bytes();
    client.send_bytes(&[note(1), note(2)].concat())?;
    client.hang_up()?;
    for serial in 1..=2 {
        let line = client.line("note")?;
        ensure(line == format!("note {index} {serial}"), || format!("it printed: {line}"))?;
    }
    match client.fatal()? {
        Ending::Fatal { kind, .. } if kind == "closed" => Ok(()),
        other => fail(other.describe()),
    }
}

fn p12x_again(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    for _ in 0..2 {
        blocked(&mut client)?;
        all_data(&mut client)?;
    }
    client.make_child()?;
    client.finish()
}

fn p13_nested_roundtrip(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    client.send(&client.order(driver::ROUNDTRIP))?;
    client.line("roundtrip")?;
    client.make_child()?;
    client.finish()
}

fn p16_idle_read(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    client.send(&client.order(driver::IDLE_READ))?;
    client.line("idle-read")?;
    client.make_child()?;
    client.finish()
}
