//! W8: allocations in steady state, counted: none, on either side. A program of
//! its own, since the threads of a test harness allocate as well.

mod probe;

use std::alloc::System;

use probe::protocol::Probe;
use probe::{Pair, TestClient, TestServer, any_fd, pump};
use wayline::{ClientId, Fixed, MemoryLink, client, server};

/// Counts through a library, since a global allocator of our own would be unsafe code.
#[global_allocator]
static ALLOCATOR: stats_alloc::StatsAlloc<System> = stats_alloc::StatsAlloc::system();

/// One turn with a message of every kind.
fn turn(pair: &mut Pair, probe: probe::protocol::Probe, fds: &mut Vec<std::os::fd::OwnedFd>) {
    let client = &mut pair.guest.client;
    for number in 0..100 {
        probe.ints(client, number, 2, Fixed::ZERO, 4).unwrap();
        probe
            .text(client, Some("sixty-four bytes of text make a fair title for a window, or so it"), &[1; 64])
            .unwrap();
        let child = probe.create(client).unwrap();
        probe.take(client, Some(child)).unwrap();
        child.destroy(client).unwrap();
    }
    for fd in fds.drain(..) {
        probe.fd(client, fd).unwrap();
    }
    pair.pump();
}

/// Turns with an event to each of more clients than wait for the end of a turn at once.
fn fan_outs() {
    let mut host = TestServer::new();
    let mut guests: Vec<(ClientId, TestClient)> = (0..300)
        .map(|_| {
            let (near, far) = MemoryLink::pair();
            let mut guest = TestClient::new(far);
            guest.keep = false;
            (host.server.connect(near), guest)
        })
        .collect();
    let name = host.global.name();
    for (id, guest) in &mut guests {
        pump(&mut host, guest, *id);
        let probe: Probe = guest.client.bind_name(name, 3).unwrap();
        probe.create(&mut guest.client).unwrap();
        pump(&mut host, guest, *id);
    }
    for round in 0..20 {
        for (_, guest) in &mut guests {
            guest.seen.clear();
        }
        let region = stats_alloc::Region::new(&ALLOCATOR);
        for child in &host.children {
            child.poked(&mut host.server, round, any_fd()).unwrap();
        }
        server::finish_turn(&mut host);
        for (_, guest) in &mut guests {
            assert!(client::receive(guest));
        }
        let change = region.change();
        assert!(round < 10 || change.allocations + change.reallocations == 0, "in round {round}");
    }
    println!("test w7_a_fan_out_allocates_nothing ... ok");
}

fn main() {
    fan_outs();
    let (mut pair, probe) = Pair::bound(3);
    pair.guest.keep = false;
    let mut fds = Vec::with_capacity(64);
    let mut counted = None;
    for round in 0..20 {
        fds.extend(std::iter::repeat_with(any_fd).take(50));
        pair.host.children.clear();
        pair.host.children.reserve(1000);
        pair.host.destroyed.clear();
        pair.host.destroyed.reserve(1000);
        let region = stats_alloc::Region::new(&ALLOCATOR);
        turn(&mut pair, probe, &mut fds);
        let change = region.change();
        if round >= 10 {
            counted = Some(change.allocations + change.reallocations);
            assert_eq!(counted, Some(0), "in round {round}");
        }
    }
    assert_eq!(counted, Some(0));
    assert_eq!(pair.reason(), None);
    assert!(pair.guest.events > 0 && pair.host.requests > 0);
    println!("test w8_sends_and_dispatches_allocate_nothing ... ok");
}
