//! What panels mean for windows: the room that is left, what lies above what, and
//! who gets the keyboard. Skipped as in `layers`.

use wayline_conformance::wire::Received;

use crate::contracts::{AT, popup};
use crate::guest::{Guest, Window, event, request};
use crate::layers::{SET_ZONE, TOP, TOP_EDGE, desk, layer};

/// Opcodes.
const SET_KEYBOARD: u16 = 4;
const GET_POPUP: u16 = 5;
const DESTROY: u16 = 7;

const OVERLAY: u32 = 3;

/// The size that a window was told next, which it acknowledges and shows in a colour.
fn follow(guest: &mut Guest, window: Window, colour: u32) -> (i32, i32) {
    let configure = guest.until(window.toplevel, event::CONFIGURE);
    let mut args = configure.args();
    let size = (args.int().unwrap(), args.int().unwrap());
    let serial = guest.until(window.xdg, event::CONFIGURE).first();
    guest.send(window.xdg, request::ACK, |m| m.uint(serial));
    let buffer = guest.buffer(size.0, size.1, colour);
    guest.show(window.surface, buffer);
    guest.sync();
    size
}

#[test]
fn a_maximised_window_leaves_panels_their_room() {
    const GREEN: u32 = 0x00_ff00;
    let Some(desk) = desk("maximised-beside-panel") else { return };
    let mut panels = Guest::new(&desk);
    let (panel, role, _) = layer(&mut panels, TOP, 100, TOP_EDGE, 100);
    let buffer = panels.buffer(1024, 100, 0x00_00ff);
    panels.show(panel, buffer);
    panels.sync();

    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, 0xff_0000);
    let screen = desk.screen();
    assert_eq!([screen.colour(AT.0, AT.1), screen.colour(AT.0, AT.1 + 100)], [0x00_00ff, 0xff_0000]);
    guest.send(window.toplevel, request::SET_MAXIMIZED, |m| m);
    guest.sync();
    let maximised = |event: &Received| (event.object, event.opcode) == (window.toplevel, event::CONFIGURE);
    let told = guest.events.iter().rposition(maximised).unwrap();
    guest.events.drain(..told).for_each(drop);
    let mut args = guest.events[0].args();
    assert_eq!((args.int().unwrap(), args.int().unwrap()), (1024, 668));
    let serial = guest.events[1].first();
    guest.send(window.xdg, request::ACK, |m| m.uint(serial));
    let buffer = guest.buffer(1024, 668, GREEN);
    guest.show(window.surface, buffer);
    guest.sync();
    let screen = desk.screen();
    assert_eq!([screen.colour(0, 99), screen.colour(0, 100), screen.colour(1023, 767)], [0x00_00ff, GREEN, GREEN]);

    // The window moves when it draws in its new size, not before.
    panels.send(role, SET_ZONE, |m| m.int(50));
    panels.send(panel, request::COMMIT, |m| m);
    panels.sync();
    assert_ne!(desk.screen().colour(0, 767), 0x00_00ff);
    assert_eq!(follow(&mut guest, window, GREEN), (1024, 718));
    assert_eq!([desk.screen().colour(0, 99), desk.screen().colour(0, 100)], [0x00_00ff, GREEN]);
    // A panel that is taken away needs no room, one that is gone neither.
    panels.send(panel, request::ATTACH, |m| m.uint(0).int(0).int(0));
    panels.send(panel, request::COMMIT, |m| m);
    panels.sync();
    assert_eq!(follow(&mut guest, window, GREEN), (1024, 768));
    assert_eq!(desk.screen().colour(0, 0), GREEN);
    let (_, role, _) = layer(&mut panels, TOP, 30, TOP_EDGE, 30);
    assert_eq!(follow(&mut guest, window, GREEN), (1024, 738));
    panels.send(role, DESTROY, |m| m);
    panels.sync();
    assert_eq!(follow(&mut guest, window, GREEN), (1024, 768));
}

#[test]
fn a_window_that_is_told_its_size_before_a_panel_comes_is_told_again() {
    let Some(desk) = desk("maximised-before-panel") else { return };
    let mut guest = Guest::new(&desk);
    let window = guest.toplevel();
    guest.send(window.toplevel, request::SET_MAXIMIZED, |m| m);
    guest.configure(window.surface, window.xdg);
    let mut panels = Guest::new(&desk);
    layer(&mut panels, TOP, 100, TOP_EDGE, 100);
    let buffer = guest.buffer(1024, 768, 0x00_ff00);
    guest.show(window.surface, buffer);
    guest.events.clear();
    // It is told first that it is active, then what room there is; or at once.
    while follow(&mut guest, window, 0x00_ff00) != (1024, 668) {}
}

