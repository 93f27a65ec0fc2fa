//! A client moves from one server to another.

use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use super::*;
use wayline::{Fixed, LimitError, Scope, Sender, UserLimits};

/// A server on a thread of its own.
struct Threaded {
    sender: Sender<Host>,
    thread: JoinHandle<Host>,
}

impl Threaded {
    fn start() -> Threaded {
        let mut host = Host::new();
        let sender = host.server.sender().unwrap();
        Threaded { sender, thread: std::thread::spawn(move || server::run(host).unwrap()) }
    }

    /// Has it do something between two turns.
    fn ask<T: Send + 'static>(&self, act: impl FnOnce(&mut Host) -> T + Send + 'static) -> T {
        let (answer, answered) = channel();
        self.sender.send(move |host: &mut Host| answer.send(act(host)).unwrap()).unwrap();
        answered.recv_timeout(PATIENCE).unwrap()
    }

    fn end(self) -> Host {
        self.ask(|host| host.server.stop());
        self.thread.join().unwrap()
    }
}

#[test]
fn a_client_moves_between_threads_with_messages_under_way_both_ways() {
    let servers = [Threaded::start(), Threaded::start()];
    let (ours, theirs) = pair();
    let mut client = servers[0].ask(move |host| host.server.add_socket(ours).unwrap());
    let mut guest = TestClient::new(Socket::new(theirs));
    guest.client.flush();
    while guest.globals.is_empty() {
        client::dispatch(&mut guest, Some(PATIENCE)).unwrap();
    }
    let probe: Probe = guest.client.bind(3).unwrap();
    let mut children = Vec::new();
    let (mut sent, mut seen) = (0, Vec::new());
    for round in 0..40 {
        for _ in 0..50 {
            probe.ints(&mut guest.client, sent, 0, Fixed::ZERO, 0).unwrap();
            sent += 1;
        }
        probe.fd(&mut guest.client, any_fd()).unwrap();
        children.push(probe.create::<TestClient>(&mut guest.client).unwrap());
        guest.client.flush();
        // Some rounds read meanwhile, others leave all that is answered under way.
        if round % 3 == 0 {
            client::turn(&mut guest).unwrap();
        }
        let [from, to] = if round % 2 == 0 { [&servers[0], &servers[1]] } else { [&servers[1], &servers[0]] };
        let state = from.ask(move |host| carry::detach(host, client)).unwrap();
        client = to.ask(move |host| carry::attach(host, state)).unwrap();
    }
    let deadline = Instant::now() + PATIENCE;
    let mut fds = 0;
    while seen.len() < sent as usize || fds < 40 {
        assert!(Instant::now() < deadline, "{} of {sent}, {fds} descriptors", seen.len());
        client::dispatch(&mut guest, Some(PATIENCE)).unwrap();
        for event in guest.seen.drain(..) {
            match event {
                Seen::Words(number, ..) => seen.push(number),
                Seen::Fd => fds += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(seen.iter().copied().eq(0..sent), "each answer once, in order");
    let [one, other] = servers.map(Threaded::end);
    assert_eq!((one.server.clients().count(), other.server.clients().count()), (1, 0));
    assert_eq!((one.children.len(), other.children.len()), (children.len(), 0));
    assert!(one.children.iter().all(|child| one.server.is_alive(*child)));
    for host in [one, other] {
        assert!(host.ended.is_empty() && host.destroyed.is_empty(), "as if it had never been there");
    }
}

#[test]
fn a_server_with_other_globals_does_not_take_a_client_and_the_first_one_has_it_back() {
    let mut first = Host::new();
    let (mut guest, client) = connect(&mut first);
    exchange(&mut first, &mut [&mut guest]);
    let probe: Probe = guest.client.bind(3).unwrap();
    let _: ProbeChild = probe.create(&mut guest.client).unwrap();
    exchange(&mut first, &mut [&mut guest]);
    let without = || Host::empty(Server::new());
    let lower = || {
        let mut host = without();
        host.server.add_global::<Probe>(2).unwrap();
        host
    };
    let renamed = || {
        let mut host = lower();
        server::announce_globals(&mut host);
        let id = host.server.add_global::<Probe>(3).unwrap();
        host.server.destroy_global(id);
        host.server.add_global::<Probe>(3).unwrap();
        host
    };
    let refusing = || Host { refuses: true, ..Host::new() };
    let cases = [(without(), "global 1"), (lower(), "global 1"), (renamed(), "global 1"), (refusing(), "not here")];
    let mut client = client;
    for (mut other, reason) in cases {
        let state = carry::detach(&mut first, client).unwrap();
        assert_eq!((first.server.clients().count(), first.children.len()), (0, 0));
        let refused = carry::attach(&mut other, state).unwrap_err();
        assert!(refused.to_string().contains(reason), "{refused}");
        server::turn(&mut other).unwrap();
        assert_eq!(other.server.clients().count(), 0);
        client = carry::attach(&mut first, refused.state).unwrap();
        probe.recent(&mut guest.client).unwrap();
        exchange(&mut first, &mut [&mut guest]);
        assert_eq!(guest.seen.drain(..).collect::<Vec<_>>(), [Seen::Recent], "the first one serves: {reason}");
    }
    assert_eq!(first.children.len(), 1);
    assert!(first.ended.is_empty() && first.connected == 1);
    // Its globals with higher names are told.
    let mut other = Host::new();
    other.server.add_global::<Probe>(2).unwrap();
    let state = carry::detach(&mut first, client).unwrap();
    carry::attach(&mut other, state).unwrap();
    exchange(&mut other, &mut [&mut guest]);
    assert_eq!(guest.globals.len(), 2);
    // Closing it is heard of there alone.
    drop(guest);
    while other.ended.is_empty() {
        server::dispatch(&mut other, Some(PATIENCE)).unwrap();
    }
    server::turn(&mut first).unwrap();
    assert!(first.ended.is_empty());
}

#[test]
fn clients_that_move_are_taken_up_to_the_limit_and_one_more_stays_the_callers() {
    let limited = |scope| {
        let limits = Limits::default();
        match scope {
            Scope::User => Limits { user: UserLimits { clients: 2, ..limits.user }, ..limits },
            _ => Limits { clients: 2, ..limits },
        }
    };
    for scope in [Scope::User, Scope::Server] {
        let (mut first, mut other) = (Host::new(), Host::new());
        other.server.set_limits(limited(scope));
        let mut guests: Vec<_> = (0..3).map(|_| connect(&mut first)).collect();
        let (mut present, _) = connect(&mut other);
        exchange(&mut first, &mut guests.iter_mut().map(|(guest, _)| guest).collect::<Vec<_>>());
        exchange(&mut other, &mut [&mut present]);
        let probe: Probe = guests[1].0.client.bind(3).unwrap();
        exchange(&mut first, &mut [&mut guests[1].0]);
        let mut states = guests.iter().map(|(_, client)| carry::detach(&mut first, *client).unwrap());
        let (fits, too_many, dropped) = (states.next().unwrap(), states.next().unwrap(), states.next().unwrap());
        let fits = carry::attach(&mut other, fits).unwrap();
        let mut refuse = |state| {
            let refused = carry::attach(&mut other, state).unwrap_err();
            let limit = LimitError { resource: Resource::Clients, scope, limit: 2 };
            assert!(matches!(refused.error, CarryError::Limit(error) if error == limit), "{refused}");
            assert_eq!(other.server.clients().count(), 2);
            refused.state
        };
        let (too_many, dropped) = (refuse(too_many), refuse(dropped));
        // Nobody else has its descriptors.
        drop(dropped);
        while guests[2].0.client.ended().is_none() {
            let _ = client::dispatch(&mut guests[2].0, Some(PATIENCE));
        }
        // The server that it came from has it back.
        carry::attach(&mut first, too_many).unwrap();
        probe.recent(&mut guests[1].0.client).unwrap();
        exchange(&mut first, &mut [&mut guests[1].0]);
        assert_eq!(guests[1].0.seen, [Seen::Recent]);
        assert!(guests[1].0.client.ended().is_none() && first.ended.is_empty() && other.ended.is_empty());
        // There is room again when one has left.
        let client = first.server.clients().next().unwrap();
        let back = carry::detach(&mut other, fits).unwrap();
        carry::attach(&mut other, carry::detach(&mut first, client).unwrap()).unwrap();
        carry::attach(&mut first, back).unwrap();
    }
}

#[test]
fn a_client_that_may_bind_a_removed_global_stays_and_one_that_is_gone_cannot_go() {
    let mut host = Host::new();
    let extra = host.server.add_global::<Probe>(2).unwrap();
    let (mut guest, client) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    host.server.remove_global(extra);
    let refused = carry::detach(&mut host, client).unwrap_err().to_string();
    assert!(refused.contains("removed global 2"), "{refused}");
    host.server.destroy_global(extra);
    let state = carry::detach(&mut host, client).unwrap();
    assert!(carry::detach(&mut host, client).is_err(), "it is not here");
    // States of clients and of servers are not the same.
    let (bytes, fds) = state.into_parts();
    let error = carry::load::<Host>(State::from_parts(bytes, fds)).map(drop).unwrap_err();
    assert!(matches!(error, CarryError::Damaged { .. }), "{error}");
    while guest.client.ended().is_none() {
        let _ = client::dispatch(&mut guest, Some(PATIENCE));
    }
}
