//! What clients may do by the specifications and were punished for, or did not get, by one compositor or another.

use crate::contracts::{AT, popup};
use crate::test_client::{TestClient, Window, event, request};
use crate::test_server::TestServer;
use wayline_protocols::presentation_time::wp_presentation_feedback;
use wayline_protocols::xdg_decoration::zxdg_toplevel_decoration_v1;
use wayline_protocols::xdg_shell::{xdg_popup, xdg_positioner, xdg_toplevel};
use wayline_wayland::{wl_keyboard, wl_subsurface};

const ACTIVATED: u32 = 4;
const POPUP_REPOSITION: u16 = xdg_popup::opcode::REPOSITION;
const REPOSITIONED: u16 = xdg_popup::opcode::REPOSITIONED;
const SUB_DESTROY: u16 = wl_subsurface::opcode::DESTROY;
const DISCARDED: u16 = wp_presentation_feedback::opcode::DISCARDED;
/// `wl_display.error.implementation`.
const IMPLEMENTATION: u32 = 3;

/// A client with a window and a keyboard.
fn with_keyboard(server: &TestServer) -> (TestClient, Window, u32) {
    let mut client = TestClient::new(server);
    let window = client.window(200, 200, 0xff_0000);
    let seat = client.bind("wl_seat", 8);
    let keyboard = client.make(seat, request::GET_KEYBOARD, |m| m);
    client.sync();
    (client, window, keyboard)
}

fn unmap(client: &mut TestClient, surface: u32) {
    client.send(surface, request::ATTACH, |m| m.uint(0).int(0).int(0));
    client.send(surface, request::COMMIT, |m| m);
}

/// The serials of configurations that came and were not looked at.
fn serials(client: &mut TestClient, xdg: u32) -> Vec<u32> {
    client.sync();
    let came = |event: &&wayline_conformance::wire::Received| (event.object, event.opcode) == (xdg, event::CONFIGURE);
    let found = client.events.iter().filter(came).map(wayline_conformance::wire::Received::first).collect();
    client.events.clear();
    found
}

/// Whether the latest configuration of a window says that it is active.
fn is_active(client: &TestClient, window: Window) -> Option<bool> {
    let came = client
        .events
        .iter()
        .rev()
        .find(|event| (event.object, event.opcode) == (window.toplevel, xdg_toplevel::opcode::CONFIGURE))?;
    let mut args = came.args();
    let (_, _, states) = (args.int(), args.int(), args.array().unwrap());
    Some(states.chunks_exact(4).any(|state| u32::from_ne_bytes(state.try_into().unwrap()) == ACTIVATED))
}

#[test]
fn the_keyboard_never_goes_to_a_window_that_is_not_shown() {
    let mut server = TestServer::new("keyboard-hidden", &[]);
    let (mut below, window, keyboard) = with_keyboard(&server);
    // A window with a subsurface, unmapped, and one that was never mapped.
    let mut client = TestClient::new(&server);
    let hidden = client.window(100, 100, 0x00_ff00);
    let (subcompositor, child) = (client.bind("wl_subcompositor", 1), client.surface());
    client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(hidden.surface));
    let buffer = client.buffer(10, 10, 0x00_00ff);
    client.show(child, buffer);
    client.send(hidden.surface, request::COMMIT, |m| m);
    client.toplevel();
    client.sync();
    below.sync();
    below.events.clear();
    unmap(&mut client, hidden.surface);
    client.sync();
    below.until(keyboard, event::KEYBOARD_ENTER);
    server.press(&["a"]);
    const KEY: u16 = wl_keyboard::opcode::KEY;
    below.until(keyboard, KEY);
    below.sync();
    assert!(window.surface > 0 && !below.has(keyboard, event::KEYBOARD_LEAVE));
}

