//! What the runtime tells the application: who has come and who is gone, which globals there are, and what ended.

mod probe;

use std::panic::{AssertUnwindSafe, catch_unwind};

use probe::protocol::{Probe, ProbeChild};
use probe::{Pair, Seen, TestClient, TestServer, link, pump};
use wayline::{BindError, Disconnect, MemoryLink, server};

#[test]
fn a_client_that_was_added_is_told_once_before_anything_of_it_is_read_and_before_its_end() {
    let mut host = TestServer::new();
    let (a, b) = MemoryLink::pair();
    let first = host.server.connect(link(a));
    let mut guest = TestClient::new(link(b));
    assert_eq!(host.connected, [], "not while the server is borrowed");
    guest.client.flush();
    server::receive(&mut host, first);
    assert_eq!(host.connected, [first]);
    // One that is gone before the application could hear of it.
    let (a, _b) = MemoryLink::pair();
    let second = host.server.connect(a);
    host.server.disconnect(second);
    server::finish_turn(&mut host);
    server::finish_turn(&mut host);
    assert_eq!(host.connected, [first, second]);
    assert_eq!(host.ended, [(second, Disconnect::Local)]);
}

#[test]
fn all_globals_of_an_interface_are_bound_at_once_and_each_is_told() {
    let mut pair = Pair::new();
    let second = pair.host.server.add_global::<Probe>(2).unwrap();
    pair.host.server.add_global::<Probe>(1).unwrap();
    pair.pump();
    assert_eq!(pair.guest.globals.len(), 3);
    let bound: Vec<Probe> = pair.guest.client.bind_all(2).unwrap();
    pair.pump();
    let versions: Vec<u32> = bound.iter().map(|probe| wayline::Interface::version(*probe)).collect();
    assert_eq!((versions, pair.host.probes.len()), (vec![3, 2], 2));
    pair.host.server.remove_global(second);
    pair.pump();
    assert_eq!(pair.guest.globals.len(), 2, "told of the removal too");
}

#[test]
fn a_broadcast_reaches_every_object_of_an_interface_but_those_that_are_gone() {
    let mut host = TestServer::new();
    let mut guests: Vec<(TestClient, wayline::ClientId)> = (0..3)
        .map(|_| {
            let (a, b) = MemoryLink::pair();
            let id = host.server.connect(link(a));
            (TestClient::new(link(b)), id)
        })
        .collect();
    for (guest, id) in &mut guests {
        pump(&mut host, guest, *id);
        let _: Probe = guest.client.bind(3).unwrap();
        pump(&mut host, guest, *id);
    }
    host.server.disconnect(guests[1].1);
    host.server.broadcast::<Probe>(|server, probe| probe.recent_event(server));
    for (guest, id) in &mut guests {
        pump(&mut host, guest, *id);
    }
    let heard: Vec<usize> = guests.iter().map(|(guest, _)| guest.seen.len()).collect();
    assert_eq!(heard, [1, 0, 1]);
    let second: Probe = guests[2].0.client.bind(3).unwrap();
    let (guest, id) = &mut guests[2];
    pump(&mut host, guest, *id);
    host.server.broadcast_to::<Probe>(*id, |server, probe| probe.recent_event(server));
    for (guest, id) in &mut guests {
        pump(&mut host, guest, *id);
    }
    let heard: Vec<usize> = guests.iter().map(|(guest, _)| guest.seen.len()).collect();
    assert_eq!(heard, [1, 0, 3], "one for each of its objects, {second:?} among them");
}

#[test]
fn a_global_is_bound_at_no_higher_version_than_asked_for() {
    let mut pair = Pair::new();
    let mut bound = |most| wayline::Interface::version(pair.guest.client.bind_at_most::<Probe>(most).unwrap());
    assert_eq!([1, 2, 3, 9, 0].map(&mut bound), [1, 2, 3, 3, 1]);
    pair.pump();
    assert_eq!((pair.reason(), pair.host.probes.len()), (None, 5));
    let missing = pair.guest.client.bind_at_most::<ProbeChild>(1);
    assert_eq!(missing, Err(BindError::NotOffered { interface: <ProbeChild as wayline::Interface>::SPEC.name }));
}

