//! Requests whose cost once grew with what a client had made before: each of these took minutes, and then the deadlines of
//! the tests would pass.

use crate::contracts::popup;
use crate::desk::Desk;
use crate::guest::{Guest, request};

/// A client that is served while others are busy: somebody else is, too.
fn serves_others(desk: &Desk) {
    let mut other = Guest::new(desk);
    other.window(20, 20, 0x12_3456);
}

#[test]
fn nested_subsurfaces_cost_what_they_are() {
    let desk = Desk::new("growth-nested", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(100, 100, 0xff_0000);
    let subcompositor = guest.bind("wl_subcompositor", 1);
    let buffer = guest.buffer(5, 5, 0x00_ff00);
    let mut parent = window.surface;
    // With a pending stack beside the committed one at each level.
    for _ in 0..30 {
        let child = guest.surface();
        let sub = guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(parent));
        guest.show(child, buffer);
        guest.send(parent, request::COMMIT, |m| m);
        guest.send(sub, request::SUB_PLACE_BELOW, |m| m.uint(parent));
        parent = child;
    }
    for _ in 0..100 {
        guest.send(window.surface, request::COMMIT, |m| m);
    }
    guest.sync();
    serves_others(&desk);
}

#[test]
fn an_opaque_region_of_thousands_of_rectangles_costs_nothing_later() {
    let desk = Desk::new("growth-region", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(100, 100, 0xff_0000);
    let compositor = guest.bind("wl_compositor", 5);
    let region = guest.make(compositor, request::CREATE_REGION, |m| m);
    for n in 0..4096 {
        guest.send(region, request::REGION_ADD, |m| m.int(n % 64).int(n / 64).int(1).int(1));
    }
    const SET_OPAQUE_REGION: u16 = 4;
    guest.send(window.surface, SET_OPAQUE_REGION, |m| m.uint(region));
    for _ in 0..20_000 {
        guest.send(window.surface, request::COMMIT, |m| m);
    }
    guest.sync();
    serves_others(&desk);
}

#[test]
fn a_surface_has_a_limited_number_of_subsurfaces_and_popups() {
    let desk = Desk::new("growth-siblings", &[]);
    let mut guest = Guest::new(&desk);
    let window = guest.window(100, 100, 0xff_0000);
    let subcompositor = guest.bind("wl_subcompositor", 1);
    let buffer = guest.buffer(5, 5, 0x00_ff00);
    let mut subs = Vec::new();
    for _ in 0..1024 {
        let child = guest.surface();
        subs.push(guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(window.surface)));
        guest.show(child, buffer);
    }
    for turn in 0..5000 {
        guest.send(subs[turn % 1024], request::SUB_PLACE_BELOW, |m| m.uint(window.surface));
        guest.send(window.surface, request::COMMIT, |m| m);
    }
    guest.sync();
    serves_others(&desk);
    let child = guest.surface();
    guest.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(window.surface));
    const IMPLEMENTATION: u32 = 3;
    guest.expect_error(1, IMPLEMENTATION);
}

#[test]
fn thousands_of_popups_on_many_parents_cost_what_they_are() {
    let desk = Desk::new("growth-popups", &[]);
    let mut guest = Guest::new(&desk);
    let buffer = guest.buffer(5, 5, 0x00_ff00);
    let mut last = guest.window(50, 50, 0xff_0000);
    for _ in 0..8 {
        last = guest.window(50, 50, 0xff_0000);
        for _ in 0..250 {
            let (surface, xdg, _) = popup(&mut guest, last.xdg);
            guest.configure(surface, xdg);
            guest.show(surface, buffer);
        }
        guest.sync();
    }
    for _ in 0..10_000 {
        guest.send(last.surface, request::COMMIT, |m| m);
    }
    guest.sync();
    serves_others(&desk);
}

#[test]
fn windows_with_thousands_of_relatives_cost_what_they_are() {
    let desk = Desk::new("growth-parents", &[]);
    let mut guest = Guest::new(&desk);
    let mut windows = Vec::new();
    for _ in 0..2000 {
        windows.push(guest.toplevel().toplevel);
    }
    // A long chain, and then all on one.
    for pair in windows.windows(2) {
        guest.send(pair[0], request::SET_PARENT, |m| m.uint(pair[1]));
    }
    for turn in 0..20_000 {
        let (child, parent) = (windows[1 + turn % 1999], windows[usize::from(turn % 2 == 0)]);
        if child != parent {
            guest.send(child, request::SET_PARENT, |m| m.uint(if turn % 3 == 0 { 0 } else { parent }));
        }
    }
    serves_others(&desk);
}

#[test]
fn windows_whose_memory_was_cut_are_gone_at_once() {
    let desk = Desk::new("growth-cut", &[]);
    let mut guest = Guest::new(&desk);
    let file = tempfile::tempfile_in("/dev/shm").unwrap();
    file.set_len(4 * 400 * 400).unwrap();
    let pool = guest.pool_of(file.try_clone().unwrap().into(), 4 * 400 * 400);
    let buffer = guest.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(400).int(400).int(1600).uint(0));
    for _ in 0..300 {
        let window = guest.toplevel();
        guest.configure(window.surface, window.xdg);
        guest.show(window.surface, buffer);
    }
    file.set_len(0).unwrap();
    serves_others(&desk);
    desk.screen();
}
