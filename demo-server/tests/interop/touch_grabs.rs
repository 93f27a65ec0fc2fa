//! What a finger does for the compositor because a client asked for it: drags data,
//! moves windows. The client is told no more of that finger.

use crate::contracts::AT;
use crate::test_client::{TestClient, Window, event, request};
use crate::test_server::TestServer;
use crate::touch::screen;

const DOWN: u16 = wayline_wayland::wl_touch::opcode::DOWN;

/// The serial of the next finger that comes down on this client.
fn down(client: &mut TestClient, touch: u32) -> u32 {
    client.until(touch, DOWN).first()
}

/// Whether a touch object was told anything since events were cleared.
fn was_told(client: &mut TestClient, touch: u32) -> bool {
    client.sync();
    client.events.iter().any(|event| event.object == touch)
}

/// A client with a window that drags what it has, from a finger on it.
struct Dragger {
    client: TestClient,
    touch: u32,
    source: u32,
}

impl Dragger {
    fn start(
        server: &mut TestServer,
        mut client: TestClient,
        touch: u32,
        window: Window,
        at: (usize, usize),
    ) -> Dragger {
        let (manager, seat) = (client.bind("wl_data_device_manager", 3), client.bind("wl_seat", 8));
        let device = client.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
        let source = client.make(manager, request::CREATE_SOURCE, |m| m);
        client.send(source, request::SOURCE_OFFER, |m| m.string("text/plain"));
        client.send(source, request::SOURCE_ACTIONS, |m| m.uint(1));
        server.act(&[&format!("touch 4 down {} {}", at.0, at.1)]);
        let serial = down(&mut client, touch);
        client.send(device, request::START_DRAG, |m| m.uint(source).uint(window.surface).uint(0).uint(serial));
        client.sync();
        client.events.clear();
        Dragger { client, touch, source }
    }
}

#[test]
fn a_finger_drags_data_from_one_client_to_another() {
    let (mut server, mut client, touch) = screen("touch-drag");
    let mut target = TestClient::new(&server);
    let onto = target.window(200, 200, 0x00_ff00);
    let (manager, seat) = (target.bind("wl_data_device_manager", 3), target.bind("wl_seat", 8));
    let device = target.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    target.sync();
    // The second window goes where the first one is not: its corner is at two thirds of that.
    let window = client.window(200, 200, 0xff_0000);
    let at = (AT.0 + 250, AT.1 + 250);
    let mut dragger = Dragger::start(&mut server, client, touch, window, at);

    // Neither the pointer nor another finger leads it.
    server.act(&["move 900 20", "touch 5 down 900 700", "touch 5 up"]);
    server.act(&[&format!("touch 4 move {} {}", AT.0 + 10, AT.1 + 20)]);
    let enter = target.until(device, event::DRAG_ENTER);
    let mut args = enter.args();
    let (serial, surface) = (args.uint().unwrap(), args.uint().unwrap());
    let (x, y, offer) = (args.uint().unwrap(), args.uint().unwrap(), args.uint().unwrap());
    assert_eq!((surface, x / 256, y / 256), (onto.surface, 10, 20));
    target.send(offer, request::ACCEPT, |m| m.uint(serial).string("text/plain"));
    target.send(offer, request::OFFER_ACTIONS, |m| m.uint(1).uint(1));
    target.sync();
    server.act(&["touch 4 up"]);
    target.until(device, event::DROP);
    dragger.client.until(dragger.source, event::DROP_PERFORMED);
    assert!(!was_told(&mut dragger.client, dragger.touch));
    // The next time it comes down it is told as ever.
    server.act(&[&format!("touch 4 down {} {}", at.0, at.1)]);
    down(&mut dragger.client, dragger.touch);
}

#[test]
fn what_is_dragged_by_a_finger_is_cancelled_with_all_touches() {
    let (mut server, mut client, touch) = screen("touch-drag-cancelled");
    let window = client.window(200, 200, 0xff_0000);
    let mut dragger = Dragger::start(&mut server, client, touch, window, (AT.0 + 10, AT.1 + 10));
    server.act(&["touch cancel"]);
    dragger.client.until(dragger.source, event::CANCELLED);
    server.act(&[&format!("touch 4 down {} {}", AT.0 + 10, AT.1 + 10)]);
    down(&mut dragger.client, dragger.touch);
}

/// Waits until the window is 100 pixels to the right of where the first one is put, and 50 below.
fn moved(server: &TestServer) {
    let (x, y) = (AT.0 + 100, AT.1 + 50);
    let corner = |x, y, screen: &crate::screen::Screen| screen.colour(x, y) == 0xff_0000;
    server.wait_for("moved window", |screen| (corner(x, y, screen) && !corner(x - 1, y - 1, screen)).then_some(()));
}

#[test]
fn a_finger_moves_a_window() {
    let (mut server, mut client, touch) = screen("touch-move");
    let window = client.window(200, 200, 0xff_0000);
    server.act(&[&format!("touch 0 down {} {}", AT.0 + 10, AT.1 + 10)]);
    let serial = down(&mut client, touch);
    let seat = client.bind("wl_seat", 8);
    client.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    client.sync();
    client.events.clear();
    server.act(&[&format!("touch 0 move {} {}", AT.0 + 110, AT.1 + 60)]);
    moved(&server);
    server.act(&["touch 0 up", "touch 0 move 0 0"]);
    assert!(!was_told(&mut client, touch));
    moved(&server);
    // The same serial a second time is that of a finger that is not down.
    client.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    client.sync();
    server.act(&["touch 1 down 900 700", "touch 1 move 100 100", "touch 1 up"]);
    moved(&server);
}
