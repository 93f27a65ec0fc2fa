//! Globals: what the registry lists, what bind accepts, how they come and go.

use super::fixture::Fixture;
use super::peer::{Client, globals_of};
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::protocol::{beacon, display, fixes, probe, registry};
use crate::wire::{DISPLAY, Message, Received};

/// A name no server has counted up to.
const NEVER: u32 = 0x7fff_fff0;

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "V01a",
        "A registry lists each global once, with unique names, all before the done of the next sync.",
        "WLCS get_registry_returns_globals",
        v01a_each_once,
    ),
    Case::must(
        "V01b",
        "A second registry, and another client's, list the same globals in the same order.",
        "libwayland display_get_registry",
        v01b_same_order,
    ),
    Case::must(
        "V02",
        "A global is added: each of the two registries of one client is told once.",
        "libwayland wl_global_create",
        v02_two_registries,
    ),
    Case::must(
        "V03",
        "Binding a name that was never announced dies on the registry with code 0.",
        "libwayland registry_bind",
        v03_unknown_name,
    ),
    Case::must(
        "V04",
        "Binding a name with another interface than announced dies on the registry with code 0.",
        "libwayland registry_bind_interface_mismatch",
        v04_other_interface,
    ),
    Case::must(
        "V05a",
        "Binding one version more than advertised dies on the registry with code 0.",
        "libwayland registry_bind",
        |fixture| bad_version(fixture, |version| version + 1).map(drop),
    ),
    Case::must(
        "V05b",
        "Binding version 0xffffffff dies on the registry with code 0, and the text prints it unsigned.",
        "libwayland registry_bind",
        |fixture| {
            let text = bad_version(fixture, |_| u32::MAX)?;
            ensure(!text.contains("-1"), || format!("the text prints a signed number: {text}"))
        },
    ),
    Case::must("V05c", "Binding version 0 dies on the registry with code 0.", "libwayland registry_bind", |fixture| {
        bad_version(fixture, |_| 0).map(drop)
    }),
    Case::must(
        "V10",
        "A withdrawn global is bound by a client that has read the removal: accepted while in grace.",
        "libwayland display-test global_remove",
        v10_grace,
    ),
    Case::must(
        "V11",
        "A global that has ended is bound: dies on the registry with code 0.",
        "libwayland wl_global_remove",
        v11_ended,
    ),
    Case::must(
        "V12",
        "1000 globals come and go: their names rise strictly, none is used again.",
        "libwayland wl_global_create; wayland-rs reuses names",
        v12_names,
    ),
    Case::must(
        "V13a",
        "A global hidden from A is listed to B, and neither its coming nor its going is told to A.",
        "libwayland filtered_global_is_hidden",
        v13a_hidden,
    ),
    Case::must(
        "V13b",
        "A guesses the name of a global hidden from it and binds: dies on the registry with code 0.",
        "libwayland bind_fails_on_filtered_global",
        v13b_hidden_bind,
    ),
    Case::must(
        "V14a",
        "wl_fixes.destroy_registry: delete_id comes for the registry.",
        "WLCS registry_can_be_destroyed_with_wl_fixes",
        |fixture| v14_destroy_registry(fixture).map(drop),
    ),
    Case::must(
        "V14b",
        "A global is added after wl_fixes.destroy_registry: the destroyed registry gets no event.",
        "WLCS registry_can_be_destroyed_with_wl_fixes",
        v14b_silent,
    ),
    Case::must(
        "V18",
        "The server tries to announce a global of version 0 and one above its interface's: refused, nothing announced.",
        "libwayland wl_global_create",
        v18_bad_globals,
    ),
    Case::must(
        "V19a",
        "wl_fixes.ack_global_remove for a removed global, through each registry that was told: accepted.",
        "wayland.xml wl_fixes version 2",
        v19a_acknowledged,
    ),
    Case::must(
        "V19b",
        "wl_fixes.ack_global_remove for a global that is there: dies on the wl_fixes with code 0.",
        "wayland.xml wl_fixes version 2",
        v19b_not_removed,
    ),
    Case::must(
        "V19c",
        "wl_fixes.ack_global_remove for a name that was never announced: dies on the wl_fixes with code 0.",
        "wayland.xml wl_fixes version 2",
        v19c_never_announced,
    ),
];

