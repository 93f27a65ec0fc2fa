//! Handles and ids of connections belong to one endpoint and one side of it. Used elsewhere they are refused, also where
//! ids and places coincide.

mod probe;

use std::collections::HashSet;
use std::io::Read;
use std::os::unix::net::UnixStream;

use probe::between::{Between, Nested};
use probe::protocol::{Probe, ProbeChild};
use probe::{Pair, Seen, TestClient, TestServer, any_fd, link, pump};
use wayline::{Client, ClientId, EventHandler, Fixed, HasClient, MemoryLink, ObjectError, SendError, Server, server};

/// A connection with a probe and a child on it, as both sides know them.
struct Bound {
    pair: Pair,
    ours: (Probe, ProbeChild),
    theirs: (Probe, ProbeChild),
}

impl Bound {
    fn new() -> Bound {
        let (mut pair, probe) = Pair::bound(3);
        let child = probe.create(&mut pair.guest.client).unwrap();
        pair.pump();
        let ours = (pair.host.probes[0], pair.host.children[0]);
        Bound { pair, ours, theirs: (probe, child) }
    }

    /// Nothing was sent or received since, and both sides are alive.
    fn assert_undisturbed(mut self) {
        let before = (self.pair.host.server.stats().messages_out, self.pair.guest.client.stats().messages_out);
        self.pair.pump();
        let after = (self.pair.host.server.stats().messages_out, self.pair.guest.client.stats().messages_out);
        assert_eq!(before, after);
        assert_eq!(self.pair.guest.seen, []);
        assert_eq!((self.pair.reason(), self.pair.guest.client.ended()), (None, None));
        let (probe, child) = self.ours;
        assert!(self.pair.host.server.is_alive(probe) && self.pair.host.server.is_alive(child));
        assert_eq!(*self.pair.host.server.data(child).unwrap(), Some(0));
        self.theirs.0.take(&mut self.pair.guest.client, Some(self.theirs.1)).unwrap();
        self.pair.pump();
        assert_eq!(self.pair.guest.seen, [Seen::Named(Some(self.theirs.1))]);
    }
}

/// Everything that a server can do with a handle of somebody else.
fn assert_refused_by_server(server: &mut Server<TestServer>, own: Probe, (probe, child): (Probe, ProbeChild)) {
    assert_eq!(server.data(probe).err(), Some(ObjectError::Foreign));
    assert_eq!(server.data(child).err(), Some(ObjectError::Foreign));
    assert!(!server.is_alive(probe) && !server.is_alive(child));
    assert_eq!(probe.words(server, 1, 2, Fixed::ZERO, 3), Err(SendError::Foreign));
    assert_eq!(probe.echo(server, Some("text"), b"bytes"), Err(SendError::Foreign));
    assert_eq!(probe.offered(server), Err(SendError::Foreign), "makes an object");
    assert_eq!(child.finished(server), Err(SendError::Foreign), "ends the object");
    assert_eq!(own.named(server, Some(child)), Err(SendError::ForeignObject), "as an argument");
    let (mut kept, sent) = UnixStream::pair().unwrap();
    assert_eq!(probe.fd_event(server, sent.into()), Err(SendError::Foreign));
    assert_eq!(kept.read(&mut [0]).unwrap(), 0, "the descriptor is closed");
    server.destroy(child);
    server.post_error(child, 7_u32, "not yours");
    server.disconnect(probe.client());
    assert_eq!((server.object_count(probe.client()), server.is_behind(probe.client())), (0, false));
    assert!(server.clients().all(|client| client != probe.client()));
}

/// Everything that a client can do with a handle of somebody else.
fn assert_refused_by_client<A>(client: &mut Client<A>, own: Probe, (probe, child): (Probe, ProbeChild))
where
    A: HasClient + EventHandler<Probe> + EventHandler<ProbeChild>,
{
    assert_eq!(client.data(probe).err(), Some(ObjectError::Foreign));
    assert!(!client.is_alive(probe) && !client.is_alive(child));
    assert_eq!(probe.ints(client, 1, 2, Fixed::ZERO, 3), Err(SendError::Foreign));
    assert_eq!(probe.text(client, None, b""), Err(SendError::Foreign));
    assert_eq!(probe.fd(client, any_fd()), Err(SendError::Foreign));
    assert_eq!(probe.create(client), Err(SendError::Foreign), "makes an object");
    assert_eq!(child.spawn(client, any_fd()), Err(SendError::Foreign), "makes an object and takes a descriptor");
    assert_eq!(child.destroy(client), Err(SendError::Foreign), "ends the object");
    assert_eq!(own.take(client, Some(child)), Err(SendError::ForeignObject), "as an argument");
    client.destroy(child);
}

#[test]
fn two_servers_in_a_process_refuse_each_others_handles() {
    let (mut one, mut other) = (Bound::new(), Bound::new());
    assert_eq!(one.ours.1.id(), other.ours.1.id(), "the ids tell nothing");
    assert_ne!(one.ours, other.ours);
    assert_refused_by_server(&mut one.pair.host.server, one.ours.0, other.ours);
    assert_refused_by_server(&mut other.pair.host.server, other.ours.0, one.ours);
    assert!(!server::receive(&mut one.pair.host, other.pair.id) && !server::resume(&mut one.pair.host, other.pair.id));
    one.assert_undisturbed();
    other.assert_undisturbed();
}

#[test]
fn two_clients_in_a_process_refuse_each_others_handles() {
    let (mut one, mut other) = (Bound::new(), Bound::new());
    assert_eq!(one.theirs.1.id(), other.theirs.1.id(), "the ids tell nothing");
    assert_ne!(one.theirs, other.theirs);
    assert_refused_by_client(&mut one.pair.guest.client, one.theirs.0, other.theirs);
    assert_refused_by_client(&mut other.pair.guest.client, other.theirs.0, one.theirs);
    one.assert_undisturbed();
    other.assert_undisturbed();
}

