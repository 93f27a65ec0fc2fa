//! The locked session, by ext-session-lock.

use rustix::process::Signal;
use wayline_conformance::wire::Message;
use wayline_protocols::ext_session_lock::{
    ext_session_lock_manager_v1 as manager, ext_session_lock_surface_v1 as lock_surface, ext_session_lock_v1 as lock,
};

use crate::contracts::AT;
use crate::screen::Screen;
use crate::test_client::{TestClient, event, request};
use crate::test_server::TestServer;
use wayline_conformance::target::installed;

const LOCKED: u16 = lock::opcode::LOCKED;
const FINISHED: u16 = lock::opcode::FINISHED;
const UNLOCK: u16 = lock::opcode::UNLOCK_AND_DESTROY;
const CONFIGURE: u16 = lock_surface::opcode::CONFIGURE;
const ACK: u16 = lock_surface::opcode::ACK_CONFIGURE;

const RED: u32 = 0xff_0000;
const BLUE: u32 = 0x00_00ff;
const BLACK: u32 = 0;

/// Asks for a lock.
fn lock(client: &mut TestClient) -> u32 {
    let manager = client.bind("ext_session_lock_manager_v1", 1);
    let lock = client.make(manager, manager::opcode::LOCK, |m| m);
    // Only what it makes is needed.
    client.send(manager, manager::opcode::DESTROY, |m| m);
    lock
}

/// A surface of a lock that was told its size, and what makes it one, and the serial of that.
fn cover(client: &mut TestClient, lock: u32) -> (u32, u32, u32) {
    let surface = client.surface();
    let role = get_surface(client, lock, surface);
    let configure = client.until(role, CONFIGURE);
    let mut args = configure.args();
    let serial = args.uint().unwrap();
    assert_eq!((args.uint().unwrap(), args.uint().unwrap()), (1024, 768));
    (surface, role, serial)
}

fn get_surface(client: &mut TestClient, lock: u32, surface: u32) -> u32 {
    let output = client.bind("wl_output", 4);
    client.make(lock, lock::opcode::GET_LOCK_SURFACE, |m| m.uint(surface).uint(output))
}

/// A surface of a lock that is shown in one colour, and what makes it one.
fn shown(client: &mut TestClient, lock: u32, colour: u32) -> (u32, u32) {
    let (surface, role, serial) = cover(client, lock);
    client.send(role, ACK, |m| m.uint(serial));
    let buffer = client.buffer(1024, 768, colour);
    client.show(surface, buffer);
    client.sync();
    (surface, role)
}

/// The one colour of the screen.
fn colour(screen: &Screen) -> Option<u32> {
    let first = screen.colour(0, 0);
    let is_same = (0..768).all(|y| (0..1024).all(|x| screen.colour(x, y) == first));
    is_same.then_some(first)
}

