//! Faults of the kind that people report, put into a client or a server: each is named in one line. And what is right is
//! not called wrong.

use wayline::dynamic::{Direction, Value};

use super::{PATIENCE, Talk};
use crate::capture::packet::{Body, End};
use crate::facts::Rule;
use crate::show::line::Format;

type Script = fn(&mut Talk);

/// A program with one mistake each.
const FAULTS: &[(&str, Script)] = &[
    ("the server ends the client, which says \"Error 71\"", |talk| {
        talk.window();
        talk.request("xdg_toplevel", 12, "set_title", vec![Value::String(Some("a".into()))]);
        let said = Value::String(Some("no\nmanners".into()));
        talk.event("wl_display", 1, "error", vec![Value::Object(5), Value::Uint(3), said]);
    }),
    ("a request to a destroyed object", |talk| {
        talk.surface();
        talk.request("wl_surface", 10, "destroy", vec![]);
        talk.commit();
    }),
    ("a request that the bound version does not have", |talk| {
        talk.surface();
        talk.request("wl_surface", 10, "offset", vec![Value::Int(0), Value::Int(0)]);
    }),
    ("an event that the bound version does not have", |talk| {
        talk.request("wl_seat", 6, "get_pointer", vec![Value::NewId(30)]);
        talk.event("wl_pointer", 30, "axis_value120", vec![Value::Uint(0), Value::Int(120)]);
    }),
    ("a version that was not offered", |talk| {
        talk.global(9, "wl_output", 2);
        talk.bind(9, "wl_output", 4, 30);
    }),
    ("a global that does not exist", |talk| talk.bind(77, "wl_output", 1, 30)),
    ("a global that was removed", |talk| {
        talk.global(9, "wl_output", 2);
        talk.event("wl_registry", 2, "global_remove", vec![Value::Uint(9)]);
        talk.bind(9, "wl_output", 2, 30);
    }),
    ("a global under another name", |talk| talk.bind(4, "wl_output", 1, 30)),
    ("a serial that nobody has sent", |talk| {
        talk.window();
        talk.request("xdg_toplevel", 12, "move", vec![Value::Object(6), Value::Uint(12)]);
    }),
    ("a configure that was not sent is acknowledged", |talk| {
        talk.window();
        talk.configure(5);
        talk.acknowledge(6);
        talk.acknowledge(5);
    }),
    ("a configure that is never acknowledged: the window is frozen", |talk| {
        talk.window();
        talk.configure(5);
        talk.pass(PATIENCE);
        talk.sync(30);
    }),
    ("a buffer before the first configure", |talk| {
        talk.pool(1024, 1024);
        talk.buffer(21, 0);
        talk.window();
        talk.attach(21);
        talk.commit();
    }),
    ("a ping that is never answered: the window counts as frozen", |talk| {
        talk.event("xdg_wm_base", 5, "ping", vec![Value::Uint(8)]);
        talk.pass(PATIENCE);
        talk.sync(30);
    }),
    ("a pong without a ping", |talk| talk.request("xdg_wm_base", 5, "pong", vec![Value::Uint(8)])),
    ("a frame callback that never comes", |talk| {
        talk.surface();
        talk.request("wl_surface", 10, "frame", vec![Value::NewId(30)]);
        talk.commit();
        talk.pass(PATIENCE);
        talk.sync(31);
    }),
    ("a server that does not answer", |talk| {
        talk.sync(30);
        talk.pass(PATIENCE);
        talk.surface();
    }),
    ("a commit that is forgotten: nothing is shown", |talk| {
        talk.pool(1024, 1024);
        talk.buffer(21, 0);
        talk.surface();
        talk.attach(21);
        talk.damage();
        talk.pass(PATIENCE);
        talk.sync(30);
    }),
    ("damage that is forgotten: the old picture stays", |talk| {
        talk.pool(1024, 1024);
        talk.buffer(21, 0);
        talk.buffer(22, 256);
        talk.surface();
        talk.attach(21);
        talk.commit();
        talk.attach(22);
        talk.commit();
        talk.event("wl_buffer", 21, "release", vec![]);
    }),
    ("a buffer that is never released: the client runs out of them", |talk| {
        talk.pool(1024, 1024);
        talk.buffer(21, 0);
        talk.buffer(22, 256);
        talk.surface();
        for buffer in [21, 22] {
            talk.attach(buffer);
            talk.damage();
            talk.commit();
        }
        talk.pass(PATIENCE);
        talk.sync(30);
    }),
    ("a buffer that is destroyed while it is shown", |talk| {
        talk.pool(1024, 1024);
        talk.buffer(21, 0);
        talk.surface();
        talk.attach(21);
        talk.commit();
        talk.request("wl_buffer", 21, "destroy", vec![]);
    }),
    ("a pool larger than its file: SIGBUS", |talk| talk.pool(8192, 4096)),
    ("a buffer that is not within its pool", |talk| {
        talk.pool(1024, 1024);
        talk.buffer(21, 1000);
    }),
    ("a surface that ends before its role", |talk| {
        talk.window();
        talk.request("wl_surface", 10, "destroy", vec![]);
    }),
    ("a shell that ends before its windows", |talk| {
        talk.window();
        talk.request("xdg_wm_base", 5, "destroy", vec![]);
    }),
    ("a message that is not valid", |talk| {
        talk.end(Direction::Request, End::Refused("invalid object 99".into()));
    }),
    ("a client that dies in the middle of a message", |talk| {
        talk.end(Direction::Request, End::Broken("closed by the peer after 5 bytes of a message".into()));
    }),
    ("a side that does not read", |talk| {
        talk.packet(Body::Fault(Rule::PeerBehind.fault("the client does not read: 70000 bytes wait")));
    }),
];

