//! Surfaces that hold the pointer, and clients that are told how far it was moved.

use wayline_protocols::pointer_constraints::zwp_confined_pointer_v1::opcode as confined;
use wayline_protocols::pointer_constraints::zwp_locked_pointer_v1::opcode as locked;
use wayline_protocols::pointer_constraints::zwp_pointer_constraints_v1::opcode as constraints;
use wayline_protocols::relative_pointer::zwp_relative_pointer_manager_v1::opcode as relatives;
use wayline_protocols::relative_pointer::zwp_relative_pointer_v1::opcode as relative;
use wayline_wayland::wl_pointer::opcode as pointer;

use crate::contracts::AT;
use crate::desk::Desk;
use crate::guest::{Guest, Window, request};

const ONESHOT: u32 = 1;
const PERSISTENT: u32 = 2;

/// A client with the pointer in the middle of its window.
struct Game {
    guest: Guest,
    window: Window,
    pointer: u32,
    relative: u32,
    manager: u32,
}

fn act(desk: &mut Desk, x: usize, y: usize) {
    desk.act(&[&format!("move {} {}", AT.0 + x, AT.1 + y)]);
}

impl Game {
    fn new(desk: &mut Desk) -> Game {
        let mut guest = Guest::new(desk);
        let seat = guest.bind("wl_seat", 8);
        let pointer = guest.make(seat, request::GET_POINTER, |m| m);
        let relatives = guest.bind("zwp_relative_pointer_manager_v1", 1);
        let relative = guest.make(relatives, relatives::GET_RELATIVE_POINTER, |m| m.uint(pointer));
        let manager = guest.bind("zwp_pointer_constraints_v1", 1);
        let window = guest.window(200, 200, 0xff_0000);
        act(desk, 100, 100);
        guest.until(pointer, pointer::MOTION);
        Game { guest, window, pointer, relative, manager }
    }

    fn hold(&mut self, opcode: u16, region: u32, lifetime: u32) -> u32 {
        let (surface, pointer) = (self.window.surface, self.pointer);
        self.guest.make(self.manager, opcode, |m| m.uint(surface).uint(pointer).uint(region).uint(lifetime))
    }

    fn region(&mut self, x: i32, y: i32, width: i32, height: i32) -> u32 {
        let compositor = self.guest.bind("wl_compositor", 5);
        let region = self.guest.make(compositor, request::CREATE_REGION, |m| m);
        self.guest.send(region, request::REGION_ADD, |m| m.int(x).int(y).int(width).int(height));
        region
    }

    /// Where the pointer is next, in whole pixels.
    fn motion(&mut self) -> (i32, i32) {
        let event = self.guest.until(self.pointer, pointer::MOTION);
        let mut args = event.args();
        let (_, x, y) = (args.uint(), args.int().unwrap(), args.int().unwrap());
        (x >> 8, y >> 8)
    }
}

#[test]
fn a_locked_pointer_does_not_move_and_distances_are_told() {
    let mut desk = Desk::new("pointer-lock", &[]);
    let mut game = Game::new(&mut desk);
    let lock = game.hold(constraints::LOCK_POINTER, 0, PERSISTENT);
    game.guest.until(lock, locked::LOCKED);
    game.guest.sync();
    game.guest.events.clear();
    act(&mut desk, 105, 97);
    let event = game.guest.until(game.relative, relative::RELATIVE_MOTION);
    let mut args = event.args();
    let (_, _) = (args.uint(), args.uint());
    let by = [(); 4].map(|()| args.int().unwrap());
    assert_eq!(by, [5 * 256, -3 * 256, 5 * 256, -3 * 256]);
    game.guest.until(game.pointer, pointer::FRAME);
    game.guest.sync();
    assert!(!game.guest.has(game.pointer, pointer::MOTION));

    // The hint counts from the commit on, and the pointer goes there in the end.
    game.guest.send(lock, locked::SET_CURSOR_POSITION_HINT, |m| m.int(20 * 256).int(30 * 256));
    game.guest.send(game.window.surface, request::COMMIT, |m| m);
    game.guest.send(lock, locked::SET_CURSOR_POSITION_HINT, |m| m.int(1).int(1));
    game.guest.send(lock, locked::DESTROY, |m| m);
    assert_eq!(game.motion(), (20, 30));
}

#[test]
fn a_lock_ends_with_the_keyboard_and_a_oneshot_never_comes_back() {
    let mut desk = Desk::new("pointer-oneshot", &[]);
    let mut game = Game::new(&mut desk);
    let once = game.hold(constraints::LOCK_POINTER, 0, ONESHOT);
    game.guest.until(once, locked::LOCKED);
    // Another window gets the keyboard.
    let mut other = Guest::new(&desk);
    other.window(10, 10, 0x00_ff00);
    game.guest.until(once, locked::UNLOCKED);
    // It is in nobody's way any more, and can still be spoken to.
    let again = game.hold(constraints::CONFINE_POINTER, 0, PERSISTENT);
    game.guest.send(once, locked::SET_REGION, |m| m.uint(0));
    game.guest.send(once, locked::DESTROY, |m| m);
    game.guest.sync();
    assert!(!game.guest.has(again, confined::CONFINED), "without the keyboard");
    drop(other);
    game.guest.until(again, confined::CONFINED);
    game.hold(constraints::LOCK_POINTER, 0, ONESHOT);
    let manager = game.manager;
    game.guest.expect_error(manager, 1);
}

#[test]
fn a_confined_pointer_stays_in_the_region_as_committed() {
    let mut desk = Desk::new("pointer-confined", &[]);
    let mut game = Game::new(&mut desk);
    let region = game.region(50, 50, 100, 100);
    let confinement = game.hold(constraints::CONFINE_POINTER, region, PERSISTENT);
    game.guest.until(confinement, confined::CONFINED);
    game.guest.sync();
    act(&mut desk, 500, 110);
    assert_eq!(game.motion(), (149, 110));
    let wider = game.region(50, 50, 120, 100);
    game.guest.send(confinement, confined::SET_REGION, |m| m.uint(wider));
    game.guest.sync();
    act(&mut desk, 500, 111);
    assert_eq!(game.motion(), (149, 111), "not committed yet");
    game.guest.send(game.window.surface, request::COMMIT, |m| m);
    game.guest.sync();
    act(&mut desk, 500, 112);
    assert_eq!(game.motion(), (169, 112));

    // A region without the pointer frees it; it is held where it comes in again.
    let elsewhere = game.region(0, 0, 10, 10);
    game.guest.send(confinement, confined::SET_REGION, |m| m.uint(elsewhere));
    game.guest.send(game.window.surface, request::COMMIT, |m| m);
    game.guest.until(confinement, confined::UNCONFINED);
    act(&mut desk, 5, 5);
    game.guest.until(confinement, confined::CONFINED);
    // Without its surface it is nothing.
    game.guest.send(game.window.toplevel, request::TOPLEVEL_DESTROY, |m| m);
    game.guest.send(game.window.xdg, request::XDG_DESTROY, |m| m);
    game.guest.send(game.window.surface, request::SURFACE_DESTROY, |m| m);
    game.guest.send(confinement, confined::SET_REGION, |m| m.uint(0));
    game.guest.send(confinement, confined::DESTROY, |m| m);
    game.guest.sync();
}