#[test]
fn a_client_gets_back_the_data_of_what_the_server_or_the_connection_ended() {
    let (mut pair, probe) = Pair::bound(3);
    let mut child = || probe.create(&mut pair.guest.client).unwrap();
    let [own, finished, last]: [ProbeChild; 3] = [child(), child(), child()];
    finished.poke(&mut pair.guest.client, 7).unwrap();
    finished.finish(&mut pair.guest.client).unwrap();
    own.destroy(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!(pair.guest.destroyed, [(finished, 2)], "not what it ended itself");
    pair.guest.client.disconnect();
    pair.pump();
    assert_eq!(pair.guest.destroyed, [(finished, 2), (last, 0)]);
}

#[test]
fn a_panic_of_a_handler_ends_its_client_and_the_others_go_on() {
    let (mut pair, probe) = Pair::bound(3);
    let (a, b) = MemoryLink::pair();
    let other = pair.host.server.connect(link(a));
    let mut neighbour = TestClient::new(link(b));
    pump(&mut pair.host, &mut neighbour, other);
    let theirs: Probe = neighbour.client.bind(3).unwrap();
    pump(&mut pair.host, &mut neighbour, other);

    pair.host.fault = Some(Box::new(|| std::panic::resume_unwind(Box::new("a mistake"))));
    probe.create(&mut pair.guest.client).unwrap();
    pair.guest.client.flush();
    let caught = (0..100).find_map(|_| {
        let turn = AssertUnwindSafe(|| {
            server::receive(&mut pair.host, pair.id);
        });
        catch_unwind(turn).err()
    });
    assert_eq!(caught.expect("it goes on to whoever catches it").downcast_ref(), Some(&"a mistake"));
    pair.host.fault = None;
    pair.pump();
    assert!(
        matches!(pair.reason(), Some(Disconnect::Internal(text)) if text.contains("panicked")),
        "{:?}",
        pair.reason()
    );

    let child = theirs.create(&mut neighbour.client).unwrap();
    child.poke(&mut neighbour.client, 9).unwrap();
    pump(&mut pair.host, &mut neighbour, other);
    assert_eq!(neighbour.seen.pop_back(), Some(Seen::Poked(child, 9)), "the server is not deaf");
}

#[cfg(feature = "io")]
mod with_sockets {
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    use wayline::io::listener::Listener;
    use wayline::io::path::Address;
    use wayline::{Client, client};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_client_is_known_by_the_listener_through_which_it_came() {
        let directory = tempfile::tempdir().unwrap();
        let mut host = TestServer::new();
        let listen = |host: &mut TestServer, name: &str| {
            let path = directory.path().join(name);
            let address = Address::named(&path, &Default::default()).unwrap();
            let id = host.server.listen(Listener::at(&address).unwrap()).unwrap();
            (path, id)
        };
        let (first, second) = (listen(&mut host, "trusted-0"), listen(&mut host, "sandboxed-0"));
        let _peers = [&second, &first].map(|(path, _)| UnixStream::connect(path).unwrap());
        let (inherited, _other) = UnixStream::pair().unwrap();
        let inherited = host.server.add_socket(inherited.into()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while host.connected.len() < 3 {
            server::dispatch(&mut host, Some(Duration::ZERO)).unwrap();
            assert!(Instant::now() < deadline, "{:?}", host.connected);
        }
        assert_eq!(host.connected[0], inherited, "each is told once");
        let mut through: Vec<_> = host.connected.iter().map(|client| host.server.listener_of(*client)).collect();
        through.sort();
        assert_eq!(through, [None, Some(first.1), Some(second.1)]);
        server::dispatch(&mut host, Some(Duration::ZERO)).unwrap();
        assert_eq!(host.connected.len(), 3);
    }

    /// A guest that has just connected, and the thread that serves until it leaves.
    fn connected(path: &std::path::Path) -> (TestClient, std::thread::JoinHandle<()>) {
        let address = Address::named(path, &Default::default()).unwrap();
        let listener = Listener::at(&address).unwrap();
        let serving = std::thread::spawn(move || {
            let mut host = TestServer::new();
            host.server.listen(listener).unwrap();
            let deadline = Instant::now() + PATIENCE;
            while host.ended.is_empty() && Instant::now() < deadline {
                server::dispatch(&mut host, Some(Duration::from_secs(1))).unwrap();
            }
        });
        let connection: Client<TestClient> = Client::connect_to_within(path.to_str().unwrap(), PATIENCE).unwrap();
        let mut guest = TestClient::new(MemoryLink::pair().0);
        guest.client = connection;
        assert_eq!((guest.client.globals().len(), guest.globals.len()), (1, 0));
        (guest, serving)
    }

    #[test]
    fn the_globals_that_connecting_waited_for_are_told_too() {
        let directory = tempfile::tempdir().unwrap();
        let (mut guest, serving) = connected(&directory.path().join("told-0"));
        client::roundtrip_within(&mut guest, PATIENCE).unwrap();
        assert_eq!(guest.globals, [guest.client.globals()[0].name]);
        drop(guest);
        serving.join().unwrap();
    }

    /// Nothing arrives that would wake the loop.
    #[cfg(feature = "calloop")]
    #[test]
    fn the_globals_that_connecting_waited_for_are_told_before_a_calloop_loop_sleeps() {
        let directory = tempfile::tempdir().unwrap();
        let (mut guest, serving) = connected(&directory.path().join("told-0"));
        let mut events = calloop::EventLoop::<TestClient>::try_new().unwrap();
        let turn = |(): (), (): &mut (), guest: &mut TestClient| client::turn(guest);
        events.handle().insert_source(guest.client.source().unwrap(), turn).unwrap();
        events.dispatch(PATIENCE, &mut guest).unwrap();
        assert_eq!(guest.globals, [guest.client.globals()[0].name]);
        drop(guest);
        serving.join().unwrap();
    }
}
