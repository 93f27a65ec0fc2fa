//! Requests that answer an action of the user name its serial; any other serial
//! gets them nothing, and is no error.

use crate::contracts::{AT, popup};
use crate::desk::Desk;
use crate::guest::{Guest, Window, event, request};

/// A client with a window of 200x200 under the pressed left button.
struct Pressed {
    guest: Guest,
    window: Window,
    seat: u32,
    device: u32,
    manager: u32,
    serial: u32,
}

impl Pressed {
    fn new(desk: &mut Desk) -> Pressed {
        let mut guest = Guest::new(desk);
        let window = guest.window(200, 200, 0xff_0000);
        let (manager, seat) = (guest.bind("wl_data_device_manager", 3), guest.bind("wl_seat", 8));
        let device = guest.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
        let pointer = guest.make(seat, request::GET_POINTER, |m| m);
        guest.sync();
        desk.act(&[&format!("move {} {}", AT.0 + 50, AT.1 + 50), "button left press"]);
        let serial = guest.until(pointer, event::BUTTON).first();
        Pressed { guest, window, seat, device, manager, serial }
    }

    fn source(&mut self) -> u32 {
        let source = self.guest.make(self.manager, request::CREATE_SOURCE, |m| m);
        self.guest.send(source, request::SOURCE_OFFER, |m| m.string("text/plain"));
        source
    }

    fn set_selection(&mut self, serial: u32) -> u32 {
        let (device, source) = (self.device, self.source());
        self.guest.send(device, request::SET_SELECTION, |m| m.uint(source).uint(serial));
        source
    }
}

#[test]
fn a_window_moves_only_for_the_press_that_goes_on() {
    let mut desk = Desk::new("serial-move", &[]);
    let Pressed { mut guest, window, seat, serial, .. } = Pressed::new(&mut desk);
    for wrong in [0, serial - 1, serial + 1] {
        guest.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(wrong));
    }
    guest.sync();
    let before = desk.change(&desk.screen()).edges;
    desk.act(&[&format!("move {} {}", AT.0 + 60, AT.1 + 50)]);
    assert_eq!(desk.change(&desk.screen()).edges, before);

    guest.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    guest.sync();
    desk.act(&[&format!("move {} {}", AT.0 + 360, AT.1 + 50)]);
    desk.wait_for("moved window", |screen| (screen.colour(AT.0 + 450, AT.1 + 50) == 0xff_0000).then_some(()));

    // The press is over: its serial is of no use any more.
    desk.act(&["button left release"]);
    desk.screen();
    guest.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    guest.sync();
    desk.act(&[&format!("move {} {}", AT.0 + 160, AT.1 + 50)]);
    desk.screen();
    assert_eq!(desk.screen().colour(AT.0 + 450, AT.1 + 50), 0xff_0000);
}

#[test]
fn a_drag_starts_only_for_the_press_that_goes_on() {
    let mut desk = Desk::new("serial-drag", &[]);
    let mut pressed = Pressed::new(&mut desk);
    let (source, device, origin) = (pressed.source(), pressed.device, pressed.window.surface);
    let wrong = pressed.serial - 1;
    pressed.guest.send(device, request::START_DRAG, |m| m.uint(source).uint(origin).uint(0).uint(wrong));
    pressed.guest.until(source, event::CANCELLED);
    assert!(!pressed.guest.has(device, event::DRAG_ENTER));
}

#[test]
fn a_selection_needs_the_keyboard_or_an_event_that_is_not_too_old() {
    let mut desk = Desk::new("serial-selection", &[]);
    let mut pressed = Pressed::new(&mut desk);
    let serial = pressed.serial;
    let enter =
        pressed.guest.events.iter().find(|event| event.opcode == event::POINTER_ENTER && event.first() < serial);
    let before = enter.unwrap().first();
    desk.act(&["button left release"]);

    // Another client gets the keyboard.
    let mut other = Guest::new(&desk);
    other.window(100, 100, 0x00_ff00);
    let (manager, seat) = (other.bind("wl_data_device_manager", 3), other.bind("wl_seat", 8));
    let device = other.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    let mut copy = |serial| {
        let source = other.make(manager, request::CREATE_SOURCE, |m| m);
        other.send(device, request::SET_SELECTION, |m| m.uint(source).uint(serial));
        other.sync();
        other.has(source, event::CANCELLED)
    };

    // The server counts serials one by one: this is one that nobody has got.
    let unknown = pressed.set_selection(serial + 1000);
    pressed.guest.until(unknown, event::CANCELLED);
    let copied = pressed.set_selection(serial);
    pressed.guest.sync();
    assert!(!pressed.guest.has(copied, event::CANCELLED));
    let late = pressed.set_selection(before);
    pressed.guest.until(late, event::CANCELLED);
    assert!(!pressed.guest.has(copied, event::CANCELLED));

    assert!(!copy(0), "who has the keyboard may copy at any time");
    pressed.guest.until(copied, event::CANCELLED);
}

#[test]
fn a_popup_that_grabs_for_no_reason_is_done() {
    let mut desk = Desk::new("serial-popup", &[]);
    let Pressed { mut guest, window, seat, serial, .. } = Pressed::new(&mut desk);
    let (surface, xdg, wrong) = popup(&mut guest, window.xdg);
    guest.send(wrong, request::POPUP_GRAB, |m| m.uint(seat).uint(serial + 1));
    guest.until(wrong, event::POPUP_DONE);
    guest.send(wrong, request::POPUP_DESTROY, |m| m);
    guest.send(xdg, request::XDG_DESTROY, |m| m);
    guest.send(surface, request::SURFACE_DESTROY, |m| m);
    let (_, _, right) = popup(&mut guest, window.xdg);
    guest.send(right, request::POPUP_GRAB, |m| m.uint(seat).uint(serial));
    guest.sync();
    assert!(!guest.has(right, event::POPUP_DONE));
}
