//! Clients that break the rules get the error that the specification names for
//! it, on the object that it names, and nothing after it.

use std::os::fd::{AsFd, OwnedFd};

use wayline::io::shm::Memory;

use crate::contracts::popup;
use crate::desk::Desk;
use crate::guest::{Guest, request};

/// Breaks a rule; says on which object which error is due.
type Crime = fn(&mut Guest) -> (u32, u32);

/// Each crime by a client of its own, with another client watching that it is not harmed.
fn punish(name: &str, crimes: &[(&str, Crime)]) {
    let desk = Desk::new(name, &["--offer", "zxdg_decoration_manager_v1=1"]);
    let mut witness = Guest::new(&desk);
    witness.window(50, 50, 0xff);
    for (crime, commit) in crimes {
        println!("{crime}");
        let mut guest = Guest::new(&desk);
        let (object, code) = commit(&mut guest);
        let text = guest.expect_error(object, code);
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
            ("M01 a pool of no bytes", |guest| {
                let shm = guest.next_id();
                guest.pool(&memory(4), 0);
                (shm, 1)
            }),
            ("M02 a pool of a socket", |guest| {
                let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
                let shm = guest.next_id();
                guest.pool_of(OwnedFd::from(socket), 4096);
                (shm, 2)
            }),
            ("M05 a buffer one row larger than its pool", |guest| {
                let pool = guest.pool(&memory(4096), 4096);
                guest.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(32).int(33).int(128).uint(0));
                (pool, 1)
            }),
            ("M06 a buffer before its pool", |guest| {
                let pool = guest.pool(&memory(4096), 4096);
                guest.make(pool, request::CREATE_BUFFER, |m| m.int(-4).int(32).int(32).int(128).uint(0));
                (pool, 1)
            }),
            ("M07 rows that overlap", |guest| {
                let pool = guest.pool(&memory(4096), 4096);
                guest.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(32).int(32).int(40).uint(0));
                (pool, 1)
            }),
            ("M08 a format that was not announced", |guest| {
                let pool = guest.pool(&memory(4096), 4096);
                guest.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(32).int(32).int(128).uint(77));
                (pool, 0)
            }),
            ("M10 a pool that shrinks", |guest| {
                let pool = guest.pool(&memory(4096), 4096);
                guest.send(pool, request::POOL_RESIZE, |m| m.int(4095));
                (pool, 2)
            }),
            ("M13 a file shorter than its pool", |guest| {
                let window = guest.toplevel();
                guest.configure(window.surface, window.xdg);
                let flags = rustix::fs::MemfdFlags::CLOEXEC;
                let file = rustix::fs::memfd_create("short", flags).unwrap();
                rustix::fs::ftruncate(file.as_fd(), 100).unwrap();
                let pool = guest.pool_of(file, 40_000);
                let buffer = guest.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(100).int(100).int(400).uint(1));
                guest.show(window.surface, buffer);
                // It is found out when the next frame is drawn.
                let frame = guest.make(window.surface, request::FRAME, |m| m);
                guest.send(window.surface, request::COMMIT, |m| m);
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
            ("scale 0", |guest| {
                let surface = guest.surface();
                guest.send(surface, request::SET_SCALE, |m| m.int(0));
                (surface, 0)
            }),
            ("transform 8", |guest| {
                let surface = guest.surface();
                guest.send(surface, request::SET_TRANSFORM, |m| m.int(8));
                (surface, 1)
            }),
            ("a buffer that is no multiple of the scale", |guest| {
                let surface = guest.surface();
                let buffer = guest.buffer(5, 4, 0);
                guest.send(surface, request::SET_SCALE, |m| m.int(2));
                guest.show(surface, buffer);
                (surface, 2)
            }),
            ("an offset in attach since version 5", |guest| {
                let surface = guest.surface();
                guest.send(surface, request::ATTACH, |m| m.uint(0).int(1).int(0));
                (surface, 3)
            }),
            ("a subsurface of itself", |guest| {
                let surface = guest.surface();
                let subcompositor = guest.bind("wl_subcompositor", 1);
                guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(surface).uint(surface));
                (subcompositor, 0)
            }),
            ("a window that becomes a subsurface", |guest| {
                let (window, parent) = (guest.toplevel(), guest.surface());
                let subcompositor = guest.bind("wl_subcompositor", 1);
                guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(window.surface).uint(parent));
                (subcompositor, 0)
            }),
            ("a subsurface above a stranger", |guest| {
                let (surface, parent, stranger) = (guest.surface(), guest.surface(), guest.surface());
                let subcompositor = guest.bind("wl_subcompositor", 1);
                let sub = guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(surface).uint(parent));
                guest.send(sub, request::SUB_PLACE_ABOVE, |m| m.uint(stranger));
                (sub, 0)
            }),
            ("touch without a touch screen", |guest| {
                let seat = guest.bind("wl_seat", 8);
                guest.make(seat, request::GET_TOUCH, |m| m);
                (seat, 0)
            }),
            ("a window as a cursor", |guest| {
                let window = guest.toplevel();
                let seat = guest.bind("wl_seat", 8);
                let pointer = guest.make(seat, request::GET_POINTER, |m| m);
                guest.send(pointer, request::SET_CURSOR, |m| m.uint(0).uint(window.surface).int(0).int(0));
                (pointer, 0)
            }),
            ("a source that is used twice", |guest| {
                let (manager, seat) = (guest.bind("wl_data_device_manager", 3), guest.bind("wl_seat", 8));
                let device = guest.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
                let source = guest.make(manager, request::CREATE_SOURCE, |m| m);
                for _ in 0..2 {
                    guest.send(device, request::SET_SELECTION, |m| m.uint(source).uint(0));
                }
                (source, 1)
            }),
        ],
    );
}

