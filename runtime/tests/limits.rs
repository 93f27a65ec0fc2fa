//! Each limit met exactly and crossed by one. `src/limits.md` names these tests; the last one compares.

mod probe;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use probe::narrow::Narrow;
use probe::protocol::{Probe, ProbeChild};
use probe::{Pair, TestClient, TestServer, any_fd};
use wayline::{ClientId, Disconnect, Fixed, Limits, Link, MemoryLink, SendError, UserLimits, client, server};

/// Both halves of a connection whose links are full from now on, and the probe as either knows it.
fn stuck(limits: Limits) -> (Pair, Probe, Probe) {
    let (one, other) = MemoryLink::pair();
    let full = Arc::new(AtomicBool::new(false));
    let mut host = TestServer::new();
    host.server.set_limits(limits);
    let id = host.server.connect(Narrow { link: one, full: Arc::clone(&full) });
    let mut pair = Pair { host, guest: TestClient::new(Narrow { link: other, full: Arc::clone(&full) }), id };
    pair.guest.client.set_limits(limits);
    pair.pump();
    let theirs: Probe = pair.guest.client.bind(3).unwrap();
    pair.pump();
    let ours = pair.host.probes[0];
    full.store(true, Ordering::Relaxed);
    (pair, ours, theirs)
}

/// A client that knows only bytes.
struct Raw {
    host: TestServer,
    link: MemoryLink,
    id: ClientId,
}

/// Objects that a client and its server begin with: the display.
const BEGIN: u32 = 1;

impl Raw {
    fn new(limits: Limits) -> Raw {
        let (link, other) = MemoryLink::pair();
        let mut host = TestServer::new();
        host.server.set_limits(limits);
        let id = host.server.connect(other);
        Raw { host, link, id }
    }

    fn send(&mut self, object: u32, opcode: u32, body: &[u32], fds: usize) {
        let size = 8 + 4 * body.len() as u32;
        let words = [object, size << 16 | opcode];
        let bytes: Vec<u8> = words.iter().chain(body).flat_map(|word| word.to_ne_bytes()).collect();
        let fds: Vec<OwnedFd> = std::iter::repeat_with(any_fd).take(fds).collect();
        let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
        self.link.send(&bytes, &fds).unwrap();
        server::receive(&mut self.host, self.id);
        server::finish_turn(&mut self.host);
    }

    /// Why the server dropped the client, with the code of the error if it posted one.
    fn ending(&self) -> Option<(Option<u32>, String)> {
        let (_, reason) = self.host.ended.first()?;
        let code = if let Disconnect::Protocol(error) = reason { Some(error.code) } else { None };
        Some((code, reason.to_string()))
    }
}

/// A text request of so many bytes in all.
fn text_of(pair: &mut Pair, probe: Probe, size: usize) -> Result<(), SendError> {
    // Header, null string, length of the array.
    probe.text(&mut pair.guest.client, None, &vec![7; size - 16])
}

/// Both halves with a probe, and these limits for either.
fn bound(server: Limits, client: Limits) -> (Pair, Probe) {
    let (mut pair, probe) = Pair::bound(3);
    pair.host.server.set_limits(server);
    pair.guest.client.set_limits(client);
    (pair, probe)
}

#[test]
fn a_message_size_below_that_of_any_text_binds_messages_of_words_too() {
    let (mut pair, probe) = bound(Limits::default(), Limits::default());
    let client = &mut pair.guest.client;
    // What is queued has made room for more.
    probe.ints(client, 1, 2, Fixed::ZERO, 3).unwrap();
    client.set_limits(Limits { message_size: 20, ..Limits::default() });
    let refused = probe.ints(client, 1, 2, Fixed::ZERO, 3);
    assert_eq!(refused, Err(SendError::TooLarge { size: 24, limit: 20 }));
    probe.take(client, None).unwrap();
    let refused = probe.ints(client, 1, 2, Fixed::ZERO, 3);
    assert_eq!(refused, Err(SendError::TooLarge { size: 24, limit: 20 }));
}

