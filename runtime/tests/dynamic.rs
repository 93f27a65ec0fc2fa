//! Dynamic connections that take part themselves: what they accept and refuse is what endpoints of generated code do.

mod probe;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use probe::protocol::{probe as api, probe_child};
use probe::{Pair, Seen, TestClient, TestServer, any_fd};
use proptest::prelude::*;
use wayline::dynamic::{
    Arg, ArgKind, Connection, DescriptionError, Direction, EncodeError, Interface, Message, Protocols, ReceiveError,
    RefusalReason, Signature, Value,
};
use wayline::wire::Header;
use wayline::{DecodeError, Disconnect, Fixed, Limits, Link, MemoryLink, SendError, client, server};

fn protocols() -> Protocols {
    Protocols::new([Interface::from(&api::SPEC), Interface::from(&probe_child::SPEC)]).unwrap()
}

fn message(object: u32, opcode: u16, values: impl Into<Vec<Value>>) -> Message {
    Message { object, opcode, values: values.into() }
}

/// The bytes of a message, whatever its words say.
fn raw(object: u32, opcode: u16, words: &[u32]) -> Vec<u8> {
    let size = 8 + 4 * words.len();
    let head = [object, Header::word(size, opcode)];
    head.iter().chain(words).flat_map(|word| word.to_ne_bytes()).collect()
}

/// `wl_display.get_registry` and `wl_registry.bind` of a probe with the id 3.
fn bind(client: &mut Connection, version: u32) {
    let registry = client.vacant_id().unwrap();
    client.send(message(1, 1, [Value::NewId(registry)])).unwrap();
    let id = client.vacant_id().unwrap();
    let bound = Value::AnyNewId { interface: "probe".into(), version, id };
    client.send(message(registry, 0, [Value::Uint(1), bound])).unwrap();
    assert_eq!((registry, id), (2, 3));
}

/// A server's end with a probe that its peer has bound, and the peer's link.
fn server_end(version: u32) -> (Connection, MemoryLink) {
    let (a, mut b) = MemoryLink::pair();
    let mut server = Connection::server(a, &protocols());
    let (c, mut d) = MemoryLink::pair();
    let mut client = Connection::client(c, &protocols());
    bind(&mut client, version);
    client.flush().unwrap();
    let mut buffer = [0; 256];
    let count = d.receive(&mut buffer, &mut VecDeque::new()).unwrap().bytes;
    b.send(&buffer[..count], &[]).unwrap();
    while server.receive().unwrap().is_some() {}
    (server, b)
}

fn pass(from: &mut Connection, to: &mut Connection) -> Vec<String> {
    from.flush().unwrap();
    let mut lines = Vec::new();
    while let Some(received) = to.receive().unwrap() {
        assert!(!received.ended);
        lines.push(received.to_string());
    }
    lines
}

/// Both ends, with a probe.
fn ends() -> (Connection, Connection) {
    let (a, b) = MemoryLink::pair();
    let (mut client, mut server) = (Connection::client(a, &protocols()), Connection::server(b, &protocols()));
    bind(&mut client, 3);
    pass(&mut client, &mut server);
    (client, server)
}

#[test]
fn a_dynamic_client_speaks_with_a_generated_server() {
    let (a, b) = MemoryLink::pair();
    let mut host = TestServer::new();
    let id = host.server.connect(a);
    let mut client = Connection::client(b, &protocols());
    bind(&mut client, 3);
    let values = [Value::Int(-5), Value::Uint(6), Value::Fixed(Fixed::from_int(7)), Value::Int(8)];
    client.send(message(3, api::opcode::INTS, values)).unwrap();
    client.send(message(3, api::opcode::CREATE, [Value::NewId(4)])).unwrap();
    client.send(message(4, probe_child::opcode::POKE, [Value::Uint(9)])).unwrap();
    client.flush().unwrap();
    server::receive(&mut host, id);
    server::finish_turn(&mut host);
    let mut lines = Vec::new();
    while let Some(received) = client.receive().unwrap() {
        lines.push(match &received.message.values[..] {
            [.., Value::Fd(fd)] => format!("{} {}", received.signature().name, fd.as_fd().try_clone_to_owned().is_ok()),
            _ => received.to_string(),
        });
    }
    let global = format!("wl_registry#2.global({}, \"probe\", 3)", host.global.name());
    assert_eq!(lines, [global.as_str(), "probe#3.words(-5, 6, 7.00000000, 8)", "poked true"]);
    assert_eq!(host.ended, []);
}

