//! Keyboards and pointers that are programs.

use std::os::fd::AsFd;

use wayline::io::shm::Memory;
use wayline_conformance::wire::Received;
use wayline_protocols::virtual_keyboard::zwp_virtual_keyboard_manager_v1::opcode as keyboards;
use wayline_protocols::virtual_keyboard::zwp_virtual_keyboard_v1::opcode as keyboard;
use wayline_protocols::wlr_virtual_pointer::zwlr_virtual_pointer_manager_v1::opcode as pointers;
use wayline_protocols::wlr_virtual_pointer::zwlr_virtual_pointer_v1::opcode as pointer;
use wayline_wayland::{wl_keyboard, wl_pointer};

use crate::contracts::AT;
use crate::test_client::{TestClient, event, request};
use crate::test_server::TestServer;
use wayline_conformance::target::installed;

const XKB_V1: u32 = 1;
const KEY: u16 = wl_keyboard::opcode::KEY;

/// A client with a window, and all it is told by.
fn reader(server: &TestServer) -> (TestClient, u32, u32) {
    let mut client = TestClient::new(server);
    let seat = client.bind("wl_seat", 8);
    let keyboard = client.make(seat, request::GET_KEYBOARD, |m| m);
    let pointer = client.make(seat, request::GET_POINTER, |m| m);
    client.window(200, 200, 0xff_0000);
    client.events.clear();
    (client, keyboard, pointer)
}

/// A client that types.
fn typist(server: &TestServer) -> (TestClient, u32) {
    let mut client = TestClient::new(server);
    let (manager, seat) = (client.bind("zwp_virtual_keyboard_manager_v1", 1), client.bind("wl_seat", 8));
    let id = client.id();
    client.send(manager, keyboards::CREATE_VIRTUAL_KEYBOARD, |m| m.uint(seat).uint(id));
    (client, id)
}

fn send_keymap(client: &mut TestClient, object: u32, text: &[u8]) {
    let fd = Memory::immutable("keymap", text).unwrap().try_clone_fd().unwrap();
    client.send_fds(object, keyboard::KEYMAP, &[fd.as_fd()], |m| m.uint(XKB_V1).uint(text.len() as u32));
}

fn key(client: &mut TestClient, object: u32, code: u32, state: u32) {
    client.send(object, keyboard::KEY, |m| m.uint(0).uint(code).uint(state));
}

/// The arguments of an event that are all words.
fn words<const N: usize>(event: &Received) -> [i32; N] {
    let mut args = event.args();
    std::array::from_fn(|_| args.int().unwrap())
}

/// What a keyboard was told: opcodes, with the code and state of keys.
fn told(client: &TestClient, object: u32) -> Vec<(u16, i32, i32)> {
    let one = |event: &Received| {
        let [_, _, code, state] = if event.opcode == KEY { words(event) } else { [0; 4] };
        (event.opcode, code, state)
    };
    client.events.iter().filter(|event| event.object == object).map(one).collect()
}

const TEXT: &[u8] = b"xkb_keymap { /* of the test */ };\0";

#[test]
fn what_a_program_types_comes_with_its_keymap() {
    let mut server = TestServer::new("virtual-keyboard", &[]);
    let (mut unfocused, other, _) = reader(&server);
    let (mut client, heard, _) = reader(&server);
    unfocused.sync();
    unfocused.events.clear();
    let (mut types, id) = typist(&server);
    send_keymap(&mut types, id, TEXT);
    key(&mut types, id, 30, 1);
    key(&mut types, id, 30, 1);
    key(&mut types, id, 30, 0);
    key(&mut types, id, 30, 0);
    types.send(id, keyboard::MODIFIERS, |m| m.uint(4).uint(0).uint(0).uint(0));
    types.sync();
    client.sync();
    let (map, modifiers) = (event::KEYMAP, event::MODIFIERS);
    let expected = [(map, 0, 0), (modifiers, 0, 0), (KEY, 30, 1), (KEY, 30, 0), (modifiers, 0, 0)];
    assert_eq!(told(&client, heard), expected, "each key goes down and up once");
    let [_, depressed] = words(client.events.last().unwrap());
    assert_eq!(depressed, 4);
    let keymap = client.events.iter().find(|event| (event.object, event.opcode) == (heard, map)).unwrap();
    assert_eq!(words(keymap), [XKB_V1 as i32, TEXT.len() as i32]);

    // What the user types is meant by the user's keymap again.
    client.events.clear();
    server.press(&["b"]);
    client.until(heard, KEY);
    assert_eq!(told(&client, heard)[..2], [(map, 0, 0), (modifiers, 0, 0)]);

    // What a program holds down is released when it goes.
    client.sync();
    key(&mut types, id, 31, 1);
    types.sync();
    client.events.clear();
    drop(types);
    client.until(heard, KEY);
    unfocused.sync();
    assert_eq!(told(&unfocused, other), [], "without the keyboard nothing is heard");
}

