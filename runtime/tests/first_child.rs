//! Requests for objects that do not exist, before the first object of a small interface was made. Interfaces get their
//! index when they are first used, so this has to be a process of its own, with one test.

mod probe;

use probe::TestServer;
use probe::protocol::probe as api;
use wayline::wire::Header;
use wayline::{Disconnect, Link, MemoryLink, server};

#[test]
fn requests_for_no_object_are_refused_although_the_child_of_the_interface_was_never_used() {
    let unknown = [raw(3, api::opcode::INTS, &[0; 4]), raw(77, 0, &[])].concat();
    let ended = [raw(3, api::opcode::DESTROY, &[]), raw(3, 0, &[])].concat();
    for (requests, text) in [(unknown, "invalid object 77"), (ended, "invalid object 3")] {
        let (link, mut peer) = MemoryLink::pair();
        let mut host = TestServer::new();
        let client = host.server.connect(link);
        let name = host.global.name();
        let bound = [raw(1, 1, &[2]), raw(2, 0, &[name, 6, u32::from_ne_bytes(*b"prob"), 0x65, 3, 3])].concat();
        peer.send(&[bound, requests].concat(), &[]).unwrap();
        server::receive(&mut host, client);
        server::finish_turn(&mut host);
        let reason = host.ended.first().map(|(_, reason)| reason);
        assert!(
            matches!(reason, Some(Disconnect::Protocol(error)) if error.code == 0 && error.message == text),
            "{text}: {reason:?}"
        );
    }
}

/// A message as it is on the wire.
fn raw(object: u32, opcode: u16, words: &[u32]) -> Vec<u8> {
    let size = 8 + 4 * words.len();
    let head = [object, Header::word(size, opcode)];
    head.iter().chain(words).flat_map(|word| word.to_ne_bytes()).collect()
}
