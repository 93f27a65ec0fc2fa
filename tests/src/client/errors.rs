//! Error events and what follows them.

use super::ending::Ending;
use super::host::Host;
use crate::case::{Case, Verdict, ensure, fail};
use crate::protocol::{child, driver};
use crate::wire::DISPLAY;

pub(super) const CASES: &[Case<Host>] = &[
    Case::must(
        "O29",
        "An error on a live object is reported with its code, interface, id and text.",
        "libwayland display-test post_error_to_one_client",
        o29_live_object,
    ),
    Case::must(
        "O30",
        "An error on an object the client has destroyed is reported with its code and text.",
        "libwayland display-test error_on_destroyed_object",
        o30_destroyed_object,
    ),
    Case::should(
        "O31a",
        "An error on an id never allocated is still reported with code and text.",
        "rule of the kit; libwayland loses it",
        |host| unknown_object(host, 99),
    ),
    Case::should(
        "O31b",
        "An error on the null id is still reported with code and text.",
        "rule of the kit; libwayland loses it",
        |host| unknown_object(host, 0),
    ),
    Case::must(
        "O32a",
        "invalid_object on wl_display is reported as that.",
        "libwayland display_protocol_error",
        |host| display_error(host, 0),
    ),
    Case::must(
        "O32b",
        "invalid_method on wl_display is reported as that.",
        "libwayland display_protocol_error",
        |host| display_error(host, 1),
    ),
    Case::must("O32c", "no_memory on wl_display is reported as that.", "libwayland display_protocol_error", |host| {
        display_error(host, 2)
    }),
    Case::must(
        "O32d",
        "implementation on wl_display is reported as that.",
        "libwayland display_protocol_error",
        |host| display_error(host, 3),
    ),
    Case::must(
        "O32e",
        "A code on wl_display that nobody knows is reported with its number.",
        "libwayland display_protocol_error",
        |host| display_error(host, 9),
    ),
    Case::must(
        "O33",
        "After a fatal error every call reports the same error, and nothing more is written to the socket.",
        "libwayland wl_proxy_marshal_array_flags",
        o33_sticky,
    ),
    Case::should(
        "O35",
        "Three threads wait for events when the error arrives: each of them gets it.",
        "libwayland display-test threading_errors_tst",
        o35_threads,
    ),
];

fn o29_live_object(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (_, id) = client.make_child()?;
    client.post(id, 5, "no such note")?;
    match client.fatal()? {
        Ending::Protocol { object, interface, code: 5, text }
            if (object, interface.as_str()) == (id, child::NAME) && text.contains("no such note") =>
        {
            Ok(())
        }
        other => fail(other.describe()),
    }
}

fn o30_destroyed_object(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (index, id) = client.make_child()?;
    client.send(&client.order(driver::DESTROY_CHILD).uint(index))?;
    client.expect(id, child::DESTROY)?;
    client.post(id, 5, "gone but guilty")?;
    reported(&client.fatal()?, 5, "gone but guilty")
}

/// Requires a protocol error with that code and text, on whatever object.
fn reported(ending: &Ending, expected: u32, words: &str) -> Verdict {
    match ending {
        Ending::Protocol { code, text, .. } if *code == expected && text.contains(words) => Ok(()),
        other => fail(other.describe()),
    }
}

fn unknown_object(host: &mut Host, object: u32) -> Verdict {
    let mut client = host.meet()?;
    client.post(object, 6, "who was it")?;
    reported(&client.fatal()?, 6, "who was it")
}

fn display_error(host: &mut Host, expected: u32) -> Verdict {
    let mut client = host.meet()?;
    client.post(DISPLAY, expected, "as told")?;
    match client.fatal()? {
        Ending::Protocol { object: DISPLAY, interface, code, .. } if code == expected && interface == "wl_display" => {
            Ok(())
        }
        other => fail(other.describe()),
    }
}

fn o33_sticky(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (_, id) = client.make_child()?;
    client.post(id, 5, "the one error")?;
    let (first, again) = client.fatal_twice()?;
    let second = again.split(' ').take(4).collect::<Vec<_>>();
    let Ending::Protocol { object, interface, code, .. } = &first else { return fail(first.describe()) };
    let same = [String::from("error"), object.to_string(), interface.clone(), code.to_string()];
    ensure(second == same, || format!("{}, and then: {again}", first.describe()))?;
    match client.request() {
        Ok(request) => {
            fail(format!("request {} of object {} was sent after the error", request.opcode, request.object))
        }
        Err(_) => Ok(()),
    }
}

fn o35_threads(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (_, id) = client.make_child()?;
    client.send(&client.order(driver::WAIT_THREADS).uint(3))?;
    client.line("waiting")?;
    client.post(id, 5, "for all of you")?;
    for _ in 0..3 {
        let line = client.line("thread-error")?;
        ensure(line.contains(" 5 "), || format!("a thread reports: {line}"))?;
    }
    client.fatal().map(drop)
}