#[test]
fn a_dynamic_server_speaks_with_a_generated_client() {
    let (a, b) = MemoryLink::pair();
    let mut server = Connection::server(a, &protocols());
    let mut guest = TestClient::new(b);
    client::finish_turn(&mut guest);
    let received = server.receive().unwrap().unwrap();
    let [Value::NewId(registry)] = received.message.values[..] else { panic!("{received}") };
    let global = [Value::Uint(1), Value::String(Some("probe".into())), Value::Uint(3)];
    server.send(message(registry, 0, global)).unwrap();
    server.flush().unwrap();
    client::receive(&mut guest);
    let probe: probe::protocol::Probe = guest.client.bind(3).unwrap();
    let child = probe.create(&mut guest.client).unwrap();
    child.destroy(&mut guest.client).unwrap();
    client::finish_turn(&mut guest);
    while server.receive().unwrap().is_some() {}
    let offered = server.vacant_id().unwrap();
    assert_eq!(offered, 0xff00_0000);
    server.send(message(probe.id(), api::opcode::OFFERED, [Value::NewId(offered)])).unwrap();
    server.send(message(offered, probe_child::opcode::POKED, [Value::Uint(1), Value::Fd(any_fd())])).unwrap();
    server.flush().unwrap();
    client::receive(&mut guest);
    let Some(Seen::Offered(made)) = guest.seen.pop_front() else { panic!("not offered") };
    assert_eq!(guest.seen, [Seen::Poked(made, 1)]);
    let again = probe.create(&mut guest.client).unwrap();
    assert_eq!(again.id(), child.id(), "the server deleted the id by itself");
}

#[test]
fn o18_handles_of_ended_objects_do_not_come_to_mean_their_successors() {
    let (mut client, mut server) = ends();
    let mut made = || {
        let id = client.vacant_id().unwrap();
        client.send(message(3, api::opcode::CREATE, [Value::NewId(id)])).unwrap();
        pass(&mut client, &mut server);
        let handles = (client.object(id).unwrap(), server.object(id).unwrap());
        client.send(message(id, probe_child::opcode::DESTROY, [])).unwrap();
        assert_eq!(client.vacant_id().unwrap(), 5, "not before it is deleted");
        let gone = client.send(message(id, probe_child::opcode::POKE, [Value::Uint(1)]));
        assert_eq!(gone, Err(EncodeError::Send(SendError::Gone)));
        pass(&mut client, &mut server);
        assert_eq!(pass(&mut server, &mut client), [format!("wl_display#1.delete_id({id})")]);
        handles
    };
    let (first, second) = (made(), made());
    assert_eq!(first.0.id(), second.0.id());
    assert!(first.0 != second.0 && first.1 != second.1 && first.0 != first.1);
    assert_eq!(first.0.version(), 3);
    assert!(!client.is_alive(first.0) && !server.is_alive(second.1) && client.is_alive(client.object(3).unwrap()));
}

#[test]
fn o16_o19_ids_of_server_made_objects_wait_and_requests_under_way_to_them_are_skipped() {
    let (mut client, mut server) = ends();
    let first = server.vacant_id().unwrap();
    for round in 0..3000_u32 {
        let id = server.vacant_id().unwrap();
        assert_eq!(id, first + round % 1025);
        server.send(message(3, api::opcode::OFFERED, [Value::NewId(id)])).unwrap();
        assert_eq!(pass(&mut server, &mut client).len(), 1);
        server.send(message(id, probe_child::opcode::FINISHED, [])).unwrap();
        client.send(message(id, probe_child::opcode::POKE, [Value::Uint(1)])).unwrap();
        assert_eq!(pass(&mut client, &mut server), [""; 0], "it was under way");
        assert_eq!(pass(&mut server, &mut client).len(), 1);
    }
    assert_eq!((client.objects(), server.objects()), (3, 3));
}