fn v01a_each_once(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let (registry, globals) = client.registry()?;
    ensure(!globals.is_empty(), || "no global before the answer to sync".to_owned())?;
    let mut names: Vec<u32> = globals.iter().map(|global| global.name).collect();
    names.sort_unstable();
    names.dedup();
    ensure(names.len() == globals.len(), || "two globals share a name".to_owned())?;
    let late = globals_of(&client.sync()?, registry)?;
    ensure(late.is_empty(), || format!("{} came after the answer to sync", late[0].interface))?;
    let versionless = globals.iter().find(|global| global.version == 0);
    ensure(versionless.is_none(), || "a global of version 0".to_owned())
}

fn v01b_same_order(fixture: &mut Fixture) -> Verdict {
    let (mut one, mut other) = (fixture.client()?, fixture.client()?);
    let (_, first) = one.registry()?;
    let (_, again) = one.registry()?;
    let (_, others) = other.registry()?;
    ensure(first == again, || "the second registry of one client lists something else".to_owned())?;
    ensure(first == others, || "the registry of another client lists something else".to_owned())
}

/// A probe and the one registry of its client, which names it.
fn with_registry(fixture: &Fixture) -> Result<(Client, u32, u32), Stop> {
    let (client, probe) = fixture.probe(1)?;
    let registry = client.first_registry;
    Ok((client, probe, registry))
}

/// The name of the one beacon announced to `registry` in `events`.
fn beacon(events: &[Received], registry: u32) -> Result<u32, Stop> {
    let globals = globals_of(events, registry)?;
    match globals.as_slice() {
        [global] if global.interface == beacon::NAME => Ok(global.name),
        others => fail(format!("{} globals were announced instead of one beacon", others.len())),
    }
}

/// Adds a beacon and returns its name. `destroy_beacon` must follow, or it stays for all later cases.
fn add_beacon(client: &mut Client, probe: u32, registry: u32) -> Result<u32, Stop> {
    client.send(&Message::new(probe, probe::ADD_GLOBAL))?;
    beacon(&client.sync()?, registry)
}

fn destroy_beacon(client: &mut Client, probe: u32, name: u32) -> Verdict {
    client.send(&Message::new(probe, probe::DESTROY_GLOBAL).uint(name))?;
    client.lives()
}

fn v02_two_registries(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe, first) = with_registry(fixture)?;
    let (second, _) = client.registry()?;
    client.send(&Message::new(probe, probe::ADD_GLOBAL))?;
    let events = client.sync()?;
    let names = (beacon(&events, first), beacon(&events, second));
    let (Ok(one), Ok(two)) = &names else {
        return names.0.and(names.1).map(drop);
    };
    destroy_beacon(&mut client, probe, *one)?;
    ensure(one == two, || "the registries were told different names".to_owned())
}

fn v03_unknown_name(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let (registry, globals) = client.registry()?;
    let Some(first) = globals.first() else { return fail("the registry is empty") };
    client.bind(registry, NEVER, &first.interface, 1)?;
    client.dies(registry, registry::INVALID_BIND).map(drop)
}

fn v04_other_interface(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let (registry, globals) = client.registry()?;
    let Some(first) = globals.first() else { return fail("the registry is empty") };
    client.bind(registry, first.name, "wlcf_nothing", 1)?;
    client.dies(registry, registry::INVALID_BIND).map(drop)
}

fn bad_version(fixture: &mut Fixture, pick: impl FnOnce(u32) -> u32) -> Result<String, Stop> {
    let mut client = fixture.client()?;
    let (registry, globals) = client.registry()?;
    let Some(first) = globals.first() else { return fail("the registry is empty") };
    client.bind(registry, first.name, &first.interface, pick(first.version))?;
    client.dies(registry, registry::INVALID_BIND).map(|(text, _)| text)
}