#[test]
fn the_two_ends_of_one_connection_refuse_each_others_handles() {
    let mut bound = Bound::new();
    assert_eq!(bound.ours.1.id(), bound.theirs.1.id(), "the same object");
    assert_ne!(bound.ours, bound.theirs, "known to two endpoints");
    assert_refused_by_server(&mut bound.pair.host.server, bound.ours.0, bound.theirs);
    assert_refused_by_client(&mut bound.pair.guest.client, bound.theirs.0, bound.ours);
    bound.assert_undisturbed();
}

#[test]
fn two_clients_of_a_server_cannot_name_each_others_objects() {
    let mut bound = Bound::new();
    let (a, b) = MemoryLink::pair();
    let id = bound.pair.host.server.connect(link(a));
    let mut second = TestClient::new(link(b));
    pump(&mut bound.pair.host, &mut second, id);
    let probe: Probe = second.client.bind(3).unwrap();
    probe.create(&mut second.client).unwrap();
    pump(&mut bound.pair.host, &mut second, id);
    let (ours, child) = (bound.pair.host.probes[1], bound.pair.host.children[1]);
    assert_eq!(child.id(), bound.ours.1.id());
    let server = &mut bound.pair.host.server;
    assert_eq!(bound.ours.0.named(server, Some(child)), Err(SendError::ForeignObject));
    assert_eq!(ours.named(server, Some(bound.ours.1)), Err(SendError::ForeignObject));
    assert_eq!((*server.data(child).unwrap(), *server.data(bound.ours.1).unwrap()), (Some(1), Some(0)));
    child.finished(server).unwrap();
    pump(&mut bound.pair.host, &mut second, id);
    assert!(matches!(second.seen.pop_front(), Some(Seen::Finished(_))));
    bound.assert_undisturbed();
}

#[test]
fn what_has_ended_is_gone_and_not_foreign_even_if_its_place_is_taken_again() {
    let mut bound = Bound::new();
    let (probe, child) = bound.ours;
    bound.pair.host.server.disconnect(bound.pair.id);
    bound.pair.pump();
    let (a, b) = MemoryLink::pair();
    let id = bound.pair.host.server.connect(link(a));
    let mut guest = TestClient::new(link(b));
    pump(&mut bound.pair.host, &mut guest, id);
    let again: Probe = guest.client.bind(3).unwrap();
    again.create(&mut guest.client).unwrap();
    pump(&mut bound.pair.host, &mut guest, id);
    let server = &mut bound.pair.host.server;
    assert_eq!(bound.pair.host.children[1].id(), child.id());
    assert_eq!(server.data(child).err(), Some(ObjectError::Gone));
    assert_eq!(probe.offered(server), Err(SendError::Gone));
    assert_eq!(child.finished(server), Err(SendError::Gone));
    assert_eq!(probe.recent_event(server), Err(SendError::Gone));
    server.post_error(child, 7_u32, "too late");
    server.disconnect(probe.client());
    pump(&mut bound.pair.host, &mut guest, id);
    assert_eq!(guest.client.ended(), None, "the new client at that place");
    // The client's handles know the same of its own connection.
    assert_eq!(bound.theirs.0.create(&mut bound.pair.guest.client), Err(SendError::Gone));
    assert_eq!(bound.pair.guest.client.data(bound.theirs.0).err(), Some(ObjectError::Gone));
}

#[test]
fn ids_of_connections_are_unique_in_the_process_and_can_be_keys() {
    let pairs: Vec<Pair> = (0..20).map(|_| Pair::new()).collect();
    let ids: HashSet<ClientId> = pairs.iter().map(|pair| pair.id).collect();
    assert_eq!(ids.len(), 20);
    let (bound, other) = (Bound::new(), Bound::new());
    let children = [bound.ours.1, bound.theirs.1, other.ours.1, other.theirs.1];
    assert_eq!(children.iter().collect::<HashSet<_>>().len(), 4);
    let mut clients = children.map(ProbeChild::client);
    clients.sort();
    assert!(clients.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(children[0].handle().to_string(), format!("#{}", children[0].id()));
}

#[test]
fn a_program_that_is_server_and_client_cannot_mix_up_its_two_sides() {
    let mut between = Between::new();
    let outer = between.outer.create(&mut between.nested.client).unwrap();
    let (inner, _) = between.child();
    assert_eq!(inner.id(), outer.id(), "the ids tell nothing");
    let Nested { server, client, .. } = &mut between.nested;
    let own = between.outer;
    assert_eq!(outer.finished(server), Err(SendError::Foreign));
    assert_eq!(own.offered(server), Err(SendError::Foreign));
    assert_eq!(server.data(outer).err(), Some(ObjectError::Foreign));
    assert!(!server.is_alive(outer) && !client.is_alive(inner));
    server.post_error(outer, 7_u32, "of the other side");
    server.disconnect(outer.client());
    assert_eq!(inner.destroy(client), Err(SendError::Foreign));
    assert_eq!(inner.poke(client, 1), Err(SendError::Foreign));
    assert_eq!(own.take(client, Some(inner)), Err(SendError::ForeignObject));
    assert_eq!(client.data(inner).err(), Some(ObjectError::Foreign));
    between.pump();
    assert_eq!((between.nested.client.ended(), between.guest.client.ended()), (None, None));
    assert!(between.nested.client.is_alive(outer) && between.nested.server.is_alive(inner));
}
