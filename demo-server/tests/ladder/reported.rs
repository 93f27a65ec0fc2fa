//! What clients may do by the specifications and were punished for, or did not get, by one compositor or another.

use crate::contracts::{AT, popup};
use crate::desk::Desk;
use crate::guest::{Guest, Window, event, request};

const ACTIVATED: u32 = 4;
const POPUP_REPOSITION: u16 = 2;
const REPOSITIONED: u16 = 2;
const SUB_DESTROY: u16 = 0;
const DISCARDED: u16 = 2;
/// `wl_display.error.implementation`.
const IMPLEMENTATION: u32 = 3;

/// A client with a window and a keyboard.
fn with_keyboard(desk: &Desk) -> (Guest, Window, u32) {
    let mut guest = Guest::new(desk);
    let window = guest.window(200, 200, 0xff_0000);
    let seat = guest.bind("wl_seat", 8);
    let keyboard = guest.make(seat, request::GET_KEYBOARD, |m| m);
    guest.sync();
    (guest, window, keyboard)
}

fn unmap(guest: &mut Guest, surface: u32) {
    guest.send(surface, request::ATTACH, |m| m.uint(0).int(0).int(0));
    guest.send(surface, request::COMMIT, |m| m);
}

/// The serials of configurations that came and were not looked at.
fn serials(guest: &mut Guest, xdg: u32) -> Vec<u32> {
    guest.sync();
    let came = |event: &&wayline_conformance::wire::Received| (event.object, event.opcode) == (xdg, event::CONFIGURE);
    let found = guest.events.iter().filter(came).map(wayline_conformance::wire::Received::first).collect();
    guest.events.clear();
    found
}

/// Whether the latest configuration of a window says that it is active.
fn is_active(guest: &Guest, window: Window) -> Option<bool> {
    let came = guest.events.iter().rev().find(|event| event.object == window.toplevel && event.opcode == 0)?;
    let mut args = came.args();
    let (_, _, states) = (args.int(), args.int(), args.array().unwrap());
    Some(states.chunks_exact(4).any(|state| u32::from_ne_bytes(state.try_into().unwrap()) == ACTIVATED))
}

#[test]
fn the_keyboard_never_goes_to_a_window_that_is_not_shown() {
    let mut desk = Desk::new("keyboard-hidden", &[]);
    let (mut below, window, keyboard) = with_keyboard(&desk);
    // A window with a subsurface, unmapped, and one that was never mapped.
    let mut guest = Guest::new(&desk);
    let hidden = guest.window(100, 100, 0x00_ff00);
    let (subcompositor, child) = (guest.bind("wl_subcompositor", 1), guest.surface());
    guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(hidden.surface));
    let buffer = guest.buffer(10, 10, 0x00_00ff);
    guest.show(child, buffer);
    guest.send(hidden.surface, request::COMMIT, |m| m);
    guest.toplevel();
    guest.sync();
    below.sync();
    below.events.clear();
    unmap(&mut guest, hidden.surface);
    guest.sync();
    below.until(keyboard, event::KEYBOARD_ENTER);
    desk.press(&["a"]);
    const KEY: u16 = 3;
    below.until(keyboard, KEY);
    below.sync();
    assert!(window.surface > 0 && !below.has(keyboard, event::KEYBOARD_LEAVE));
}

