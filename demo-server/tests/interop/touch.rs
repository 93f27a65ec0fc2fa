//! Fingers on the screen, as a client is told of them.

use wayline_conformance::wire::Received;
use wayline_wayland::{wl_surface, wl_touch};

use crate::test_client::{TestClient, request};
use crate::test_server::TestServer;

const DOWN: u16 = wl_touch::opcode::DOWN;
const UP: u16 = wl_touch::opcode::UP;
const MOTION: u16 = wl_touch::opcode::MOTION;
const FRAME: u16 = wl_touch::opcode::FRAME;
const CANCEL: u16 = wl_touch::opcode::CANCEL;

/// The touch bit of `wl_seat.capabilities`.
const TOUCH: u32 = 4;

/// What happens on a touch screen, without times and serials.
#[derive(Debug, PartialEq)]
enum Told {
    Down { surface: u32, id: i32, at: (i32, i32) },
    Up { id: i32 },
    Motion { id: i32, at: (i32, i32) },
    Frame,
    Cancel,
}

/// Waits for this event, and says what the object was told up to it.
fn until(client: &mut TestClient, touch: u32, opcode: u16) -> Vec<Told> {
    let last = client.until(touch, opcode);
    client.events.push(last);
    client.events.extract_if(.., |event| event.object == touch).map(|event| read(&event)).collect()
}

fn read(event: &Received) -> Told {
    let mut args = event.args();
    let mut next = || args.uint().unwrap();
    let fixed = |value: u32| value as i32 / 256;
    match event.opcode {
        DOWN => {
            let [_serial, _time, surface, id, x, y] = std::array::from_fn(|_| next());
            Told::Down { surface, id: id as i32, at: (fixed(x), fixed(y)) }
        }
        UP => {
            let [_serial, _time, id] = std::array::from_fn(|_| next());
            Told::Up { id: id as i32 }
        }
        MOTION => {
            let [_time, id, x, y] = std::array::from_fn(|_| next());
            Told::Motion { id: id as i32, at: (fixed(x), fixed(y)) }
        }
        FRAME => Told::Frame,
        CANCEL => Told::Cancel,
        other => panic!("event {other}"),
    }
}

/// A server with a touch screen, and a client that knows it.
pub(crate) fn screen(name: &str) -> (TestServer, TestClient, u32) {
    let mut server = TestServer::new(name, &[]);
    let mut client = TestClient::new(&server);
    let seat = client.bind("wl_seat", 8);
    server.act(&["touch plug"]);
    loop {
        if client.until(seat, 0).first() & TOUCH != 0 {
            break;
        }
    }
    let touch = client.make(seat, request::GET_TOUCH, |m| m);
    (server, client, touch)
}

#[test]
fn a_seat_has_touch_once_there_is_a_screen_for_it() {
    let (server, _guest, _) = screen("touch-plug");
    // Who comes later finds it there.
    let mut late = TestClient::new(&server);
    let seat = late.bind("wl_seat", 1);
    assert_eq!(late.until(seat, 0).first(), 7);
    late.make(seat, request::GET_TOUCH, |m| m);
    late.sync();
}

#[test]
fn a_finger_stays_with_the_surface_it_came_down_on() {
    let (mut server, mut client, touch) = screen("touch-grab");
    let mut other = TestClient::new(&server);
    let window = client.window(100, 100, 0xff_0000);
    other.window(100, 100, 0xff);
    let surface = window.surface;
    // The first window is at 80, 60 and under the second one in part.
    server.act(&["touch 7 down 90.5 75"]);
    let down = Told::Down { surface, id: 7, at: (10, 15) };
    assert_eq!(until(&mut client, touch, FRAME), [down, Told::Frame]);
    // Another finger beside of all windows is nobody's business; far out is still of this window.
    server.act(&["touch 8 down 1000 700", "touch 8 up", "touch 7 move 1000 50"]);
    assert_eq!(until(&mut client, touch, FRAME), [Told::Motion { id: 7, at: (920, -10) }, Told::Frame]);
    server.act(&["touch 3 down 80 60", "touch 3 move 81 61", "touch 7 up"]);
    assert_eq!(until(&mut client, touch, FRAME), [Told::Down { surface, id: 3, at: (0, 0) }, Told::Frame]);
    assert_eq!(until(&mut client, touch, FRAME), [Told::Motion { id: 3, at: (1, 1) }, Told::Frame]);
    assert_eq!(until(&mut client, touch, FRAME), [Told::Up { id: 7 }, Told::Frame]);
    // What moves under a finger is a motion of the finger for it.
    let offset = client.buffer(100, 100, 0xff_0000);
    const OFFSET: u16 = wl_surface::opcode::OFFSET;
    client.send(surface, OFFSET, |m| m.int(5).int(-6));
    client.show(surface, offset);
    assert_eq!(until(&mut client, touch, FRAME), [Told::Motion { id: 3, at: (-4, 7) }, Told::Frame]);
    server.act(&["touch cancel", "touch 3 move 82 62", "touch 3 up", "touch 3 down 89 58"]);
    assert_eq!(until(&mut client, touch, CANCEL), [Told::Cancel]);
    assert_eq!(until(&mut client, touch, FRAME), [Told::Down { surface, id: 3, at: (4, 4) }, Told::Frame]);
}

