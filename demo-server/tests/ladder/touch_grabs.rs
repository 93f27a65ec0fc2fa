//! What a finger does for the compositor because a client asked for it: drags data,
//! moves windows. The client is told no more of that finger.

use crate::contracts::AT;
use crate::desk::Desk;
use crate::guest::{Guest, Window, event, request};
use crate::touch::screen;

const DOWN: u16 = 0;

/// The serial of the next finger that comes down on this client.
fn down(guest: &mut Guest, touch: u32) -> u32 {
    guest.until(touch, DOWN).first()
}

/// Whether a touch object was told anything since events were cleared.
fn was_told(guest: &mut Guest, touch: u32) -> bool {
    guest.sync();
    guest.events.iter().any(|event| event.object == touch)
}

/// A client with a window that drags what it has, from a finger on it.
struct Dragger {
    guest: Guest,
    touch: u32,
    source: u32,
}

impl Dragger {
    fn start(desk: &mut Desk, mut guest: Guest, touch: u32, window: Window, at: (usize, usize)) -> Dragger {
        let (manager, seat) = (guest.bind("wl_data_device_manager", 3), guest.bind("wl_seat", 8));
        let device = guest.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
        let source = guest.make(manager, request::CREATE_SOURCE, |m| m);
        guest.send(source, request::SOURCE_OFFER, |m| m.string("text/plain"));
        guest.send(source, request::SOURCE_ACTIONS, |m| m.uint(1));
        desk.act(&[&format!("touch 4 down {} {}", at.0, at.1)]);
        let serial = down(&mut guest, touch);
        guest.send(device, request::START_DRAG, |m| m.uint(source).uint(window.surface).uint(0).uint(serial));
        guest.sync();
        guest.events.clear();
        Dragger { guest, touch, source }
    }
}

#[test]
fn a_finger_drags_data_from_one_client_to_another() {
    let (mut desk, mut guest, touch) = screen("touch-drag");
    let mut target = Guest::new(&desk);
    let onto = target.window(200, 200, 0x00_ff00);
    let (manager, seat) = (target.bind("wl_data_device_manager", 3), target.bind("wl_seat", 8));
    let device = target.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    target.sync();
    // The second window goes where the first one is not: its corner is at two thirds of that.
    let window = guest.window(200, 200, 0xff_0000);
    let at = (AT.0 + 250, AT.1 + 250);
    let mut dragger = Dragger::start(&mut desk, guest, touch, window, at);

    // Neither the pointer nor another finger leads it.
    desk.act(&["move 900 20", "touch 5 down 900 700", "touch 5 up"]);
    desk.act(&[&format!("touch 4 move {} {}", AT.0 + 10, AT.1 + 20)]);
    let enter = target.until(device, event::DRAG_ENTER);
    let mut args = enter.args();
    let (serial, surface) = (args.uint().unwrap(), args.uint().unwrap());
    let (x, y, offer) = (args.uint().unwrap(), args.uint().unwrap(), args.uint().unwrap());
    assert_eq!((surface, x / 256, y / 256), (onto.surface, 10, 20));
    target.send(offer, request::ACCEPT, |m| m.uint(serial).string("text/plain"));
    target.send(offer, request::OFFER_ACTIONS, |m| m.uint(1).uint(1));
    target.sync();
    desk.act(&["touch 4 up"]);
    target.until(device, event::DROP);
    dragger.guest.until(dragger.source, event::DROP_PERFORMED);
    assert!(!was_told(&mut dragger.guest, dragger.touch));
    // The next time it comes down it is told as ever.
    desk.act(&[&format!("touch 4 down {} {}", at.0, at.1)]);
    down(&mut dragger.guest, dragger.touch);
}

#[test]
fn what_is_dragged_by_a_finger_is_cancelled_with_all_touches() {
    let (mut desk, mut guest, touch) = screen("touch-drag-cancelled");
    let window = guest.window(200, 200, 0xff_0000);
    let mut dragger = Dragger::start(&mut desk, guest, touch, window, (AT.0 + 10, AT.1 + 10));
    desk.act(&["touch cancel"]);
    dragger.guest.until(dragger.source, event::CANCELLED);
    desk.act(&[&format!("touch 4 down {} {}", AT.0 + 10, AT.1 + 10)]);
    down(&mut dragger.guest, dragger.touch);
}

/// Waits until the window is 100 pixels to the right of where the first one is put, and 50 below.
fn moved(desk: &Desk) {
    let (x, y) = (AT.0 + 100, AT.1 + 50);
    let corner = |x, y, screen: &crate::screen::Screen| screen.colour(x, y) == 0xff_0000;
    desk.wait_for("moved window", |screen| (corner(x, y, screen) && !corner(x - 1, y - 1, screen)).then_some(()));
}

#[test]
fn a_finger_moves_a_window() {
    let (mut desk, mut guest, touch) = screen("touch-move");
    let window = guest.window(200, 200, 0xff_0000);
    desk.act(&[&format!("touch 0 down {} {}", AT.0 + 10, AT.1 + 10)]);
    let serial = down(&mut guest, touch);
    let seat = guest.bind("wl_seat", 8);
    guest.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    guest.sync();
    guest.events.clear();
    desk.act(&[&format!("touch 0 move {} {}", AT.0 + 110, AT.1 + 60)]);
    moved(&desk);
    desk.act(&["touch 0 up", "touch 0 move 0 0"]);
    assert!(!was_told(&mut guest, touch));
    moved(&desk);
    // The same serial a second time is that of a finger that is not down.
    guest.send(window.toplevel, request::MOVE, |m| m.uint(seat).uint(serial));
    guest.sync();
    desk.act(&["touch 1 down 900 700", "touch 1 move 100 100", "touch 1 up"]);
    moved(&desk);
}