#[test]
fn message_size_binds_both_sides() {
    let (small, large) =
        (Limits { message_size: 512, ..Limits::default() }, Limits { message_size: 1024, ..Limits::default() });
    let (mut pair, probe) = bound(small, small);
    text_of(&mut pair, probe, 512).unwrap();
    pair.pump();
    assert_eq!((pair.guest.seen.len(), pair.reason()), (1, None));
    assert_eq!(text_of(&mut pair, probe, 516), Err(SendError::TooLarge { size: 516, limit: 512 }));
    // The server refuses what a client sends all the same.
    pair.guest.client.set_limits(large);
    text_of(&mut pair, probe, 516).unwrap();
    pair.pump();
    let Some(Disconnect::Protocol(error)) = pair.reason() else { panic!("{:?}", pair.reason()) };
    assert_eq!((error.object, error.code), (1, 1));
    // And the client what a server sends.
    let (mut pair, probe) = bound(large, large);
    text_of(&mut pair, probe, 516).unwrap();
    client::finish_turn(&mut pair.guest);
    pair.guest.client.set_limits(small);
    pair.pump();
    let ended = pair.guest.client.ended();
    assert!(matches!(ended, Some(Disconnect::Malformed { .. })), "{ended:?}");
}

#[test]
fn message_size_can_be_all_that_the_wire_carries() {
    let limits = Limits { message_size: usize::MAX, ..Limits::default() };
    let (mut pair, probe) = bound(limits, limits);
    text_of(&mut pair, probe, 65_532).unwrap();
    pair.pump();
    assert_eq!((pair.guest.seen.len(), pair.reason()), (1, None));
    assert_eq!(text_of(&mut pair, probe, 65_536), Err(SendError::TooLarge { size: 65_536, limit: 65_532 }));
}

#[test]
fn message_size_of_a_header_still_lets_an_error_through() {
    let mut raw = Raw::new(Limits { message_size: 8, ..Limits::default() });
    raw.send(1, 0, &[2], 0);
    assert_eq!(raw.ending().map(|(code, _)| code), Some(Some(1)));
}

/// So many messages of 24 bytes, more than the 32 KiB from which on the limit is looked at.
const MESSAGES: usize = 1400;

/// The fewest bytes that must be allowed to wait for that: room is kept for a message of full size.
const ROOM: usize = (MESSAGES - 1) * 24 + Limits::MESSAGE_SIZE;

/// `ROOM` and one byte less, each with how many messages may wait then.
fn around_room() -> [(Limits, usize); 2] {
    let bytes = |queued_bytes| Limits { queued_bytes, ..Limits::default() };
    [(bytes(ROOM), MESSAGES), (bytes(ROOM - 1), MESSAGES - 1)]
}

#[test]
fn queued_bytes_ends_a_client_at_a_server() {
    for (limits, taken) in around_room() {
        let (mut pair, probe, _) = stuck(limits);
        let mut send = || probe.words(&mut pair.host.server, 1, 2, Fixed::ZERO, 3);
        assert!((0..taken).all(|_| send().is_ok()));
        assert_eq!(send(), Err(SendError::QueueFull { queued: taken as u32 * 24 }));
        server::finish_turn(&mut pair.host);
        assert_eq!(pair.reason(), Some(&Disconnect::SlowPeer { queued: taken * 24, fds: 0 }));
    }
}

#[test]
fn queued_bytes_refuses_the_send_of_a_client() {
    for (limits, taken) in around_room() {
        let (mut pair, _, probe) = stuck(limits);
        let mut send = || probe.ints(&mut pair.guest.client, 1, 2, Fixed::ZERO, 3);
        assert!((0..taken).all(|_| send().is_ok()));
        assert_eq!(send(), Err(SendError::QueueFull { queued: taken as u32 * 24 }));
        client::finish_turn(&mut pair.guest);
        assert_eq!(pair.guest.client.ended(), None);
    }
}

