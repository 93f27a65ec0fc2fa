//! `wl_shell`, which is offered on request only.

use wayline_conformance::wire::Received;
use wayline_wayland::{wl_shell, wl_shell_surface};

use crate::test_client::{TestClient, event, request};
use crate::test_server::TestServer;

const GET_SHELL_SURFACE: u16 = wl_shell::opcode::GET_SHELL_SURFACE;
const PONG: u16 = wl_shell_surface::opcode::PONG;
const SET_TOPLEVEL: u16 = wl_shell_surface::opcode::SET_TOPLEVEL;
const SET_TRANSIENT: u16 = wl_shell_surface::opcode::SET_TRANSIENT;
const SET_FULLSCREEN: u16 = wl_shell_surface::opcode::SET_FULLSCREEN;
const SET_POPUP: u16 = wl_shell_surface::opcode::SET_POPUP;
const SET_MAXIMIZED: u16 = wl_shell_surface::opcode::SET_MAXIMIZED;

const PING: u16 = wl_shell_surface::opcode::PING;
const CONFIGURE: u16 = wl_shell_surface::opcode::CONFIGURE;
const POPUP_DONE: u16 = wl_shell_surface::opcode::POPUP_DONE;

const RED: u32 = 0xff_0000;
const GREEN: u32 = 0x00_ff00;
const BLUE: u32 = 0x00_00ff;

/// Where the first window is placed.
const AT: (usize, usize) = (80, 60);

fn start(name: &str) -> TestServer {
    TestServer::new(name, &["--offer", "wl_shell=1"])
}

fn shell_surface(client: &mut TestClient) -> (u32, u32) {
    let (surface, shell) = (client.surface(), client.bind("wl_shell", 1));
    (surface, client.make(shell, GET_SHELL_SURFACE, |m| m.uint(surface)))
}

fn window(client: &mut TestClient, size: i32, colour: u32) -> (u32, u32) {
    let (surface, shell) = shell_surface(client);
    client.send(shell, SET_TOPLEVEL, |m| m);
    let buffer = client.buffer(size, size, colour);
    client.show(surface, buffer);
    client.sync();
    (surface, shell)
}

#[test]
fn wl_shell_is_not_offered_unasked() {
    let server = TestServer::new("shell-absent", &[]);
    assert!(TestClient::new(&server).globals.iter().all(|global| global.interface != "wl_shell"));
}

#[test]
fn a_toplevel_is_shown_and_pinged_and_ends_with_its_surface() {
    let server = start("shell-toplevel");
    let mut client = TestClient::new(&server);
    let (surface, shell) = window(&mut client, 100, RED);
    assert_eq!(server.screen().colour(AT.0, AT.1), RED);
    let ping = client.events.iter().find(|event| (event.object, event.opcode) == (shell, PING)).unwrap().first();
    client.send(shell, PONG, |m| m.uint(ping));
    client.send(surface, request::SURFACE_DESTROY, |m| m);
    client.events.clear();
    client.sync();
    let deleted: Vec<_> = client.events.iter().filter(|event| event.object == 1).map(Received::first).collect();
    assert!(deleted.contains(&shell) && deleted.contains(&surface), "{deleted:?}");
    assert_ne!(server.screen().colour(AT.0, AT.1), RED);
}

#[test]
fn a_surface_without_kind_is_not_shown_and_one_with_another_role_is_refused() {
    let server = start("shell-role");
    let mut client = TestClient::new(&server);
    let (surface, _) = shell_surface(&mut client);
    let buffer = client.buffer(100, 100, RED);
    client.show(surface, buffer);
    client.sync();
    assert_ne!(server.screen().colour(AT.0, AT.1), RED);
    let window = client.window(50, 50, BLUE);
    let shell = client.bind("wl_shell", 1);
    client.make(shell, GET_SHELL_SURFACE, |m| m.uint(window.surface));
    client.expect_error(shell, 0);
}