fn v10_grace(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe, registry) = with_registry(fixture)?;
    let name = add_beacon(&mut client, probe, registry)?;
    client.send(&Message::new(probe, probe::REMOVE_GLOBAL).uint(name))?;
    let removal = client.expect(registry, registry::GLOBAL_REMOVE)?;
    ensure(removal.first() == name, || "another global was removed".to_owned())?;
    client.bind(registry, name, beacon::NAME, 1)?;
    client.lives()?;
    destroy_beacon(&mut client, probe, name)
}

fn v11_ended(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe, registry) = with_registry(fixture)?;
    let name = add_beacon(&mut client, probe, registry)?;
    destroy_beacon(&mut client, probe, name)?;
    client.bind(registry, name, beacon::NAME, 1)?;
    client.dies(registry, registry::INVALID_BIND).map(drop)
}

fn v12_names(fixture: &mut Fixture) -> Verdict {
    const TIMES: u32 = 1000;
    let (mut client, probe, registry) = with_registry(fixture)?;
    let mut names = Vec::new();
    for round in 0..TIMES {
        // The innocent client is told as well, and must not fall behind.
        if round % 50 == 0 {
            fixture.check_liveness()?;
        }
        let name = add_beacon(&mut client, probe, registry)?;
        names.push(name);
        client.send(&Message::new(probe, probe::DESTROY_GLOBAL).uint(name))?;
    }
    // What comes and goes within one handler may be announced or not; it uses up its name in any case.
    client.send(&Message::new(probe, probe::CYCLE_GLOBALS).uint(TIMES))?;
    names.extend(globals_of(&client.sync()?, registry)?.iter().map(|global| global.name));
    let last = add_beacon(&mut client, probe, registry)?;
    names.push(last);
    destroy_beacon(&mut client, probe, last)?;
    match names.windows(2).find(|pair| pair[1] <= pair[0]) {
        None => Ok(()),
        Some(pair) => fail(format!("the name {} follows {}", pair[1], pair[0])),
    }
}

/// A global that B sees and A must not.
struct Hidden {
    a: Client,
    registry_of_a: u32,
    b: Client,
    probe_of_b: u32,
    name: u32,
}

/// Lets A ask for a global hidden from it, and B bind it.
fn hidden(fixture: &Fixture) -> Result<Hidden, Stop> {
    let (mut a, probe_of_a, registry_of_a) = with_registry(fixture)?;
    let (mut b, probe_of_b, registry_of_b) = with_registry(fixture)?;
    a.send(&Message::new(probe_of_a, probe::ADD_HIDDEN_GLOBAL))?;
    let seen_by_a = globals_of(&a.sync()?, registry_of_a)?;
    let name = beacon(&b.sync()?, registry_of_b)?;
    ensure(seen_by_a.is_empty(), || "A was told of it".to_owned())?;
    b.bind(registry_of_b, name, beacon::NAME, 1)?;
    b.lives()?;
    Ok(Hidden { a, registry_of_a, b, probe_of_b, name })
}

fn v13a_hidden(fixture: &mut Fixture) -> Verdict {
    let Hidden { mut a, registry_of_a, mut b, probe_of_b, name } = hidden(fixture)?;
    let (_, listed) = a.registry()?;
    ensure(!listed.iter().any(|global| global.name == name), || "a new registry of A lists it".to_owned())?;
    destroy_beacon(&mut b, probe_of_b, name)?;
    let told = a.sync()?;
    let told = told.iter().any(|event| (event.object, event.opcode) == (registry_of_a, registry::GLOBAL_REMOVE));
    ensure(!told, || "A was told of its removal".to_owned())
}

fn v13b_hidden_bind(fixture: &mut Fixture) -> Verdict {
    let Hidden { mut a, registry_of_a, mut b, probe_of_b, name } = hidden(fixture)?;
    a.bind(registry_of_a, name, beacon::NAME, 1)?;
    let verdict = a.dies(registry_of_a, registry::INVALID_BIND).map(drop);
    destroy_beacon(&mut b, probe_of_b, name)?;
    verdict
}