#[test]
fn queued_fds_ends_a_client_at_a_server() {
    let (mut pair, probe, _) = stuck(Limits { queued_fds: 30, ..Limits::default() });
    for _ in 0..30 {
        probe.fd_event(&mut pair.host.server, any_fd()).unwrap();
    }
    server::finish_turn(&mut pair.host);
    assert_eq!(pair.reason(), None);
    assert!(probe.fd_event(&mut pair.host.server, any_fd()).is_err());
    server::finish_turn(&mut pair.host);
    assert_eq!(pair.reason(), Some(&Disconnect::SlowPeer { queued: 30 * 8, fds: 30 }));
}

#[test]
fn queued_fds_refuses_the_send_of_a_client() {
    let (mut pair, _, probe) = stuck(Limits { queued_fds: 30, ..Limits::default() });
    for _ in 0..30 {
        probe.fd(&mut pair.guest.client, any_fd()).unwrap();
    }
    assert!(matches!(probe.fd(&mut pair.guest.client, any_fd()), Err(SendError::QueueFull { .. })));
    client::finish_turn(&mut pair.guest);
    assert_eq!(pair.guest.client.ended(), None);
}

#[test]
fn unconsumed_fds_ends_the_connection() {
    let limits = Limits { unconsumed_fds: 5, ..Limits::default() };
    let mut raw = Raw::new(limits);
    raw.send(1, 0, &[2], 5);
    assert_eq!(raw.ending(), None);
    raw.send(1, 0, &[2], 1);
    assert_eq!(raw.host.ended[0].1, Disconnect::UnconsumedFds { count: 6 });
}

