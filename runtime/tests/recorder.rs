//! Seeing a running server: what crossed each connection, the messages of one client, and the last ones of one that ended.

mod probe;

use probe::lines::{Lines, ready};
use probe::protocol::{Probe, probe as api};
use probe::{Pair, TestServer};
use wayline::{Disconnect, Link, MemoryLink, server};

/// The end that a test writes to, of a connection with a probe bound as object 3.
fn raw_client() -> (TestServer, wayline::ClientId, MemoryLink) {
    let (a, mut b) = MemoryLink::pair();
    let mut host = TestServer::new();
    let client = host.server.connect(a);
    let name = host.global.name();
    send(&mut b, &[message(1, 1, &[2]), message(2, 0, &[name, 6, u32::from_ne_bytes(*b"prob"), 0x65, 3, 3])]);
    server::receive(&mut host, client);
    server::finish_turn(&mut host);
    assert_eq!(host.ended, []);
    (host, client, b)
}

fn message(object: u32, opcode: u16, words: &[u32]) -> Vec<u8> {
    let size = 8 + 4 * words.len() as u32;
    let header = [object, size << 16 | u32::from(opcode)];
    header.iter().chain(words).flat_map(|word| word.to_ne_bytes()).collect()
}

fn send(link: &mut MemoryLink, messages: &[Vec<u8>]) {
    let bytes = messages.concat();
    assert_eq!(link.send(&bytes, &[]).unwrap(), bytes.len());
}

/// What the server has of a client that sent these messages in one go and ended by them.
fn last_of(
    host: &mut TestServer,
    client: wayline::ClientId,
    link: &mut MemoryLink,
    messages: &[Vec<u8>],
) -> Vec<String> {
    send(link, messages);
    server::receive(host, client);
    server::finish_turn(host);
    server::finish_turn(host);
    assert_eq!(host.ended.len(), 1);
    host.server.last_messages().to_vec()
}

#[test]
fn the_last_messages_of_a_client_come_with_the_error_of_its_handler() {
    let (mut host, client, mut link) = raw_client();
    let messages = [message(3, api::opcode::CREATE, &[4]), message(4, 1, &[9]), message(3, api::opcode::FAIL, &[7])];
    let last = last_of(&mut host, client, &mut link, &messages);
    assert_eq!(last, ["probe#3.create(new id probe_child#4)", "probe_child#4.poke(9)", "probe#3.fail(7)"]);
}

#[test]
fn the_last_message_is_the_one_that_the_loop_refused() {
    for (wrong, text) in [
        (message(3, 77, &[1, 2]), "probe#3, opcode 77, 8 bytes"),
        (message(99, 1, &[]), "object 99 that is no more, opcode 1, 0 bytes"),
        (message(3, api::opcode::INTS, &[1]), "probe#3.ints(1, ?)"),
        (message(3, api::opcode::TEXT, &[5, 0x6162_6364]), "probe#3.text(?)"),
        // Its size says that it has no header.
        ([3u32, 4 << 16].iter().flat_map(|word| word.to_ne_bytes()).collect(), "probe#3.destroy()"),
    ] {
        let (mut host, client, mut link) = raw_client();
        let behind = message(3, api::opcode::OFFER, &[]);
        let last = last_of(&mut host, client, &mut link, &[message(3, api::opcode::RECENT, &[]), wrong, behind]);
        assert_eq!(last, ["probe#3.recent()", text]);
    }
}

#[test]
fn objects_that_ended_are_not_taken_for_those_that_have_their_ids_now() {
    let (mut host, client, mut link) = raw_client();
    send(&mut link, &[message(3, api::opcode::CREATE, &[4])]);
    server::receive(&mut host, client);
    let messages = [
        message(4, 1, &[5]),
        message(4, 0, &[]),
        message(3, api::opcode::CREATE, &[4]),
        message(4, 0, &[]),
        message(4, 1, &[3]),
    ];
    let last = last_of(&mut host, client, &mut link, &messages);
    let gone = |opcode, bytes| format!("object 4 that is no more, opcode {opcode}, {bytes} bytes");
    let created = "probe#3.create(new id probe_child#4)".to_owned();
    assert_eq!(last, [gone(1, 4), gone(0, 0), created, "probe_child#4.destroy()".into(), gone(1, 4)]);
}

#[test]
fn sixteen_messages_are_told_and_those_of_other_clients_never() {
    let (mut host, client, mut link) = raw_client();
    let mut messages = vec![message(3, api::opcode::RECENT, &[]); 100];
    messages.push(message(3, api::opcode::FAIL, &[7]));
    let last = last_of(&mut host, client, &mut link, &messages);
    assert_eq!((last.len(), last[0].as_str(), last[15].as_str()), (16, "probe#3.recent()", "probe#3.fail(7)"));
    // One that ends without a message has none of the one before.
    let (a, b) = MemoryLink::pair();
    let second = host.server.connect(a);
    drop(b);
    server::receive(&mut host, second);
    server::finish_turn(&mut host);
    assert_eq!(host.ended.last(), Some(&(second, Disconnect::Closed)));
    assert_eq!(host.server.last_messages(), [""; 0]);
}