#[test]
fn a_configuration_that_crosses_an_unmap_may_be_acknowledged() {
    let server = TestServer::new("ack-unmap", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(100, 100, 0xff_0000);
    // The activation is on its way.
    let sent = serials(&mut client, window.xdg);
    assert!(!sent.is_empty());
    unmap(&mut client, window.surface);
    for serial in sent.into_iter().chain(serials(&mut client, window.xdg)) {
        client.send(window.xdg, request::ACK, |m| m.uint(serial));
    }
    client.sync();
    // None of them counts for what comes next.
    client.configure(window.surface, window.xdg);
    let buffer = client.buffer(100, 100, 0xff_0000);
    client.show(window.surface, buffer);
    client.sync();
    unmap(&mut client, window.surface);
    let buffer = client.buffer(100, 100, 0xff_0000);
    client.show(window.surface, buffer);
    const UNCONFIGURED_BUFFER: u32 = 3;
    client.expect_error(window.xdg, UNCONFIGURED_BUFFER);
}

#[test]
fn a_configuration_of_a_role_that_was_made_anew_may_be_acknowledged() {
    let server = TestServer::new("ack-role", &[]);
    let mut client = TestClient::new(&server);
    let window = client.toplevel();
    client.send(window.surface, request::COMMIT, |m| m);
    let sent = serials(&mut client, window.xdg);
    client.send(window.toplevel, request::TOPLEVEL_DESTROY, |m| m);
    client.make(window.xdg, request::GET_TOPLEVEL, |m| m);
    client.send(window.xdg, request::ACK, |m| m.uint(sent[0]));
    client.sync();
    client.send(window.xdg, request::ACK, |m| m.uint(sent[0]));
    const INVALID_SERIAL: u32 = 4;
    client.expect_error(window.xdg, INVALID_SERIAL);
}

#[test]
fn hundreds_of_changes_are_a_few_configurations_until_one_is_acknowledged() {
    let server = TestServer::new("ack-many", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(100, 100, 0xff_0000);
    let mut sent = serials(&mut client, window.xdg);
    for turn in 0..600 {
        let opcode = if turn % 2 == 0 { request::SET_MAXIMIZED } else { request::UNSET_MAXIMIZED };
        client.send(window.toplevel, opcode, |m| m);
    }
    sent.extend(serials(&mut client, window.xdg));
    assert!(sent.len() <= 32, "{} were sent", sent.len());
    client.send(window.toplevel, request::SET_MAXIMIZED, |m| m);
    // The oldest is valid still, and then comes the latest state.
    client.send(window.xdg, request::ACK, |m| m.uint(sent[0]));
    client.sync();
    let last = client
        .events
        .iter()
        .rev()
        .find(|event| (event.object, event.opcode) == (window.toplevel, xdg_toplevel::opcode::CONFIGURE))
        .unwrap();
    assert_eq!(last.args().int().unwrap(), 1024);
}

#[test]
fn a_subsurface_made_anew_shows_what_it_has() {
    let server = TestServer::new("subsurface-anew", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let (subcompositor, child) = (client.bind("wl_subcompositor", 1), client.surface());
    let make = |client: &mut TestClient| {
        let sub = client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(window.surface));
        client.send(window.surface, request::COMMIT, |m| m);
        sub
    };
    let sub = make(&mut client);
    client.send(sub, request::SUB_SET_DESYNC, |m| m);
    let buffer = client.buffer(50, 50, 0x00_ff00);
    client.show(child, buffer);
    client.send(sub, SUB_DESTROY, |m| m);
    client.sync();
    assert_eq!(server.screen().colour(AT.0 + 10, AT.1 + 10), 0xff_0000);
    make(&mut client);
    client.sync();
    assert_eq!(server.screen().colour(AT.0 + 10, AT.1 + 10), 0x00_ff00);
}

#[test]
fn a_popup_that_is_repositioned_before_its_first_commit_waits_for_it() {
    let server = TestServer::new("reposition-early", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let (surface, xdg, popup) = popup(&mut client, window.xdg);
    let base = client.bind("xdg_wm_base", 5);
    let positioner = client.make(base, request::CREATE_POSITIONER, |m| m);
    client.send(positioner, request::POSITIONER_SIZE, |m| m.int(40).int(40));
    client.send(positioner, request::POSITIONER_ANCHOR_RECT, |m| m.int(50).int(50).int(2).int(2));
    client.send(popup, POPUP_REPOSITION, |m| m.uint(positioner).uint(77));
    client.sync();
    assert!(!client.has(popup, event::CONFIGURE) && !client.has(xdg, event::CONFIGURE));
    client.send(surface, request::COMMIT, |m| m);
    assert_eq!(client.until(popup, REPOSITIONED).first(), 77);
    let serial = client.until(xdg, event::CONFIGURE).first();
    client.send(xdg, request::ACK, |m| m.uint(serial));
    let buffer = client.buffer(40, 40, 0x00_ff00);
    client.show(surface, buffer);
    client.sync();
    assert_eq!(server.screen().colour(AT.0 + 51, AT.1 + 51), 0x00_ff00);
}

#[test]
fn a_reactive_popup_is_placed_anew_when_its_window_is_moved() {
    let mut server = TestServer::new("reactive", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(200, 100, 0xff_0000);
    let seat = client.bind("wl_seat", 8);
    let pointer = client.make(seat, request::GET_POINTER, |m| m);
    let base = client.bind("xdg_wm_base", 5);
    let positioner = client.make(base, request::CREATE_POSITIONER, |m| m);
    const ADJUSTMENT: u16 = xdg_positioner::opcode::SET_CONSTRAINT_ADJUSTMENT;
    const REACTIVE: u16 = xdg_positioner::opcode::SET_REACTIVE;
    const SLIDE_X: u32 = 1;
    client.send(positioner, request::POSITIONER_SIZE, |m| m.int(30).int(30));
    client.send(positioner, request::POSITIONER_ANCHOR_RECT, |m| m.int(150).int(50).int(2).int(2));
    client.send(positioner, ADJUSTMENT, |m| m.uint(SLIDE_X));
    client.send(positioner, REACTIVE, |m| m);
    let surface = client.surface();
    let xdg = client.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
    let popup = client.make(xdg, request::GET_POPUP, |m| m.uint(window.xdg).uint(positioner));
    client.send(surface, request::COMMIT, |m| m);
    let place = |client: &mut TestClient| client.until(popup, event::CONFIGURE).args().int().unwrap();
    assert_eq!(place(&mut client), 136);
    let serial = client.until(xdg, event::CONFIGURE).first();
    client.send(xdg, request::ACK, |m| m.uint(serial));
    let buffer = client.buffer(30, 30, 0x00_ff00);
    client.show(surface, buffer);
    client.sync();
    server.act(&[&format!("move {} {}", AT.0 + 10, AT.1 + 10), "button left press"]);
    let serial = client.until(pointer, event::BUTTON).first();
    client.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    client.sync();
    // Its right edge meets that of the screen.
    server.act(&["move 900 400", "button left release"]);
    assert_eq!(place(&mut client), 1024 - 890 - 30);
}

#[test]
fn feedback_for_content_that_nobody_saw_is_discarded() {
    let server = TestServer::new("feedback-hidden", &[]);
    let mut client = TestClient::new(&server);
    let surface = client.surface();
    let presentation = client.bind("wp_presentation", 1);
    let feedback = client.id();
    client.send(presentation, request::FEEDBACK, |m| m.uint(surface).uint(feedback));
    let buffer = client.buffer(10, 10, 0xff);
    client.show(surface, buffer);
    client.until(feedback, DISCARDED);
}

#[test]
fn a_window_geometry_ends_where_the_surface_does() {
    let server = TestServer::new("geometry", &[]);
    let mut client = TestClient::new(&server);
    let window = client.toplevel();
    client.configure(window.surface, window.xdg);
    client.send(window.xdg, request::SET_GEOMETRY, |m| m.int(-50).int(-50).int(500).int(500));
    let buffer = client.buffer(100, 100, 0xff_0000);
    client.show(window.surface, buffer);
    client.sync();
    // As if it had said nothing.
    assert_eq!(server.screen().colour(AT.0, AT.1), 0xff_0000);
    client.send(window.xdg, request::SET_GEOMETRY, |m| m.int(200).int(0).int(10).int(10));
    client.send(window.surface, request::COMMIT, |m| m);
    const INVALID_SIZE: u32 = 5;
    client.expect_error(window.xdg, INVALID_SIZE);
}

#[test]
fn a_relation_between_windows_ends_when_one_is_unmapped() {
    let server = TestServer::new("parent-unmapped", &[]);
    let mut client = TestClient::new(&server);
    let (parent, child) = (client.window(100, 100, 0xff_0000), client.window(50, 50, 0x00_ff00));
    client.send(child.toplevel, request::SET_PARENT, |m| m.uint(parent.toplevel));
    unmap(&mut client, child.surface);
    client.send(parent.toplevel, request::SET_PARENT, |m| m.uint(child.toplevel));
    client.sync();
    client.send(child.toplevel, request::SET_PARENT, |m| m.uint(parent.toplevel));
    const INVALID_PARENT: u32 = 1;
    client.expect_error(child.toplevel, INVALID_PARENT);
}

#[test]
fn each_data_device_of_a_client_can_take_a_drop() {
    let mut server = TestServer::new("drag-devices", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let (manager, seat) = (client.bind("wl_data_device_manager", 3), client.bind("wl_seat", 8));
    let devices = [(); 2].map(|()| client.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat)));
    let pointer = client.make(seat, request::GET_POINTER, |m| m);
    for device in devices {
        let source = client.make(manager, request::CREATE_SOURCE, |m| m);
        client.send(source, request::SOURCE_OFFER, |m| m.string("text/plain"));
        client.send(source, request::SOURCE_ACTIONS, |m| m.uint(1));
        client.sync();
        server.act(&[&format!("move {} {}", AT.0 + 50, AT.1 + 50), "button left press"]);
        let serial = client.until(pointer, event::BUTTON).first();
        client.send(devices[0], request::START_DRAG, |m| m.uint(source).uint(window.surface).uint(0).uint(serial));
        let enter = client.until(device, event::DRAG_ENTER);
        let mut args = enter.args();
        let (serial, _, _, _) = (args.uint().unwrap(), args.uint(), args.uint(), args.uint());
        let offer = args.uint().unwrap();
        client.send(offer, request::ACCEPT, |m| m.uint(serial).string("text/plain"));
        client.send(offer, request::OFFER_ACTIONS, |m| m.uint(1).uint(1));
        client.sync();
        client.events.clear();
        server.act(&["button left release"]);
        client.until(device, event::DROP);
        client.until(source, event::DROP_PERFORMED);
        client.sync();
        let other = devices.into_iter().find(|other| *other != device).unwrap();
        assert!(!client.has(other, event::DROP));
        client.send(offer, request::FINISH, |m| m);
    }
}

#[test]
fn a_window_stays_active_while_a_menu_of_it_is_open() {
    let mut server = TestServer::new("active-menu", &[]);
    let (mut client, window, _) = with_keyboard(&server);
    let (seat, pointer) = client.pointer();
    server.click((AT.0 + 100, AT.1 + 100));
    let serial = client.until(pointer, event::BUTTON).first();
    assert_eq!(is_active(&client, window), Some(true));
    client.events.clear();
    let (surface, xdg, popup) = popup(&mut client, window.xdg);
    client.send(popup, request::POPUP_GRAB, |m| m.uint(seat).uint(serial));
    client.configure(surface, xdg);
    let buffer = client.buffer(30, 30, 0x00_ff00);
    client.show(surface, buffer);
    client.sync();
    assert_ne!(is_active(&client, window), Some(false));
    server.click((900, 700));
    client.until(popup, event::POPUP_DONE);
    client.sync();
    assert_eq!(is_active(&client, window), Some(false), "the click was beside all windows");
}

#[test]
fn a_popup_ends_with_its_parent_and_does_not_start_without() {
    let server = TestServer::new("popup-parent", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let (surface, xdg, first) = popup(&mut client, window.xdg);
    client.configure(surface, xdg);
    let buffer = client.buffer(30, 30, 0x00_ff00);
    client.show(surface, buffer);
    client.sync();
    assert!(!client.has(first, event::POPUP_DONE));
    unmap(&mut client, window.surface);
    client.until(first, event::POPUP_DONE);

    let never = client.toplevel();
    let (surface, xdg, second) = popup(&mut client, never.xdg);
    client.configure(surface, xdg);
    client.show(surface, buffer);
    client.until(second, event::POPUP_DONE);
}

#[test]
fn a_small_fullscreen_window_is_in_the_middle_of_a_black_screen() {
    let server = TestServer::new("fullscreen-small", &[]);
    let mut client = TestClient::new(&server);
    let window = client.toplevel();
    client.send(window.toplevel, request::SET_FULLSCREEN, |m| m.uint(0));
    client.configure(window.surface, window.xdg);
    let buffer = client.buffer(200, 100, 0xff_0000);
    client.show(window.surface, buffer);
    client.sync();
    let screen = server.screen();
    assert_eq!([screen.colour(412, 334), screen.colour(611, 433)], [0xff_0000; 2]);
    assert_eq!([screen.colour(0, 0), screen.colour(411, 333), screen.colour(1023, 767)], [0; 3]);
}

#[test]
fn a_dialog_stays_on_the_screen_on_all_sides() {
    let mut server = TestServer::new("dialog", &[]);
    let mut client = TestClient::new(&server);
    let parent = client.window(200, 100, 0xff_0000);
    let (seat, pointer) = client.pointer();
    server.act(&[&format!("move {} {}", AT.0 + 50, AT.1 + 50), "button left press"]);
    let serial = client.until(pointer, event::BUTTON).first();
    client.send(parent.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    client.sync();
    server.act(&["move 1020 760", "button left release"]);
    let dialog = client.toplevel();
    client.send(dialog.toplevel, request::SET_PARENT, |m| m.uint(parent.toplevel));
    client.configure(dialog.surface, dialog.xdg);
    let buffer = client.buffer(300, 300, 0x00_00ff);
    client.show(dialog.surface, buffer);
    client.sync();
    let screen = server.screen();
    assert_eq!([screen.colour(724, 468), screen.colour(1023, 767)], [0x00_00ff; 2]);
}

#[test]
fn the_names_of_types_are_limited_in_bytes() {
    let server = TestServer::new("types", &[]);
    let mut client = TestClient::new(&server);
    let manager = client.bind("wl_data_device_manager", 3);
    let source = client.make(manager, request::CREATE_SOURCE, |m| m);
    let long = "x".repeat(4000);
    for _ in 0..8 {
        client.send(source, request::SOURCE_OFFER, |m| m.string(&long));
    }
    client.sync();
    client.send(source, request::SOURCE_OFFER, |m| m.string(&long));
    client.expect_error(1, IMPLEMENTATION);
}

#[test]
fn the_screen_is_announced_after_what_describes_it() {
    let server = TestServer::new("order-of-globals", &[]);
    let client = TestClient::new(&server);
    let at = |name: &str| client.globals.iter().position(|global| global.interface == name).unwrap();
    assert!(at("wl_output") > at("zxdg_output_manager_v1") && at("wl_output") > at("wp_presentation"));
}

#[test]
fn windows_draw_their_own_frames() {
    let promises = |server: &TestServer| {
        TestClient::new(server).globals.iter().any(|global| global.interface.contains("decoration"))
    };
    assert!(!promises(&TestServer::new("no-decoration", &[])));
    let server = TestServer::new("decoration", &["--offer", "zxdg_decoration_manager_v1=1"]);
    let mut client = TestClient::new(&server);
    let window = client.toplevel();
    let manager = client.bind("zxdg_decoration_manager_v1", 1);
    let decoration = client.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
    client.send(window.surface, request::COMMIT, |m| m);
    const CLIENT_SIDE: u32 = 1;
    assert_eq!(client.until(decoration, event::CONFIGURE).first(), CLIENT_SIDE);
    const SET_MODE: u16 = zxdg_toplevel_decoration_v1::opcode::SET_MODE;
    client.send(decoration, SET_MODE, |m| m.uint(2));
    assert_eq!(client.until(decoration, event::CONFIGURE).first(), CLIENT_SIDE);
}
