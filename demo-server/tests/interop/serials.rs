//! Requests that answer an action of the user name its serial; any other serial
//! gets them nothing, and is no error.

use crate::contracts::{AT, popup};
use crate::test_client::{TestClient, Window, event, request};
use crate::test_server::TestServer;

/// A client with a window of 200x200 under the pressed left button.
struct Pressed {
    client: TestClient,
    window: Window,
    seat: u32,
    device: u32,
    manager: u32,
    serial: u32,
}

impl Pressed {
    fn new(server: &mut TestServer) -> Pressed {
        let mut client = TestClient::new(server);
        let window = client.window(200, 200, 0xff_0000);
        let (manager, seat) = (client.bind("wl_data_device_manager", 3), client.bind("wl_seat", 8));
        let device = client.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
        let pointer = client.make(seat, request::GET_POINTER, |m| m);
        client.sync();
        server.act(&[&format!("move {} {}", AT.0 + 50, AT.1 + 50), "button left press"]);
        let serial = client.until(pointer, event::BUTTON).first();
        Pressed { client, window, seat, device, manager, serial }
    }

    fn source(&mut self) -> u32 {
        let source = self.client.make(self.manager, request::CREATE_SOURCE, |m| m);
        self.client.send(source, request::SOURCE_OFFER, |m| m.string("text/plain"));
        source
    }

    fn set_selection(&mut self, serial: u32) -> u32 {
        let (device, source) = (self.device, self.source());
        self.client.send(device, request::SET_SELECTION, |m| m.uint(source).uint(serial));
        source
    }
}

#[test]
fn a_window_moves_only_for_the_press_that_goes_on() {
    let mut server = TestServer::new("serial-move", &[]);
    let Pressed { mut client, window, seat, serial, .. } = Pressed::new(&mut server);
    for wrong in [0, serial - 1, serial + 1] {
        client.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(wrong));
    }
    client.sync();
    let before = server.change(&server.screen()).edges;
    server.act(&[&format!("move {} {}", AT.0 + 60, AT.1 + 50)]);
    assert_eq!(server.change(&server.screen()).edges, before);

    client.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    client.sync();
    server.act(&[&format!("move {} {}", AT.0 + 360, AT.1 + 50)]);
    server.wait_for("moved window", |screen| (screen.colour(AT.0 + 450, AT.1 + 50) == 0xff_0000).then_some(()));

    // The press is over: its serial is of no use any more.
    server.act(&["button left release"]);
    server.screen();
    client.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    client.sync();
    server.act(&[&format!("move {} {}", AT.0 + 160, AT.1 + 50)]);
    server.screen();
    assert_eq!(server.screen().colour(AT.0 + 450, AT.1 + 50), 0xff_0000);
}

#[test]
fn a_drag_starts_only_for_the_press_that_goes_on() {
    let mut server = TestServer::new("serial-drag", &[]);
    let mut pressed = Pressed::new(&mut server);
    let (source, device, origin) = (pressed.source(), pressed.device, pressed.window.surface);
    let wrong = pressed.serial - 1;
    pressed.client.send(device, request::START_DRAG, |m| m.uint(source).uint(origin).uint(0).uint(wrong));
    pressed.client.until(source, event::CANCELLED);
    assert!(!pressed.client.has(device, event::DRAG_ENTER));
}

#[test]
fn a_selection_needs_the_keyboard_or_an_event_that_is_not_too_old() {
    let mut server = TestServer::new("serial-selection", &[]);
    let mut pressed = Pressed::new(&mut server);
    let serial = pressed.serial;
    let enter =
        pressed.client.events.iter().find(|event| event.opcode == event::POINTER_ENTER && event.first() < serial);
    let before = enter.unwrap().first();
    server.act(&["button left release"]);

    // Another client gets the keyboard.
    let mut other = TestClient::new(&server);
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
    pressed.client.until(unknown, event::CANCELLED);
    let copied = pressed.set_selection(serial);
    pressed.client.sync();
    assert!(!pressed.client.has(copied, event::CANCELLED));
    let late = pressed.set_selection(before);
    pressed.client.until(late, event::CANCELLED);
    assert!(!pressed.client.has(copied, event::CANCELLED));

    assert!(!copy(0), "who has the keyboard may copy at any time");
    pressed.client.until(copied, event::CANCELLED);
}

#[test]
fn a_popup_that_grabs_for_no_reason_is_done() {
    let mut server = TestServer::new("serial-popup", &[]);
    let Pressed { mut client, window, seat, serial, .. } = Pressed::new(&mut server);
    let (surface, xdg, wrong) = popup(&mut client, window.xdg);
    client.send(wrong, request::POPUP_GRAB, |m| m.uint(seat).uint(serial + 1));
    client.until(wrong, event::POPUP_DONE);
    client.send(wrong, request::POPUP_DESTROY, |m| m);
    client.send(xdg, request::XDG_DESTROY, |m| m);
    client.send(surface, request::SURFACE_DESTROY, |m| m);
    let (_, _, right) = popup(&mut client, window.xdg);
    client.send(right, request::POPUP_GRAB, |m| m.uint(seat).uint(serial));
    client.sync();
    assert!(!client.has(right, event::POPUP_DONE));
}