#[test]
fn a_long_text_in_the_last_messages_is_cut_and_cannot_reach_a_terminal() {
    let (mut host, client, mut link) = raw_client();
    let text = b"\x1b[31mred".iter().copied().chain([b'x'; 991]).chain([0]).collect::<Vec<u8>>();
    let mut words = vec![text.len() as u32];
    words.extend(text.chunks_exact(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())));
    words.push(0);
    let messages = [message(3, api::opcode::TEXT, &words), message(3, api::opcode::FAIL, &[7])];
    let last = last_of(&mut host, client, &mut link, &messages);
    assert!(last[0].starts_with("probe#3.text(\"\\u{1b}[31mredxxx"), "{last:?}");
    assert_eq!(last[0].len(), 256);
}

#[test]
fn what_is_recorded_spans_reads_and_is_there_however_the_connection_ends() {
    let mut pair = Pair::new();
    pair.host.server.record(64);
    let probe: Probe = pair.guest.client.bind(3).unwrap();
    for _ in 0..100 {
        pair.guest.client.flush();
        probe.take(&mut pair.guest.client, None).unwrap();
        pair.pump();
    }
    pair.guest.client.disconnect();
    pair.pump();
    assert_eq!(pair.host.ended, [(pair.id, Disconnect::Closed)]);
    let last = pair.host.server.last_messages();
    // Twelve bytes each: as many as 64 bytes have, and no more than twice as many.
    assert!((5..=10).contains(&last.len()), "{last:?}");
    assert!(last.iter().all(|line| *line == format!("probe#{}.take(nil)", wayline::Interface::id(probe))), "{last:?}");
}

#[test]
fn what_is_recorded_ends_with_the_message_for_which_the_connection_ends() {
    let (mut host, client, mut link) = raw_client();
    host.server.record(1024);
    send(&mut link, &[message(3, api::opcode::RECENT, &[])]);
    server::receive(&mut host, client);
    let last = last_of(&mut host, client, &mut link, &[message(3, api::opcode::FAIL, &[7])]);
    assert_eq!(last, ["probe#3.recent()", "probe#3.fail(7)"]);
    host.server.record(0);
}

#[test]
fn each_connection_is_counted_by_itself() {
    let (mut pair, probe) = Pair::bound(3);
    let (a, _b) = MemoryLink::pair();
    let idle = pair.host.server.connect(a);
    let before = pair.host.server.traffic(pair.id).unwrap();
    probe.recent(&mut pair.guest.client).unwrap();
    probe.fd(&mut pair.guest.client, probe::any_fd()).unwrap();
    pair.pump();
    let after = pair.host.server.traffic(pair.id).unwrap();
    assert_eq!((after.messages_in - before.messages_in, after.bytes_in - before.bytes_in), (2, 16));
    assert_eq!((after.messages_out - before.messages_out, after.bytes_out - before.bytes_out), (2, 16));
    assert_eq!((after.fds_in - before.fds_in, after.fds_out - before.fds_out), (1, 1));
    assert_eq!(pair.host.server.traffic(idle), Some(wayline::Traffic::default()));
    let all = pair.host.server.stats();
    assert_eq!((all.messages_in, all.bytes_out), (after.messages_in, after.bytes_out));
    pair.guest.client.disconnect();
    pair.pump();
    assert_eq!(pair.host.server.traffic(pair.id), None);
}

#[test]
fn one_client_is_traced_and_no_other() {
    ready();
    let (mut host, first, mut one) = raw_client();
    let (a, mut other) = MemoryLink::pair();
    let second = host.server.connect(a);
    send(&mut other, &[message(1, 1, &[2])]);
    server::receive(&mut host, second);
    // What a subscriber wants is asked when the server is made, so that of this test decides nothing here.
    let mut talk = |host: &mut TestServer| {
        send(&mut one, &[message(3, api::opcode::RECENT, &[])]);
        send(&mut other, &[message(1, 0, &[host.ended.len() as u32 + 3])]);
        let lines = Lines::of(|_| {
            for client in [first, second] {
                server::receive(host, client);
            }
            server::finish_turn(host);
        });
        lines.containing("")
    };
    assert_eq!(talk(&mut host), [""; 0]);
    host.server.set_traced(first, true);
    host.server.set_traced(first, true);
    assert_eq!(talk(&mut host), ["probe#3.recent()", " -> probe#3.recent()"]);
    host.server.set_traced(first, false);
    assert_eq!(talk(&mut host), [""; 0]);
    // One that ends while it is traced leaves nothing behind.
    host.server.set_traced(second, true);
    host.server.disconnect(second);
    server::finish_turn(&mut host);
    assert_eq!(host.server.traffic(second), None);
}
