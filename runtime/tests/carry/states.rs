//! What a state has is what the successor has.

use super::*;

#[test]
fn objects_data_and_the_application_are_the_same_afterwards() {
    let mut host = Host::new();
    host.note = "a note".into();
    let (mut guest, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let probe: Probe = guest.client.bind(3).unwrap();
    let child: ProbeChild = probe.create(&mut guest.client).unwrap();
    let second: ProbeChild = probe.create(&mut guest.client).unwrap();
    second.destroy(&mut guest.client).unwrap();
    probe.offer(&mut guest.client).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    let Some(Seen::Offered(offered)) = guest.seen.pop_front() else { panic!("nothing was offered") };
    let ids: Vec<u32> = host.children.iter().map(|child| child.id()).collect();

    let mut host = carried(host);
    assert_eq!((host.note.as_str(), host.connected), ("a note", 0), "nobody has connected");
    assert_eq!(host.server.clients().count(), 1);
    let [first, gone, offer] = host.children[..] else { panic!("three children") };
    assert_eq!([first.id(), offer.id()], [ids[0], ids[2]]);
    assert_eq!(*host.server.data(first).unwrap(), Some(0));
    assert!(host.server.data(gone).is_err(), "it was destroyed before");
    child.poke(&mut guest.client, 5).unwrap();
    offered.poke(&mut guest.client, 6).unwrap();
    // An id that was free is used again, one of the server's comes behind those that it had.
    let third: ProbeChild = probe.create(&mut guest.client).unwrap();
    probe.offer(&mut guest.client).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    let seen: Vec<Seen> = guest.seen.drain(..).collect();
    assert_eq!(seen[..2], [Seen::Poked(child, 5), Seen::Poked(offered, 6)]);
    assert!(matches!(seen[2], Seen::Offered(again) if again.id() == offered.id() + 1), "{seen:?}");
    assert_eq!(third.id(), second.id());
    // The count of requests went on: create, create, offer, create, offer.
    let handle = host.children.last().unwrap().client();
    assert_eq!(host.server.held(handle, Resource::Objects), 7);
    drop(guest);
    while host.ended.is_empty() {
        server::dispatch(&mut host, Some(PATIENCE)).unwrap();
    }
    assert_eq!(host.destroyed, [0, 3]);
}

#[test]
fn a_handle_of_an_object_that_is_gone_never_names_the_one_that_has_its_id_now() {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let probe: Probe = guest.client.bind(3).unwrap();
    let first: ProbeChild = probe.create(&mut guest.client).unwrap();
    first.destroy(&mut guest.client).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    let second: ProbeChild = probe.create(&mut guest.client).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    assert_eq!(first.id(), second.id());
    assert!(host.server.data(host.children[0]).is_err());
    let mut host = carried(host);
    assert!(host.server.data(host.children[0]).is_err(), "it finds the object that came later");
    assert_eq!(*host.server.data(host.children[1]).unwrap(), Some(1));
}

#[test]
fn messages_half_read_half_sent_and_waiting_descriptors_arrive_once_and_in_order() {
    let mut host = Host::new();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let id = host.server.add_socket(ours.into()).unwrap();
    let mut raw = Socket::new(theirs.into());
    let mut send = |bytes: &[u8], fds: &[OwnedFd]| {
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        use wayline::Link;
        assert_eq!(raw.send(bytes, &fds).unwrap(), bytes.len());
    };
    let name = 1;
    let bind = [message(1, 1, &[2]), message(2, 0, &[name, 6, u32::from_ne_bytes(*b"prob"), 0x65, 3, 3])].concat();
    send(&bind, &[]);
    while host.server.object_count(id) < 3 {
        server::dispatch(&mut host, Some(PATIENCE)).unwrap();
    }
    // A request whose end is still to come, with its descriptor ahead of it; in front of it many that are answered.
    let mut bytes = message(3, api::opcode::RECENT, &[]).repeat(100);
    let fd = message(3, api::opcode::FD, &[]);
    bytes.extend_from_slice(&fd[..5]);
    send(&bytes, &[any_fd()]);
    server::turn(&mut host).unwrap();
    assert_eq!(host.server.held(id, Resource::Fds), 1);
    let mut host = carried(host);
    send(&fd[5..], &[]);
    let mut answers = (VecDeque::new(), Vec::new());
    let deadline = Instant::now() + PATIENCE;
    let wanted = 101 * 8;
    while answers.1.len() < wanted || answers.0.is_empty() {
        assert!(Instant::now() < deadline);
        server::turn(&mut host).unwrap();
        let mut buffer = [0; 4096];
        use wayline::Link;
        if let Ok(received) = raw.receive(&mut buffer, &mut answers.0) {
            answers.1.extend_from_slice(&buffer[..received.bytes]);
        }
        // What the registry said comes first.
        if let Some(at) =
            answers.1.windows(8).position(|bytes| *bytes == message(3, api::opcode::RECENT_EVENT, &[])[..])
        {
            answers.1.drain(..at);
        }
    }
    assert_eq!((answers.0.len(), answers.1.len()), (1, wanted));
}

#[test]
fn what_waits_for_a_client_that_does_not_read_is_sent_by_the_successor() {
    let mut host = Host::new();
    let (mut guest, id) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let probe: Probe = guest.client.bind(3).unwrap();
    guest.client.flush();
    exchange(&mut host, &mut [&mut guest]);
    // More than a socket holds, with descriptors among it, while the client does not read.
    let theirs = host.probes[0];
    let bytes = vec![7; 3000];
    for round in 0..400 {
        theirs.echo(&mut host.server, None, &bytes).unwrap();
        if round % 50 == 0 {
            theirs.fd_event(&mut host.server, any_fd()).unwrap();
        }
    }
    server::turn(&mut host).unwrap();
    assert!(host.server.is_behind(id));
    let mut host = carried(host);
    exchange(&mut host, &mut [&mut guest]);
    let (echoes, fds) = guest.seen.iter().fold((0, 0), |(echoes, fds), seen| match seen {
        Seen::Echo(None, text) if *text == bytes => (echoes + 1, fds),
        Seen::Fd => (echoes, fds + 1),
        other => panic!("{other:?}"),
    });
    assert_eq!((echoes, fds), (400, 8));
    let _ = probe;
}

#[test]
fn what_was_charged_and_tagged_goes_over_and_limits_bind_as_before() {
    let mut host = Host::new();
    host.server.set_limits(Limits { stored_bytes: 5000, ..Limits::default() });
    let (mut guest, id) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    host.server.charge(id, Resource::StoredBytes, 4000).unwrap();
    let mut host = carried(host);
    host.server.set_limits(Limits { stored_bytes: 5000, ..Limits::default() });
    let id = host.server.clients().next().unwrap();
    assert_eq!(host.server.held(id, Resource::StoredBytes), 4000);
    assert!(host.server.charge(id, Resource::StoredBytes, 1001).is_err());
    host.server.release(id, Resource::StoredBytes, 4000);
    assert_eq!(host.server.held(id, Resource::StoredBytes), 0);
}

#[test]
fn globals_keep_their_names_and_those_that_are_not_offered_again_are_withdrawn() {
    let mut host = Host::new();
    let extra = host.server.add_global::<Probe>(2).unwrap();
    let (mut guest, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    assert_eq!(guest.globals.len(), 2);
    let mut host = carried(host);
    exchange(&mut host, &mut [&mut guest]);
    assert_eq!(guest.globals.len(), 1, "the successor offers one");
    assert!(!guest.globals.contains(&extra.name()));
    let probe: Probe = guest.client.bind(3).unwrap();
    probe.recent(&mut guest.client).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    assert_eq!(guest.seen, [Seen::Recent]);
    // No name is given twice.
    let next = host.server.add_global::<Probe>(1).unwrap();
    assert!(next.name() > extra.name());
}

/// A client that binds a probe by the name of its global.
fn bind(raw: &mut Socket, name: u32, id: u32) {
    use wayline::Link;
    let bytes = message(2, 0, &[name, 6, u32::from_ne_bytes(*b"prob"), 0x65, 2, id]);
    assert_eq!(raw.send(&bytes, &[]).unwrap(), bytes.len());
}

#[test]
fn a_global_that_was_removed_before_or_by_the_upgrade_can_be_bound_until_its_time_is_over() {
    for removed_before in [true, false] {
        let mut host = Host::new();
        let extra = host.server.add_global::<Probe>(2).unwrap();
        let (ours, theirs) = pair();
        let id = host.server.add_socket(ours).unwrap();
        let mut raw = Socket::new(theirs);
        use wayline::Link;
        let registry = message(1, 1, &[2]);
        assert_eq!(raw.send(&registry, &[]).unwrap(), registry.len());
        while host.server.object_count(id) < 2 {
            server::dispatch(&mut host, Some(PATIENCE)).unwrap();
        }
        if removed_before {
            host.server.remove_global(extra);
            server::turn(&mut host).unwrap();
        }
        let mut host = carried(host);
        let client = host.server.clients().next().unwrap();
        // It has not heard of the removal yet.
        bind(&mut raw, extra.name(), 3);
        while host.server.object_count(client) < 3 {
            assert!(host.ended.is_empty(), "removed before: {removed_before}");
            server::dispatch(&mut host, Some(PATIENCE)).unwrap();
        }
        host.server.set_limits(Limits { global_grace: Duration::ZERO, ..Limits::default() });
        let deadline = Instant::now() + PATIENCE;
        for id in 4.. {
            assert!(Instant::now() < deadline, "it is never over");
            server::dispatch(&mut host, Some(PATIENCE)).unwrap();
            bind(&mut raw, extra.name(), id);
            server::dispatch(&mut host, Some(PATIENCE)).unwrap();
            if !host.ended.is_empty() {
                break;
            }
        }
    }
}

#[test]
fn a_server_that_cannot_go_over_says_why_and_goes_on() {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    host.refuses = true;
    assert_eq!(carry::save(&mut host).unwrap_err().to_string(), "not now");
    // A client in memory has no socket.
    host.refuses = false;
    let (a, _b) = wayline::MemoryLink::pair();
    host.server.connect(a);
    let refused = carry::save(&mut host).unwrap_err();
    assert!(refused.to_string().ends_with("has no socket"), "{refused}");
    let probe: Probe = guest.client.bind(3).unwrap();
    probe.recent(&mut guest.client).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    assert_eq!(guest.seen, [Seen::Recent]);
}

#[test]
fn the_state_grows_with_what_there_is_and_no_faster() {
    let bytes = |objects: u32| {
        let mut host = Host::new();
        let (mut guest, _) = connect(&mut host);
        exchange(&mut host, &mut [&mut guest]);
        let probe: Probe = guest.client.bind(3).unwrap();
        for _ in 0..objects {
            let _: ProbeChild = probe.create(&mut guest.client).unwrap();
        }
        exchange(&mut host, &mut [&mut guest]);
        carry::save(&mut host).unwrap().into_parts().0.len()
    };
    let (small, large) = (bytes(1000), bytes(4000));
    // Id, state, interface and version; its data in a piece, and its handle in the application's list.
    assert_eq!(large - small, 3000 * (16 + 4 + 8 + 8));
}

#[test]
fn who_is_about_to_end_has_ended_when_the_state_is_written() {
    let mut host = Host::new();
    let (mut guest, id) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let _: Probe = guest.client.bind(3).unwrap();
    guest.client.flush();
    exchange(&mut host, &mut [&mut guest]);
    // Its error waits behind more than it reads.
    let theirs = host.probes[0];
    for _ in 0..400 {
        theirs.echo(&mut host.server, None, &[7; 3000]).unwrap();
    }
    host.server.post_error(theirs, 1_u32, "a fault");
    server::turn(&mut host).unwrap();
    assert_eq!((host.ended.len(), host.server.clients().count()), (0, 1));
    let state = carry::save(&mut host).unwrap();
    assert_eq!(host.ended, [id]);
    let host: Host = carry::load(state).unwrap();
    assert_eq!(host.server.clients().count(), 0);
}

#[test]
fn a_library_acts_on_the_application_that_was_loaded_and_may_refuse_it() {
    let mut host = Host::new();
    host.note = "told".into();
    assert_eq!(carried(host).then, "told, and loaded");
    let mut host = Host::new();
    host.note = "bad".into();
    let state = carry::save(&mut host).unwrap();
    let error = carry::load::<Host>(state).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the state is damaged: a bad note");
}

#[test]
fn what_clients_can_make_and_is_not_carried_is_known_at_the_start() {
    let host = Host::new();
    Host::carrier().check(&host.server).unwrap();
    let missing = |carrier: Carrier<Host>| carrier.check(&host.server).unwrap_err().to_string();
    assert_eq!(missing(Carrier::new()), "objects of probe are not carried: it is a global");
    let found = missing(Carrier::new().with::<Probe>());
    assert!(found.starts_with("objects of probe_child are not carried: probe."), "{found}");
    // Nobody can make any without a global.
    Carrier::new().check(&Host::empty(Server::new()).server).unwrap();
}
