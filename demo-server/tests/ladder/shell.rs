//! `wl_shell`, which is offered on request only.

use wayline_conformance::wire::Received;

use crate::desk::Desk;
use crate::guest::{Guest, event, request};

const GET_SHELL_SURFACE: u16 = 0;
const PONG: u16 = 0;
const SET_TOPLEVEL: u16 = 3;
const SET_TRANSIENT: u16 = 4;
const SET_FULLSCREEN: u16 = 5;
const SET_POPUP: u16 = 6;
const SET_MAXIMIZED: u16 = 7;

const PING: u16 = 0;
const CONFIGURE: u16 = 1;
const POPUP_DONE: u16 = 2;

const RED: u32 = 0xff_0000;
const GREEN: u32 = 0x00_ff00;
const BLUE: u32 = 0x00_00ff;

/// Where the first window is placed.
const AT: (usize, usize) = (80, 60);

fn desk(name: &str) -> Desk {
    Desk::new(name, &["--offer", "wl_shell=1"])
}

fn shell_surface(guest: &mut Guest) -> (u32, u32) {
    let (surface, shell) = (guest.surface(), guest.bind("wl_shell", 1));
    (surface, guest.make(shell, GET_SHELL_SURFACE, |m| m.uint(surface)))
}

fn window(guest: &mut Guest, size: i32, colour: u32) -> (u32, u32) {
    let (surface, shell) = shell_surface(guest);
    guest.send(shell, SET_TOPLEVEL, |m| m);
    let buffer = guest.buffer(size, size, colour);
    guest.show(surface, buffer);
    guest.sync();
    (surface, shell)
}

#[test]
fn wl_shell_is_not_offered_unasked() {
    let desk = Desk::new("shell-absent", &[]);
    assert!(Guest::new(&desk).globals.iter().all(|global| global.1 != "wl_shell"));
}

#[test]
fn a_toplevel_is_shown_and_pinged_and_ends_with_its_surface() {
    let desk = desk("shell-toplevel");
    let mut guest = Guest::new(&desk);
    let (surface, shell) = window(&mut guest, 100, RED);
    assert_eq!(desk.screen().colour(AT.0, AT.1), RED);
    let ping = guest.events.iter().find(|event| (event.object, event.opcode) == (shell, PING)).unwrap().first();
    guest.send(shell, PONG, |m| m.uint(ping));
    guest.send(surface, request::SURFACE_DESTROY, |m| m);
    guest.events.clear();
    guest.sync();
    let deleted: Vec<_> = guest.events.iter().filter(|event| event.object == 1).map(Received::first).collect();
    assert!(deleted.contains(&shell) && deleted.contains(&surface), "{deleted:?}");
    assert_ne!(desk.screen().colour(AT.0, AT.1), RED);
}

#[test]
fn a_surface_without_kind_is_not_shown_and_one_with_another_role_is_refused() {
    let desk = desk("shell-role");
    let mut guest = Guest::new(&desk);
    let (surface, _) = shell_surface(&mut guest);
    let buffer = guest.buffer(100, 100, RED);
    guest.show(surface, buffer);
    guest.sync();
    assert_ne!(desk.screen().colour(AT.0, AT.1), RED);
    let window = guest.window(50, 50, BLUE);
    let shell = guest.bind("wl_shell", 1);
    guest.make(shell, GET_SHELL_SURFACE, |m| m.uint(window.surface));
    guest.expect_error(shell, 0);
}

#[test]
fn a_transient_lies_on_its_parent() {
    let desk = desk("shell-transient");
    let mut guest = Guest::new(&desk);
    let (parent, _) = window(&mut guest, 100, RED);
    let (surface, shell) = shell_surface(&mut guest);
    guest.send(shell, SET_TRANSIENT, |m| m.uint(parent).int(40).int(30).uint(0));
    let buffer = guest.buffer(20, 20, GREEN);
    guest.show(surface, buffer);
    guest.sync();
    assert_eq!(desk.screen().colour(AT.0 + 40, AT.1 + 30), GREEN);
    assert_eq!(desk.screen().colour(AT.0 + 39, AT.1 + 30), RED);
    // Without its parent it has no place.
    guest.send(parent, request::SURFACE_DESTROY, |m| m);
    guest.sync();
    assert_ne!(desk.screen().colour(AT.0 + 40, AT.1 + 30), GREEN);
}

#[test]
fn nothing_lies_on_itself() {
    let desk = desk("shell-circle");
    let mut guest = Guest::new(&desk);
    let (first, first_shell) = window(&mut guest, 100, RED);
    let (second, second_shell) = window(&mut guest, 100, GREEN);
    guest.send(first_shell, SET_TRANSIENT, |m| m.uint(first).int(0).int(0).uint(0));
    guest.send(second_shell, SET_TRANSIENT, |m| m.uint(first).int(0).int(0).uint(0));
    guest.sync();
    guest.send(first_shell, SET_TRANSIENT, |m| m.uint(second).int(0).int(0).uint(0));
    // `wl_shell` has no error for it: it is the display's `implementation`.
    guest.expect_error(1, 3);
}

#[test]
fn a_popup_ends_when_the_user_presses_elsewhere() {
    let mut desk = desk("shell-popup");
    let mut guest = Guest::new(&desk);
    let (parent, _) = window(&mut guest, 100, RED);
    let (surface, shell) = shell_surface(&mut guest);
    let seat = guest.bind("wl_seat", 1);
    guest.send(shell, SET_POPUP, |m| m.uint(seat).uint(0).uint(parent).int(10).int(10).uint(0));
    let buffer = guest.buffer(20, 20, GREEN);
    guest.show(surface, buffer);
    guest.sync();
    // In the client's own window nothing happens.
    desk.act(&["move 170 150", "button left press", "button left release"]);
    assert_eq!(desk.screen().colour(AT.0 + 10, AT.1 + 10), GREEN);
    desk.act(&["move 1000 700", "button left press", "button left release"]);
    guest.until(shell, POPUP_DONE);
    assert_eq!(desk.screen().colour(AT.0 + 10, AT.1 + 10), RED);
}

#[test]
fn windows_that_fill_the_screen_are_told_its_size_and_come_back() {
    let desk = desk("shell-full");
    let mut guest = Guest::new(&desk);
    let (surface, shell) = window(&mut guest, 100, RED);
    let configured = |guest: &mut Guest| {
        let event = guest.until(shell, CONFIGURE);
        let mut args = event.args();
        let _edges = args.uint().unwrap();
        (args.int().unwrap(), args.int().unwrap())
    };
    guest.send(shell, SET_MAXIMIZED, |m| m.uint(0));
    assert_eq!(configured(&mut guest), (1024, 768));
    guest.send(shell, SET_FULLSCREEN, |m| m.uint(0).uint(0).uint(0));
    assert_eq!(configured(&mut guest), (1024, 768));
    let all = guest.buffer(1024, 768, GREEN);
    let frame = guest.make(surface, request::FRAME, |m| m);
    guest.show(surface, all);
    guest.until(frame, event::DONE);
    assert_eq!(desk.screen().colour(0, 0), GREEN);
    guest.send(shell, SET_TOPLEVEL, |m| m);
    assert_eq!(configured(&mut guest), (100, 100));
    let part = guest.buffer(100, 100, BLUE);
    guest.show(surface, part);
    guest.sync();
    assert_eq!(desk.screen().colour(AT.0, AT.1), BLUE);
    assert_ne!(desk.screen().colour(AT.0 - 1, AT.1), BLUE);
}