#[test]
fn a_locked_session_shows_the_lock_and_gives_it_the_input_until_it_is_unlocked() {
    let mut server = TestServer::new("session-lock", &[]);
    let (mut user, mut locker) = (TestClient::new(&server), TestClient::new(&server));
    let keyboard_of = |client: &mut TestClient| {
        let seat = client.bind("wl_seat", 8);
        (client.make(seat, request::GET_KEYBOARD, |m| m), client.make(seat, request::GET_POINTER, |m| m))
    };
    let (keyboard, pointer) = keyboard_of(&mut user);
    let (lock_keyboard, lock_pointer) = keyboard_of(&mut locker);
    user.window(200, 200, RED);
    server.act(&[&format!("move {} {}", AT.0 + 20, AT.1 + 20)]);
    user.until(pointer, event::POINTER_ENTER);

    let held = lock(&mut locker);
    locker.until(held, LOCKED);
    assert_eq!(colour(&server.screen()), Some(BLACK), "nothing is left of what was there");
    user.sync();
    assert!(user.has(keyboard, event::KEYBOARD_LEAVE) && user.has(pointer, event::POINTER_LEAVE));
    let (surface, _) = shown(&mut locker, held, BLUE);
    assert_eq!(colour(&server.screen()), Some(BLUE));
    locker.sync();
    let entered = |client: &mut TestClient, object: u32, opcode: u16| {
        let enter = client.events.iter().find(|event| (event.object, event.opcode) == (object, opcode)).unwrap();
        let mut args = enter.args();
        (args.uint().unwrap(), args.uint().unwrap()).1
    };
    assert_eq!(entered(&mut locker, lock_keyboard, event::KEYBOARD_ENTER), surface);
    assert_eq!(entered(&mut locker, lock_pointer, event::POINTER_ENTER), surface);

    // What others do is not seen, and what the user does is not told to them.
    user.events.clear();
    user.window(300, 300, 0x00_ff00);
    let (key, button) = (wayline_wayland::wl_keyboard::opcode::KEY, event::BUTTON);
    server.press(&["a"]);
    server.click((AT.0 + 20, AT.1 + 20));
    locker.until(lock_keyboard, key);
    locker.until(lock_pointer, button);
    assert_eq!(colour(&server.screen()), Some(BLUE));
    user.sync();
    for (object, opcode) in
        [(keyboard, key), (pointer, button), (keyboard, event::KEYBOARD_ENTER), (pointer, event::POINTER_ENTER)]
    {
        assert!(!user.has(object, opcode), "{object} {opcode}");
    }
    // A second one is not to be had.
    let mut other = TestClient::new(&server);
    let refused = lock(&mut other);
    other.until(refused, FINISHED);
    shown(&mut other, refused, RED);
    other.send(refused, lock::opcode::DESTROY, |m| m);
    other.sync();
    assert_eq!(colour(&server.screen()), Some(BLUE));

    locker.send(held, UNLOCK, |m| m);
    user.until(keyboard, event::KEYBOARD_ENTER);
    assert_eq!(server.screen().colour(AT.0, AT.1), RED);
    // The surface that is left of that lock is none of another one.
    let again = lock(&mut other);
    other.until(again, LOCKED);
    assert_eq!(colour(&server.screen()), Some(BLACK));
    other.send(again, UNLOCK, |m| m);
    other.sync();
    server.finish();
}

#[test]
fn a_session_stays_locked_when_its_locker_dies_until_another_one_unlocks_it() {
    let server = TestServer::new("session-lock-death", &[]);
    let (mut user, mut locker, mut other) =
        (TestClient::new(&server), TestClient::new(&server), TestClient::new(&server));
    user.window(200, 200, RED);
    let held = lock(&mut locker);
    locker.until(held, LOCKED);
    shown(&mut locker, held, BLUE);
    assert_eq!(colour(&server.screen()), Some(BLUE));
    drop(locker);
    server.wait_for("black screen", |screen| (colour(screen) == Some(BLACK)).then_some(()));
    user.window(300, 300, RED);
    assert_eq!(colour(&server.screen()), Some(BLACK));

    // Who takes over too soon to know and gives up again does not unlock it.
    let held = lock(&mut other);
    other.send(held, lock::opcode::DESTROY, |m| m);
    other.sync();
    assert_eq!(colour(&server.screen()), Some(BLACK));
    let held = lock(&mut other);
    other.until(held, LOCKED);
    shown(&mut other, held, 0x12_3456);
    assert_eq!(colour(&server.screen()), Some(0x12_3456));
    other.send(held, UNLOCK, |m| m);
    other.sync();
    assert_eq!(server.screen().colour(AT.0, AT.1), RED);
    server.finish();
}

