//! Clients that break the rules get the error that the specification names for
//! it, on the object that it names, and nothing after it.

use std::os::fd::{AsFd, OwnedFd};

use wayline::io::shm::Memory;

use crate::contracts::popup;
use crate::test_client::{TestClient, request};
use crate::test_server::TestServer;

/// Breaks a rule; says on which object which error is due.
type Crime = fn(&mut TestClient) -> (u32, u32);

/// Each crime by a client of its own, with another client watching that it is not harmed.
fn punish(name: &str, crimes: &[(&str, Crime)]) {
    let server = TestServer::new(name, &["--offer", "zxdg_decoration_manager_v1=1"]);
    let mut witness = TestClient::new(&server);
    witness.window(50, 50, 0xff);
    for (crime, commit) in crimes {
        println!("{crime}");
        let mut client = TestClient::new(&server);
        let (object, code) = commit(&mut client);
        let text = client.expect_error(object, code);
        println!("{crime}: {text}");
        witness.sync();
    }
}

fn memory(size: usize) -> Memory {
    Memory::create("memory", size).unwrap()
}

#[test]
fn m01_to_m10_shared_memory() {
    punish(
        "violations-shm",
        &[
            ("M01 a pool of no bytes", |client| {
                let shm = client.next_id();
                client.pool(&memory(4), 0);
                (shm, 1)
            }),
            ("M02 a pool of a socket", |client| {
                let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
                let shm = client.next_id();
                client.pool_of(OwnedFd::from(socket), 4096);
                (shm, 2)
            }),
            ("M05 a buffer one row larger than its pool", |client| {
                let pool = client.pool(&memory(4096), 4096);
                client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(32).int(33).int(128).uint(0));
                (pool, 1)
            }),
            ("M06 a buffer before its pool", |client| {
                let pool = client.pool(&memory(4096), 4096);
                client.make(pool, request::CREATE_BUFFER, |m| m.int(-4).int(32).int(32).int(128).uint(0));
                (pool, 1)
            }),
            ("M07 rows that overlap", |client| {
                let pool = client.pool(&memory(4096), 4096);
                client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(32).int(32).int(40).uint(0));
                (pool, 1)
            }),
            ("M08 a format that was not announced", |client| {
                let pool = client.pool(&memory(4096), 4096);
                client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(32).int(32).int(128).uint(77));
                (pool, 0)
            }),
            ("M10 a pool that shrinks", |client| {
                let pool = client.pool(&memory(4096), 4096);
                client.send(pool, request::POOL_RESIZE, |m| m.int(4095));
                (pool, 2)
            }),
            ("M13 a file shorter than its pool", |client| {
                let window = client.toplevel();
                client.configure(window.surface, window.xdg);
                let flags = rustix::fs::MemfdFlags::CLOEXEC;
                let file = rustix::fs::memfd_create("short", flags).unwrap();
                rustix::fs::ftruncate(file.as_fd(), 100).unwrap();
                let pool = client.pool_of(file, 40_000);
                let buffer = client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(100).int(100).int(400).uint(1));
                client.show(window.surface, buffer);
                // It is found out when the next frame is drawn.
                let frame = client.make(window.surface, request::FRAME, |m| m);
                client.send(window.surface, request::COMMIT, |m| m);
                let _ = frame;
                (buffer, 2)
            }),
        ],
    );
}

