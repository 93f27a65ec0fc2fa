//! `wl_fixes`, version 2: removed globals are destroyed by themselves once nobody can bind them any more.

mod probe;

use probe::protocol::{Probe, ProbeChild};
use probe::{TestClient, TestServer, link, pump};
use wayline::protocol::{WlFixes, wl_fixes};
use wayline::{BindError, ClientId, Disconnect, GlobalId, Link, MemoryLink, client, server};

/// A server, and a client as raw as the wire.
struct Raw {
    host: TestServer,
    link: MemoryLink,
    id: ClientId,
    global: GlobalId,
}

const REGISTRY: u32 = 2;
const FIXES: u32 = 3;

impl Raw {
    /// With a registry, and `wl_fixes` bound.
    fn new() -> Raw {
        let (link, other) = MemoryLink::pair();
        let mut host = TestServer::new();
        let fixes = host.server.add_global::<WlFixes>(2).unwrap();
        let global = host.server.add_global::<ProbeChild>(1).unwrap();
        let id = host.server.connect(other);
        let mut raw = Raw { host, link, id, global };
        raw.send(&[1, 12 << 16 | 1, REGISTRY]);
        let [a, b, c] = [*b"wl_f", *b"ixes", [0; 4]].map(u32::from_ne_bytes);
        raw.send(&[REGISTRY, 36 << 16, fixes.name(), 9, a, b, c, 2, FIXES]);
        raw.turn();
        raw
    }

    fn send(&mut self, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        self.link.send(&bytes, &[]).unwrap();
    }

    fn turn(&mut self) {
        while server::receive(&mut self.host, self.id) {}
        server::finish_turn(&mut self.host);
    }

    fn registry(&mut self, id: u32) {
        self.send(&[1, 12 << 16 | 1, id]);
        self.turn();
    }

    fn acknowledge(&mut self, registry: u32) {
        self.send(&[FIXES, 16 << 16 | u32::from(wl_fixes::opcode::ACK_GLOBAL_REMOVE), registry, self.global.name()]);
        self.turn();
    }

    fn remove(&mut self) {
        self.host.server.remove_global(self.global);
        self.turn();
    }

    /// Whether the global can still be bound: by a client of its own, which has not read anything.
    fn can_be_bound(&mut self) -> bool {
        let (mut link, other) = MemoryLink::pair();
        let id = self.host.server.connect(other);
        let [a, b, c] = [*b"prob", *b"e_ch", *b"ild\0"].map(u32::from_ne_bytes);
        let words = [1, 12 << 16 | 1, 2, 2, 36 << 16, self.global.name(), 12, a, b, c, 1, 3];
        let bytes: Vec<u8> = words.iter().flat_map(|word: &u32| word.to_ne_bytes()).collect();
        link.send(&bytes, &[]).unwrap();
        server::receive(&mut self.host, id);
        let bound = self.host.server.object_count(id) == 3;
        self.host.server.disconnect(id);
        server::finish_turn(&mut self.host);
        bound
    }

    /// Object and code of the error that the client got.
    fn error(&self) -> Option<(u32, u32)> {
        let ended = self.host.ended.iter().find(|(client, _)| *client == self.id);
        ended.map(|(_, reason)| match reason {
            Disconnect::Protocol(error) => (error.object, error.code),
            reason => panic!("{reason}"),
        })
    }
}

#[test]
fn a_removed_global_can_be_bound_until_all_registries_that_were_told_have_acknowledged_it() {
    let mut raw = Raw::new();
    raw.registry(4);
    raw.remove();
    assert!(raw.can_be_bound());
    raw.acknowledge(REGISTRY);
    assert!(raw.can_be_bound(), "the second registry may still bind it");
    raw.acknowledge(4);
    assert!(!raw.can_be_bound());
    assert_eq!(raw.error(), None);
}

#[test]
fn registries_that_end_are_not_waited_for() {
    let mut raw = Raw::new();
    raw.registry(4);
    raw.remove();
    raw.acknowledge(REGISTRY);
    let destroy_registry = u32::from(wl_fixes::opcode::DESTROY_REGISTRY);
    raw.send(&[FIXES, 12 << 16 | destroy_registry, 4]);
    raw.turn();
    assert!(!raw.can_be_bound());
    assert_eq!(raw.error(), None);
}