#[test]
fn o22_o23_ids_that_cannot_be_deleted_are_left_alone() {
    let (mut client, mut server) = ends();
    client.send(message(3, api::opcode::CREATE, [Value::NewId(4)])).unwrap();
    for id in [0, 1, 3, 3, 77, 0xff00_0000, u32::MAX] {
        server.send(message(1, 1, [Value::Uint(id)])).unwrap();
        pass(&mut server, &mut client);
    }
    assert!(client.object(1).is_some() && client.object(3).is_some());
    assert_eq!(client.vacant_id().unwrap(), 5, "ids of live objects are not handed out");
    client.send(message(3, api::opcode::DESTROY, [])).unwrap();
    assert_eq!(client.vacant_id().unwrap(), 3, "it was deleted before");
}

#[test]
fn a_message_that_cannot_be_sent_changes_nothing_and_its_fds_are_closed() {
    let (mut client, mut server) = ends();
    let (objects, queued) = (client.objects(), client.queued());
    let text = |text: Option<String>, bytes| [Value::String(text), Value::Array(bytes)];
    let create = api::opcode::CREATE;
    let refused: [(Message, EncodeError); 16] = [
        (message(99, 0, []), SendError::Gone.into()),
        (message(3, 99, []), EncodeError::UnknownOpcode(99)),
        (message(3, create, []), EncodeError::Count { expected: 1, found: 0 }),
        (message(3, create, [Value::Uint(4)]), EncodeError::Type(0)),
        (message(3, create, [Value::NewId(0)]), EncodeError::Null(0)),
        (message(3, create, [Value::NewId(3)]), EncodeError::BadNewId(3)),
        (message(3, create, [Value::NewId(5)]), EncodeError::BadNewId(5)),
        (message(3, create, [Value::NewId(0xff00_0000)]), EncodeError::BadNewId(0xff00_0000)),
        (message(3, api::opcode::TAKE, [Value::Object(77)]), SendError::ForeignObject.into()),
        (message(3, api::opcode::TAKE, [Value::Object(3)]), SendError::ForeignObject.into()),
        (message(3, api::opcode::TEXT, text(Some("a\0".into()), vec![])), SendError::InteriorNul.into()),
        (
            message(3, api::opcode::TEXT, text(None, vec![0; 4092])),
            SendError::TooLarge { size: 4108, limit: 4096 }.into(),
        ),
        (
            message(2, 0, [Value::Uint(1), Value::AnyNewId { interface: "strange".into(), version: 1, id: 4 }]),
            EncodeError::UnknownInterface("strange".into()),
        ),
        (
            message(2, 0, [Value::Uint(1), Value::AnyNewId { interface: "probe".into(), version: 4, id: 4 }]),
            EncodeError::UnknownInterface("probe".into()),
        ),
        (message(2, 0, [Value::Uint(1), Value::String(None)]), EncodeError::Type(1)),
        (message(3, api::opcode::FD, [Value::Int(0)]), EncodeError::Type(0)),
    ];
    for (message, error) in refused {
        let shown = format!("{message:?}");
        assert_eq!(client.send(message), Err(error), "{shown}");
    }
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).unwrap();
    assert!(client.send(message(99, api::opcode::FD, [Value::Fd(writer)])).is_err());
    assert_eq!(rustix::io::read(&reader, &mut [0; 1]), Ok(0));
    assert_eq!((client.objects(), client.queued()), (objects, queued));
    client.send(message(3, create, [Value::NewId(4)])).unwrap();
    assert_eq!(pass(&mut client, &mut server), ["probe#3.create(new id probe_child#4)"]);

    let (mut old, _link) = server_end(2);
    let version = SendError::Version { since: 3, version: 2 };
    assert_eq!(old.send(message(3, api::opcode::RECENT_EVENT, [])), Err(version.into()));
    let null = old.send(message(2, 0, [Value::Uint(1), Value::String(None), Value::Uint(1)]));
    assert_eq!(null, Err(EncodeError::Null(1)));
}

