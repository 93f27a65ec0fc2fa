//! What panels mean for windows: the room that is left, what lies above what, and
//! who gets the keyboard. Skipped as in `layers`.

use wayline_conformance::wire::Received;
use wayline_desktop_wayland::protocol::zwlr_layer_surface_v1;

use crate::contracts::{AT, popup};
use crate::layers::{SET_ZONE, TOP, TOP_EDGE, layer, start};
use crate::test_client::{TestClient, Window, event, request};

/// Opcodes.
const SET_KEYBOARD: u16 = zwlr_layer_surface_v1::opcode::SET_KEYBOARD_INTERACTIVITY;
const GET_POPUP: u16 = zwlr_layer_surface_v1::opcode::GET_POPUP;
const DESTROY: u16 = zwlr_layer_surface_v1::opcode::DESTROY;

const OVERLAY: u32 = 3;

/// The size that a window was told next, which it acknowledges and shows in a colour.
fn follow(client: &mut TestClient, window: Window, colour: u32) -> (i32, i32) {
    let configure = client.until(window.toplevel, event::CONFIGURE);
    let mut args = configure.args();
    let size = (args.int().unwrap(), args.int().unwrap());
    let serial = client.until(window.xdg, event::CONFIGURE).first();
    client.send(window.xdg, request::ACK, |m| m.uint(serial));
    let buffer = client.buffer(size.0, size.1, colour);
    client.show(window.surface, buffer);
    client.sync();
    size
}

#[test]
fn a_maximised_window_leaves_panels_their_room() {
    const GREEN: u32 = 0x00_ff00;
    let Some(server) = start("maximised-beside-panel") else { return };
    let mut panels = TestClient::new(&server);
    let (panel, role, _) = layer(&mut panels, TOP, 100, TOP_EDGE, 100);
    let buffer = panels.buffer(1024, 100, 0x00_00ff);
    panels.show(panel, buffer);
    panels.sync();

    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let screen = server.screen();
    assert_eq!([screen.colour(AT.0, AT.1), screen.colour(AT.0, AT.1 + 100)], [0x00_00ff, 0xff_0000]);
    client.send(window.toplevel, request::SET_MAXIMIZED, |m| m);
    client.sync();
    let maximised = |event: &Received| (event.object, event.opcode) == (window.toplevel, event::CONFIGURE);
    let told = client.events.iter().rposition(maximised).unwrap();
    client.events.drain(..told).for_each(drop);
    let mut args = client.events[0].args();
    assert_eq!((args.int().unwrap(), args.int().unwrap()), (1024, 668));
    let serial = client.events[1].first();
    client.send(window.xdg, request::ACK, |m| m.uint(serial));
    let buffer = client.buffer(1024, 668, GREEN);
    client.show(window.surface, buffer);
    client.sync();
    let screen = server.screen();
    assert_eq!([screen.colour(0, 99), screen.colour(0, 100), screen.colour(1023, 767)], [0x00_00ff, GREEN, GREEN]);

    // The window moves when it draws in its new size, not before.
    panels.send(role, SET_ZONE, |m| m.int(50));
    panels.send(panel, request::COMMIT, |m| m);
    panels.sync();
    assert_ne!(server.screen().colour(0, 767), 0x00_00ff);
    assert_eq!(follow(&mut client, window, GREEN), (1024, 718));
    assert_eq!([server.screen().colour(0, 99), server.screen().colour(0, 100)], [0x00_00ff, GREEN]);
    // A panel that is taken away needs no room, one that is gone neither.
    panels.send(panel, request::ATTACH, |m| m.uint(0).int(0).int(0));
    panels.send(panel, request::COMMIT, |m| m);
    panels.sync();
    assert_eq!(follow(&mut client, window, GREEN), (1024, 768));
    assert_eq!(server.screen().colour(0, 0), GREEN);
    let (_, role, _) = layer(&mut panels, TOP, 30, TOP_EDGE, 30);
    assert_eq!(follow(&mut client, window, GREEN), (1024, 738));
    panels.send(role, DESTROY, |m| m);
    panels.sync();
    assert_eq!(follow(&mut client, window, GREEN), (1024, 768));
}

#[test]
fn a_window_that_is_told_its_size_before_a_panel_comes_is_told_again() {
    let Some(server) = start("maximised-before-panel") else { return };
    let mut client = TestClient::new(&server);
    let window = client.toplevel();
    client.send(window.toplevel, request::SET_MAXIMIZED, |m| m);
    client.configure(window.surface, window.xdg);
    let mut panels = TestClient::new(&server);
    layer(&mut panels, TOP, 100, TOP_EDGE, 100);
    let buffer = client.buffer(1024, 768, 0x00_ff00);
    client.show(window.surface, buffer);
    client.events.clear();
    // It is told first that it is active, then what room there is; or at once.
    while follow(&mut client, window, 0x00_ff00) != (1024, 668) {}
}

