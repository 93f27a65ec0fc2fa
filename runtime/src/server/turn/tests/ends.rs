//! What the ends of connections cost, in entries passed, calls of handlers and reads; never in time.

use std::io::Write;

use super::probe::protocol::Probe;
use super::probe::{TestClient, TestServer, pump};
use super::*;
use crate::conn::MemoryLink;
use crate::objects::steps;
use crate::server::finish_within;

/// Objects of ended connections that are handed back between two looks at the budget.
const LOOK: usize = 64;

/// A server that so many clients leave, each with so many children of its probe, and as many registries.
fn deserted(clients: usize, objects: u32) -> TestServer {
    let mut host = TestServer::new();
    let mut guests = Vec::new();
    for _ in 0..clients {
        let (near, far) = MemoryLink::pair();
        let (id, mut guest) = (host.server.connect(near), TestClient::new(far));
        pump(&mut host, &mut guest, id);
        let probe: Probe = guest.client.bind(3).unwrap();
        for _ in 0..objects {
            probe.create(&mut guest.client).unwrap();
        }
        pump(&mut host, &mut guest, id);
        guests.push((guest, id));
    }
    assert_eq!(host.children.len(), clients * objects as usize);
    for (guest, id) in guests {
        drop(guest);
        endpoint::receive::<TestServer, ServerRole<TestServer>>(&mut host, id, &mut || u32::MAX);
    }
    host
}

/// Turns that the ends take if each may look at its budget once, and entries passed meanwhile.
fn ends(clients: usize, objects: u32) -> (usize, usize) {
    let mut host = deserted(clients, objects);
    let (before, mut turns) = (steps(), 0);
    while host.ended.len() < clients {
        let handed_back = host.destroyed.len();
        finish_within(&mut host, &mut || 0);
        // Both ends of a turn hand back.
        assert!(host.destroyed.len() - handed_back <= 2 * LOOK);
        turns += 1;
        assert!(turns < 1_000_000, "it never ends");
    }
    assert_eq!(host.destroyed.len(), clients * objects as usize, "each once");
    (turns, steps() - before)
}

#[test]
fn the_end_of_one_client_is_linear_in_its_objects_and_spread_over_turns() {
    let (turns, passed) = ends(1, 15_000);
    assert!((15_000 / LOOK / 2..=15_000 / LOOK + 2).contains(&turns), "{turns}");
    let (four_times, more) = ends(1, 60_000);
    assert!(four_times <= 4 * turns + 4 && more <= 4 * passed + 64, "{turns} {four_times}, {passed} {more}");
    assert!(more <= 60_000 * 2, "{more}");
}

#[test]
fn the_ends_of_many_clients_are_linear_in_their_objects() {
    let (turns, passed) = ends(75, 1000);
    for (clients, objects) in [(300, 1000), (75, 4000)] {
        let (four_times, more) = ends(clients, objects);
        assert!(four_times <= 4 * turns + 4, "{turns} and {four_times} turns");
        assert!(more <= 4 * passed + 1000, "{passed} and {more} entries");
    }
}

/// Counts what is read from peers that stopped reading.
struct Unreadable {
    link: MemoryLink,
    reads: Arc<AtomicUsize>,
}

impl Link for Unreadable {
    fn send(&mut self, _: &[u8], _: &[BorrowedFd<'_>]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<crate::Received> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.link.receive(buffer, fds)
    }
}

#[test]
fn peers_that_stopped_reading_are_read_one_after_the_other_as_the_turn_allows() {
    const CLIENTS: usize = 100;
    let (mut host, reads) = (TestServer::new(), Arc::<AtomicUsize>::default());
    let mut peers = Vec::new();
    for _ in 0..CLIENTS {
        let (near, far) = MemoryLink::pair();
        let id = host.server.connect(Unreadable { link: near, reads: Arc::clone(&reads) });
        host.server.core.send_display(id, 1, [7]);
        peers.push(far);
    }
    let mut turns = 0;
    while host.ended.len() < CLIENTS {
        let before = reads.load(Ordering::Relaxed);
        finish_within(&mut host, &mut || 0);
        assert!(reads.load(Ordering::Relaxed) - before <= 2, "one client in a turn");
        turns += 1;
        assert!(turns <= 2 * CLIENTS);
    }
    assert!(reads.load(Ordering::Relaxed) <= 2 * CLIENTS);
    assert!(host.ended.iter().all(|(_, reason)| *reason == Disconnect::Reset));
}

#[test]
fn one_client_with_registries_up_to_the_limit_ends_over_many_turns() {
    const REGISTRIES: u32 = 65_000;
    let (mut peer, theirs) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    host.server.add_socket(theirs.into()).unwrap();
    let client = host.server.clients().next().unwrap();
    peer.set_nonblocking(true).unwrap();
    let mut sink = vec![0; 1 << 20];
    for first in (2..REGISTRIES + 2).step_by(1000) {
        let get = (first..first + 1000).flat_map(|id| [1, 12 << 16 | 1, id]);
        let bytes: Vec<u8> = get.flat_map(u32::to_ne_bytes).collect();
        peer.write_all(&bytes).unwrap();
        for _ in 0..1000 {
            dispatch(&mut host, Some(Duration::ZERO)).unwrap();
            while std::io::Read::read(&mut peer, &mut sink).is_ok_and(|count| count > 0) {}
            if host.server.object_count(client) >= first + 1000 - 1 {
                break;
            }
        }
    }
    assert_eq!(host.server.object_count(client), REGISTRIES + 1);
    drop(peer);
    let (before, mut turns) = (steps(), 0);
    endpoint::receive::<TestServer, ServerRole<TestServer>>(&mut host, client, &mut || u32::MAX);
    while host.ended.is_empty() {
        finish_within(&mut host, &mut || 0);
        turns += 1;
        assert!(turns <= REGISTRIES as usize / LOOK + 3);
    }
    assert!(turns >= REGISTRIES as usize / LOOK / 2);
    assert!(steps() - before <= REGISTRIES as usize * 2);
}
