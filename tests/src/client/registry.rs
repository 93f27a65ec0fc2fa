//! Globals and versions as a client meets them.

use super::guest::Guest;
use super::host::Host;
use crate::case::{Case, Verdict, ensure};
use crate::protocol::{driver, registry};
use crate::server::Global;
use crate::wire::Message;

pub(super) const CASES: &[Case<Host>] = &[
    Case::must(
        "V15",
        "A bound global is withdrawn: the application is told, the object goes on working.",
        "wl_registry",
        v15_bound_removed,
    ),
    Case::must(
        "V16a",
        "A global is announced in a version the client does not know: it binds its own.",
        "practice",
        |host| version(host, 99, driver::VERSION),
    ),
    Case::must(
        "V16b",
        "A global is announced in an older version than the client's: it binds that, and newer events do not come.",
        "practice",
        |host| version(host, 1, 1),
    ),
    Case::should(
        "V17a",
        "A global of version 0 is announced: ignored or fatal, no crash.",
        "libwayland passes it on",
        |host| odd(host, |guest| global(guest, 7, 0)),
    ),
    Case::should("V17b", "A name is announced twice: ignored or fatal, no crash.", "libwayland passes it on", |host| {
        odd(host, |guest| global(guest, 1, 1))
    }),
    Case::should(
        "V17c",
        "A name that was never announced is withdrawn: ignored or fatal, no crash.",
        "libwayland passes it on",
        |host| odd(host, |guest| Message::new(guest.registry, registry::GLOBAL_REMOVE).uint(4711)),
    ),
    Case::must(
        "V17d",
        "An event since version 2 arrives at an object of version 1: handled, ignored or fatal, no crash.",
        "manual, Versioning",
        |host| {
            let mut guest = host.meet_with(&offer(1))?;
            guest.send(&guest.order(driver::NEWEST))?;
            guest.unharmed()
        },
    ),
];

/// The usual globals with the driver in that version.
fn offer(version: u32) -> Vec<Global> {
    let mut globals = Host::globals();
    for global in globals.iter_mut().filter(|global| global.interface == driver::NAME) {
        global.version = version;
    }
    globals
}

fn v15_bound_removed(host: &mut Host) -> Verdict {
    let mut guest = host.meet()?;
    guest.send(&Message::new(guest.registry, registry::GLOBAL_REMOVE).uint(3))?;
    let line = guest.line("global_remove")?;
    ensure(line == "global_remove 3", || format!("the application was told: {line}"))?;
    guest.make_child()?;
    guest.finish()
}

fn version(host: &mut Host, announced: u32, expected: u32) -> Verdict {
    let mut guest = host.meet_with(&offer(announced))?;
    ensure(guest.version == expected, || format!("announced in {announced}, it is bound at {}", guest.version))?;
    if expected == driver::VERSION {
        guest.send(&guest.order(driver::NEWEST))?;
        guest.line("newest")?;
    }
    guest.finish()
}

fn global(guest: &Guest, name: u32, version: u32) -> Message {
    Message::new(guest.registry, registry::GLOBAL).uint(name).string("wl_compositor").uint(version)
}

fn odd(host: &mut Host, event: impl FnOnce(&Guest) -> Message) -> Verdict {
    let mut guest = host.meet()?;
    guest.send(&event(&guest))?;
    guest.unharmed()
}