#[test]
fn a_window_that_fills_the_screen_is_above_panels_until_another_is_raised() {
    const RED: u32 = 0xff_0000;
    let Some(server) = start("fullscreen-over-panel") else { return };
    let mut panels = TestClient::new(&server);
    for (level, height, colour) in [(TOP, 100, 0x00_00ff), (OVERLAY, 10, 0xff_ffff)] {
        let (panel, ..) = layer(&mut panels, level, height, TOP_EDGE, 0);
        let buffer = panels.buffer(1024, height as i32, colour);
        panels.show(panel, buffer);
        panels.sync();
    }
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, RED);
    let colours = || {
        let screen = server.screen();
        [screen.colour(0, 5), screen.colour(0, 50), screen.colour(0, 767)]
    };
    client.events.clear();
    client.send(window.toplevel, request::SET_FULLSCREEN, |m| m.uint(0));
    while follow(&mut client, window, RED) != (1024, 768) {}
    assert_eq!(colours(), [0xff_ffff, RED, RED]);
    let mut other = TestClient::new(&server);
    other.window(10, 10, 0x12_3456);
    assert_eq!(colours(), [0xff_ffff, 0x00_00ff, RED]);
}

#[test]
fn the_keyboard_is_kept_by_what_asks_for_all_of_it() {
    const EXCLUSIVE: u32 = 1;
    const ON_DEMAND: u32 = 2;
    const CLOSED: u16 = zwlr_layer_surface_v1::opcode::CLOSED;
    let Some(mut server) = start("layer-exclusive-keyboard") else { return };
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let seat = client.bind("wl_seat", 8);
    let keyboard = client.make(seat, request::GET_KEYBOARD, |m| m);
    let (panel, role, _) = layer(&mut client, TOP, 20, TOP_EDGE, 0);
    client.send(role, SET_KEYBOARD, |m| m.uint(EXCLUSIVE));
    let buffer = client.buffer(1024, 20, 0x00_00ff);
    client.show(panel, buffer);
    let entered = |client: &mut TestClient| {
        let enter = client.until(keyboard, event::KEYBOARD_ENTER);
        let mut args = enter.args();
        (args.uint().unwrap(), args.uint().unwrap()).1
    };
    while entered(&mut client) != panel {}
    client.events.clear();
    // Neither a click nor a new window takes it away.
    server.click((AT.0 + 100, AT.1 + 100));
    server.click((900, 700));
    client.window(10, 10, 0x12_3456);
    server.screen();
    client.sync();
    assert!(!client.has(keyboard, event::KEYBOARD_ENTER));

    // From one that takes it when asked to, a click does.
    client.send(role, SET_KEYBOARD, |m| m.uint(ON_DEMAND));
    client.send(panel, request::COMMIT, |m| m);
    client.sync();
    server.click((AT.0 + 150, AT.1 + 150));
    assert_eq!(entered(&mut client), window.surface);
    server.click((900, 10));
    assert_eq!(entered(&mut client), panel);
    client.send(role, SET_KEYBOARD, |m| m.uint(0));
    client.send(panel, request::COMMIT, |m| m);
    // The topmost window gets it.
    assert_eq!(entered(&mut client), window.surface);
    server.act(&["close"]);
    client.until(window.toplevel, CLOSED);
}

#[test]
fn a_popup_of_a_panel_lies_above_it_and_gets_the_pointer() {
    let Some(mut server) = start("layer-popup") else { return };
    let mut client = TestClient::new(&server);
    let (panel, role, _) = layer(&mut client, TOP, 100, TOP_EDGE, 0);
    let buffer = client.buffer(1024, 100, 0x00_00ff);
    client.show(panel, buffer);
    let (_, pointer) = client.pointer();
    server.act(&["move 10 10"]);
    let (surface, xdg, popup) = popup(&mut client, 0);
    client.send(role, GET_POPUP, |m| m.uint(popup));
    client.configure(surface, xdg);
    let buffer = client.buffer(30, 30, 0x00_ff00);
    client.show(surface, buffer);
    let enter = client.until(pointer, event::POINTER_ENTER);
    let mut args = enter.args();
    assert_eq!((args.uint().unwrap(), args.uint().unwrap()).1, surface);
    let screen = server.screen();
    assert_eq!([screen.colour(10, 10), screen.colour(50, 10)], [0x00_ff00, 0x00_00ff]);
}
