//! Clients that do not read: what the application can see of it, and when they are dropped.

mod probe;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use probe::narrow::Narrow;
use probe::protocol::{Probe, ProbeChild};
use probe::{Pair, Seen, TestClient, TestServer, any_fd};
use wayline::{Disconnect, Limits, MemoryLink, SendError, server};

/// A pair whose server finds its client's socket full, and an object to send to.
fn stuck(limits: Limits) -> (Pair, ProbeChild, Arc<AtomicBool>) {
    let (one, other) = MemoryLink::pair();
    let full = Arc::new(AtomicBool::new(false));
    let mut host = TestServer::new();
    host.server.set_limits(limits);
    let id = host.server.connect(Narrow { link: one, full: Arc::clone(&full) });
    let guest = TestClient::new(other);
    let mut pair = Pair { host, guest, id };
    pair.pump();
    let probe: Probe = pair.guest.client.bind(1).unwrap();
    probe.create(&mut pair.guest.client).unwrap();
    pair.pump();
    let child = pair.host.children[0];
    full.store(true, Ordering::Relaxed);
    (pair, child, full)
}

/// Sends one event with an fd and ends the turn.
fn poke(pair: &mut Pair, child: ProbeChild, serial: u32) -> Result<(), SendError> {
    let sent = child.poked(&mut pair.host.server, serial, any_fd());
    server::finish_turn(&mut pair.host);
    sent
}

#[test]
fn a_server_sees_that_a_client_is_behind_and_when_it_has_caught_up() {
    let (mut pair, child, full) = stuck(Limits::default());
    assert!(!pair.host.server.is_behind(pair.id), "nothing was refused yet");
    poke(&mut pair, child, 1).unwrap();
    assert!(pair.host.server.is_behind(pair.id));
    poke(&mut pair, child, 2).unwrap();
    assert!(!server::resume(&mut pair.host, pair.id), "it still takes nothing");
    assert!(pair.host.caught_up.is_empty());
    full.store(false, Ordering::Relaxed);
    assert!(server::resume(&mut pair.host, pair.id));
    assert_eq!(pair.host.caught_up, [pair.id]);
    assert!(!pair.host.server.is_behind(pair.id));
    assert!(!server::resume(&mut pair.host, pair.id), "nothing is left to go on with");
    assert_eq!(pair.host.caught_up, [pair.id]);
    pair.pump();
    let serials = pair.guest.seen.iter().map(|seen| match seen {
        Seen::Poked(_, serial) => *serial,
        other => panic!("{other:?}"),
    });
    assert!(serials.eq([1, 2]), "what was sent while it was behind arrives in order");
    assert!(pair.host.slow.is_empty());
}

#[test]
fn the_application_hears_of_a_slow_peer_once_before_it_is_dropped_for_its_fds() {
    let limits = Limits { queued_fds: 64, ..Limits::default() };
    let (mut pair, child, _full) = stuck(limits);
    for count in 1..=64 {
        poke(&mut pair, child, count).unwrap();
        assert_eq!(pair.host.slow.len(), usize::from(count >= 32), "after {count} fds");
    }
    let (client, backlog) = pair.host.slow[0];
    assert_eq!((client, backlog.fds, backlog.bytes), (pair.id, 32, 32 * 12));
    assert!(pair.reason().is_none(), "the limit is reached, not crossed");
    assert!(matches!(poke(&mut pair, child, 65), Err(SendError::QueueFull { .. })));
    assert_eq!(pair.reason(), Some(&Disconnect::SlowPeer { queued: 64 * 12, fds: 64 }));
    assert_eq!(pair.host.slow.len(), 1);
}

#[test]
fn the_application_hears_of_a_slow_peer_once_before_it_is_dropped_for_its_bytes() {
    let limits = Limits { queued_bytes: 256 << 10, queued_fds: 100_000, ..Limits::default() };
    let (mut pair, _, _full) = stuck(limits);
    let probe = pair.guest.client.bind::<Probe>(1).unwrap();
    let text = "x".repeat(4000);
    let mut sent = 0;
    while pair.reason().is_none() {
        assert!(sent < 1000, "no limit");
        probe.text(&mut pair.guest.client, Some(&text), &[]).unwrap();
        pair.pump();
        sent += 1;
        if pair.host.slow.is_empty() {
            assert!(sent * 4000 < 160 << 10, "no word after {sent} messages");
        }
    }
    let [(client, backlog)] = pair.host.slow[..] else { panic!("told {} times", pair.host.slow.len()) };
    assert_eq!(client, pair.id);
    assert!((128 << 10..160 << 10).contains(&backlog.bytes), "{backlog:?}");
    assert!(matches!(pair.reason(), Some(Disconnect::SlowPeer { queued, .. }) if *queued > 250 << 10));
}

#[test]
fn a_client_that_caught_up_may_fall_behind_again() {
    let limits = Limits { queued_fds: 64, ..Limits::default() };
    let (mut pair, child, full) = stuck(limits);
    for round in 1..=3 {
        full.store(true, Ordering::Relaxed);
        for serial in 0..40 {
            poke(&mut pair, child, serial).unwrap();
        }
        full.store(false, Ordering::Relaxed);
        server::resume(&mut pair.host, pair.id);
        assert_eq!((pair.host.slow.len(), pair.host.caught_up.len()), (round, round));
    }
}

#[cfg(feature = "io")]
mod over_sockets {
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::*;

    /// A pair over a socket pair, with an object to send to; its client does not read from now on.
    fn stuck(limits: Limits) -> (Pair, Probe) {
        let (one, other) = UnixStream::pair().unwrap();
        let mut host = TestServer::new();
        host.server.set_limits(limits);
        let id = host.server.add_socket(one.into()).unwrap();
        let guest = TestClient::new(wayline::io::Socket::new(other.into()));
        let mut pair = Pair { host, guest, id };
        pair.pump();
        let probe: Probe = pair.guest.client.bind(1).unwrap();
        pair.pump();
        // More answers than a socket holds, so that there is an object the server may send to.
        let text = "x".repeat(4000);
        while !pair.host.server.is_behind(pair.id) {
            probe.text(&mut pair.guest.client, Some(&text), &[]).unwrap();
            wayline::client::finish_turn(&mut pair.guest);
            server::dispatch(&mut pair.host, None).unwrap();
        }
        (pair, probe)
    }

    #[test]
    fn a_client_that_reads_again_is_heard_of_by_the_loop() {
        let (mut pair, _) = stuck(Limits::default());
        while pair.host.caught_up.is_empty() {
            wayline::client::turn(&mut pair.guest).unwrap();
            server::dispatch(&mut pair.host, Some(Duration::ZERO)).unwrap();
        }
        assert_eq!(pair.host.caught_up, [pair.id]);
        assert!(pair.host.ended.is_empty());
    }

    #[test]
    fn the_application_hears_of_a_slow_peer_before_its_time_is_up() {
        let (mut pair, _) = stuck(Limits { slow_peer_grace: Duration::ZERO, ..Limits::default() });
        while pair.host.ended.is_empty() {
            server::dispatch(&mut pair.host, None).unwrap();
        }
        let [(client, backlog)] = pair.host.slow[..] else { panic!("told {} times", pair.host.slow.len()) };
        assert_eq!(client, pair.id);
        assert!(backlog.bytes > 0 && backlog.stalled > Duration::ZERO, "{backlog:?}");
        let (queued, fds) = (backlog.bytes, backlog.fds);
        assert_eq!(pair.reason(), Some(&Disconnect::SlowPeer { queued, fds }), "with the figures it was warned of");
    }
}
