//! When registries are told of globals, seen in the order of the wire.

mod probe;

use probe::protocol::ProbeChild;
use probe::{TestServer, link as faulty, until_quiet};
use wayline::{ClientId, Link, MemoryLink, server};

const DISPLAY: u32 = 1;
const REGISTRY: u32 = 2;
const CALLBACK: u32 = 3;

/// A client as raw as the wire, with a registry that has been told everything.
struct Raw {
    host: TestServer,
    link: MemoryLink,
    id: ClientId,
}

impl Raw {
    fn new() -> Raw {
        let (link, other) = MemoryLink::pair();
        let mut host = TestServer::new();
        let id = host.server.connect(faulty(other));
        let mut raw = Raw { host, link, id };
        raw.request(1, REGISTRY);
        raw.turn();
        assert_eq!(raw.events(), [(REGISTRY, 0)]);
        raw
    }

    /// Sends request `opcode` of the display, with an id.
    fn request(&mut self, opcode: u32, id: u32) {
        let words = [DISPLAY, 12 << 16 | opcode, id];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        self.link.send(&bytes, &[]).unwrap();
    }

    fn turn(&mut self) {
        until_quiet(|| server::receive(&mut self.host, self.id));
        server::finish_turn(&mut self.host);
        until_quiet(|| server::resume(&mut self.host, self.id));
    }

    /// The events that have arrived, by object and opcode.
    fn events(&mut self) -> Vec<(u32, u32)> {
        let mut buffer = [0; 4096];
        let Ok(received) = self.link.receive(&mut buffer, &mut Default::default()) else { return Vec::new() };
        let word = |at: usize| u32::from_ne_bytes(buffer[at..at + 4].try_into().unwrap());
        let mut at = 0;
        let mut events = Vec::new();
        while at < received.bytes {
            events.push((word(at), word(at + 4) & 0xffff));
            at += (word(at + 4) >> 16) as usize;
        }
        events
    }
}

#[test]
fn sync_is_answered_behind_the_globals_that_came_and_went_before_it() {
    let mut raw = Raw::new();
    let id = raw.host.server.add_global::<ProbeChild>(1).unwrap();
    raw.request(0, CALLBACK);
    raw.turn();
    assert_eq!(raw.events(), [(REGISTRY, 0), (CALLBACK, 0), (DISPLAY, 1)]);
    raw.host.server.destroy_global(id);
    raw.request(0, CALLBACK);
    raw.turn();
    assert_eq!(raw.events(), [(REGISTRY, 1), (CALLBACK, 0), (DISPLAY, 1)]);
}

#[test]
fn v02_a_global_that_comes_and_goes_in_one_turn_is_told_if_the_application_wants_it() {
    let mut raw = Raw::new();
    let id = raw.host.server.add_global::<ProbeChild>(1).unwrap();
    raw.host.server.destroy_global(id);
    raw.turn();
    assert_eq!(raw.events(), []);
    let id = raw.host.server.add_global::<ProbeChild>(1).unwrap();
    server::announce_globals(&mut raw.host);
    raw.host.server.destroy_global(id);
    raw.turn();
    assert_eq!(raw.events(), [(REGISTRY, 0), (REGISTRY, 1)]);
}