#[test]
fn each_broken_rule_of_a_lock_has_its_error_and_unlocks_nothing() {
    let server = TestServer::new("session-lock-violations", &[]);
    let mut user = TestClient::new(&server);
    user.window(200, 200, RED);
    type Crime = fn(&mut TestClient, u32) -> (u32, u32);
    let crimes: [(&str, Crime); 12] = [
        ("unlocked before it is locked", |client, lock| {
            client.until(lock, LOCKED);
            client.send(lock, UNLOCK, |m| m);
            // It is locked when black is shown: not between two requests that come together.
            let manager = client.bind("ext_session_lock_manager_v1", 1);
            let early = client.id();
            let unlock = Message::new(early, UNLOCK);
            client.send_together(&[Message::new(manager, manager::opcode::LOCK).uint(early), unlock]);
            (early, lock::Error::INVALID_UNLOCK.0)
        }),
        ("destroyed while it is locked", |client, lock| {
            client.until(lock, LOCKED);
            client.send(lock, lock::opcode::DESTROY, |m| m);
            (lock, lock::Error::INVALID_DESTROY.0)
        }),
        ("a surface with another role", |client, lock| {
            let window = client.window(5, 5, RED);
            get_surface(client, lock, window.surface);
            (lock, lock::Error::ROLE.0)
        }),
        ("a surface with a buffer", |client, lock| {
            let surface = client.surface();
            let buffer = client.buffer(5, 5, RED);
            client.show(surface, buffer);
            get_surface(client, lock, surface);
            (lock, lock::Error::ALREADY_CONSTRUCTED.0)
        }),
        ("two surfaces on an output", |client, lock| {
            cover(client, lock);
            let surface = client.surface();
            get_surface(client, lock, surface);
            (lock, lock::Error::DUPLICATE_OUTPUT.0)
        }),
        ("a commit before the first ack", |client, lock| {
            let (surface, role, _) = cover(client, lock);
            client.send(surface, request::COMMIT, |m| m);
            (role, lock_surface::Error::COMMIT_BEFORE_FIRST_ACK.0)
        }),
        ("a commit without a buffer", |client, lock| {
            let (surface, role, serial) = cover(client, lock);
            client.send(role, ACK, |m| m.uint(serial));
            client.send(surface, request::COMMIT, |m| m);
            (role, lock_surface::Error::NULL_BUFFER.0)
        }),
        ("a buffer that is taken away", |client, lock| {
            let (surface, role) = shown(client, lock, BLUE);
            client.send(surface, request::ATTACH, |m| m.uint(0).int(0).int(0));
            client.send(surface, request::COMMIT, |m| m);
            (role, lock_surface::Error::NULL_BUFFER.0)
        }),
        ("a buffer of another size", |client, lock| {
            let (surface, role, serial) = cover(client, lock);
            client.send(role, ACK, |m| m.uint(serial));
            let buffer = client.buffer(1023, 768, BLUE);
            client.show(surface, buffer);
            (role, lock_surface::Error::DIMENSIONS_MISMATCH.0)
        }),
        ("an ack of what was not sent", |client, lock| {
            let (_, role, serial) = cover(client, lock);
            client.send(role, ACK, |m| m.uint(serial + 1));
            (role, lock_surface::Error::INVALID_SERIAL.0)
        }),
        ("an ack for a second time", |client, lock| {
            let (_, role, serial) = cover(client, lock);
            client.send(role, ACK, |m| m.uint(serial));
            client.send(role, ACK, |m| m.uint(serial));
            (role, lock_surface::Error::INVALID_SERIAL.0)
        }),
        ("a surface that is a lock's and becomes a window", |client, lock| {
            let (surface, ..) = cover(client, lock);
            let base = client.bind("xdg_wm_base", 5);
            client.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
            const ROLE: u32 = 0;
            (base, ROLE)
        }),
    ];
    for (crime, commit) in crimes {
        println!("{crime}");
        let mut client = TestClient::new(&server);
        let lock = lock(&mut client);
        let (object, code) = commit(&mut client, lock);
        client.expect_error(object, code);
        // Whoever was punished had locked the session.
        assert_eq!(colour(&server.screen()), Some(BLACK), "{crime}");
    }
    user.sync();
}

#[test]
fn ext_swaylock_locks_and_unlocks() {
    if !installed("swaylock") {
        return;
    }
    const COLOUR: u32 = 0x33_6699;
    let mut server = TestServer::new("swaylock", &[]);
    let mut client = TestClient::new(&server);
    client.window(200, 200, RED);
    let is_covered = |screen: &Screen| (screen.colour(AT.0, AT.1) == COLOUR).then_some(());
    let mut program = server.start(&["swaylock", "-c", "336699"]);
    server.wait_for("lock", is_covered);
    // It draws an indicator as keys are pressed: it has the keyboard.
    server.press(&["a", "b"]);
    server.wait_for("indicator", |screen| colour(screen).is_none().then_some(()));
    server.keep();
    let status = program.signal(&server, Signal::USR1);
    assert!(status.success(), "{status}\n{}", program.log());
    server.wait_for("window", |screen| (screen.colour(AT.0, AT.1) == RED).then_some(()));

    // Killed, it leaves the session locked; another one takes over.
    let mut program = server.start(&["swaylock", "-c", "336699"]);
    server.wait_for("lock", is_covered);
    program.signal(&server, Signal::KILL);
    server.wait_for("black screen", |screen| (colour(screen) == Some(BLACK)).then_some(()));
    let mut program = server.start(&["swaylock", "-c", "336699"]);
    server.wait_for("lock", is_covered);
    program.signal(&server, Signal::USR1);
    server.wait_for("window", |screen| (screen.colour(AT.0, AT.1) == RED).then_some(()));
    server.finish();
}
