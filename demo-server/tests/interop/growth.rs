//! Requests whose cost once grew with what a client had made before: each of these took minutes, and then the deadlines of
//! the tests would pass.

use crate::contracts::popup;
use crate::test_client::{TestClient, request};
use crate::test_server::TestServer;

/// A client that is served while others are busy: somebody else is, too.
fn serves_others(server: &TestServer) {
    let mut other = TestClient::new(server);
    other.window(20, 20, 0x12_3456);
}

#[test]
fn nested_subsurfaces_cost_what_they_are() {
    let server = TestServer::new("growth-nested", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(100, 100, 0xff_0000);
    let subcompositor = client.bind("wl_subcompositor", 1);
    let buffer = client.buffer(5, 5, 0x00_ff00);
    let mut parent = window.surface;
    // With a pending stack beside the committed one at each level.
    for _ in 0..30 {
        let child = client.surface();
        let sub = client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(parent));
        client.show(child, buffer);
        client.send(parent, request::COMMIT, |m| m);
        client.send(sub, request::SUB_PLACE_BELOW, |m| m.uint(parent));
        parent = child;
    }
    for _ in 0..100 {
        client.send(window.surface, request::COMMIT, |m| m);
    }
    client.sync();
    serves_others(&server);
}

#[test]
fn an_opaque_region_of_thousands_of_rectangles_costs_nothing_later() {
    let server = TestServer::new("growth-region", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(100, 100, 0xff_0000);
    let compositor = client.bind("wl_compositor", 5);
    let region = client.make(compositor, request::CREATE_REGION, |m| m);
    for n in 0..4096 {
        client.send(region, request::REGION_ADD, |m| m.int(n % 64).int(n / 64).int(1).int(1));
    }
    const SET_OPAQUE_REGION: u16 = wayline_wayland::wl_surface::opcode::SET_OPAQUE_REGION;
    client.send(window.surface, SET_OPAQUE_REGION, |m| m.uint(region));
    for _ in 0..20_000 {
        client.send(window.surface, request::COMMIT, |m| m);
    }
    client.sync();
    serves_others(&server);
}

#[test]
fn a_surface_has_a_limited_number_of_subsurfaces_and_popups() {
    let server = TestServer::new("growth-siblings", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(100, 100, 0xff_0000);
    let subcompositor = client.bind("wl_subcompositor", 1);
    let buffer = client.buffer(5, 5, 0x00_ff00);
    let mut subs = Vec::new();
    for _ in 0..1024 {
        let child = client.surface();
        subs.push(client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(window.surface)));
        client.show(child, buffer);
    }
    for turn in 0..5000 {
        client.send(subs[turn % 1024], request::SUB_PLACE_BELOW, |m| m.uint(window.surface));
        client.send(window.surface, request::COMMIT, |m| m);
    }
    client.sync();
    serves_others(&server);
    let child = client.surface();
    client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(child).uint(window.surface));
    const IMPLEMENTATION: u32 = 3;
    client.expect_error(1, IMPLEMENTATION);
}

#[test]
fn thousands_of_popups_on_many_parents_cost_what_they_are() {
    let server = TestServer::new("growth-popups", &[]);
    let mut client = TestClient::new(&server);
    let buffer = client.buffer(5, 5, 0x00_ff00);
    let mut last = client.window(50, 50, 0xff_0000);
    for _ in 0..8 {
        last = client.window(50, 50, 0xff_0000);
        for _ in 0..250 {
            let (surface, xdg, _) = popup(&mut client, last.xdg);
            client.configure(surface, xdg);
            client.show(surface, buffer);
        }
        client.sync();
    }
    for _ in 0..10_000 {
        client.send(last.surface, request::COMMIT, |m| m);
    }
    client.sync();
    serves_others(&server);
}

#[test]
fn windows_with_thousands_of_relatives_cost_what_they_are() {
    let server = TestServer::new("growth-parents", &[]);
    let mut client = TestClient::new(&server);
    let mut windows = Vec::new();
    for _ in 0..2000 {
        windows.push(client.toplevel().toplevel);
    }
    // A long chain, and then all on one.
    for pair in windows.windows(2) {
        client.send(pair[0], request::SET_PARENT, |m| m.uint(pair[1]));
    }
    for turn in 0..20_000 {
        let (child, parent) = (windows[1 + turn % 1999], windows[usize::from(turn % 2 == 0)]);
        if child != parent {
            client.send(child, request::SET_PARENT, |m| m.uint(if turn % 3 == 0 { 0 } else { parent }));
        }
    }
    serves_others(&server);
}

#[test]
fn windows_whose_memory_was_cut_are_gone_at_once() {
    let server = TestServer::new("growth-cut", &[]);
    let mut client = TestClient::new(&server);
    let file = tempfile::tempfile_in("/dev/shm").unwrap();
    file.set_len(4 * 400 * 400).unwrap();
    let pool = client.pool_of(file.try_clone().unwrap().into(), 4 * 400 * 400);
    let buffer = client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(400).int(400).int(1600).uint(0));
    for _ in 0..300 {
        let window = client.toplevel();
        client.configure(window.surface, window.xdg);
        client.show(window.surface, buffer);
    }
    file.set_len(0).unwrap();
    serves_others(&server);
    server.screen();
}