#[test]
fn surfaces() {
    punish(
        "violations-surface",
        &[
            ("scale 0", |client| {
                let surface = client.surface();
                client.send(surface, request::SET_SCALE, |m| m.int(0));
                (surface, 0)
            }),
            ("transform 8", |client| {
                let surface = client.surface();
                client.send(surface, request::SET_TRANSFORM, |m| m.int(8));
                (surface, 1)
            }),
            ("a buffer that is no multiple of the scale", |client| {
                let surface = client.surface();
                let buffer = client.buffer(5, 4, 0);
                client.send(surface, request::SET_SCALE, |m| m.int(2));
                client.show(surface, buffer);
                (surface, 2)
            }),
            ("an offset in attach since version 5", |client| {
                let surface = client.surface();
                client.send(surface, request::ATTACH, |m| m.uint(0).int(1).int(0));
                (surface, 3)
            }),
            ("a subsurface of itself", |client| {
                let surface = client.surface();
                let subcompositor = client.bind("wl_subcompositor", 1);
                client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(surface).uint(surface));
                (subcompositor, 0)
            }),
            ("a window that becomes a subsurface", |client| {
                let (window, parent) = (client.toplevel(), client.surface());
                let subcompositor = client.bind("wl_subcompositor", 1);
                client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(window.surface).uint(parent));
                (subcompositor, 0)
            }),
            ("a subsurface above a stranger", |client| {
                let (surface, parent, stranger) = (client.surface(), client.surface(), client.surface());
                let subcompositor = client.bind("wl_subcompositor", 1);
                let sub = client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(surface).uint(parent));
                client.send(sub, request::SUB_PLACE_ABOVE, |m| m.uint(stranger));
                (sub, 0)
            }),
            ("touch without a touch screen", |client| {
                let seat = client.bind("wl_seat", 8);
                client.make(seat, request::GET_TOUCH, |m| m);
                (seat, 0)
            }),
            ("a window as a cursor", |client| {
                let window = client.toplevel();
                let seat = client.bind("wl_seat", 8);
                let pointer = client.make(seat, request::GET_POINTER, |m| m);
                client.send(pointer, request::SET_CURSOR, |m| m.uint(0).uint(window.surface).int(0).int(0));
                (pointer, 0)
            }),
            ("a source that is used twice", |client| {
                let (manager, seat) = (client.bind("wl_data_device_manager", 3), client.bind("wl_seat", 8));
                let device = client.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
                let source = client.make(manager, request::CREATE_SOURCE, |m| m);
                for _ in 0..2 {
                    client.send(device, request::SET_SELECTION, |m| m.uint(source).uint(0));
                }
                (source, 1)
            }),
        ],
    );
}

#[test]
fn viewports() {
    fn viewport(client: &mut TestClient) -> (u32, u32) {
        let surface = client.surface();
        let viewporter = client.bind("wp_viewporter", 1);
        (surface, client.make(viewporter, request::GET_VIEWPORT, |m| m.uint(surface)))
    }
    punish(
        "violations-viewport",
        &[
            ("two viewports", |client| {
                let surface = client.surface();
                let viewporter = client.bind("wp_viewporter", 1);
                for _ in 0..2 {
                    client.make(viewporter, request::GET_VIEWPORT, |m| m.uint(surface));
                }
                (viewporter, 0)
            }),
            ("a destination without size", |client| {
                let (_, viewport) = viewport(client);
                client.send(viewport, request::VIEWPORT_DESTINATION, |m| m.int(0).int(5));
                (viewport, 0)
            }),
            ("a source of half a pixel without destination", |client| {
                let (surface, viewport) = viewport(client);
                let buffer = client.buffer(5, 5, 0);
                client.send(viewport, request::VIEWPORT_SOURCE, |m| m.int(0).int(0).int(128).int(256));
                client.show(surface, buffer);
                (viewport, 1)
            }),
            ("a source outside of the buffer", |client| {
                let (surface, viewport) = viewport(client);
                let buffer = client.buffer(5, 5, 0);
                client.send(viewport, request::VIEWPORT_SOURCE, |m| m.int(0).int(0).int(6 * 256).int(256));
                client.show(surface, buffer);
                (viewport, 2)
            }),
            ("a viewport without surface", |client| {
                let (surface, viewport) = viewport(client);
                client.send(surface, request::SURFACE_DESTROY, |m| m);
                client.send(viewport, request::VIEWPORT_DESTINATION, |m| m.int(5).int(5));
                (viewport, 3)
            }),
        ],
    );
}

#[test]
fn xdg_surfaces() {
    punish(
        "violations-xdg-surface",
        &[
            ("a commit without role", |client| {
                let (surface, base) = (client.surface(), client.bind("xdg_wm_base", 5));
                let xdg = client.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                client.send(surface, request::COMMIT, |m| m);
                (xdg, 1)
            }),
            ("two roles", |client| {
                let window = client.toplevel();
                client.make(window.xdg, request::GET_TOPLEVEL, |m| m);
                (window.xdg, 2)
            }),
            ("a buffer before the first configure", |client| {
                let window = client.toplevel();
                let buffer = client.buffer(5, 5, 0);
                client.show(window.surface, buffer);
                (window.xdg, 3)
            }),
            ("a serial that was never sent", |client| {
                let window = client.toplevel();
                client.configure(window.surface, window.xdg);
                client.send(window.xdg, request::ACK, |m| m.uint(123_456));
                (window.xdg, 4)
            }),
            ("a geometry without size", |client| {
                let window = client.toplevel();
                client.send(window.xdg, request::SET_GEOMETRY, |m| m.int(0).int(0).int(0).int(5));
                (window.xdg, 5)
            }),
            ("the toplevel outlives its xdg_surface", |client| {
                let window = client.toplevel();
                client.send(window.xdg, request::XDG_DESTROY, |m| m);
                (window.xdg, 6)
            }),
            ("the base goes before its surfaces", |client| {
                let (surface, base) = (client.surface(), client.bind("xdg_wm_base", 5));
                client.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                client.send(base, request::BASE_DESTROY, |m| m);
                (base, 1)
            }),
            ("an xdg_surface of a surface with a buffer", |client| {
                let (surface, base, buffer) = (client.surface(), client.bind("xdg_wm_base", 5), client.buffer(5, 5, 0));
                client.show(surface, buffer);
                client.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                (base, 4)
            }),
            ("an xdg_surface of a subsurface", |client| {
                let (surface, parent) = (client.surface(), client.surface());
                let (base, subcompositor) = (client.bind("xdg_wm_base", 5), client.bind("wl_subcompositor", 1));
                client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(surface).uint(parent));
                client.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                (base, 0)
            }),
        ],
    );
}