/// What the two kinds of server say to the same bytes: code and text of the error, if there is one.
fn verdicts(version: u32, bytes: &[u8], fds: usize) -> [Option<(u32, String)>; 2] {
    let fds: Vec<OwnedFd> = (0..fds).map(|_| any_fd()).collect();
    let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
    let (mut server, mut link) = server_end(version);
    link.send(bytes, &fds).unwrap();
    let dynamic = loop {
        match server.receive() {
            Ok(Some(_)) => {}
            Ok(None) => break None,
            Err(ReceiveError::Refused(refusal)) => {
                let event = refusal.to_event();
                let [Value::Object(1), Value::Uint(code), Value::String(Some(text))] = &event.values[..] else {
                    panic!("{event:?}")
                };
                let told = (*code, text.clone());
                server.send(event).unwrap();
                break Some(told);
            }
            Err(ended) => panic!("{ended}"),
        }
    };
    let (a, mut b) = MemoryLink::pair();
    let mut host = TestServer::new();
    let id = host.server.connect(a);
    let name = host.global.name();
    let bound = [raw(1, 1, &[2]), raw(2, 0, &[name, 6, u32::from_ne_bytes(*b"prob"), 0x65, version, 3])].concat();
    b.send(&bound, &[]).unwrap();
    server::receive(&mut host, id);
    assert_eq!(host.probes.len(), 1);
    b.send(bytes, &fds).unwrap();
    server::receive(&mut host, id);
    server::finish_turn(&mut host);
    let generated = match host.ended.first() {
        Some((_, Disconnect::Protocol(error))) => Some((error.code, error.message.clone())),
        Some((_, other)) => panic!("{other}"),
        None => None,
    };
    [dynamic, generated]
}

#[test]
fn hostile_requests_are_refused_as_by_generated_decoders() {
    let string = |length: u32, words: &[u32]| {
        let words: Vec<u32> = [length].iter().chain(words).copied().collect();
        raw(3, api::opcode::TEXT, &words)
    };
    let sized = |size: u32| [3_u32.to_ne_bytes(), (size << 16).to_ne_bytes()].concat();
    let abc = u32::from_ne_bytes(*b"abc\0");
    let refused: Vec<(&str, Vec<u8>, &str)> = vec![
        ("W15 no multiple of 4", [sized(10), vec![0; 2]].concat(), "longer than its arguments"),
        ("W15 less than a header", sized(4), "too short"),
        ("W17 beyond the limit", sized(4100), "message too large"),
        ("W15 far beyond", sized(65535), "message too large"),
        ("W18 string of 4 GiB", string(u32::MAX, &[abc, 0]), "too short"),
        ("W18 string that rounds up past a word", string(0xffff_fffd, &[abc, 0]), "too short"),
        ("W19 no NUL", string(4, &[u32::from_ne_bytes(*b"abcd"), 0]), "NUL-terminated"),
        ("W19 a NUL inside", string(4, &[u32::from_ne_bytes(*b"a\0c\0"), 0]), "NUL-terminated"),
        ("W20 array past the end", string(0, &[5, 0]), "too short"),
        ("W21 no second argument", string(4, &[abc]), "too short"),
        ("W21 no words at all", raw(3, api::opcode::INTS, &[]), "too short"),
        ("W21 no fd", raw(3, api::opcode::FD, &[]), "a file descriptor is missing"),
        ("W22 surplus", raw(3, api::opcode::INTS, &[0; 5]), "longer than its arguments"),
        ("W22 surplus behind an array", string(0, &[0, 0]), "longer than its arguments"),
        ("W27 no UTF-8", string(4, &[u32::from_ne_bytes([b'a', 0xff, b'b', 0]), 0]), "not UTF-8"),
        ("O03 a gap", raw(3, api::opcode::CREATE, &[5]), "bad new id 5"),
        ("O04 null", raw(3, api::opcode::CREATE, &[0]), "bad new id 0"),
        ("O04 the display", raw(3, api::opcode::CREATE, &[1]), "bad new id 1"),
        ("O04 a live object", raw(3, api::opcode::CREATE, &[3]), "bad new id 3"),
        ("O05 far", raw(3, api::opcode::CREATE, &[0x00f0_0001]), "bad new id"),
        ("O05 the server's half", raw(3, api::opcode::CREATE, &[0xff00_0000]), "bad new id"),
        ("no such object", raw(77, 0, &[]), "invalid object 77"),
        ("no such object of the server's", raw(0xff00_0000, 0, &[]), "invalid object"),
        ("W24 no such opcode", raw(3, 0xffff, &[]), "invalid method 65535, object probe#3"),
        ("an argument that names nothing", raw(3, api::opcode::TAKE, &[77]), "unknown object 77"),
        ("an argument of another interface", raw(3, api::opcode::TAKE, &[2]), "has another interface"),
        ("the display has two requests", raw(1, 2, &[]), "invalid method 2, object wl_display#1"),
    ];
    for (what, bytes, text) in refused {
        let [dynamic, generated] = verdicts(3, &bytes, 0);
        assert_eq!(dynamic, generated, "{what}");
        assert!(dynamic.is_some_and(|(_, told)| told.contains(text)), "{what}");
    }
    let [dynamic, generated] = verdicts(2, &raw(3, api::opcode::RECENT, &[]), 0);
    assert_eq!(dynamic, generated);
    assert_eq!(dynamic, Some((1, "invalid method 8 (since 2 < 3), object probe#3".into())));
}