/// Destroys a registry through `wl_fixes`. Returns the client and the id the registry had.
fn v14_destroy_registry(fixture: &mut Fixture) -> Result<(Client, u32), Stop> {
    let (mut client, fixes) = fixture.bound("wl_fixes", 1)?;
    let (registry, _) = client.registry()?;
    client.send(&Message::new(fixes, fixes::DESTROY_REGISTRY).uint(registry))?;
    let events = client.sync()?;
    let freed = events
        .iter()
        .any(|event| (event.object, event.opcode, event.first()) == (DISPLAY, display::DELETE_ID, registry));
    ensure(freed, || "no delete_id for the registry".to_owned())?;
    Ok((client, registry))
}

fn v14b_silent(fixture: &mut Fixture) -> Verdict {
    fixture.need("wl_fixes", 1)?;
    let (mut other, probe, others) = with_registry(fixture)?;
    let (mut client, registry) = v14_destroy_registry(fixture)?;
    let name = add_beacon(&mut other, probe, others)?;
    let events = client.sync()?;
    destroy_beacon(&mut other, probe, name)?;
    ensure(!events.iter().any(|event| event.object == registry), || "an event for a destroyed registry".to_owned())
}

fn v18_bad_globals(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe, registry) = with_registry(fixture)?;
    client.send(&Message::new(probe, probe::ADD_BAD_GLOBALS))?;
    let events = client.sync()?;
    let announced = globals_of(&events, registry)?;
    for global in &announced {
        destroy_beacon(&mut client, probe, global.name)?;
    }
    ensure(announced.is_empty(), || format!("a global of version {} was announced", announced[0].version))?;
    match events.iter().find(|event| (event.object, event.opcode) == (probe, probe::BAD_GLOBALS)) {
        Some(event) if event.first() == 0 => Ok(()),
        Some(event) => fail(format!("{} of the two were accepted", event.first())),
        None => fail("no bad_globals event"),
    }
}

/// A probe, the one registry of its client, and a `wl_fixes` that can acknowledge.
fn with_fixes(fixture: &Fixture) -> Result<(Client, u32, u32, u32), Stop> {
    let global = fixture.need("wl_fixes", 2)?;
    let (mut client, probe, registry) = with_registry(fixture)?;
    let fixes = client.bind(registry, global.name, &global.interface, 2)?;
    Ok((client, probe, registry, fixes))
}

fn acknowledge(fixes: u32, registry: u32, name: u32) -> Message {
    Message::new(fixes, fixes::ACK_GLOBAL_REMOVE).uint(registry).uint(name)
}

fn v19a_acknowledged(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe, first, fixes) = with_fixes(fixture)?;
    let (second, _) = client.registry()?;
    client.send(&Message::new(probe, probe::ADD_GLOBAL))?;
    let name = beacon(&client.sync()?, first)?;
    client.send(&Message::new(probe, probe::REMOVE_GLOBAL).uint(name))?;
    client.sync()?;
    for registry in [first, second] {
        client.send(&acknowledge(fixes, registry, name))?;
    }
    client.lives()?;
    destroy_beacon(&mut client, probe, name)
}

fn v19b_not_removed(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe, registry, fixes) = with_fixes(fixture)?;
    let (mut other, other_probe, _) = with_registry(fixture)?;
    let name = add_beacon(&mut client, probe, registry)?;
    client.send(&acknowledge(fixes, registry, name))?;
    let verdict = client.dies(fixes, fixes::INVALID_ACK_REMOVE).map(drop);
    destroy_beacon(&mut other, other_probe, name)?;
    verdict
}

fn v19c_never_announced(fixture: &mut Fixture) -> Verdict {
    let (mut client, _, registry, fixes) = with_fixes(fixture)?;
    client.send(&acknowledge(fixes, registry, NEVER))?;
    client.dies(fixes, fixes::INVALID_ACK_REMOVE).map(drop)
}
