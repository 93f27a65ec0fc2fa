//! Surfaces that hold the pointer, and clients that are told how far it was moved.

use wayline_protocols::pointer_constraints::zwp_confined_pointer_v1::opcode as confined;
use wayline_protocols::pointer_constraints::zwp_locked_pointer_v1::opcode as locked;
use wayline_protocols::pointer_constraints::zwp_pointer_constraints_v1::opcode as constraints;
use wayline_protocols::relative_pointer::zwp_relative_pointer_manager_v1::opcode as relatives;
use wayline_protocols::relative_pointer::zwp_relative_pointer_v1::opcode as relative;
use wayline_wayland::wl_pointer::opcode as pointer;

use crate::contracts::AT;
use crate::test_client::{TestClient, Window, request};
use crate::test_server::TestServer;

const ONESHOT: u32 = 1;
const PERSISTENT: u32 = 2;

/// A client with the pointer in the middle of its window.
struct Game {
    client: TestClient,
    window: Window,
    pointer: u32,
    relative: u32,
    manager: u32,
}

fn act(server: &mut TestServer, x: usize, y: usize) {
    server.act(&[&format!("move {} {}", AT.0 + x, AT.1 + y)]);
}

impl Game {
    fn new(server: &mut TestServer) -> Game {
        let mut client = TestClient::new(server);
        let seat = client.bind("wl_seat", 8);
        let pointer = client.make(seat, request::GET_POINTER, |m| m);
        let relatives = client.bind("zwp_relative_pointer_manager_v1", 1);
        let relative = client.make(relatives, relatives::GET_RELATIVE_POINTER, |m| m.uint(pointer));
        let manager = client.bind("zwp_pointer_constraints_v1", 1);
        let window = client.window(200, 200, 0xff_0000);
        act(server, 100, 100);
        client.until(pointer, pointer::MOTION);
        Game { client, window, pointer, relative, manager }
    }

    fn hold(&mut self, opcode: u16, region: u32, lifetime: u32) -> u32 {
        let (surface, pointer) = (self.window.surface, self.pointer);
        self.client.make(self.manager, opcode, |m| m.uint(surface).uint(pointer).uint(region).uint(lifetime))
    }

    fn region(&mut self, x: i32, y: i32, width: i32, height: i32) -> u32 {
        let compositor = self.client.bind("wl_compositor", 5);
        let region = self.client.make(compositor, request::CREATE_REGION, |m| m);
        self.client.send(region, request::REGION_ADD, |m| m.int(x).int(y).int(width).int(height));
        region
    }

    /// Where the pointer is next, in whole pixels.
    fn motion(&mut self) -> (i32, i32) {
        let event = self.client.until(self.pointer, pointer::MOTION);
        let mut args = event.args();
        let (_, x, y) = (args.uint(), args.int().unwrap(), args.int().unwrap());
        (x >> 8, y >> 8)
    }
}

#[test]
fn a_locked_pointer_does_not_move_and_distances_are_told() {
    let mut server = TestServer::new("pointer-lock", &[]);
    let mut game = Game::new(&mut server);
    let lock = game.hold(constraints::LOCK_POINTER, 0, PERSISTENT);
    game.client.until(lock, locked::LOCKED);
    game.client.sync();
    game.client.events.clear();
    act(&mut server, 105, 97);
    let event = game.client.until(game.relative, relative::RELATIVE_MOTION);
    let mut args = event.args();
    let (_, _) = (args.uint(), args.uint());
    let by = [(); 4].map(|()| args.int().unwrap());
    assert_eq!(by, [5 * 256, -3 * 256, 5 * 256, -3 * 256]);
    game.client.until(game.pointer, pointer::FRAME);
    game.client.sync();
    assert!(!game.client.has(game.pointer, pointer::MOTION));

    // The hint counts from the commit on, and the pointer goes there in the end.
    game.client.send(lock, locked::SET_CURSOR_POSITION_HINT, |m| m.int(20 * 256).int(30 * 256));
    game.client.send(game.window.surface, request::COMMIT, |m| m);
    game.client.send(lock, locked::SET_CURSOR_POSITION_HINT, |m| m.int(1).int(1));
    game.client.send(lock, locked::DESTROY, |m| m);
    assert_eq!(game.motion(), (20, 30));
}

#[test]
fn a_lock_ends_with_the_keyboard_and_a_oneshot_never_comes_back() {
    let mut server = TestServer::new("pointer-oneshot", &[]);
    let mut game = Game::new(&mut server);
    let once = game.hold(constraints::LOCK_POINTER, 0, ONESHOT);
    game.client.until(once, locked::LOCKED);
    // Another window gets the keyboard.
    let mut other = TestClient::new(&server);
    other.window(10, 10, 0x00_ff00);
    game.client.until(once, locked::UNLOCKED);
    // It is in nobody's way any more, and can still be spoken to.
    let again = game.hold(constraints::CONFINE_POINTER, 0, PERSISTENT);
    game.client.send(once, locked::SET_REGION, |m| m.uint(0));
    game.client.send(once, locked::DESTROY, |m| m);
    game.client.sync();
    assert!(!game.client.has(again, confined::CONFINED), "without the keyboard");
    drop(other);
    game.client.until(again, confined::CONFINED);
    game.hold(constraints::LOCK_POINTER, 0, ONESHOT);
    let manager = game.manager;
    game.client.expect_error(manager, 1);
}

#[test]
fn a_confined_pointer_stays_in_the_region_as_committed() {
    let mut server = TestServer::new("pointer-confined", &[]);
    let mut game = Game::new(&mut server);
    let region = game.region(50, 50, 100, 100);
    let confinement = game.hold(constraints::CONFINE_POINTER, region, PERSISTENT);
    game.client.until(confinement, confined::CONFINED);
    game.client.sync();
    act(&mut server, 500, 110);
    assert_eq!(game.motion(), (149, 110));
    let wider = game.region(50, 50, 120, 100);
    game.client.send(confinement, confined::SET_REGION, |m| m.uint(wider));
    game.client.sync();
    act(&mut server, 500, 111);
    assert_eq!(game.motion(), (149, 111), "not committed yet");
    game.client.send(game.window.surface, request::COMMIT, |m| m);
    game.client.sync();
    act(&mut server, 500, 112);
    assert_eq!(game.motion(), (169, 112));

    // A region without the pointer frees it; it is held where it comes in again.
    let elsewhere = game.region(0, 0, 10, 10);
    game.client.send(confinement, confined::SET_REGION, |m| m.uint(elsewhere));
    game.client.send(game.window.surface, request::COMMIT, |m| m);
    game.client.until(confinement, confined::UNCONFINED);
    act(&mut server, 5, 5);
    game.client.until(confinement, confined::CONFINED);
    // Without its surface it is nothing.
    game.client.send(game.window.toplevel, request::TOPLEVEL_DESTROY, |m| m);
    game.client.send(game.window.xdg, request::XDG_DESTROY, |m| m);
    game.client.send(game.window.surface, request::SURFACE_DESTROY, |m| m);
    game.client.send(confinement, confined::SET_REGION, |m| m.uint(0));
    game.client.send(confinement, confined::DESTROY, |m| m);
    game.client.sync();
}