#[test]
fn a_window_that_fills_the_screen_is_above_panels_until_another_is_raised() {
    const RED: u32 = 0xff_0000;
    let Some(desk) = desk("fullscreen-over-panel") else { return };
    let mut panels = Guest::new(&desk);
    for (level, height, colour) in [(TOP, 100, 0x00_00ff), (OVERLAY, 10, 0xff_ffff)] {
        let (panel, ..) = layer(&mut panels, level, height, TOP_EDGE, 0);
        let buffer = panels.buffer(1024, height as i32, colour);
        panels.show(panel, buffer);
        panels.sync();
    }
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, RED);
    let colours = || {
        let screen = desk.screen();
        [screen.colour(0, 5), screen.colour(0, 50), screen.colour(0, 767)]
    };
    guest.events.clear();
    guest.send(window.toplevel, request::SET_FULLSCREEN, |m| m.uint(0));
    while follow(&mut guest, window, RED) != (1024, 768) {}
    assert_eq!(colours(), [0xff_ffff, RED, RED]);
    let mut other = Guest::new(&desk);
    other.window(10, 10, 0x12_3456);
    assert_eq!(colours(), [0xff_ffff, 0x00_00ff, RED]);
}

#[test]
fn the_keyboard_is_kept_by_what_asks_for_all_of_it() {
    const EXCLUSIVE: u32 = 1;
    const ON_DEMAND: u32 = 2;
    const CLOSED: u16 = 1;
    let Some(mut desk) = desk("layer-exclusive-keyboard") else { return };
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, 0xff_0000);
    let seat = guest.bind("wl_seat", 8);
    let keyboard = guest.make(seat, request::GET_KEYBOARD, |m| m);
    let (panel, role, _) = layer(&mut guest, TOP, 20, TOP_EDGE, 0);
    guest.send(role, SET_KEYBOARD, |m| m.uint(EXCLUSIVE));
    let buffer = guest.buffer(1024, 20, 0x00_00ff);
    guest.show(panel, buffer);
    let entered = |guest: &mut Guest| {
        let enter = guest.until(keyboard, event::KEYBOARD_ENTER);
        let mut args = enter.args();
        (args.uint().unwrap(), args.uint().unwrap()).1
    };
    while entered(&mut guest) != panel {}
    guest.events.clear();
    // Neither a click nor a new window takes it away.
    desk.click((AT.0 + 100, AT.1 + 100));
    desk.click((900, 700));
    guest.window(10, 10, 0x12_3456);
    desk.screen();
    guest.sync();
    assert!(!guest.has(keyboard, event::KEYBOARD_ENTER));

    // From one that takes it when asked to, a click does.
    guest.send(role, SET_KEYBOARD, |m| m.uint(ON_DEMAND));
    guest.send(panel, request::COMMIT, |m| m);
    guest.sync();
    desk.click((AT.0 + 150, AT.1 + 150));
    assert_eq!(entered(&mut guest), window.surface);
    desk.click((900, 10));
    assert_eq!(entered(&mut guest), panel);
    guest.send(role, SET_KEYBOARD, |m| m.uint(0));
    guest.send(panel, request::COMMIT, |m| m);
    // The topmost window gets it.
    assert_eq!(entered(&mut guest), window.surface);
    desk.act(&["close"]);
    guest.until(window.toplevel, CLOSED);
}

#[test]
fn a_popup_of_a_panel_lies_above_it_and_gets_the_pointer() {
    let Some(mut desk) = desk("layer-popup") else { return };
    let mut guest = Guest::new(&desk);
    let (panel, role, _) = layer(&mut guest, TOP, 100, TOP_EDGE, 0);
    let buffer = guest.buffer(1024, 100, 0x00_00ff);
    guest.show(panel, buffer);
    let seat = guest.bind("wl_seat", 8);
    let pointer = guest.make(seat, request::GET_POINTER, |m| m);
    guest.sync();
    desk.act(&["move 10 10"]);
    let (surface, xdg, popup) = popup(&mut guest, 0);
    guest.send(role, GET_POPUP, |m| m.uint(popup));
    guest.configure(surface, xdg);
    let buffer = guest.buffer(30, 30, 0x00_ff00);
    guest.show(surface, buffer);
    let enter = guest.until(pointer, event::POINTER_ENTER);
    let mut args = enter.args();
    assert_eq!((args.uint().unwrap(), args.uint().unwrap()).1, surface);
    let screen = desk.screen();
    assert_eq!([screen.colour(10, 10), screen.colour(50, 10)], [0x00_ff00, 0x00_00ff]);
}
