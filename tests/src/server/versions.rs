//! What a version allows: requests and events since a later one.

use super::fixture::Fixture;
use super::peer::Client;
use crate::case::{Case, Stop, Verdict, ensure};
use crate::protocol::{child, compositor, display, probe};
use crate::wire::{DISPLAY, Message};

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "V06a",
        "Every global on offer in wl_shm, wl_compositor and wlcf_probe binds at each version from 1 up.",
        "manual, Versioning",
        v06a_all_versions,
    ),
    Case::must("V06b", "The handler sees the version that was bound.", "manual, Versioning", v06b_version_seen),
    Case::must(
        "V07a",
        "A surface of version 1 gets set_buffer_transform, since 2: dies as invalid_method.",
        "libwayland display-test versions",
        |fixture| {
            fixture.need("wl_compositor", 2)?;
            too_new(fixture.surface(1)?, |surface| Message::new(surface, compositor::SET_BUFFER_TRANSFORM).uint(0))
        },
    ),
    Case::must(
        "V07b",
        "A probe of version 1 gets a request since 2: dies as invalid_method.",
        "libwayland display-test versions",
        |fixture| {
            fixture.need(probe::NAME, 2)?;
            too_new(fixture.probe(1)?, |probe| Message::new(probe, probe::SINCE_TWO))
        },
    ),
    Case::must("V07c", "A probe of version 2 gets a request since 2: accepted.", "manual, Versioning", |fixture| {
        let (mut client, probe) = fixture.probe(2)?;
        client.send(&Message::new(probe, probe::SINCE_TWO))?;
        client.lives()
    }),
    Case::must(
        "V08a",
        "A surface made by a compositor of version 2 gets set_buffer_scale, since 3: it inherits 2, so it dies.",
        "manual, Versioning",
        |fixture| {
            fixture.need("wl_compositor", 3)?;
            too_new(fixture.surface(2)?, |surface| Message::new(surface, compositor::SET_BUFFER_SCALE).uint(1))
        },
    ),
    Case::must(
        "V08b",
        "A child made by a probe of version 2 gets a request since 3: dies as invalid_method.",
        "manual, Versioning",
        |fixture| too_new(v08b_child(fixture, 2)?, |child| Message::new(child, child::SINCE_THREE)),
    ),
    Case::must(
        "V08c",
        "A child made by a probe of version 3 gets a request since 3: accepted.",
        "manual, Versioning",
        |fixture| {
            let (mut client, id) = v08b_child(fixture, 3)?;
            client.send(&Message::new(id, child::SINCE_THREE))?;
            client.lives()
        },
    ),
    Case::must(
        "V09",
        "The server tries to send an event since 3 to a probe of version 2: it never reaches the wire.",
        "manual, Versioning",
        v09_newer_event,
    ),
];

fn v06a_all_versions(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let (registry, globals) = client.registry()?;
    let known = ["wl_shm", "wl_compositor", probe::NAME];
    for global in globals.iter().filter(|global| known.contains(&global.interface.as_str())) {
        for version in 1..=global.version {
            client.bind(registry, global.name, &global.interface, version)?;
        }
    }
    client.lives()
}

fn v06b_version_seen(fixture: &mut Fixture) -> Verdict {
    for version in 1..=3 {
        let (mut client, probe) = fixture.probe(version)?;
        client.send(&Message::new(probe, probe::TELL_VERSION))?;
        let seen = client.expect(probe, probe::VERSION)?.first();
        ensure(seen == version, || format!("bound at {version}, the handler sees {seen}"))?;
    }
    Ok(())
}

/// Sends a request that is right but for the version of its object.
fn too_new((mut client, object): (Client, u32), request: impl FnOnce(u32) -> Message) -> Verdict {
    client.send(&request(object))?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn v08b_child(fixture: &mut Fixture, version: u32) -> Result<(Client, u32), Stop> {
    let (mut client, probe) = fixture.probe(version)?;
    let id = client.fresh();
    client.send(&Message::new(probe, probe::CREATE_CHILD).uint(id))?;
    client.lives()?;
    Ok((client, id))
}

fn v09_newer_event(fixture: &mut Fixture) -> Verdict {
    for (version, expected) in [(3, true), (2, false)] {
        let (mut client, probe) = fixture.probe(version)?;
        client.send(&Message::new(probe, probe::SEND_NEWER))?;
        let events = client.sync()?;
        let came = events.iter().any(|event| (event.object, event.opcode) == (probe, probe::NEWER));
        ensure(came == expected, || {
            let verb = if came { "was sent" } else { "was not sent" };
            format!("the event {verb} to a probe of version {version}")
        })?;
    }
    Ok(())
}
