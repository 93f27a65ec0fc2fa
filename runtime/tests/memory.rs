//! What connections and their objects leave behind, in bytes of the heap. Each count is taken at two sizes: it must not
//! depend on how many objects there ever were. A program of its own, since the threads of a test harness allocate too.

mod probe;

use std::alloc::System;
use std::collections::VecDeque;

use probe::{Pair, TestClient, TestServer, pump};
use wayline::{ClientId, Link, MemoryLink, server};

/// Counts through a library, since a global allocator of our own would be unsafe code.
#[global_allocator]
static ALLOCATOR: stats_alloc::StatsAlloc<System> = stats_alloc::StatsAlloc::system();

/// Bytes allocated at the moment.
fn heap() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// A server and a client that knows only bytes.
struct Raw {
    host: TestServer,
    link: MemoryLink,
    id: ClientId,
    bytes: Vec<u8>,
}

/// The client's registry, its probe, and the first id that is not in use then.
const REGISTRY: u32 = 2;
const PROBE: u32 = 3;
const FIRST: u32 = 4;

impl Raw {
    fn new() -> Raw {
        let (link, other) = MemoryLink::pair();
        let mut host = TestServer::new();
        let id = host.server.connect(other);
        Raw { host, link, id, bytes: Vec::new() }
    }

    fn message(&mut self, object: u32, opcode: u32, body: &[u32]) {
        let size = 8 + 4 * body.len() as u32;
        let words = [object, size << 16 | opcode];
        self.bytes.extend(words.iter().chain(body).flat_map(|word| word.to_ne_bytes()));
    }

    fn bind_probe(&mut self) {
        self.message(1, 1, &[REGISTRY]);
        let name = u32::from_ne_bytes(*b"prob");
        let global = self.host.global.name();
        self.message(REGISTRY, 0, &[global, 6, name, u32::from_ne_bytes(*b"e\0\0\0"), 3, PROBE]);
        self.turn();
    }

    fn turn(&mut self) {
        self.link.send(&self.bytes, &[]).unwrap();
        self.bytes.clear();
        while server::receive(&mut self.host, self.id) {}
        server::finish_turn(&mut self.host);
        let mut buffer = [0; 65_536];
        while self.link.receive(&mut buffer, &mut VecDeque::new()).is_ok_and(|received| received.bytes > 0) {}
        assert!(self.host.ended.is_empty(), "{:?}", self.host.ended);
        self.host.children.clear();
        self.host.destroyed.clear();
    }
}

/// A client makes objects under so many ids that it never uses again, one alive at a time.
fn never_reuses_ids(count: u32) -> usize {
    let mut raw = Raw::new();
    raw.bind_probe();
    for id in FIRST..FIRST + count {
        raw.message(PROBE, 4, &[id]);
        raw.message(id, 0, &[]);
        if id % 1000 == 0 {
            raw.turn();
        }
    }
    raw.turn();
    assert_eq!(raw.host.server.object_count(raw.id), 3);
    let before = heap();
    drop(raw);
    before - heap()
}

/// A server makes so many objects and ends them by events.
fn ended_by_events(count: u32) -> usize {
    let (mut pair, _) = Pair::bound(3);
    pair.guest.keep = false;
    let bound = pair.host.probes[0];
    for _ in 0..count / 100 {
        for _ in 0..100 {
            let child = bound.offered(&mut pair.host.server).unwrap();
            child.finished(&mut pair.host.server).unwrap();
        }
        pair.pump();
        pair.guest.seen.clear();
        pair.guest.destroyed.clear();
    }
    assert_eq!((pair.reason(), pair.guest.client.ended()), (None, None));
    let before = heap();
    drop(pair);
    before - heap()
}

/// Ten clients with so many objects each, which have state, come and go. Returns what they leave.
fn come_and_go(count: u32) -> usize {
    let mut host = TestServer::new();
    let before = heap();
    for _ in 0..2 {
        let mut guests = Vec::new();
        for _ in 0..10 {
            let (near, far) = MemoryLink::pair();
            let (id, mut guest) = (host.server.connect(near), TestClient::new(far));
            pump(&mut host, &mut guest, id);
            let probe = guest.client.bind::<probe::protocol::Probe>(3).unwrap();
            for _ in 0..count / 100 {
                for _ in 0..100 {
                    probe.create(&mut guest.client).unwrap();
                }
                pump(&mut host, &mut guest, id);
            }
            guests.push((id, guest));
        }
        assert_eq!(host.children.len() as u32, 10 * count);
        for (id, _) in &guests {
            host.server.disconnect(*id);
        }
        server::finish_turn(&mut host);
        assert_eq!(host.destroyed.len() as u32, 10 * count);
        host.children = Vec::new();
        host.destroyed = Vec::new();
        host.probes = Vec::new();
        host.ended = Vec::new();
    }
    heap() - before
}

/// Compares two sizes, and the larger with a bound.
fn flat(name: &str, measure: fn(u32) -> usize, [few, many]: [u32; 2], most: usize) {
    let (small, large) = (measure(few), measure(many));
    assert_eq!(small, large, "{name}: bytes after {few} and after {many}");
    assert!(large <= most, "{name}: {large} bytes");
    println!("test {name} ... ok ({large} bytes)");
}

fn main() {
    // What is made once in a process.
    Pair::bound(3);
    flat("o15_memory_follows_live_objects_not_ids_ever_used", never_reuses_ids, [30_000, 3_000_000], 512 << 10);
    flat("o16_objects_ended_by_events_leave_nothing", ended_by_events, [8_000, 80_000], 512 << 10);
    flat("clients_that_left_leave_nothing", come_and_go, [1_000, 6_000], 512 << 10);
}