#[test]
fn toplevels() {
    punish(
        "violations-toplevel",
        &[
            ("edges that there are not", |client| {
                let window = client.toplevel();
                let seat = client.bind("wl_seat", 8);
                client.send(window.toplevel, request::RESIZE, |m| m.uint(seat).uint(0).uint(3));
                (window.toplevel, 0)
            }),
            ("a window above itself", |client| {
                let (one, two) = (client.toplevel(), client.toplevel());
                client.send(one.toplevel, request::SET_PARENT, |m| m.uint(two.toplevel));
                client.send(two.toplevel, request::SET_PARENT, |m| m.uint(one.toplevel));
                (two.toplevel, 1)
            }),
            ("a negative size", |client| {
                let window = client.toplevel();
                client.send(window.toplevel, request::SET_MIN_SIZE, |m| m.int(-1).int(5));
                (window.toplevel, 2)
            }),
            ("a smallest size above the largest", |client| {
                let window = client.toplevel();
                client.send(window.toplevel, request::SET_MIN_SIZE, |m| m.int(10).int(5));
                client.send(window.toplevel, request::SET_MAX_SIZE, |m| m.int(9).int(5));
                client.send(window.surface, request::COMMIT, |m| m);
                (window.toplevel, 2)
            }),
            ("two decorations", |client| {
                let window = client.toplevel();
                let manager = client.bind("zxdg_decoration_manager_v1", 1);
                client.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
                let second = client.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
                (second, 1)
            }),
            ("a decoration of no mode", |client| {
                let window = client.toplevel();
                let manager = client.bind("zxdg_decoration_manager_v1", 1);
                let decoration = client.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
                // set_mode
                client.send(decoration, 1, |m| m.uint(3));
                (decoration, 3)
            }),
            ("a decoration without toplevel", |client| {
                let window = client.toplevel();
                let manager = client.bind("zxdg_decoration_manager_v1", 1);
                let decoration = client.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
                client.send(window.toplevel, request::TOPLEVEL_DESTROY, |m| m);
                (decoration, 2)
            }),
        ],
    );
}

#[test]
fn popups() {
    punish(
        "violations-popup",
        &[
            ("a positioner without size", |client| {
                let base = client.bind("xdg_wm_base", 5);
                let positioner = client.make(base, request::CREATE_POSITIONER, |m| m);
                client.send(positioner, request::POSITIONER_SIZE, |m| m.int(0).int(5));
                (positioner, 0)
            }),
            ("a popup with half a positioner", |client| {
                let parent = client.window(50, 50, 0);
                let (surface, base) = (client.surface(), client.bind("xdg_wm_base", 5));
                let xdg = client.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                let positioner = client.make(base, request::CREATE_POSITIONER, |m| m);
                client.make(xdg, request::GET_POPUP, |m| m.uint(parent.xdg).uint(positioner));
                (base, 5)
            }),
            ("a popup without parent", |client| {
                let base = client.next_id() + 2;
                let (surface, ..) = popup(client, 0);
                client.send(surface, request::COMMIT, |m| m);
                (base, 3)
            }),
            ("a grab after the popup was shown", |client| {
                let window = client.window(50, 50, 0);
                let seat = client.bind("wl_seat", 8);
                let (surface, xdg, popup) = popup(client, window.xdg);
                client.configure(surface, xdg);
                let buffer = client.buffer(30, 30, 0);
                client.show(surface, buffer);
                client.send(popup, request::POPUP_GRAB, |m| m.uint(seat).uint(0));
                (popup, 0)
            }),
            ("a popup that goes before the one on top of it", |client| {
                let window = client.window(50, 50, 0);
                let base = client.next_id() + 2;
                let (surface, xdg, first) = popup(client, window.xdg);
                client.configure(surface, xdg);
                popup(client, xdg);
                client.send(first, request::POPUP_DESTROY, |m| m);
                (base, 2)
            }),
        ],
    );
}