#[test]
fn each_fault_is_named_in_one_line() {
    assert!(FAULTS.len() >= 20);
    let mut said = String::new();
    for (what, script) in FAULTS {
        let mut talk = Talk::new();
        script(&mut talk);
        let faults = talk.faults();
        assert_eq!(faults.len(), 1, "{what}: {faults:#?}");
        said += &format!("{what}\n    {}\n", faults[0]);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn what_is_wrong_is_seen_even_if_no_other_message_is_looked_at() {
    for (what, script) in FAULTS {
        let [all, only_faults] = [&[][..], &["errors"]].map(|filters| {
            let mut talk = Talk::filtered(filters);
            script(&mut talk);
            talk.faults()
        });
        assert_eq!(all, only_faults, "{what}");
    }
}

#[test]
fn a_flood_of_globals_is_not_kept_and_nobody_is_blamed_for_what_was_not() {
    let mut talk = Talk::with(Format::Text, &["errors"]);
    talk.request("wl_display", 1, "get_registry", vec![Value::NewId(2)]);
    (0..4096).for_each(|name| talk.global(name, "wl_output", 2));
    talk.bind(5000, "wl_output", 2, 3);
    (0..4097).for_each(|name| talk.global(name, "wl_output", 2));
    talk.bind(4096, "wl_output", 2, 4);
    talk.bind(5000, "wl_output", 2, 5);
    talk.bind(7, "wl_output", 3, 6);
    let faults = talk.faults();
    let kinds: Vec<_> = faults.iter().filter_map(|fault| fault.split(':').next()).collect();
    assert_eq!(kinds, ["bind-unknown-name", "bind-above-offer"], "{faults:#?}");
}

#[test]
fn a_program_without_mistakes_is_not_blamed() {
    let mut talk = Talk::new();
    talk.pool(1024, 4096);
    talk.buffer(21, 0);
    talk.buffer(22, 256);
    talk.window();
    talk.commit();
    for serial in 1..=3 {
        talk.event("xdg_wm_base", 5, "ping", vec![Value::Uint(serial + 10)]);
        talk.request("xdg_wm_base", 5, "pong", vec![Value::Uint(serial + 10)]);
        talk.configure(serial);
    }
    // The last one acknowledges all.
    talk.acknowledge(3);
    for (buffer, other) in [(21, 22), (22, 21), (21, 22)] {
        talk.attach(buffer);
        talk.damage();
        talk.request("wl_surface", 10, "frame", vec![Value::NewId(30)]);
        talk.commit();
        talk.pass(PATIENCE / 2);
        talk.event("wl_callback", 30, "done", vec![Value::Uint(0)]);
        talk.event("wl_display", 1, "delete_id", vec![Value::Uint(30)]);
        talk.event("wl_buffer", other, "release", vec![]);
    }
    talk.request("wl_seat", 6, "get_pointer", vec![Value::NewId(31)]);
    let pressed = [99, 0, 272, 1].map(Value::Uint);
    talk.event("wl_pointer", 31, "button", pressed.into());
    talk.request("xdg_toplevel", 12, "move", vec![Value::Object(6), Value::Uint(99)]);
    talk.request("xdg_toplevel", 12, "destroy", vec![]);
    // An event that was under way meanwhile.
    talk.event("xdg_toplevel", 12, "close", vec![]);
    talk.request("xdg_surface", 11, "destroy", vec![]);
    talk.request("wl_surface", 10, "destroy", vec![]);
    talk.request("wl_buffer", 21, "destroy", vec![]);
    talk.request("xdg_wm_base", 5, "destroy", vec![]);
    talk.pass(PATIENCE * 2);
    talk.end(Direction::Request, End::Closed);
    assert_eq!(talk.faults(), Vec::<String>::new());
}
