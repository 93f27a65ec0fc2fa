//! The picture at the pointer, for servers that draw it.

use crate::contracts::{AT, subsurface};
use crate::desk::Desk;
use crate::guest::{Guest, event, request};
use crate::screen::Screen;

const CURSOR: u32 = 0x00_00ff;

/// Upper left corner of the picture.
fn corner(screen: &Screen) -> Option<(usize, usize)> {
    let mut points = (0..768).flat_map(|y| (0..screen.width).map(move |x| (x, y)));
    points.find(|&(x, y)| screen.colour(x, y) == CURSOR)
}

/// The guest's pointer when it has entered its window, the serial of that, and a surface with a picture for it.
fn entered(desk: &mut Desk, guest: &mut Guest) -> (u32, u32, u32) {
    let seat = guest.bind("wl_seat", 8);
    let pointer = guest.make(seat, request::GET_POINTER, |m| m);
    guest.sync();
    desk.act(&[&format!("move {} {}", AT.0 + 50, AT.1 + 50)]);
    let serial = guest.until(pointer, event::POINTER_ENTER).first();
    let surface = guest.surface();
    let buffer = guest.buffer(16, 16, CURSOR);
    guest.show(surface, buffer);
    (pointer, serial, surface)
}

#[test]
fn the_picture_of_the_pointer_follows_it() {
    let mut desk = Desk::new("cursor", &["--cursor"]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, 0xff_0000);
    let (pointer, serial, surface) = entered(&mut desk, &mut guest);

    // A serial from another time does nothing.
    guest.send(pointer, request::SET_CURSOR, |m| m.uint(serial + 1).uint(surface).int(4).int(6));
    guest.sync();
    assert_eq!(corner(&desk.screen()), None);
    guest.send(pointer, request::SET_CURSOR, |m| m.uint(serial).uint(surface).int(4).int(6));
    guest.sync();
    assert_eq!(corner(&desk.screen()), Some((AT.0 + 46, AT.1 + 44)));
    desk.act(&[&format!("move {} {}", AT.0 + 60, AT.1 + 70)]);
    desk.wait_for("moved picture", |screen| (corner(screen) == Some((AT.0 + 56, AT.1 + 64))).then_some(()));

    // It is above what comes later, as long as that does not take the pointer.
    let (child, sub) = subsurface(&mut guest, window.surface, (0, 0));
    guest.send(sub, request::SUB_SET_DESYNC, |m| m);
    let compositor = guest.bind("wl_compositor", 5);
    let nowhere = guest.make(compositor, request::CREATE_REGION, |m| m);
    guest.send(child, request::SET_INPUT_REGION, |m| m.uint(nowhere));
    let buffer = guest.buffer(200, 200, 0x00_ff00);
    guest.show(child, buffer);
    guest.send(window.surface, request::COMMIT, |m| m);
    guest.sync();
    let screen = desk.screen();
    assert_eq!(screen.colour(AT.0, AT.1), 0x00_ff00);
    assert_eq!(corner(&screen), Some((AT.0 + 56, AT.1 + 64)));
    desk.act(&["move 900 700"]);
    desk.wait_for("no picture where nobody set one", |screen| corner(screen).is_none().then_some(()));
}

#[test]
fn nothing_is_drawn_at_the_pointer_unless_asked_for() {
    let mut desk = Desk::new("no-cursor", &[]);
    let mut guest = Guest::new(&desk);
    guest.window(200, 200, 0xff_0000);
    let (pointer, serial, surface) = entered(&mut desk, &mut guest);
    guest.send(pointer, request::SET_CURSOR, |m| m.uint(serial).uint(surface).int(4).int(6));
    guest.sync();
    assert_eq!(corner(&desk.screen()), None);
}

/// Shadows that clients draw are no part of their windows: those are placed by what is within.
#[test]
fn windows_that_draw_their_own_shadows_do_not_hide_each_other() {
    let desk = Desk::new("own-shadows", &[]);
    let mut guest = Guest::new(&desk);
    let mut window = |colour| {
        let window = guest.toplevel();
        guest.send(window.xdg, request::SET_GEOMETRY, |m| m.int(20).int(20).int(160).int(160));
        guest.configure(window.surface, window.xdg);
        let buffer = guest.buffer(200, 200, colour);
        guest.show(window.surface, buffer);
        guest.sync();
    };
    window(0xff_0000);
    window(0x00_ff00);
    let screen = desk.screen();
    // The first one's geometry is where that of any first window is.
    assert_eq!(screen.colour(AT.0 - 20, AT.1 - 20), 0xff_0000);
    assert_ne!(screen.colour(AT.0 - 21, AT.1 - 20), 0xff_0000);
    assert_eq!(screen.colour(AT.0 + 50, AT.1 + 50), 0xff_0000);
    // The second one's begins at two thirds of that.
    let at = (AT.0 + 160 - 160 / 3 - 20, AT.1 + 160 - 160 / 3 - 20);
    assert_eq!(screen.colour(at.0, at.1), 0x00_ff00);
    assert_eq!(desk.change(&screen).edges[2..], [at.0 + 199, at.1 + 199]);
}