#[test]
fn a_transient_lies_on_its_parent() {
    let server = start("shell-transient");
    let mut client = TestClient::new(&server);
    let (parent, _) = window(&mut client, 100, RED);
    let (surface, shell) = shell_surface(&mut client);
    client.send(shell, SET_TRANSIENT, |m| m.uint(parent).int(40).int(30).uint(0));
    let buffer = client.buffer(20, 20, GREEN);
    client.show(surface, buffer);
    client.sync();
    assert_eq!(server.screen().colour(AT.0 + 40, AT.1 + 30), GREEN);
    assert_eq!(server.screen().colour(AT.0 + 39, AT.1 + 30), RED);
    // Without its parent it has no place.
    client.send(parent, request::SURFACE_DESTROY, |m| m);
    client.sync();
    assert_ne!(server.screen().colour(AT.0 + 40, AT.1 + 30), GREEN);
}

#[test]
fn nothing_lies_on_itself() {
    let server = start("shell-circle");
    let mut client = TestClient::new(&server);
    let (first, first_shell) = window(&mut client, 100, RED);
    let (second, second_shell) = window(&mut client, 100, GREEN);
    client.send(first_shell, SET_TRANSIENT, |m| m.uint(first).int(0).int(0).uint(0));
    client.send(second_shell, SET_TRANSIENT, |m| m.uint(first).int(0).int(0).uint(0));
    client.sync();
    client.send(first_shell, SET_TRANSIENT, |m| m.uint(second).int(0).int(0).uint(0));
    // `wl_shell` has no error for it: it is the display's `implementation`.
    client.expect_error(1, 3);
}

#[test]
fn a_popup_ends_when_the_user_presses_elsewhere() {
    let mut server = start("shell-popup");
    let mut client = TestClient::new(&server);
    let (parent, _) = window(&mut client, 100, RED);
    let (surface, shell) = shell_surface(&mut client);
    let seat = client.bind("wl_seat", 1);
    client.send(shell, SET_POPUP, |m| m.uint(seat).uint(0).uint(parent).int(10).int(10).uint(0));
    let buffer = client.buffer(20, 20, GREEN);
    client.show(surface, buffer);
    client.sync();
    // In the client's own window nothing happens.
    server.act(&["move 170 150", "button left press", "button left release"]);
    assert_eq!(server.screen().colour(AT.0 + 10, AT.1 + 10), GREEN);
    server.act(&["move 1000 700", "button left press", "button left release"]);
    client.until(shell, POPUP_DONE);
    assert_eq!(server.screen().colour(AT.0 + 10, AT.1 + 10), RED);
}

#[test]
fn windows_that_fill_the_screen_are_told_its_size_and_come_back() {
    let server = start("shell-full");
    let mut client = TestClient::new(&server);
    let (surface, shell) = window(&mut client, 100, RED);
    let configured = |client: &mut TestClient| {
        let event = client.until(shell, CONFIGURE);
        let mut args = event.args();
        let _edges = args.uint().unwrap();
        (args.int().unwrap(), args.int().unwrap())
    };
    client.send(shell, SET_MAXIMIZED, |m| m.uint(0));
    assert_eq!(configured(&mut client), (1024, 768));
    client.send(shell, SET_FULLSCREEN, |m| m.uint(0).uint(0).uint(0));
    assert_eq!(configured(&mut client), (1024, 768));
    let all = client.buffer(1024, 768, GREEN);
    let frame = client.make(surface, request::FRAME, |m| m);
    client.show(surface, all);
    client.until(frame, event::DONE);
    assert_eq!(server.screen().colour(0, 0), GREEN);
    client.send(shell, SET_TOPLEVEL, |m| m);
    assert_eq!(configured(&mut client), (100, 100));
    let part = client.buffer(100, 100, BLUE);
    client.show(surface, part);
    client.sync();
    assert_eq!(server.screen().colour(AT.0, AT.1), BLUE);
    assert_ne!(server.screen().colour(AT.0 - 1, AT.1), BLUE);
}