#[test]
fn clients_that_leave_are_not_waited_for() {
    let mut raw = Raw::new();
    let (mut second, other) = MemoryLink::pair();
    let id = raw.host.server.connect(other);
    let bytes: Vec<u8> = [1, 12 << 16 | 1, 2_u32].iter().flat_map(|word| word.to_ne_bytes()).collect();
    second.send(&bytes, &[]).unwrap();
    server::receive(&mut raw.host, id);
    raw.remove();
    raw.acknowledge(REGISTRY);
    assert!(raw.can_be_bound());
    raw.host.server.disconnect(id);
    raw.turn();
    assert!(!raw.can_be_bound());
}

#[test]
fn a_removed_global_that_no_registry_knows_is_destroyed_at_once() {
    let mut raw = Raw::new();
    raw.global = raw.host.server.add_global::<ProbeChild>(1).unwrap();
    raw.remove();
    assert!(!raw.can_be_bound());
}

#[test]
fn a_global_that_the_application_destroyed_at_once_may_be_acknowledged_all_the_same() {
    let mut raw = Raw::new();
    raw.remove();
    raw.host.server.destroy_global(raw.global);
    assert!(!raw.can_be_bound());
    raw.acknowledge(REGISTRY);
    assert_eq!(raw.error(), None);
}

#[test]
fn acknowledging_what_is_not_removed_is_an_error() {
    let mut raw = Raw::new();
    raw.acknowledge(REGISTRY);
    assert_eq!(raw.error(), Some((FIXES, wl_fixes::Error::INVALID_ACK_REMOVE.0)));
    // It is removed, but this registry does not know yet.
    let mut raw = Raw::new();
    raw.host.server.remove_global(raw.global);
    raw.acknowledge(REGISTRY);
    assert_eq!(raw.error(), Some((FIXES, 0)));
    // There never was one of that name.
    let mut raw = Raw::new();
    raw.global = raw.host.server.add_global::<ProbeChild>(1).unwrap();
    raw.host.server.destroy_global(raw.global);
    raw.turn();
    let last = raw.global.name();
    raw.send(&[FIXES, 16 << 16 | 2, REGISTRY, last + 1]);
    raw.turn();
    assert_eq!(raw.error(), Some((FIXES, 0)));
}

#[test]
fn acknowledging_twice_is_an_error_while_others_are_waited_for() {
    let mut raw = Raw::new();
    raw.registry(4);
    raw.remove();
    raw.acknowledge(REGISTRY);
    raw.acknowledge(REGISTRY);
    assert_eq!(raw.error(), Some((FIXES, 0)));
}

#[test]
fn a_client_acknowledges_removals_by_itself() {
    let mut host = TestServer::new();
    host.server.add_global::<WlFixes>(2).unwrap();
    let (a, b) = MemoryLink::pair();
    let id = host.server.connect(link(a));
    let mut guest = TestClient::new(link(b));
    pump(&mut host, &mut guest, id);
    let sent = guest.client.stats().messages_out;
    let removed: Vec<GlobalId> = (0..3).map(|_| host.server.add_global::<Probe>(3).unwrap()).collect();
    pump(&mut host, &mut guest, id);
    for &global in &removed {
        host.server.remove_global(global);
    }
    pump(&mut host, &mut guest, id);
    assert_eq!(guest.client.stats().messages_out - sent, 4, "wl_fixes is bound once");
    // The server has forgotten them: who binds one now is told that there is none.
    guest.client.bind_name::<Probe>(removed[0].name(), 1).unwrap();
    pump(&mut host, &mut guest, id);
    let Some(Disconnect::Protocol(error)) = guest.client.ended() else { panic!("it was bound") };
    assert_eq!((error.object, error.code), (REGISTRY, 0));
}

#[test]
fn a_client_of_a_server_without_the_means_acknowledges_nothing() {
    for version in [None, Some(1)] {
        let mut host = TestServer::new();
        if let Some(version) = version {
            host.server.add_global::<WlFixes>(version).unwrap();
        }
        let (a, b) = MemoryLink::pair();
        let id = host.server.connect(link(a));
        let mut guest = TestClient::new(link(b));
        pump(&mut host, &mut guest, id);
        let sent = guest.client.stats().messages_out;
        host.server.remove_global(host.global);
        pump(&mut host, &mut guest, id);
        assert_eq!(guest.client.stats().messages_out, sent);
        assert!(matches!(guest.client.bind::<Probe>(1), Err(BindError::NotOffered { .. })));
        // It is there for those who have not read of its end.
        guest.client.bind_name::<Probe>(host.global.name(), 1).unwrap();
        pump(&mut host, &mut guest, id);
        client::finish_turn(&mut guest);
        assert_eq!((guest.client.ended(), host.probes.len()), (None, 1));
    }
}
