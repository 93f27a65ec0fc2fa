//! Events that are wrong: the client ends the connection with a reason, never with a crash, a hang or a
//! shrug.

use super::ending::Ending;
use super::host::Host;
use super::tested::TestedClient;
use crate::case::{Case, Verdict, ensure};
use crate::protocol::{child, display};
use crate::wire::{DISPLAY, Message, SERVER_RANGE};

/// An id no client ever makes here.
const NEVER: u32 = 99;

pub(super) const CASES: &[Case<Host>] = &[
    Case::must(
        "O24",
        "An event opcode past the last is fatal, and the reason names the interface.",
        "libwayland queue_event",
        o24_unknown_opcode,
    ),
    Case::should(
        "O25",
        "An event for an id never allocated is fatal: whatever fds it had would go to another.",
        "rule of the kit; libwayland ignores it",
        |host| malformed(host, |_, _| Message::new(NEVER, 0).uint(0).bytes()),
    ),
    Case::must(
        "O26a",
        "An event makes an object in the client's id range: fatal.",
        "libwayland map_reserve_new",
        |host| malformed(host, |_, child| Message::new(child, child::BORN).uint(child + 1).bytes()),
    ),
    Case::must(
        "O26b",
        "An event makes an object in the server's range with a gap before it: fatal.",
        "libwayland map_reserve_new",
        |host| malformed(host, |_, child| Message::new(child, child::BORN).uint(SERVER_RANGE + 5).bytes()),
    ),
    Case::must(
        "O26c",
        "An event makes an object under an id that is in use: fatal.",
        "libwayland map_reserve_new",
        |host| malformed(host, |_, child| Message::new(child, child::BORN).uint(SERVER_RANGE).bytes().repeat(2)),
    ),
    Case::must("O26d", "An event makes an object under the null id: fatal.", "libwayland demarshal", |host| {
        malformed(host, |_, child| Message::new(child, child::BORN).uint(0).bytes())
    }),
    Case::must("O27a", "An object argument of another interface is fatal.", "libwayland lookup_objects", |host| {
        malformed(host, |client, child| Message::new(child, child::OBJECT).uint(client.driver).bytes())
    }),
    Case::must("O27b", "An object argument that names nothing is fatal.", "libwayland lookup_objects", |host| {
        malformed(host, |_, child| Message::new(child, child::OBJECT).uint(NEVER).bytes())
    }),
    Case::must("O27c", "A null object where none may be null is fatal.", "connection.c demarshal", |host| {
        malformed(host, |_, child| Message::new(child, child::OBJECT).uint(0).bytes())
    }),
    Case::must(
        "B10a",
        "An event for a live object claiming 4 bytes, less than its header, is fatal.",
        "manual, Wire Format: a size is at least 8",
        |host| malformed(host, |_, child| Message::new(child, child::NOTE).bytes_claiming(4)),
    ),
    Case::must(
        "B10b",
        "An event claiming 0 bytes for an unknown id is fatal; libwayland never gets past it.",
        "manual, Wire Format: a size is at least 8",
        |host| malformed(host, |_, _| Message::new(NEVER, 0).bytes_claiming(0)),
    ),
    Case::must(
        "B10c",
        "An event claiming 5 bytes for an unknown id is fatal; the stream is not read on from its middle.",
        "manual, Wire Format: a size is at least 8",
        |host| malformed(host, |_, _| Message::new(NEVER, 0).bytes_claiming(5)),
    ),
    Case::must(
        "W15x",
        "An event claiming 13 bytes, no multiple of 4, is fatal.",
        "manual, Wire Format: 32-bit words",
        |host| malformed(host, |_, child| Message::new(child, child::NOTE).uint(1).raw(&[0]).bytes_claiming(13)),
    ),
    Case::must("W21x", "An event without its argument is fatal.", "connection.c", |host| {
        malformed(host, |_, child| Message::new(child, child::NOTE).bytes())
    }),
    Case::should("W22x", "An event with a word too much is fatal.", "rule of the kit", |host| {
        malformed(host, |_, child| Message::new(child, child::NOTE).uint(1).uint(2).bytes())
    }),
    Case::must(
        "W18x",
        "A string length of 0xfffffffc in an error event is fatal; nothing overflows.",
        "connection-test",
        |host| {
            malformed(host, |_, _| {
                Message::new(DISPLAY, display::ERROR).uint(DISPLAY).uint(1).uint(0xffff_fffc).bytes()
            })
        },
    ),
    Case::must(
        "W13x",
        "Two events come one byte at a time: both are handled.",
        "manual: queue until whole",
        w13x_bytewise,
    ),
];

/// Sends what `write` makes of the client and the id of a child, and requires that the client ends for that reason.
fn malformed(host: &mut Host, write: impl FnOnce(&TestedClient, u32) -> Vec<u8>) -> Verdict {
    let mut client = host.meet()?;
    let (_, child) = client.make_child()?;
    client.send_bytes(&write(&client, child))?;
    client.fatal()?.malformed()
}

fn o24_unknown_opcode(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (_, child) = client.make_child()?;
    client.send(&Message::new(child, 77))?;
    let ending = client.fatal()?;
    let named = matches!(&ending, Ending::Fatal { text, .. } if text.contains(child::NAME));
    ending.malformed()?;
    ensure(named, || format!("the interface is not named: {}", ending.describe()))
}

fn w13x_bytewise(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let (index, child) = client.make_child()?;
    let note = |serial: u32| Message::new(child, child::NOTE).uint(serial).bytes();
    for byte in [note(1), note(2)].concat() {
        client.send_bytes(&[byte])?;
    }
    for serial in 1..=2 {
        let line = client.line("note")?;
        ensure(line == format!("note {index} {serial}"), || format!("it printed: {line}"))?;
    }
    client.finish()
}