#[test]
fn a_finger_on_a_surface_that_goes_away_is_up() {
    let (mut server, mut client, touch) = screen("touch-gone");
    let window = client.window(100, 100, 0xff_0000);
    server.act(&["touch 1 down 90 70"]);
    until(&mut client, touch, FRAME);
    client.send(window.toplevel, request::TOPLEVEL_DESTROY, |m| m);
    assert_eq!(until(&mut client, touch, FRAME), [Told::Up { id: 1 }, Told::Frame]);
    server.act(&["touch 1 move 91 71", "touch 1 up"]);
    // A touch object that comes between down and up knows nothing of that finger.
    let again = client.window(100, 100, 0xff_0000);
    server.act(&["touch 2 down 90 70"]);
    let down = Told::Down { surface: again.surface, id: 2, at: (10, 10) };
    assert_eq!(until(&mut client, touch, FRAME), [down, Told::Frame]);
    let seat = client.bind("wl_seat", 8);
    let late = client.make(seat, request::GET_TOUCH, |m| m);
    client.sync();
    server.act(&["touch 2 up"]);
    assert_eq!(until(&mut client, touch, FRAME), [Told::Up { id: 2 }, Told::Frame]);
    client.sync();
    assert!(client.events.iter().all(|event| event.object != late));
}

#[test]
fn a_client_that_comes_back_is_told_where_fingers_are() {
    /// Several times what a socket holds.
    const MOVES: usize = 20_000;
    let (mut server, mut client, touch) = screen("touch-behind");
    let surface = client.window(200, 200, 0xff_0000).surface;
    let mut witness = TestClient::new(&server);
    let seat = witness.bind("wl_seat", 8);
    let witness_touch = witness.make(seat, request::GET_TOUCH, |m| m);
    witness.window(200, 200, 0xff);
    server.act(&["touch 1 down 90 70"]);
    assert_eq!(until(&mut client, touch, FRAME).len(), 2);

    let moves = |finger: u32| -> Vec<String> {
        (0..MOVES).map(|n| format!("touch {finger} move {} {}", 90 + n % 100, 70 + n % 90)).collect()
    };
    let (one, two) = (moves(1), moves(2));
    let (one, two): (Vec<&str>, Vec<&str>) =
        (one.iter().map(String::as_str).collect(), two.iter().map(String::as_str).collect());
    server.act(&one);
    server.act(&["touch 1 move 100 101", "touch 2 down 95 75"]);
    server.act(&one);
    server.act(&two);
    server.act(&["touch 1 move 180 162", "touch 2 move 111 104", "touch 1 up"]);
    server.act(&two);
    server.act(&["touch 2 move 110 103", "touch 2 up", "touch 3 down 400 380"]);
    until(&mut witness, witness_touch, DOWN);

    client.sync();
    let told: Vec<Told> = client.events.iter().filter(|event| event.object == touch).map(read).collect();
    let frames = told.chunks(2);
    assert!(frames.clone().all(|frame| frame.len() == 2 && frame[1] == Told::Frame), "each change is a frame");
    let changes: Vec<&Told> = frames.map(|frame| &frame[0]).collect();
    let is_motion = |change: &&&Told| matches!(change, Told::Motion { .. });
    let motions = changes.iter().filter(is_motion).count();
    assert!(motions < 2 * MOVES, "{motions} of {} motions were told", 4 * MOVES);
    // Where each finger is when a finger comes or goes: the window is at 80, 60.
    let (down, up) = (Told::Down { surface, id: 2, at: (15, 15) }, |id| Told::Up { id });
    let at = |id, x, y| Told::Motion { id, at: (x, y) };
    let expected =
        [(down, vec![at(1, 20, 41)]), (up(1), vec![at(1, 100, 102), at(2, 31, 44)]), (up(2), vec![at(2, 30, 43)])];
    let mut rest = &changes[..];
    for (change, last) in expected {
        let here = rest.iter().position(|told| !is_motion(&told)).expect("another change");
        let (before, after) = rest.split_at(here);
        assert_eq!(*after[0], change);
        for place in &last {
            let Told::Motion { id: finger, .. } = place else { unreachable!() };
            let of_finger = |told: &&&&Told| matches!(told, Told::Motion { id, .. } if id == finger);
            assert_eq!(before.iter().rev().find(|told| of_finger(&told)), Some(&place));
        }
        rest = &after[1..];
    }
    assert!(rest.is_empty());
    drop(client);
    server.finish();
}