#[test]
fn viewports() {
    fn viewport(guest: &mut Guest) -> (u32, u32) {
        let surface = guest.surface();
        let viewporter = guest.bind("wp_viewporter", 1);
        (surface, guest.make(viewporter, request::GET_VIEWPORT, |m| m.uint(surface)))
    }
    punish(
        "violations-viewport",
        &[
            ("two viewports", |guest| {
                let surface = guest.surface();
                let viewporter = guest.bind("wp_viewporter", 1);
                for _ in 0..2 {
                    guest.make(viewporter, request::GET_VIEWPORT, |m| m.uint(surface));
                }
                (viewporter, 0)
            }),
            ("a destination without size", |guest| {
                let (_, viewport) = viewport(guest);
                guest.send(viewport, request::VIEWPORT_DESTINATION, |m| m.int(0).int(5));
                (viewport, 0)
            }),
            ("a source of half a pixel without destination", |guest| {
                let (surface, viewport) = viewport(guest);
                let buffer = guest.buffer(5, 5, 0);
                guest.send(viewport, request::VIEWPORT_SOURCE, |m| m.int(0).int(0).int(128).int(256));
                guest.show(surface, buffer);
                (viewport, 1)
            }),
            ("a source outside of the buffer", |guest| {
                let (surface, viewport) = viewport(guest);
                let buffer = guest.buffer(5, 5, 0);
                guest.send(viewport, request::VIEWPORT_SOURCE, |m| m.int(0).int(0).int(6 * 256).int(256));
                guest.show(surface, buffer);
                (viewport, 2)
            }),
            ("a viewport without surface", |guest| {
                let (surface, viewport) = viewport(guest);
                guest.send(surface, request::SURFACE_DESTROY, |m| m);
                guest.send(viewport, request::VIEWPORT_DESTINATION, |m| m.int(5).int(5));
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
            ("a commit without role", |guest| {
                let (surface, base) = (guest.surface(), guest.bind("xdg_wm_base", 5));
                let xdg = guest.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                guest.send(surface, request::COMMIT, |m| m);
                (xdg, 1)
            }),
            ("two roles", |guest| {
                let window = guest.toplevel();
                guest.make(window.xdg, request::GET_TOPLEVEL, |m| m);
                (window.xdg, 2)
            }),
            ("a buffer before the first configure", |guest| {
                let window = guest.toplevel();
                let buffer = guest.buffer(5, 5, 0);
                guest.show(window.surface, buffer);
                (window.xdg, 3)
            }),
            ("a serial that was never sent", |guest| {
                let window = guest.toplevel();
                guest.configure(window.surface, window.xdg);
                guest.send(window.xdg, request::ACK, |m| m.uint(123_456));
                (window.xdg, 4)
            }),
            ("a geometry without size", |guest| {
                let window = guest.toplevel();
                guest.send(window.xdg, request::SET_GEOMETRY, |m| m.int(0).int(0).int(0).int(5));
                (window.xdg, 5)
            }),
            ("the toplevel outlives its xdg_surface", |guest| {
                let window = guest.toplevel();
                guest.send(window.xdg, request::XDG_DESTROY, |m| m);
                (window.xdg, 6)
            }),
            ("the base goes before its surfaces", |guest| {
                let (surface, base) = (guest.surface(), guest.bind("xdg_wm_base", 5));
                guest.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                guest.send(base, request::BASE_DESTROY, |m| m);
                (base, 1)
            }),
            ("an xdg_surface of a surface with a buffer", |guest| {
                let (surface, base, buffer) = (guest.surface(), guest.bind("xdg_wm_base", 5), guest.buffer(5, 5, 0));
                guest.show(surface, buffer);
                guest.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                (base, 4)
            }),
            ("an xdg_surface of a subsurface", |guest| {
                let (surface, parent) = (guest.surface(), guest.surface());
                let (base, subcompositor) = (guest.bind("xdg_wm_base", 5), guest.bind("wl_subcompositor", 1));
                guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(surface).uint(parent));
                guest.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
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
            ("edges that there are not", |guest| {
                let window = guest.toplevel();
                let seat = guest.bind("wl_seat", 8);
                guest.send(window.toplevel, request::RESIZE, |m| m.uint(seat).uint(0).uint(3));
                (window.toplevel, 0)
            }),
            ("a window above itself", |guest| {
                let (one, two) = (guest.toplevel(), guest.toplevel());
                guest.send(one.toplevel, request::SET_PARENT, |m| m.uint(two.toplevel));
                guest.send(two.toplevel, request::SET_PARENT, |m| m.uint(one.toplevel));
                (two.toplevel, 1)
            }),
            ("a negative size", |guest| {
                let window = guest.toplevel();
                guest.send(window.toplevel, request::SET_MIN_SIZE, |m| m.int(-1).int(5));
                (window.toplevel, 2)
            }),
            ("a smallest size above the largest", |guest| {
                let window = guest.toplevel();
                guest.send(window.toplevel, request::SET_MIN_SIZE, |m| m.int(10).int(5));
                guest.send(window.toplevel, request::SET_MAX_SIZE, |m| m.int(9).int(5));
                guest.send(window.surface, request::COMMIT, |m| m);
                (window.toplevel, 2)
            }),
            ("two decorations", |guest| {
                let window = guest.toplevel();
                let manager = guest.bind("zxdg_decoration_manager_v1", 1);
                guest.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
                let second = guest.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
                (second, 1)
            }),
            ("a decoration without toplevel", |guest| {
                let window = guest.toplevel();
                let manager = guest.bind("zxdg_decoration_manager_v1", 1);
                let decoration = guest.make(manager, request::GET_DECORATION, |m| m.uint(window.toplevel));
                guest.send(window.toplevel, request::TOPLEVEL_DESTROY, |m| m);
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
            ("a positioner without size", |guest| {
                let base = guest.bind("xdg_wm_base", 5);
                let positioner = guest.make(base, request::CREATE_POSITIONER, |m| m);
                guest.send(positioner, request::POSITIONER_SIZE, |m| m.int(0).int(5));
                (positioner, 0)
            }),
            ("a popup with half a positioner", |guest| {
                let parent = guest.window(50, 50, 0);
                let (surface, base) = (guest.surface(), guest.bind("xdg_wm_base", 5));
                let xdg = guest.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
                let positioner = guest.make(base, request::CREATE_POSITIONER, |m| m);
                guest.make(xdg, request::GET_POPUP, |m| m.uint(parent.xdg).uint(positioner));
                (base, 5)
            }),
            ("a popup without parent", |guest| {
                let base = guest.next_id() + 2;
                let (surface, ..) = popup(guest, 0);
                guest.send(surface, request::COMMIT, |m| m);
                (base, 3)
            }),
            ("a grab after the popup was shown", |guest| {
                let window = guest.window(50, 50, 0);
                let seat = guest.bind("wl_seat", 8);
                let (surface, xdg, popup) = popup(guest, window.xdg);
                guest.configure(surface, xdg);
                let buffer = guest.buffer(30, 30, 0);
                guest.show(surface, buffer);
                guest.send(popup, request::POPUP_GRAB, |m| m.uint(seat).uint(0));
                (popup, 0)
            }),
            ("a popup that goes before the one on top of it", |guest| {
                let window = guest.window(50, 50, 0);
                let base = guest.next_id() + 2;
                let (surface, xdg, first) = popup(guest, window.xdg);
                guest.configure(surface, xdg);
                popup(guest, xdg);
                guest.send(first, request::POPUP_DESTROY, |m| m);
                (base, 2)
            }),
        ],
    );
}
