//! The picture at the pointer, for servers that draw it.

use crate::contracts::{AT, subsurface};
use crate::screen::Screen;
use crate::test_client::{TestClient, event, request};
use crate::test_server::TestServer;

const CURSOR: u32 = 0x00_00ff;

/// Upper left corner of the picture.
fn corner(screen: &Screen) -> Option<(usize, usize)> {
    let mut points = (0..768).flat_map(|y| (0..screen.width).map(move |x| (x, y)));
    points.find(|&(x, y)| screen.colour(x, y) == CURSOR)
}

/// The client's pointer when it has entered its window, the serial of that, and a surface with a picture for it.
fn with_pointer(server: &mut TestServer, client: &mut TestClient) -> (u32, u32, u32) {
    let (_, pointer) = client.pointer();
    server.act(&[&format!("move {} {}", AT.0 + 50, AT.1 + 50)]);
    let serial = client.until(pointer, event::POINTER_ENTER).first();
    let surface = client.surface();
    let buffer = client.buffer(16, 16, CURSOR);
    client.show(surface, buffer);
    (pointer, serial, surface)
}

#[test]
fn the_picture_of_the_pointer_follows_it() {
    let mut server = TestServer::new("cursor", &["--cursor"]);
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let (pointer, serial, surface) = with_pointer(&mut server, &mut client);

    // A serial from another time does nothing.
    client.send(pointer, request::SET_CURSOR, |m| m.uint(serial + 1).uint(surface).int(4).int(6));
    client.sync();
    assert_eq!(corner(&server.screen()), None);
    client.send(pointer, request::SET_CURSOR, |m| m.uint(serial).uint(surface).int(4).int(6));
    client.sync();
    assert_eq!(corner(&server.screen()), Some((AT.0 + 46, AT.1 + 44)));
    server.act(&[&format!("move {} {}", AT.0 + 60, AT.1 + 70)]);
    server.wait_for("moved picture", |screen| (corner(screen) == Some((AT.0 + 56, AT.1 + 64))).then_some(()));

    // It is above what comes later, as long as that does not take the pointer.
    let (child, sub) = subsurface(&mut client, window.surface, (0, 0));
    client.send(sub, request::SUB_SET_DESYNC, |m| m);
    let compositor = client.bind("wl_compositor", 5);
    let nowhere = client.make(compositor, request::CREATE_REGION, |m| m);
    client.send(child, request::SET_INPUT_REGION, |m| m.uint(nowhere));
    let buffer = client.buffer(200, 200, 0x00_ff00);
    client.show(child, buffer);
    client.send(window.surface, request::COMMIT, |m| m);
    client.sync();
    let screen = server.screen();
    assert_eq!(screen.colour(AT.0, AT.1), 0x00_ff00);
    assert_eq!(corner(&screen), Some((AT.0 + 56, AT.1 + 64)));
    server.act(&["move 900 700"]);
    server.wait_for("no picture where nobody set one", |screen| corner(screen).is_none().then_some(()));
}

#[test]
fn nothing_is_drawn_at_the_pointer_unless_asked_for() {
    let mut server = TestServer::new("no-cursor", &[]);
    let mut client = TestClient::new(&server);
    client.window(200, 200, 0xff_0000);
    let (pointer, serial, surface) = with_pointer(&mut server, &mut client);
    client.send(pointer, request::SET_CURSOR, |m| m.uint(serial).uint(surface).int(4).int(6));
    client.sync();
    assert_eq!(corner(&server.screen()), None);
}

/// Shadows that clients draw are no part of their windows: those are placed by what is within.
#[test]
fn windows_that_draw_their_own_shadows_do_not_hide_each_other() {
    let server = TestServer::new("own-shadows", &[]);
    let mut client = TestClient::new(&server);
    let mut window = |colour| {
        let window = client.toplevel();
        client.send(window.xdg, request::SET_GEOMETRY, |m| m.int(20).int(20).int(160).int(160));
        client.configure(window.surface, window.xdg);
        let buffer = client.buffer(200, 200, colour);
        client.show(window.surface, buffer);
        client.sync();
    };
    window(0xff_0000);
    window(0x00_ff00);
    let screen = server.screen();
    // The first one's geometry is where that of any first window is.
    assert_eq!(screen.colour(AT.0 - 20, AT.1 - 20), 0xff_0000);
    assert_ne!(screen.colour(AT.0 - 21, AT.1 - 20), 0xff_0000);
    assert_eq!(screen.colour(AT.0 + 50, AT.1 + 50), 0xff_0000);
    // The second one's begins at two thirds of that.
    let at = (AT.0 + 160 - 160 / 3 - 20, AT.1 + 160 - 160 / 3 - 20);
    assert_eq!(screen.colour(at.0, at.1), 0x00_ff00);
    assert_eq!(server.change(&screen).edges[2..], [at.0 + 199, at.1 + 199]);
}
