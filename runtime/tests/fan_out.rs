//! One turn that writes to more clients than wait for its end at once.
#![cfg(feature = "io")]

mod probe;

use std::os::unix::net::UnixStream;
use std::time::Duration;

use probe::protocol::{Probe, ProbeChild};
use probe::{TestClient, TestServer, any_fd};
use wayline::io::Socket;
use wayline::{client, server};

/// Clients, more than three times as many as wait.
const CROWD: usize = 200;

/// A server and its clients over sockets, with an object for each.
fn crowd() -> (TestServer, Vec<TestClient>, Vec<ProbeChild>) {
    let mut host = TestServer::new();
    let mut guests = Vec::new();
    for _ in 0..CROWD {
        let (near, far) = UnixStream::pair().unwrap();
        host.server.add_socket(near.into()).unwrap();
        let mut guest = TestClient::new(Socket::new(far.into()));
        guest.client.begin_roundtrip().unwrap();
        pump(&mut host, &mut guest);
        let probe: Probe = guest.client.bind(1).unwrap();
        probe.create(&mut guest.client).unwrap();
        pump(&mut host, &mut guest);
        guests.push(guest);
    }
    let children = host.children.clone();
    assert_eq!(children.len(), CROWD);
    (host, guests, children)
}

/// Lets both speak until the server has nothing to do.
fn pump(host: &mut TestServer, guest: &mut TestClient) {
    let mut busy = true;
    while busy {
        guest.client.flush();
        client::finish_turn(guest);
        busy = server::dispatch(host, Some(Duration::ZERO)).unwrap();
        while client::receive(guest) {
            busy = true;
        }
        client::finish_turn(guest);
    }
}

/// Serials of the events that a client has.
fn serials(guest: &TestClient) -> Vec<u32> {
    let serial = |seen: &_| if let probe::Seen::Poked(_, serial) = seen { Some(*serial) } else { None };
    guest.seen.iter().filter_map(serial).collect()
}

#[test]
fn the_first_of_many_clients_are_sent_to_before_the_turn_ends() {
    let (mut host, mut guests, children) = crowd();
    for child in &children {
        child.poked(&mut host.server, 1, any_fd()).unwrap();
    }
    assert!(client::receive(&mut guests[0]), "the first has its event");
    assert!(!client::receive(&mut guests[CROWD - 1]), "the last is still to get it");
    server::finish_turn(&mut host);
    for guest in &mut guests[1..] {
        assert!(client::receive(guest));
    }
    assert!(guests.iter().all(|guest| serials(guest) == [1]));
}

#[test]
fn a_client_whose_socket_fills_in_a_fan_out_gets_the_rest_later() {
    let (mut host, mut guests, children) = crowd();
    let mut sent = 0;
    while !host.server.is_behind(children[0].client()) {
        sent += 1;
        children[0].poked(&mut host.server, sent, any_fd()).unwrap();
        for child in &children[1..] {
            child.poked(&mut host.server, sent, any_fd()).unwrap();
        }
        for guest in &mut guests[1..] {
            while client::receive(guest) {}
        }
    }
    server::finish_turn(&mut host);
    pump(&mut host, &mut guests[0]);
    for guest in &mut guests[1..] {
        while client::receive(guest) {}
    }
    let all: Vec<u32> = (1..=sent).collect();
    assert!(guests.iter().all(|guest| serials(guest) == all));
    assert!(host.ended.is_empty());
}