#[test]
fn objects_binds_both_sides() {
    let mut raw = Raw::new(Limits { objects: BEGIN + 2, ..Limits::default() });
    raw.send(1, 1, &[2], 0);
    raw.send(1, 1, &[3], 0);
    assert_eq!(raw.ending(), None);
    raw.send(1, 1, &[4], 0);
    // no_memory
    assert_eq!(raw.ending().map(|(code, _)| code), Some(Some(2)));

    // Display, registry, probe, and two children of the client's or of the server's making.
    let mut pair = Pair::limited(Limits { objects: BEGIN + 4, ..Limits::default() });
    let probe: Probe = pair.guest.client.bind(3).unwrap();
    probe.create(&mut pair.guest.client).unwrap();
    probe.offer(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!((pair.host.children.len(), pair.reason()), (2, None));
    let bound = pair.host.probes[0];
    let refused = bound.offered(&mut pair.host.server);
    assert_eq!(refused.err(), Some(SendError::TooManyObjects(BEGIN + 4)));
}

#[test]
fn globals_beyond_the_limit_are_left_out() {
    let mut pair = Pair::new();
    let known = pair.guest.client.globals().len();
    pair.guest.client.set_limits(Limits { globals: known + 1, ..Limits::default() });
    pair.host.server.add_global::<ProbeChild>(1).unwrap();
    pair.pump();
    assert_eq!(pair.guest.client.globals().len(), known + 1);
    pair.host.server.add_global::<ProbeChild>(1).unwrap();
    pair.pump();
    assert_eq!(pair.guest.client.globals().len(), known + 1);
    assert_eq!(pair.guest.client.ended(), None);
}

#[cfg(feature = "io")]
#[test]
fn throttle_bytes_stops_reading() {
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use wayline::io::Socket;

    let (one, other) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    let full = Arc::new(AtomicBool::new(true));
    host.server.add_link(Box::new(Narrow { link: Socket::new(one.into()), full })).unwrap();
    let mut guest = TestClient::new(Socket::new(other.into()));
    let probe: Probe = guest.client.bind_name(host.global.name(), 3).unwrap();
    let mut ask = |host: &mut TestServer, throttle_bytes| {
        host.server.set_limits(Limits { throttle_bytes, ..Limits::default() });
        probe.ints(&mut guest.client, 1, 2, Fixed::ZERO, 3).unwrap();
        client::finish_turn(&mut guest);
        let before = host.requests;
        // New limits are seen in one turn and change in the next what is waited for.
        for _ in 0..4 {
            server::dispatch(host, Some(Duration::ZERO)).unwrap();
        }
        host.requests - before
    };
    // The global and an answer wait already when the second request comes.
    assert_eq!(ask(&mut host, 1 << 20), 1);
    let queued = 28 + 24;
    assert_eq!(ask(&mut host, queued + 1), 1, "it is not there yet");
    let queued = queued + 24;
    assert_eq!(ask(&mut host, queued), 0);
    assert_eq!(ask(&mut host, queued), 0, "nor later");
    assert_eq!(ask(&mut host, queued + 1), 3, "all that was left for better times");
}

/// All there is a row for in the first table, with the default.
fn rows() -> Vec<(&'static str, String)> {
    // Without `..`: a new limit does not compile here until it has a row.
    let Limits {
        message_size,
        queued_bytes,
        throttle_bytes,
        queued_fds,
        unconsumed_fds,
        objects,
        clients,
        fds,
        mapped_bytes,
        stored_bytes,
        user,
        globals,
        unconsumed_fd_grace,
        slow_peer_grace,
        global_grace,
        client_turn,
        turn,
    } = Limits::default();
    let UserLimits {
        clients: user_clients,
        objects: user_objects,
        queued_bytes: user_queued_bytes,
        unread_bytes: user_unread_bytes,
        fds: user_fds,
        mapped_bytes: user_mapped_bytes,
        stored_bytes: user_stored_bytes,
    } = user;
    vec![
        ("message_size", format!("{message_size} bytes")),
        ("queued_bytes", format!("{} MiB", queued_bytes >> 20)),
        ("throttle_bytes", format!("{} KiB", throttle_bytes >> 10)),
        ("queued_fds", queued_fds.to_string()),
        ("unconsumed_fds", unconsumed_fds.to_string()),
        ("objects", objects.to_string()),
        ("clients", clients.to_string()),
        ("fds", fds.to_string()),
        ("mapped_bytes", format!("{} GiB", mapped_bytes >> 30)),
        ("stored_bytes", format!("{} MiB", stored_bytes >> 20)),
        ("user.clients", user_clients.to_string()),
        ("user.objects", user_objects.to_string()),
        ("user.queued_bytes", format!("{} MiB", user_queued_bytes >> 20)),
        ("user.unread_bytes", format!("{} MiB", user_unread_bytes >> 20)),
        ("user.fds", user_fds.to_string()),
        ("user.mapped_bytes", format!("{} GiB", user_mapped_bytes >> 30)),
        ("user.stored_bytes", format!("{} MiB", user_stored_bytes >> 20)),
        ("globals", globals.to_string()),
        ("unconsumed_fd_grace", format!("{unconsumed_fd_grace:?}").replace('s', " s")),
        ("slow_peer_grace", format!("{slow_peer_grace:?}").replace('s', " s")),
        ("global_grace", format!("{global_grace:?}").replace('s', " s")),
        ("client_turn", format!("{client_turn:?}").replace("ms", " ms")),
        ("turn", format!("{turn:?}").replace("ms", " ms")),
    ]
}

#[test]
fn every_limit_has_a_row_and_every_row_its_tests() {
    let table = include_str!("../src/limits.md");
    let sources = [
        include_str!("limits.rs"),
        include_str!("accounts.rs"),
        include_str!("budget.rs"),
        include_str!("carry/moved.rs"),
        include_str!("../src/server/turn/tests.rs"),
        include_str!("../src/io/shm/import/tests.rs"),
    ];
    let mut found = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, default, reason, beyond, tests] = cells[..] else { panic!("not five cells: {line}") };
        assert!(!reason.is_empty() && !beyond.is_empty(), "{line}");
        for test in tests.split(", ") {
            let function = format!("fn {}()", test.trim_matches('`'));
            assert!(sources.iter().any(|source| source.contains(&function)), "there is no {function}");
        }
        found.push((name.trim_matches('`'), default.to_owned()));
    }
    found.retain(|(name, _)| !name.starts_with("Quota::"));
    assert_eq!(found, rows());
}
