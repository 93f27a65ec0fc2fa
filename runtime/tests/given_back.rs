//! Memory that clients made a server allocate is the system's again when they are gone. The only test of its process.
#![cfg(feature = "io")]

mod probe;

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use probe::TestServer;
use wayline::server;

/// Memory of this process that is in no file, in KiB.
fn allocated() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Has a client make so many registries, and returns what is allocated while they are there.
fn registries(host: &mut TestServer, count: u32) -> u64 {
    let (mut peer, theirs) = UnixStream::pair().unwrap();
    host.server.add_socket(theirs.into()).unwrap();
    peer.set_nonblocking(true).unwrap();
    let mut answers = vec![0; 1 << 16];
    for id in 2..2 + count {
        let message: Vec<u8> = [1, 12 << 16 | 1, id].iter().flat_map(|word: &u32| word.to_ne_bytes()).collect();
        peer.write_all(&message).unwrap();
        if id % 100 == 0 {
            server::dispatch(host, Some(Duration::ZERO)).unwrap();
            while peer.read(&mut answers).is_ok_and(|count| count > 0) {}
        }
    }
    while server::dispatch(host, Some(Duration::ZERO)).unwrap() {
        match peer.read(&mut answers) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            Ok(count) => assert!(count > 0, "the server has dropped the client: {:?}", host.ended),
        }
    }
    let there = allocated();
    // What lies behind it in memory keeps the allocator from giving back what lies before.
    let behind = vec![0_u8; 1 << 10];
    drop(peer);
    while server::dispatch(host, Some(Duration::ZERO)).unwrap() {}
    drop(behind);
    there
}

#[test]
fn memory_of_a_client_that_is_gone_is_the_systems_again() {
    let mut host = TestServer::new();
    // What the first ones cost stays.
    registries(&mut host, 5000);
    let before = allocated();
    let there = registries(&mut host, 60_000);
    assert!(there > before + 2048, "{before} KiB, then {there}");
    let after = allocated();
    assert!(after < before + 1024, "{before} KiB, {there} meanwhile, then {after}");
}
