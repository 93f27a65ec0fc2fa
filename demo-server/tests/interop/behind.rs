//! What a client that does not read is told of the pointer once it reads again,
//! through either front end, and of what is dragged. `way_pointer` and `wl_pointer`
//! number their events alike.

use std::collections::HashMap;
use std::os::fd::AsFd;

use wayline::io::shm::Memory;
use wayline_toolkit::protocol::native::{way_compositor, way_pool, way_seat, way_shm, way_surface, way_window};
use wayline_wayland::{wl_data_device, wl_pointer};

use crate::test_client::{TestClient, event, request};
use crate::test_server::TestServer;

const MOTION: u16 = wl_pointer::opcode::MOTION;
const FRAME: u16 = wl_pointer::opcode::FRAME;
/// Motions while the client is away: several times what its socket holds.
const MOVES: usize = 30_000;
/// Where the first window is.
const AT: (i32, i32) = (80, 60);

/// A native window of 200 by 200 pixels, and a pointer. Returns the pointer.
fn native_window(client: &mut TestClient) -> u32 {
    let (compositor, shm, seat) =
        (client.bind("way_compositor", 1), client.bind("way_shm", 1), client.bind("way_seat", 2));
    let pointer = client.make(seat, way_seat::opcode::GET_POINTER, |m| m);
    let surface = client.make(compositor, way_compositor::opcode::CREATE_SURFACE, |m| m);
    let window = client.make(compositor, way_compositor::opcode::CREATE_WINDOW, |m| m.uint(surface));
    client.send(surface, way_surface::opcode::COMMIT, |m| m);
    let serial = client.until(window, way_window::opcode::CONFIGURE).first();
    client.send(window, way_window::opcode::ACK_CONFIGURE, |m| m.uint(serial));
    let memory = Memory::create("picture", 200 * 200 * 4).unwrap();
    let pool = client.id();
    let fd = memory.try_clone_fd().unwrap();
    client.send_fds(shm, way_shm::opcode::CREATE_POOL, &[fd.as_fd()], |m| m.uint(pool).int(200 * 200 * 4));
    let buffer = client.make(pool, way_pool::opcode::CREATE_BUFFER, |m| m.int(0).int(200).int(200).int(800).uint(1));
    client.send(surface, way_surface::opcode::ATTACH, |m| m.uint(buffer));
    client.send(surface, way_surface::opcode::COMMIT, |m| m);
    client.sync();
    pointer
}

/// The same with Wayland's own interfaces.
fn wayland_window(client: &mut TestClient) -> u32 {
    let seat = client.bind("wl_seat", 8);
    let pointer = client.make(seat, request::GET_POINTER, |m| m);
    client.window(200, 200, 0xff_0000);
    pointer
}

/// Motions of the pointer over the first window.
fn moves() -> Vec<String> {
    (0..MOVES).map(|n| format!("move {} {}", 90 + n % 100, 70 + n % 90)).collect()
}