#[test]
fn a_configuration_that_crosses_an_unmap_may_be_acknowledged() {
    let desk = Desk::new("ack-unmap", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(100, 100, 0xff_0000);
    // The activation is on its way.
    let sent = serials(&mut guest, window.xdg);
    assert!(!sent.is_empty());
    unmap(&mut guest, window.surface);
    for serial in sent.into_iter().chain(serials(&mut guest, window.xdg)) {
        guest.send(window.xdg, request::ACK, |m| m.uint(serial));
    }
    guest.sync();
    // None of them counts for what comes next.
    guest.configure(window.surface, window.xdg);
    let buffer = guest.buffer(100, 100, 0xff_0000);
    guest.show(window.surface, buffer);
    guest.sync();
    unmap(&mut guest, window.surface);
    let buffer = guest.buffer(100, 100, 0xff_0000);
    guest.show(window.surface, buffer);
    const UNCONFIGURED_BUFFER: u32 = 3;
    guest.expect_error(window.xdg, UNCONFIGURED_BUFFER);
}

#[test]
fn a_configuration_of_a_role_that_was_made_anew_may_be_acknowledged() {
    let desk = Desk::new("ack-role", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.toplevel();
    guest.send(window.surface, request::COMMIT, |m| m);
    let sent = serials(&mut guest, window.xdg);
    guest.send(window.toplevel, request::TOPLEVEL_DESTROY, |m| m);
    guest.make(window.xdg, request::GET_TOPLEVEL, |m| m);
    guest.send(window.xdg, request::ACK, |m| m.uint(sent[0]));
    guest.sync();
    guest.send(window.xdg, request::ACK, |m| m.uint(sent[0]));
    const INVALID_SERIAL: u32 = 4;
    guest.expect_error(window.xdg, INVALID_SERIAL);
}

#[test]
fn hundreds_of_changes_are_a_few_configurations_until_one_is_acknowledged() {
    let desk = Desk::new("ack-many", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(100, 100, 0xff_0000);
    let mut sent = serials(&mut guest, window.xdg);
    for turn in 0..600 {
        let opcode = if turn % 2 == 0 { request::SET_MAXIMIZED } else { request::UNSET_MAXIMIZED };
        guest.send(window.toplevel, opcode, |m| m);
    }
    sent.extend(serials(&mut guest, window.xdg));
    assert!(sent.len() <= 32, "{} were sent", sent.len());
    guest.send(window.toplevel, request::SET_MAXIMIZED, |m| m);
    // The oldest is valid still, and then comes the latest state.
    guest.send(window.xdg, request::ACK, |m| m.uint(sent[0]));
    guest.sync();
    let last = guest.events.iter().rev().find(|event| event.object == window.toplevel && event.opcode == 0).unwrap();
    assert_eq!(last.args().int().unwrap(), 1024);
}

#[test]
fn a_subsurface_made_anew_shows_what_it_has() {
    let desk = Desk::new("subsurface-anew", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, 0xff_0000);
    let (subcompositor, child) = (guest.bind("wl_subcompositor", 1), guest.surface());
    let make = |guest: &mut Guest| {
        let sub = guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(window.surface));
        guest.send(window.surface, request::COMMIT, |m| m);
        sub
    };
    let sub = make(&mut guest);
    guest.send(sub, request::SUB_SET_DESYNC, |m| m);
    let buffer = guest.buffer(50, 50, 0x00_ff00);
    guest.show(child, buffer);
    guest.send(sub, SUB_DESTROY, |m| m);
    guest.sync();
    assert_eq!(desk.screen().colour(AT.0 + 10, AT.1 + 10), 0xff_0000);
    make(&mut guest);
    guest.sync();
    assert_eq!(desk.screen().colour(AT.0 + 10, AT.1 + 10), 0x00_ff00);
}

#[test]
fn a_popup_that_is_repositioned_before_its_first_commit_waits_for_it() {
    let desk = Desk::new("reposition-early", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, 0xff_0000);
    let (surface, xdg, popup) = popup(&mut guest, window.xdg);
    let base = guest.bind("xdg_wm_base", 5);
    let positioner = guest.make(base, request::CREATE_POSITIONER, |m| m);
    guest.send(positioner, request::POSITIONER_SIZE, |m| m.int(40).int(40));
    guest.send(positioner, request::POSITIONER_ANCHOR_RECT, |m| m.int(50).int(50).int(2).int(2));
    guest.send(popup, POPUP_REPOSITION, |m| m.uint(positioner).uint(77));
    guest.sync();
    assert!(!guest.has(popup, event::CONFIGURE) && !guest.has(xdg, event::CONFIGURE));
    guest.send(surface, request::COMMIT, |m| m);
    assert_eq!(guest.until(popup, REPOSITIONED).first(), 77);
    let serial = guest.until(xdg, event::CONFIGURE).first();
    guest.send(xdg, request::ACK, |m| m.uint(serial));
    let buffer = guest.buffer(40, 40, 0x00_ff00);
    guest.show(surface, buffer);
    guest.sync();
    assert_eq!(desk.screen().colour(AT.0 + 51, AT.1 + 51), 0x00_ff00);
}

#[test]
fn a_reactive_popup_is_placed_anew_when_its_window_is_moved() {
    let mut desk = Desk::new("reactive", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 100, 0xff_0000);
    let seat = guest.bind("wl_seat", 8);
    let pointer = guest.make(seat, request::GET_POINTER, |m| m);
    let base = guest.bind("xdg_wm_base", 5);
    let positioner = guest.make(base, request::CREATE_POSITIONER, |m| m);
    const ADJUSTMENT: u16 = 5;
    const REACTIVE: u16 = 7;
    const SLIDE_X: u32 = 1;
    guest.send(positioner, request::POSITIONER_SIZE, |m| m.int(30).int(30));
    guest.send(positioner, request::POSITIONER_ANCHOR_RECT, |m| m.int(150).int(50).int(2).int(2));
    guest.send(positioner, ADJUSTMENT, |m| m.uint(SLIDE_X));
    guest.send(positioner, REACTIVE, |m| m);
    let surface = guest.surface();
    let xdg = guest.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
    let popup = guest.make(xdg, request::GET_POPUP, |m| m.uint(window.xdg).uint(positioner));
    guest.send(surface, request::COMMIT, |m| m);
    let place = |guest: &mut Guest| guest.until(popup, event::CONFIGURE).args().int().unwrap();
    assert_eq!(place(&mut guest), 136);
    let serial = guest.until(xdg, event::CONFIGURE).first();
    guest.send(xdg, request::ACK, |m| m.uint(serial));
    let buffer = guest.buffer(30, 30, 0x00_ff00);
    guest.show(surface, buffer);
    guest.sync();
    desk.act(&[&format!("move {} {}", AT.0 + 10, AT.1 + 10), "button left press"]);
    let serial = guest.until(pointer, event::BUTTON).first();
    guest.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    guest.sync();
    // Its right edge meets that of the screen.
    desk.act(&["move 900 400", "button left release"]);
    assert_eq!(place(&mut guest), 1024 - 890 - 30);
}

#[test]
fn feedback_for_content_that_nobody_saw_is_discarded() {
    let desk = Desk::new("feedback-hidden", &[]);
    let mut guest = Guest::new(&desk);
    let surface = guest.surface();
    let presentation = guest.bind("wp_presentation", 1);
    let feedback = guest.id();
    guest.send(presentation, request::FEEDBACK, |m| m.uint(surface).uint(feedback));
    let buffer = guest.buffer(10, 10, 0xff);
    guest.show(surface, buffer);
    guest.until(feedback, DISCARDED);
}

#[test]
fn a_window_geometry_ends_where_the_surface_does() {
    let desk = Desk::new("geometry", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.toplevel();
    guest.configure(window.surface, window.xdg);
    guest.send(window.xdg, request::SET_GEOMETRY, |m| m.int(-50).int(-50).int(500).int(500));
    let buffer = guest.buffer(100, 100, 0xff_0000);
    guest.show(window.surface, buffer);
    guest.sync();
    // As if it had said nothing.
    assert_eq!(desk.screen().colour(AT.0, AT.1), 0xff_0000);
    guest.send(window.xdg, request::SET_GEOMETRY, |m| m.int(200).int(0).int(10).int(10));
    guest.send(window.surface, request::COMMIT, |m| m);
    const INVALID_SIZE: u32 = 5;
    guest.expect_error(window.xdg, INVALID_SIZE);
}

#[test]
fn a_relation_between_windows_ends_when_one_is_unmapped() {
    let desk = Desk::new("parent-unmapped", &[]);
    let mut guest = Guest::new(&desk);
    let (parent, child) = (guest.window(100, 100, 0xff_0000), guest.window(50, 50, 0x00_ff00));
    guest.send(child.toplevel, request::SET_PARENT, |m| m.uint(parent.toplevel));
    unmap(&mut guest, child.surface);
    guest.send(parent.toplevel, request::SET_PARENT, |m| m.uint(child.toplevel));
    guest.sync();
    guest.send(child.toplevel, request::SET_PARENT, |m| m.uint(parent.toplevel));
    const INVALID_PARENT: u32 = 1;
    guest.expect_error(child.toplevel, INVALID_PARENT);
}

#[test]
fn each_data_device_of_a_client_can_take_a_drop() {
    let mut desk = Desk::new("drag-devices", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, 0xff_0000);
    let (manager, seat) = (guest.bind("wl_data_device_manager", 3), guest.bind("wl_seat", 8));
    let devices = [(); 2].map(|()| guest.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat)));
    let pointer = guest.make(seat, request::GET_POINTER, |m| m);
    for device in devices {
        let source = guest.make(manager, request::CREATE_SOURCE, |m| m);
        guest.send(source, request::SOURCE_OFFER, |m| m.string("text/plain"));
        guest.send(source, request::SOURCE_ACTIONS, |m| m.uint(1));
        guest.sync();
        desk.act(&[&format!("move {} {}", AT.0 + 50, AT.1 + 50), "button left press"]);
        let serial = guest.until(pointer, event::BUTTON).first();
        guest.send(devices[0], request::START_DRAG, |m| m.uint(source).uint(window.surface).uint(0).uint(serial));
        let enter = guest.until(device, event::DRAG_ENTER);
        let mut args = enter.args();
        let (serial, _, _, _) = (args.uint().unwrap(), args.uint(), args.uint(), args.uint());
        let offer = args.uint().unwrap();
        guest.send(offer, request::ACCEPT, |m| m.uint(serial).string("text/plain"));
        guest.send(offer, request::OFFER_ACTIONS, |m| m.uint(1).uint(1));
        guest.sync();
        guest.events.clear();
        desk.act(&["button left release"]);
        guest.until(device, event::DROP);
        guest.until(source, event::DROP_PERFORMED);
        guest.sync();
        let other = devices.into_iter().find(|other| *other != device).unwrap();
        assert!(!guest.has(other, event::DROP));
        guest.send(offer, request::FINISH, |m| m);
    }
}

#[test]
fn a_window_stays_active_while_a_menu_of_it_is_open() {
    let mut desk = Desk::new("active-menu", &[]);
    let (mut guest, window, _) = with_keyboard(&desk);
    let seat = guest.bind("wl_seat", 8);
    let pointer = guest.make(seat, request::GET_POINTER, |m| m);
    guest.sync();
    desk.click((AT.0 + 100, AT.1 + 100));
    let serial = guest.until(pointer, event::BUTTON).first();
    assert_eq!(is_active(&guest, window), Some(true));
    guest.events.clear();
    let (surface, xdg, popup) = popup(&mut guest, window.xdg);
    guest.send(popup, request::POPUP_GRAB, |m| m.uint(seat).uint(serial));
    guest.configure(surface, xdg);
    let buffer = guest.buffer(30, 30, 0x00_ff00);
    guest.show(surface, buffer);
    guest.sync();
    assert_ne!(is_active(&guest, window), Some(false));
    desk.click((900, 700));
    guest.until(popup, event::POPUP_DONE);
    guest.sync();
    assert_eq!(is_active(&guest, window), Some(false), "the click was beside all windows");
}

#[test]
fn a_popup_ends_with_its_parent_and_does_not_start_without() {
    let desk = Desk::new("popup-parent", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, 0xff_0000);
    let (surface, xdg, first) = popup(&mut guest, window.xdg);
    guest.configure(surface, xdg);
    let buffer = guest.buffer(30, 30, 0x00_ff00);
    guest.show(surface, buffer);
    guest.sync();
    assert!(!guest.has(first, event::POPUP_DONE));
    unmap(&mut guest, window.surface);
    guest.until(first, event::POPUP_DONE);

    let never = guest.toplevel();
    let (surface, xdg, second) = popup(&mut guest, never.xdg);
    guest.configure(surface, xdg);
    guest.show(surface, buffer);
    guest.until(second, event::POPUP_DONE);
}

#[test]
fn a_small_fullscreen_window_is_in_the_middle_of_a_black_screen() {
    let desk = Desk::new("fullscreen-small", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.toplevel();
    guest.send(window.toplevel, request::SET_FULLSCREEN, |m| m.uint(0));
    guest.configure(window.surface, window.xdg);
    let buffer = guest.buffer(200, 100, 0xff_0000);
    guest.show(window.surface, buffer);
    guest.sync();
    let screen = desk.screen();
    assert_eq!([screen.colour(412, 334), screen.colour(611, 433)], [0xff_0000; 2]);
    assert_eq!([screen.colour(0, 0), screen.colour(411, 333), screen.colour(1023, 767)], [0; 3]);
}

#[test]
fn a_dialog_stays_on_the_screen_on_all_sides() {
    let mut desk = Desk::new("dialog", &[]);
    let mut guest = Guest::new(&desk);
    let parent = guest.window(200, 100, 0xff_0000);
    let seat = guest.bind("wl_seat", 8);
    let pointer = guest.make(seat, request::GET_POINTER, |m| m);
    guest.sync();
    desk.act(&[&format!("move {} {}", AT.0 + 50, AT.1 + 50), "button left press"]);
    let serial = guest.until(pointer, event::BUTTON).first();
    guest.send(parent.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    guest.sync();
    desk.act(&["move 1020 760", "button left release"]);
    let dialog = guest.toplevel();
    guest.send(dialog.toplevel, request::SET_PARENT, |m| m.uint(parent.toplevel));
    guest.configure(dialog.surface, dialog.xdg);
    let buffer = guest.buffer(300, 300, 0x00_00ff);
    guest.show(dialog.surface, buffer);
    guest.sync();
    let screen = desk.screen();
    assert_eq!([screen.colour(724, 468), screen.colour(1023, 767)], [0x00_00ff; 2]);
}

#[test]
fn the_names_of_types_are_limited_in_bytes() {
    let desk = Desk::new("types", &[]);
    let mut guest = Guest::new(&desk);
    let manager = guest.bind("wl_data_device_manager", 3);
    let source = guest.make(manager, request::CREATE_SOURCE, |m| m);
    let long = "x".repeat(4000);
    for _ in 0..8 {
        guest.send(source, request::SOURCE_OFFER, |m| m.string(&long));
    }
    guest.sync();
    guest.send(source, request::SOURCE_OFFER, |m| m.string(&long));
    guest.expect_error(1, IMPLEMENTATION);
}

#[test]
fn the_screen_is_announced_after_what_describes_it() {
    let desk = Desk::new("order-of-globals", &[]);
    let guest = Guest::new(&desk);
    let at = |name: &str| guest.globals.iter().position(|global| global.1 == name).unwrap();
    assert!(at("wl_output") > at("zxdg_output_manager_v1") && at("wl_output") > at("wp_presentation"));
}

#[test]
fn windows_draw_their_own_frames() {
    let promises = |desk: &Desk| Guest::new(desk).globals.iter().any(|global| global.1.contains("decoration"));
    assert!(!promises(&Desk::new("no-decoration", &[])));
    let desk = Desk::new("decoration", &["--offer", "zxdg_decoration_manager_v1=1"]);
    let mut guest = Guest::new(&desk);
    let window = guest.toplevel();
    let manager = guest.bind("zxdg_decoration_manager_v1", 1);
    let decoration = guest.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
    guest.send(window.surface, request::COMMIT, |m| m);
    const CLIENT_SIDE: u32 = 1;
    assert_eq!(guest.until(decoration, event::CONFIGURE).first(), CLIENT_SIDE);
    const SET_MODE: u16 = 1;
    guest.send(decoration, SET_MODE, |m| m.uint(2));
    assert_eq!(guest.until(decoration, event::CONFIGURE).first(), CLIENT_SIDE);
}
