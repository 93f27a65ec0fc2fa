//! Requests that are wrong, and a few that only look so, each with the error that libwayland has for it.
//!
//! The ids of codec rows carry an `s` here: the same input, judged by what a server does with it.

use super::fixture::Fixture;
use super::peer::{Client, bind, sync};
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::protocol::{callback, compositor, display, registry, shm};
use crate::wire::{DISPLAY, Message, SERVER_RANGE};

/// An id no case ever makes.
const NEVER: u32 = 99;

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "O07a",
        "A request to an id never made dies as invalid_object and names it.",
        "wayland-server.c",
        |fixture| no_such_object(fixture.client()?, NEVER),
    ),
    Case::must("O07b", "A request to an id that was freed dies as invalid_object.", "wayland-server.c", o07b_freed),
    Case::must("O07c", "A request to the null id dies as invalid_object.", "wayland-server.c", |fixture| {
        no_such_object(fixture.client()?, 0)
    }),
    Case::must(
        "O07d",
        "A request to an unused id of the server's range dies as invalid_object.",
        "wayland-server.c",
        |fixture| no_such_object(fixture.client()?, SERVER_RANGE),
    ),
    Case::must(
        "O08a",
        "An opcode past the last of wl_display dies as invalid_method.",
        "wayland-server.c",
        |fixture| no_such_method(fixture.client()?, DISPLAY, 2),
    ),
    Case::must(
        "O08b",
        "An opcode past the last of wl_registry dies as invalid_method.",
        "wayland-server.c",
        |fixture| {
            let mut client = fixture.client()?;
            let (registry, _) = client.registry()?;
            no_such_method(client, registry, 1)
        },
    ),
    Case::must(
        "O08c",
        "An opcode past the last of wl_compositor dies as invalid_method.",
        "wayland-server.c",
        |fixture| {
            let (client, compositor) = fixture.bound("wl_compositor", 1)?;
            no_such_method(client, compositor, 2)
        },
    ),
    Case::must("O08d", "An opcode past the last of wl_region dies as invalid_method.", "wayland-server.c", |fixture| {
        let (mut client, compositor) = fixture.bound("wl_compositor", 1)?;
        let region = client.fresh();
        client.send(&Message::new(compositor, compositor::CREATE_REGION).uint(region))?;
        no_such_method(client, region, 3)
    }),
    Case::must(
        "O08e",
        "An opcode past the last of wl_surface dies as invalid_method.",
        "wayland-server.c",
        |fixture| {
            let (client, surface) = fixture.surface(1)?;
            no_such_method(client, surface, 64)
        },
    ),
    Case::must(
        "O08f",
        "A wl_callback has no requests: opcode 0 on a live one (a frame callback not yet committed) dies.",
        "wayland-server.c",
        |fixture| {
            let (mut client, surface) = fixture.surface(1)?;
            let frame = client.fresh();
            client.send(&Message::new(surface, compositor::FRAME).uint(frame))?;
            no_such_method(client, frame, 0)
        },
    ),
    Case::must("O08g", "An opcode past the last of wl_shm dies as invalid_method.", "wayland-server.c", |fixture| {
        let (client, shm) = fixture.bound("wl_shm", 1)?;
        no_such_method(client, shm, 1)
    }),
    Case::must(
        "O09",
        "A destructor request twice in one write: the first is carried out, the second dies as invalid_object.",
        "wayland-server.c",
        o09_destroyed_twice,
    ),
    Case::must(
        "O10",
        "Good, bad, good in one write: the first is answered, then the error, then the end; the third is not executed.",
        "libwayland wl_client_connection_data",
        o10_nothing_after_the_error,
    ),
    Case::must(
        "B09a",
        "An object argument that names no object dies as invalid_method.",
        "libwayland lookup_objects",
        |fixture| object_argument(fixture, |_| Ok(NEVER)),
    ),
    Case::must(
        "B09b",
        "An object argument of another interface dies as invalid_method, before a handler can mistake it.",
        "libwayland lookup_objects",
        |fixture| object_argument(fixture, |client| client.registry().map(|(registry, _)| registry)),
    ),
    Case::must("B09c", "Null where an object may be null is accepted.", "connection.c demarshal", |fixture| {
        let (mut client, surface) = fixture.surface(1)?;
        client.send(&Message::new(surface, compositor::SET_OPAQUE_REGION).uint(0))?;
        client.lives()
    }),
    Case::must(
        "W12s",
        "Padding of 0xff behind a string changes nothing: its content is undefined.",
        "manual",
        |fixture| {
            let (mut client, registry, shm) = ready_to_bind(fixture)?;
            let id = client.fresh();
            let name = Message::new(registry, registry::BIND).uint(shm.name).uint(7).raw(b"wl_shm\0\xff");
            client.send(&name.uint(1).uint(id))?;
            client.lives()
        },
    ),
    Case::must(
        "W13s",
        "A request is sent one byte at a time; it is queued until whole and then answered.",
        "manual",
        w13s,
    ),
    Case::must(
        "W14s",
        "Three requests and 7 bytes of a fourth in one write: three answers; the rest completes later.",
        "connection.c",
        w14s,
    ),
    Case::must(
        "W15s",
        "A header claiming 65535 bytes, no multiple of 4, dies as invalid_method at once.",
        "manual, Wire Format: 32-bit words",
        |fixture| dies_of(fixture.client()?, &Message::new(DISPLAY, 0).uint(2).bytes_claiming(65535)),
    ),
    Case::must(
        "W15t",
        "A header claiming 13 bytes, with 13 sent, dies as invalid_method; the stream is not read unaligned.",
        "manual, Wire Format: 32-bit words",
        |fixture| dies_of(fixture.client()?, &Message::new(DISPLAY, 0).uint(2).raw(&[0]).bytes_claiming(13)),
    ),
    Case::must(
        "W15w",
        "A bind of 33 bytes, one more than it needs and no multiple of 4, dies as invalid_method.",
        "manual, Wire Format: 32-bit words",
        |fixture| {
            let (mut client, registry, shm) = ready_to_bind(fixture)?;
            let id = client.fresh();
            client.send(&bind(registry, shm.name, "wl_shm", 1, id).raw(&[0]))?;
            client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
        },
    ),
    Case::must(
        "W15u",
        "A header claiming 0 bytes dies as invalid_method; no endless loop.",
        "manual, Wire Format: a size is at least 8",
        |fixture| dies_of(fixture.client()?, &Message::new(DISPLAY, 0).uint(2).bytes_claiming(0)),
    ),
    Case::must(
        "W15v",
        "A header claiming 4 bytes, less than itself, dies as invalid_method.",
        "manual, Wire Format: a size is at least 8",
        |fixture| dies_of(fixture.client()?, &Message::new(DISPLAY, 0).bytes_claiming(4)),
    ),
    Case::must(
        "W18s",
        "A string length of 0xfffffffc in a short message dies as invalid_method; nothing overflows.",
        "connection-test",
        |fixture| string_length(fixture, 0xffff_fffc),
    ),
    Case::must(
        "W18t",
        "A string length of 0x80000000 in a short message dies as invalid_method.",
        "connection-test",
        |fixture| string_length(fixture, 0x8000_0000),
    ),
    Case::must(
        "W18u",
        "A string length of 0x7fffffff in a short message dies as invalid_method.",
        "connection-test",
        |fixture| string_length(fixture, 0x7fff_ffff),
    ),
    Case::must(
        "W19s",
        "A string whose last byte is not NUL dies as invalid_method.",
        "connection.c demarshal",
        |fixture| interface_argument(fixture, |message| message.uint(6).raw(b"wl_shm\0\0")),
    ),
    Case::must(
        "W19t",
        "A string with a NUL inside dies as invalid_method.",
        "manual: interior null not permitted",
        |fixture| interface_argument(fixture, |message| message.uint(7).raw(b"wl\0shm\0\0")),
    ),
    Case::must(
        "W20s",
        "A string of one byte more than the message holds is malformed, not a reason to wait.",
        "connection.c",
        |fixture| interface_argument(fixture, |message| message.uint(17).raw(b"wl_shm\0\0")),
    ),
    Case::must(
        "W21s",
        "A request that ends before its only argument dies as invalid_method.",
        "connection.c",
        |fixture| dies_of(fixture.client()?, &Message::new(DISPLAY, display::SYNC).bytes()),
    ),
    Case::must("W21t", "A bind that ends after its string dies as invalid_method.", "connection.c", |fixture| {
        let (mut client, registry, shm) = ready_to_bind(fixture)?;
        client.send(&Message::new(registry, 0).uint(shm.name).string("wl_shm"))?;
        client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
    }),
    Case::should(
        "W22s",
        "Two words more than the signature needs die as invalid_method; they are no message.",
        "rule of the kit; libwayland ignores them",
        |fixture| dies_of(fixture.client()?, &Message::new(DISPLAY, display::SYNC).uint(2).uint(0).uint(0).bytes()),
    ),
    Case::should(
        "W22t",
        "The same behind a string, where the length is not known beforehand.",
        "rule of the kit; libwayland ignores them",
        |fixture| {
            let (mut client, registry, shm) = ready_to_bind(fixture)?;
            let id = client.fresh();
            client.send(&bind(registry, shm.name, "wl_shm", 1, id).uint(0))?;
            client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
        },
    ),
    Case::must(
        "W24s",
        "Opcode 0xffff dies as invalid_method, without reading past a table.",
        "wayland-server.c",
        |fixture| no_such_method(fixture.client()?, DISPLAY, 0xffff),
    ),
    Case::must(
        "W24t",
        "A request to the id 0xffffffff dies as invalid_object, without an index overflow.",
        "wayland-server.c",
        |fixture| no_such_object(fixture.client()?, u32::MAX),
    ),
    Case::must(
        "W25s",
        "A null string where none may be null dies as invalid_method.",
        "connection.c demarshal",
        |fixture| interface_argument(fixture, |message| message.uint(0)),
    ),
    Case::should(
        "W27s",
        "A string of invalid UTF-8 is refused or taken as bytes; the server answers for it either way.",
        "manual: UTF-8",
        w27s,
    ),
];

