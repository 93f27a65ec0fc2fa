//! Globals and versions as a client meets them.

use super::host::Host;
use super::tested::TestedClient;
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
        |host| odd(host, |client| global(client, 7, 0)),
    ),
    Case::should("V17b", "A name is announced twice: ignored or fatal, no crash.", "libwayland passes it on", |host| {
        odd(host, |client| global(client, 1, 1))
    }),
    Case::should(
        "V17c",
        "A name that was never announced is withdrawn: ignored or fatal, no crash.",
        "libwayland passes it on",
        |host| odd(host, |client| Message::new(client.registry, registry::GLOBAL_REMOVE).uint(4711)),
    ),
    Case::must(
        "V17d",
        "An event since version 2 arrives at an object of version 1: handled, ignored or fatal, no crash.",
        "manual, Versioning",
        |host| {
            let mut client = host.meet_with(&offer(1))?;
            client.send(&client.order(driver::NEWEST))?;
            client.unharmed()
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
    let mut client = host.meet()?;
    client.send(&Message::new(client.registry, registry::GLOBAL_REMOVE).uint(3))?;
    let line = client.line("global_remove")?;
    ensure(line == "global_remove 3", || format!("the application was told: {line}"))?;
    client.make_child()?;
    client.finish()
}

fn version(host: &mut Host, announced: u32, expected: u32) -> Verdict {
    let mut client = host.meet_with(&offer(announced))?;
    ensure(client.version == expected, || format!("announced in {announced}, it is bound at {}", client.version))?;
    if expected == driver::VERSION {
        client.send(&client.order(driver::NEWEST))?;
        client.line("newest")?;
    }
    client.finish()
}

fn global(client: &TestedClient, name: u32, version: u32) -> Message {
    Message::new(client.registry, registry::GLOBAL).uint(name).string("wl_compositor").uint(version)
}

fn odd(host: &mut Host, event: impl FnOnce(&TestedClient) -> Message) -> Verdict {
    let mut client = host.meet()?;
    client.send(&event(&client))?;
    client.unharmed()
}