#[test]
fn binds_of_what_is_not_described_are_refused_with_their_own_reason() {
    let prob = u32::from_ne_bytes(*b"prob");
    let bound = |last: u32, version| raw(2, 0, &[1, 6, prob, last, version, 4]);
    for (bytes, reason) in [
        (bound(0x66, 1), RefusalReason::UnknownInterface("probf".into())),
        (bound(0x65, 0), RefusalReason::Malformed(DecodeError::WrongInterface(4))),
        (bound(0x65, 4), RefusalReason::Malformed(DecodeError::WrongInterface(4))),
        (raw(2, 0, &[1, 0, 1, 4, 0]), RefusalReason::Malformed(DecodeError::Null)),
    ] {
        let (mut server, mut link) = server_end(3);
        link.send(&bytes, &[]).unwrap();
        let Err(ReceiveError::Refused(refusal)) = server.receive() else { panic!("taken") };
        assert_eq!(refusal.reason, reason);
        assert_eq!((refusal.object, refusal.message.as_deref()), (2, Some("bind")));
        let again = server.receive().unwrap_err();
        assert_eq!(again.to_string(), refusal.to_string(), "it stays refused");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn w28_random_requests_meet_the_same_verdict_as_with_generated_decoders(
        messages in proptest::collection::vec(
            (0_u32..6, 0_u16..11, proptest::collection::vec(prop_oneof![0_u32..9, any::<u32>()], 0..6), 0_i32..64),
            1..8
        ),
        fds in 0_usize..4,
    ) {
        let mut bytes = Vec::new();
        for (object, opcode, words, skew) in messages {
            // The host fails by itself if it is asked to.
            if opcode == api::opcode::FAIL {
                continue;
            }
            let at = bytes.len();
            bytes.extend(raw(object, opcode, &words));
            if skew < 8 {
                let size = (8 + 4 * words.len()) as i32 + skew - 4;
                bytes[at + 6..at + 8].copy_from_slice(&(size as u16).to_ne_bytes());
            }
        }
        let [dynamic, generated] = verdicts(3, &bytes, fds);
        // Binds are judged by the globals of a server, which a dynamic one leaves to the program.
        let about_globals = |verdict: &Option<(u32, String)>| {
            verdict.as_ref().is_some_and(|(_, text)| text.contains("global") || text.contains("wl_registry#2.bind"))
        };
        // The callback of a sync lives until the program has answered, which a server with generated code does at once.
        let about_callbacks = |verdict: &Option<(u32, String)>| {
            verdict.as_ref().is_some_and(|(_, text)| text.contains("object wl_callback#"))
        };
        if !about_globals(&dynamic) && !about_globals(&generated) && !about_callbacks(&dynamic) {
            prop_assert_eq!(dynamic, generated);
        }
    }

    #[test]
    fn w13_a_stream_gives_the_same_messages_in_any_pieces(cuts in proptest::collection::vec(1_usize..40, 1..60)) {
        let (mut server, mut link) = server_end(3);
        let mut bytes = Vec::new();
        for serial in 0..50 {
            bytes.extend(raw(3, api::opcode::INTS, &[serial, 1, 2, 3]));
            bytes.extend(raw(3, api::opcode::TEXT, &[0, serial % 5, 7, 8][..2 + (serial % 5).div_ceil(4) as usize]));
        }
        let (mut at, mut count) = (0, 0);
        for cut in cuts.iter().cycle() {
            let end = (at + cut).min(bytes.len());
            link.send(&bytes[at..end], &[]).unwrap();
            at = end;
            while server.receive().unwrap().is_some() {
                count += 1;
            }
            if at == bytes.len() {
                break;
            }
        }
        prop_assert_eq!(count, 100);
    }
}

/// The reason why a client's end refuses an event.
fn event_refused(bytes: &[u8]) -> RefusalReason {
    let (a, mut b) = MemoryLink::pair();
    let mut client = Connection::client(a, &protocols());
    bind(&mut client, 3);
    client.flush().unwrap();
    b.send(bytes, &[]).unwrap();
    match client.receive() {
        Err(ReceiveError::Refused(refusal)) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn o24_to_o27_hostile_events_are_refused() {
    let offered = |id| raw(3, api::opcode::OFFERED, &[id]);
    assert_eq!(event_refused(&raw(3, 40, &[])), RefusalReason::UnknownOpcode);
    assert_eq!(event_refused(&raw(9, 0, &[])), RefusalReason::UnknownObject);
    for id in [4, 3, 0xff00_0001, 0, 1] {
        assert_eq!(event_refused(&offered(id)), RefusalReason::Malformed(DecodeError::BadNewId(id)));
    }
    let twice = [offered(0xff00_0000), offered(0xff00_0000)].concat();
    let (a, mut b) = MemoryLink::pair();
    let mut client = Connection::client(a, &protocols());
    bind(&mut client, 3);
    b.send(&twice, &[]).unwrap();
    assert!(client.receive().unwrap().is_some() && client.receive().is_err());
    let named = |id| raw(3, api::opcode::NAMED, &[id]);
    assert_eq!(event_refused(&named(2)), RefusalReason::Malformed(DecodeError::WrongInterface(2)));
    assert_eq!(event_refused(&named(9)), RefusalReason::Malformed(DecodeError::UnknownObject(9)));
}

#[test]
fn o30_an_error_about_an_object_that_is_not_known_is_received() {
    let (mut client, mut server) = ends();
    let text = Value::String(Some("gone".into()));
    server.send(message(1, 0, [Value::Object(77), Value::Uint(3), text])).unwrap();
    assert_eq!(pass(&mut server, &mut client), ["wl_display#1.error(#77, 3, \"gone\")"]);
}

#[test]
fn limits_bind_dynamic_connections() {
    let (mut client, mut server) = ends();
    let limits = Limits { objects: 5, queued_bytes: 8192, message_size: 64, queued_fds: 2, ..Limits::default() };
    client.set_limits(limits);
    server.set_limits(limits);
    for id in [4, 5] {
        client.send(message(3, api::opcode::CREATE, [Value::NewId(id)])).unwrap();
    }
    assert_eq!(client.vacant_id(), Err(SendError::TooManyObjects(5)));
    let one_more = client.send(message(3, api::opcode::CREATE, [Value::NewId(6)]));
    assert_eq!(one_more, Err(SendError::TooManyObjects(5).into()));
    let large = client.send(message(3, api::opcode::TEXT, [Value::String(None), Value::Array(vec![0; 49])]));
    assert_eq!(large, Err(SendError::TooLarge { size: 68, limit: 64 }.into()));
    for _ in 0..2 {
        client.send(message(3, api::opcode::FD, [Value::Fd(any_fd())])).unwrap();
    }
    let third = client.send(message(3, api::opcode::FD, [Value::Fd(any_fd())]));
    assert!(matches!(third, Err(EncodeError::Send(SendError::QueueFull { .. }))), "{third:?}");
    assert_eq!(pass(&mut client, &mut server).len(), 4);
    let mut sent = 0;
    let full = loop {
        match server.send(message(3, api::opcode::NAMED, [Value::Object(0)])) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
    };
    // One for each 12 bytes while there is room for a message of the largest size.
    assert_eq!((full, sent), (SendError::QueueFull { queued: 8136 }.into(), 8136 / 12));
    let ended = server.receive().unwrap_err();
    assert!(matches!(ended, ReceiveError::Ended(Disconnect::SlowPeer { queued: 8136, fds: 0 })), "{ended}");
}

#[test]
fn objects_beyond_the_limit_of_a_server_have_the_code_of_no_memory() {
    let (mut server, mut link) = server_end(3);
    server.set_limits(Limits { objects: 3, ..Limits::default() });
    link.send(&raw(3, api::opcode::CREATE, &[4]), &[]).unwrap();
    let Err(ReceiveError::Refused(refusal)) = server.receive() else { panic!("taken") };
    assert!(matches!(refusal.to_event().values[1], Value::Uint(2)));
}

#[test]
fn d16_unconsumed_fds_end_the_connection() {
    let (mut server, mut link) = server_end(3);
    server.set_limits(Limits { unconsumed_fds: 1, ..Limits::default() });
    let fds = [any_fd(), any_fd(), any_fd()];
    let borrowed: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
    link.send(&raw(3, api::opcode::FD, &[]), &borrowed).unwrap();
    assert!(server.receive().unwrap().is_some());
    let ended = server.receive().unwrap_err();
    assert!(matches!(ended, ReceiveError::Ended(Disconnect::UnconsumedFds { count: 2 })), "{ended}");
}

/// A link, and whether this process has descriptors for what it brings.
struct Short(MemoryLink, bool);

impl Link for Short {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        self.0.send(bytes, fds)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<wayline::Received> {
        self.0.receive(buffer, fds)
    }

    fn fits(&mut self) -> bool {
        self.1
    }
}

#[test]
fn what_a_connection_holds_can_be_charged_and_fds_that_do_not_fit_are_told_before_they_are_lost() {
    let (mut server, mut link) = server_end(3);
    assert_eq!((server.unread(), server.queued(), server.objects()), ((0, 0), (0, 0), 3));
    let fd = any_fd();
    let mut bytes = raw(3, api::opcode::INTS, &[1, 2, 3, 4]);
    bytes.extend(&raw(3, api::opcode::FD, &[])[..5]);
    link.send(&bytes, &[fd.as_fd()]).unwrap();
    assert!(server.receive().unwrap().is_some());
    assert_eq!(server.unread(), (5, 1), "what the first message left");
    assert!(server.receive().unwrap().is_none());
    assert_eq!(server.unread(), (5, 1), "kept for the next read");
    link.send(&raw(3, api::opcode::FD, &[])[5..], &[]).unwrap();
    assert!(server.receive().unwrap().is_some());
    assert_eq!(server.unread(), (0, 0));

    for room in [false, true] {
        let short = Short(MemoryLink::pair().0, room);
        assert_eq!(Connection::server(short, server.protocols()).fits(), room);
    }
}

#[test]
fn the_end_of_a_stream_says_whether_a_message_was_cut() {
    for (bytes, truncated) in [(&[][..], false), (&[3, 0, 0, 0, 0][..], true)] {
        let (mut server, mut link) = server_end(3);
        link.send(bytes, &[]).unwrap();
        drop(link);
        while let Ok(next) = server.receive() {
            assert!(next.is_none());
        }
        match server.receive().unwrap_err() {
            ReceiveError::Ended(Disconnect::Closed) if !truncated => {}
            ReceiveError::Ended(Disconnect::Truncated { received: 5 }) if truncated => {}
            other => panic!("{other}"),
        }
    }
}

#[test]
fn descriptions_are_checked() {
    let interface = |name: &str| Interface { name: name.into(), version: 1, requests: vec![], events: vec![] };
    let with = |since, args: Vec<ArgKind>| {
        let args = args.into_iter().map(|kind| Arg { name: "x".into(), kind });
        Interface {
            events: vec![Signature { name: "m".into(), since, destructor: false, args: args.collect() }],
            ..interface("a")
        }
    };
    let refused = |interfaces: Vec<Interface>| Protocols::new(interfaces).unwrap_err();
    assert_eq!(refused(vec![interface("")]), DescriptionError::Name(String::new()));
    assert_eq!(refused(vec![interface("a\u{1b}")]), DescriptionError::Name("a\u{1b}".into()));
    assert_eq!(refused(vec![interface("a"), interface("a")]), DescriptionError::Duplicate("a".into()));
    assert_eq!(refused(vec![Interface { version: 0, ..interface("a") }]), DescriptionError::Version("a".into()));
    assert_eq!(refused(vec![with(0, vec![])]), DescriptionError::Version("a.m".into()));
    assert_eq!(refused(vec![with(1, vec![ArgKind::Int; 21])]), DescriptionError::TooManyArgs("a.m".into()));
    assert_eq!(refused(vec![with(1, vec![ArgKind::AnyNewId])]), DescriptionError::UntypedNewId("a.m".into()));
    let known = Protocols::new([with(1, vec![ArgKind::Int; 20]), interface("wl_display")]).unwrap();
    assert_eq!(known.iter().count(), 4, "with wl_display, wl_registry and wl_callback");
    assert_eq!(known.get("wl_display").unwrap().opcode(Direction::Event, "delete_id"), Some(1));
    assert_eq!(known.get("a").unwrap().events[0].min_size(), 88);
    assert!(known.get("b").is_none());
}

#[test]
fn descriptions_of_generated_tables_have_their_sizes_and_fds() {
    let specs = [&api::SPEC, &probe_child::SPEC];
    for spec in specs {
        let interface = Interface::from(spec);
        let described = interface.requests.iter().chain(&interface.events);
        for (signature, message) in described.zip(spec.requests.iter().chain(spec.events)) {
            assert_eq!(signature.min_size(), usize::from(message.size), "{}", message.name);
            assert_eq!(signature.fds(), usize::from(message.fds), "{}", message.name);
            assert_eq!(signature.is_fixed_size(), message.fixed_size, "{}", message.name);
        }
    }
}

#[test]
fn a_message_is_decoded_and_encoded_without_a_connection() {
    let text = &Interface::from(&api::SPEC).requests[usize::from(api::opcode::TEXT)];
    let bytes = raw(3, api::opcode::TEXT, &[2, 0x61, 1, 0x62]);
    let decoded = text.decode(&bytes, &mut VecDeque::new()).unwrap();
    let [Value::String(Some(string)), Value::Array(array)] = &decoded.values[..] else { panic!("{decoded:?}") };
    assert_eq!((string.as_str(), &array[..]), ("a", &b"b"[..]));
    assert_eq!(text.encode(decoded).unwrap().0, bytes);
    assert_eq!(text.decode(&bytes[..12], &mut VecDeque::new()).unwrap_err(), DecodeError::Short);
    assert_eq!(text.decode(&[bytes.clone(), vec![0]].concat(), &mut VecDeque::new()).unwrap_err(), DecodeError::Long);
    assert_eq!(text.decode(&[], &mut VecDeque::new()).unwrap_err(), DecodeError::Short);
    let large = message(3, api::opcode::TEXT, [Value::String(None), Value::Array(vec![0; 65_520])]);
    let error = text.encode(large).unwrap_err();
    assert_eq!(error, SendError::TooLarge { size: 65_536, limit: 65_532 }.into());
    // A handle of one end is foreign to an endpoint.
    let (client, _server) = ends();
    let (mut pair, _) = Pair::bound(3);
    let foreign = wayline::Interface::from_handle(client.object(3).unwrap());
    let poked = probe::protocol::Probe::ints(foreign, &mut pair.guest.client, 1, 2, Fixed::ZERO, 3);
    assert_eq!(poked, Err(SendError::Foreign));
}