#[test]
fn keys_before_the_keymap_are_an_error() {
    let server = TestServer::new("virtual-keymap", &[]);
    let (mut types, id) = typist(&server);
    key(&mut types, id, 30, 1);
    types.expect_error(id, 0);
    let (mut types, id) = typist(&server);
    types.send(id, keyboard::MODIFIERS, |m| m.uint(0).uint(0).uint(0).uint(0));
    types.expect_error(id, 0);
    // What is no keymap reaches nobody; the error is that of `wl_display`, for what a server does not do.
    let (mut types, id) = typist(&server);
    send_keymap(&mut types, id, b"\xff\xfe");
    types.expect_error(1, 3);
    let (mut types, id) = typist(&server);
    let fd = Memory::immutable("keymap", TEXT).unwrap().try_clone_fd().unwrap();
    types.send_fds(id, keyboard::KEYMAP, &[fd.as_fd()], |m| m.uint(XKB_V1).uint(u32::MAX));
    types.expect_error(1, 3);
}

/// A client that points.
fn player(server: &TestServer) -> (TestClient, u32) {
    let mut client = TestClient::new(server);
    let manager = client.bind("zwlr_virtual_pointer_manager_v1", 2);
    let id = client.id();
    client.send(manager, pointers::CREATE_VIRTUAL_POINTER, |m| m.uint(0).uint(id));
    (client, id)
}

/// What was asked for happens.
fn frame(client: &mut TestClient, object: u32) {
    client.send(object, pointer::FRAME, |m| m);
}

#[test]
fn a_program_moves_the_pointer_and_clicks() {
    let server = TestServer::new("virtual-pointer", &[]);
    let (mut client, _, heard) = reader(&server);
    let (mut plays, id) = player(&server);
    // A quarter of the screen is on the window.
    plays.send(id, pointer::MOTION_ABSOLUTE, |m| m.uint(0).uint(1).uint(1).uint(4).uint(4));
    frame(&mut plays, id);
    let [_, _, x, y] = words(&client.until(heard, event::POINTER_ENTER));
    assert_eq!((x / 256, y / 256), (256 - AT.0 as i32, 192 - AT.1 as i32));
    // Who is entered is told a motion to the same place.
    client.until(heard, wl_pointer::opcode::MOTION);
    plays.send(id, pointer::MOTION, |m| m.uint(0).int(-3 * 256).int(2 * 256));
    frame(&mut plays, id);
    let [_, to_x, to_y] = words(&client.until(heard, wl_pointer::opcode::MOTION));
    assert_eq!((to_x - x, to_y - y), (-3 * 256, 2 * 256));
    plays.send(id, pointer::BUTTON, |m| m.uint(0).uint(0x110).uint(1));
    frame(&mut plays, id);
    client.until(heard, event::BUTTON);
    drop(plays);
    let [_, _, code, state] = words(&client.until(heard, event::BUTTON));
    assert_eq!((code, state), (0x110, 0), "what it held is let go");

    // Without an extent there is no place.
    let (mut plays, id) = player(&server);
    plays.send(id, pointer::MOTION_ABSOLUTE, |m| m.uint(0).uint(1).uint(1).uint(0).uint(0));
    plays.send(id, pointer::AXIS, |m| m.uint(0).uint(2).int(256));
    plays.expect_error(id, 0);
    let (mut plays, id) = player(&server);
    plays.send(id, pointer::AXIS_SOURCE, |m| m.uint(4));
    plays.expect_error(id, 1);
}