/// Moves the pointer about while the client is away, with a click in between,
/// and checks what it is told of that when it comes back.
fn goes_away(name: &str, window: impl Fn(&mut TestClient) -> u32) {
    let mut server = TestServer::new(name, &[]);
    let mut client = TestClient::new(&server);
    let pointer = window(&mut client);
    // The second window covers the lower right of the first one.
    let mut witness = TestClient::new(&server);
    let witness_pointer = wayland_window(&mut witness);
    server.act(&["move 90 70"]);
    client.until(pointer, event::POINTER_ENTER);

    let moves = moves();
    let moves: Vec<&str> = moves.iter().map(String::as_str).collect();
    server.act(&moves);
    server.act(&["move 100 101", "button left press"]);
    server.act(&moves);
    server.act(&["move 200 102", "button left release"]);
    server.act(&moves);
    server.act(&["move 110 103", "move 400 380"]);
    witness.until(witness_pointer, event::POINTER_ENTER);

    client.events.clear();
    client.until(pointer, event::POINTER_LEAVE);
    client.sync();
    let mut told: Vec<(u16, Option<(i32, i32)>)> = Vec::new();
    for event in client.events.iter().filter(|event| event.object == pointer) {
        let mut args = event.args();
        let [_time, x, y] = std::array::from_fn(|_| args.uint().unwrap_or_default() as i32 / 256);
        told.push((event.opcode, (event.opcode == MOTION).then_some((x + AT.0, y + AT.1))));
    }
    // The leave itself was taken out; its frame is the last.
    assert_eq!(told.pop(), Some((FRAME, None)));
    let (frames, rest) = told.split_at(1).1.as_chunks::<2>();
    assert!(rest.is_empty() && told[0].0 == FRAME, "the frame of enter");
    assert!(frames.iter().all(|[what, frame]| what.0 != FRAME && frame.0 == FRAME), "each change is a frame");
    let mut count: HashMap<u16, usize> = HashMap::new();
    frames.iter().for_each(|[what, _]| *count.entry(what.0).or_default() += 1);
    assert_eq!((count.len(), count[&event::BUTTON]), (2, 2));
    assert!(count[&MOTION] < MOVES / 2, "{} of {} motions were told", count[&MOTION], 3 * MOVES);
    let places: Vec<_> = frames.iter().map(|[what, _]| what.1).collect();
    let clicks: Vec<usize> = (0..places.len()).filter(|at| places[*at].is_none()).collect();
    assert_eq!(places[clicks[0] - 1], Some((100, 101)), "the button goes down where the pointer is");
    assert_eq!(places[clicks[1] - 1], Some((200, 102)), "and up where it was then");
    assert_eq!(*places.last().unwrap(), Some((110, 103)), "the last place before it left");
    drop(client);
    server.finish();
}

#[test]
fn a_native_client_that_comes_back_is_told_where_the_pointer_is() {
    goes_away("behind-native", native_window);
}

#[test]
fn a_wayland_client_that_comes_back_is_told_where_the_pointer_is() {
    goes_away("behind-wayland", wayland_window);
}

#[test]
fn a_client_that_comes_back_is_told_where_the_data_is_that_is_dragged() {
    const DRAG_MOTION: u16 = wl_data_device::opcode::MOTION;
    let mut server = TestServer::new("behind-drag", &[]);
    let mut client = TestClient::new(&server);
    let (manager, seat) = (client.bind("wl_data_device_manager", 3), client.bind("wl_seat", 8));
    let device = client.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    let pointer = client.make(seat, request::GET_POINTER, |m| m);
    let window = client.window(200, 200, 0xff_0000);
    let mut witness = TestClient::new(&server);
    let witness_pointer = wayland_window(&mut witness);
    server.act(&["move 90 70", "button left press"]);
    let serial = client.until(pointer, event::BUTTON).first();
    // Without a source it is a drag within the client.
    client.send(device, request::START_DRAG, |m| m.uint(0).uint(window.surface).uint(0).uint(serial));
    client.until(device, event::DRAG_ENTER);

    let moves = moves();
    let moves: Vec<&str> = moves.iter().map(String::as_str).collect();
    server.act(&moves);
    server.act(&["move 100 101", "move 1000 700"]);
    server.act(&moves);
    server.act(&["move 110 103", "button left release", "move 400 380"]);
    witness.until(witness_pointer, event::POINTER_ENTER);

    client.events.clear();
    client.sync();
    let mut told = client.events.iter().filter(|event| event.object == device);
    let mut count = 0;
    for (last, end) in [((100, 101), event::DRAG_LEAVE), ((110, 103), event::DROP)] {
        let mut at = None;
        let ended = told.by_ref().find(|event| {
            let mut args = event.args();
            if event.opcode == DRAG_MOTION {
                let [_time, x, y] = std::array::from_fn(|_| args.uint().unwrap() as i32 / 256);
                at = Some((x + AT.0, y + AT.1));
                count += 1;
            }
            ![DRAG_MOTION, event::DRAG_ENTER].contains(&event.opcode)
        });
        assert_eq!((at, ended.map(|event| event.opcode)), (Some(last), Some(end)), "where it was last");
    }
    assert!(told.map(|event| event.opcode).eq([event::DRAG_LEAVE]), "after the drop");
    assert!(count < MOVES, "{count} of {} motions were told", 2 * MOVES);
    drop(client);
    server.finish();
}