fn no_such_object(mut client: Client, id: u32) -> Verdict {
    client.send(&Message::new(id, 0).uint(2))?;
    let (text, _) = client.dies(DISPLAY, display::INVALID_OBJECT)?;
    ensure(text.contains(&id.to_string()), || format!("the error text \"{text}\" does not name the object"))
}

fn no_such_method(mut client: Client, object: u32, opcode: u16) -> Verdict {
    client.send(&Message::new(object, opcode))?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn dies_of(mut client: Client, bytes: &[u8]) -> Verdict {
    client.send_bytes(bytes)?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn o07b_freed(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let callback = client.fresh();
    client.send(&sync(callback))?;
    client.until_done(callback)?;
    client.lives()?;
    no_such_object(client, callback)
}

fn o09_destroyed_twice(fixture: &mut Fixture) -> Verdict {
    let (mut client, compositor) = fixture.bound("wl_compositor", 1)?;
    let region = client.fresh();
    client.send(&Message::new(compositor, compositor::CREATE_REGION).uint(region))?;
    let destroy = Message::new(region, compositor::DESTROY).bytes();
    client.send_bytes(&[destroy.clone(), destroy].concat())?;
    client.dies(DISPLAY, display::INVALID_OBJECT).map(drop)
}

fn o10_nothing_after_the_error(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    client.send_bytes(&[sync(2).bytes(), Message::new(NEVER, 0).bytes(), sync(3).bytes()].concat())?;
    let (_, before) = client.dies(DISPLAY, display::INVALID_OBJECT)?;
    let done = |id: u32| before.iter().any(|event| (event.object, event.opcode) == (id, callback::DONE));
    ensure(done(2), || "the request before the bad one was not answered".to_owned())?;
    ensure(!done(3), || "the request behind the bad one was executed".to_owned())
}

/// Sends `set_opaque_region` with the object that `pick` gives.
fn object_argument(fixture: &mut Fixture, pick: impl FnOnce(&mut Client) -> Result<u32, Stop>) -> Verdict {
    let (mut client, surface) = fixture.surface(1)?;
    let object = pick(&mut client)?;
    client.send(&Message::new(surface, compositor::SET_OPAQUE_REGION).uint(object))?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

/// A client with a registry, and the server's `wl_shm` global.
fn ready_to_bind(fixture: &Fixture) -> Result<(Client, u32, super::Global), Stop> {
    let shm = fixture.need("wl_shm", 1)?;
    let mut client = fixture.client()?;
    let (registry, _) = client.registry()?;
    Ok((client, registry, shm))
}

/// Sends a bind whose interface argument is what `write` writes.
fn interface_argument(fixture: &mut Fixture, write: impl FnOnce(Message) -> Message) -> Verdict {
    let mut client = fixture.client()?;
    let (registry, globals) = client.registry()?;
    let Some(first) = globals.first() else { return fail("the registry is empty") };
    let id = client.fresh();
    client.send(&write(Message::new(registry, 0).uint(first.name)).uint(1).uint(id))?;
    client.dies(DISPLAY, display::INVALID_METHOD).map(drop)
}

fn string_length(fixture: &mut Fixture, length: u32) -> Verdict {
    interface_argument(fixture, |message| message.uint(length))
}

fn w13s(fixture: &mut Fixture) -> Verdict {
    let (mut client, registry, shm) = ready_to_bind(fixture)?;
    let (id, callback) = (client.fresh(), client.fresh());
    let bind = bind(registry, shm.name, "wl_shm", 1, id);
    for byte in [bind.bytes(), sync(callback).bytes()].concat() {
        client.send_bytes(&[byte])?;
    }
    let events = client.until_done(callback)?;
    let bound = events.iter().any(|event| (event.object, event.opcode) == (id, shm::FORMAT));
    ensure(bound, || "the bind had no effect".to_owned())
}

fn w14s(fixture: &mut Fixture) -> Verdict {
    let mut client = fixture.client()?;
    let fourth = sync(5).bytes();
    client.send_bytes(&[sync(2).bytes(), sync(3).bytes(), sync(4).bytes(), fourth[..7].to_vec()].concat())?;
    for id in 2..=4 {
        client.until_done(id)?;
    }
    client.send_bytes(&fourth[7..])?;
    client.until_done(5).map(drop)
}

fn w27s(fixture: &mut Fixture) -> Verdict {
    let (mut client, registry, shm) = ready_to_bind(fixture)?;
    let id = client.fresh();
    client.send(&Message::new(registry, 0).uint(shm.name).array(b"wl_\xff\xfe\0").uint(1).uint(id))?;
    // It is malformed, or it is the name of another interface: an error event in both cases.
    client.death().map(drop)
}