/// What a pointer is told of scrolling with each frame: opcodes, and the last word of each event.
fn scrolled(client: &mut TestClient, heard: u32) -> Vec<(u16, i32)> {
    use wl_pointer::opcode::{AXIS, AXIS_SOURCE, FRAME};

    client.until(heard, FRAME);
    let last = |event: &Received| match event.opcode {
        AXIS => words::<3>(event)[2],
        AXIS_SOURCE => words::<1>(event)[0],
        _ => words::<2>(event)[1],
    };
    let events = std::mem::take(&mut client.events);
    events.iter().filter(|event| event.object == heard).map(|event| (event.opcode, last(event))).collect()
}

#[test]
fn a_program_scrolls_by_steps_and_by_a_finger() {
    use wl_pointer::opcode::{AXIS, AXIS_DISCRETE, AXIS_SOURCE, AXIS_STOP, AXIS_VALUE120};

    const FINGER: i32 = 1;
    let server = TestServer::new("virtual-scroll", &[]);
    let (mut plays, id) = player(&server);
    plays.send(id, pointer::MOTION_ABSOLUTE, |m| m.uint(0).uint(1).uint(1).uint(4).uint(4));
    frame(&mut plays, id);
    for (version, steps) in [(7, (AXIS_DISCRETE, 2)), (8, (AXIS_VALUE120, 240))] {
        let mut client = TestClient::new(&server);
        let seat = client.bind("wl_seat", version);
        let heard = client.make(seat, request::GET_POINTER, |m| m);
        client.window(200, 200, 0xff_0000);
        client.sync();
        client.events.clear();
        plays.send(id, pointer::AXIS_DISCRETE, |m| m.uint(0).uint(0).int(10 * 256).int(2));
        plays.sync();
        client.sync();
        assert!(client.events.iter().all(|event| event.object != heard), "nothing before the frame");
        frame(&mut plays, id);
        assert_eq!(scrolled(&mut client, heard), [(AXIS_SOURCE, 0), steps, (AXIS, 10 * 256)]);

        plays.send(id, pointer::AXIS, |m| m.uint(0).uint(1).int(7 * 256));
        plays.send(id, pointer::AXIS_SOURCE, |m| m.uint(FINGER as u32));
        frame(&mut plays, id);
        assert_eq!(scrolled(&mut client, heard), [(AXIS_SOURCE, FINGER), (AXIS, 7 * 256)]);
        plays.send(id, pointer::AXIS_STOP, |m| m.uint(0).uint(1));
        plays.send(id, pointer::AXIS_SOURCE, |m| m.uint(FINGER as u32));
        frame(&mut plays, id);
        assert_eq!(scrolled(&mut client, heard), [(AXIS_SOURCE, FINGER), (AXIS_STOP, 1)]);
    }
    for _ in 0..257 {
        plays.send(id, pointer::MOTION, |m| m.uint(0).int(0).int(0));
    }
    plays.expect_error(1, 3);
}

#[test]
fn ext_wtype_types_into_foot() {
    if !installed("wtype") || !installed("foot") {
        return;
    }
    let mut server = TestServer::new("wtype", &[]);
    let mut program = server.start(&["foot", "sh", "-c", "read line; echo \"$line\" >typed.1; exec cat"]);
    server.shown(&mut program);
    let mut command = server.command(&["wtype", "A Word, {Groß}!", "-k", "Return"]);
    let output = command.env("LC_ALL", "C.UTF-8").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let file = server.path().join("typed.1");
    let typed = server.wait_for("text", |_| std::fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n')));
    assert_eq!(typed, "A Word, {Groß}!\n");
    server.close(program);
    server.finish();
}
