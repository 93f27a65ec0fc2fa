//! Both halves against each other, without a socket: every kind of message,
//! and the ends that objects and connections come to.

mod probe;

use probe::protocol::{Probe, ProbeChild, probe as api};
use probe::{Pair, Seen, any_fd, link, pump, under_faults, until_quiet};
use wayline::{Disconnect, Fixed, Limits, SendError};

fn next(pair: &mut Pair) -> Option<Seen> {
    pair.pump();
    pair.guest.seen.pop_front()
}

#[test]
fn w23_every_kind_of_argument_makes_the_round_trip() {
    let (mut pair, probe) = Pair::bound(3);
    let client = &mut pair.guest.client;
    probe.ints(client, i32::MIN, u32::MAX, Fixed::from_f64(-1.5), 7).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Words(i32::MIN, u32::MAX, Fixed::from_f64(-1.5), 7)));
    for text in [None, Some(""), Some("abc"), Some("grün")] {
        probe.text(&mut pair.guest.client, text, b"12345").unwrap();
        assert_eq!(next(&mut pair), Some(Seen::Echo(text.map(str::to_owned), b"12345".to_vec())));
    }
    probe.fd(&mut pair.guest.client, any_fd()).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Fd));
    let child = probe.create(&mut pair.guest.client).unwrap();
    probe.take(&mut pair.guest.client, Some(child)).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Named(Some(child))));
    probe.take(&mut pair.guest.client, None).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Named(None)));
    assert_eq!(*pair.host.server.data(pair.host.children[0]).unwrap(), Some(0));
}

#[test]
fn o16_server_objects_live_in_their_own_range() {
    let (mut pair, probe) = Pair::bound(3);
    probe.offer(&mut pair.guest.client).unwrap();
    let Some(Seen::Offered(child)) = next(&mut pair) else { panic!("nothing was offered") };
    assert_eq!(child.id(), 0xff00_0000);
    child.poke(&mut pair.guest.client, 5).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Poked(child, 5)));
    child.destroy(&mut pair.guest.client).unwrap();
    probe.offer(&mut pair.guest.client).unwrap();
    let Some(Seen::Offered(second)) = next(&mut pair) else { panic!("nothing was offered") };
    assert_ne!(second, child, "a new object is not the old one, whatever its id");
    assert_eq!(child.poke(&mut pair.guest.client, 6), Err(SendError::Gone));
}

#[test]
fn o19_d16_events_to_a_destroyed_object_are_skipped_with_their_fds() {
    let (mut pair, probe) = Pair::bound(3);
    let child = probe.create(&mut pair.guest.client).unwrap();
    // The answer to the poke finds the object destroyed, its fd must not reach the next event.
    child.poke(&mut pair.guest.client, 1).unwrap();
    child.destroy(&mut pair.guest.client).unwrap();
    probe.fd(&mut pair.guest.client, any_fd()).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Fd));
    assert_eq!(pair.guest.seen.pop_front(), None);
    assert_eq!(pair.reason(), None);
    assert_eq!(pair.guest.client.stats().fds_in, 2);
}

#[test]
fn o19_d16_a_child_that_is_announced_to_a_dead_parent_has_the_version_of_its_parent() {
    let (mut pair, probe) = Pair::bound(3);
    probe.offer(&mut pair.guest.client).unwrap();
    probe.destroy(&mut pair.guest.client).unwrap();
    pair.pump();
    pair.host.children[0].poked(&mut pair.host.server, 1, any_fd()).unwrap();
    pair.pump();
    let asked = pair.guest.client.begin_roundtrip().unwrap();
    pair.pump();
    assert_eq!(pair.guest.client.ended(), None);
    assert_eq!(pair.guest.seen, [], "neither the child nor its events are wanted");
    assert!(pair.guest.client.is_done(asked), "what follows the fd is understood");
}

#[test]
fn o20_ids_come_back_after_delete_id() {
    let (mut pair, probe) = Pair::bound(3);
    let first = probe.create(&mut pair.guest.client).unwrap();
    first.destroy(&mut pair.guest.client).unwrap();
    let second = probe.create(&mut pair.guest.client).unwrap();
    assert_ne!(second.id(), first.id(), "the server has not let go of the id yet");
    pair.pump();
    let third = probe.create(&mut pair.guest.client).unwrap();
    assert_eq!(third.id(), first.id());
    assert_ne!(third, first);
    pair.pump();
    assert_eq!(pair.host.destroyed, [0]);
    assert_eq!(pair.reason(), None);
}

#[test]
fn a_destructor_event_ends_the_object_on_both_sides() {
    let (mut pair, probe) = Pair::bound(3);
    let child = probe.create(&mut pair.guest.client).unwrap();
    child.finish(&mut pair.guest.client).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Finished(child)));
    assert!(!pair.guest.client.is_alive(child));
    assert!(!pair.host.server.is_alive(pair.host.children[0]));
    let again = probe.create(&mut pair.guest.client).unwrap();
    assert_eq!(again.id(), child.id(), "its delete_id has come");
}

#[test]
fn v07_requests_newer_than_the_object_end_the_client() {
    let (mut pair, probe) = Pair::bound(2);
    assert_eq!(probe.recent(&mut pair.guest.client), Err(SendError::Version { since: 3, version: 2 }));
    assert_eq!(next(&mut pair), None);
    assert_eq!(pair.reason(), None, "refused here, it never reached the wire");
}

#[test]
fn v09_events_newer_than_the_object_are_refused_locally() {
    let (mut pair, probe) = Pair::bound(3);
    probe.recent(&mut pair.guest.client).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Recent));
    let (mut pair, probe) = Pair::bound(1);
    let child = probe.create(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!(child.version(), 1);
    assert_eq!(pair.host.children[0].version(), 1);
}

#[test]
fn o29_a_posted_error_names_object_code_and_text() {
    let (mut pair, probe) = Pair::bound(3);
    probe.fail(&mut pair.guest.client, api::Error::ASKED).unwrap();
    probe.ints(&mut pair.guest.client, 1, 2, Fixed::ZERO, 3).unwrap();
    assert_eq!(next(&mut pair), None, "nothing after the error is executed");
    let Some(Disconnect::Protocol(error)) = pair.guest.client.ended().cloned() else { panic!("no error") };
    assert_eq!((error.object, error.interface, error.code), (probe.id(), Some("probe"), 7));
    assert_eq!(error.message, "as you wish");
    assert_eq!(pair.reason(), Some(&Disconnect::Protocol(error)));
    assert_eq!(probe.offer(&mut pair.guest.client), Err(SendError::Gone));
}

#[test]
fn o17_objects_of_another_client_are_refused_as_arguments() {
    let (mut first, probe) = Pair::bound(3);
    probe.create(&mut first.guest.client).unwrap();
    first.pump();
    let foreign: ProbeChild = first.host.children[0];
    let (a, b) = wayline::MemoryLink::pair();
    let id = first.host.server.connect(link(a));
    let mut second = probe::TestClient::new(link(b));
    let name = first.host.global.name();
    let other: probe::protocol::Probe = second.client.bind_name(name, 3).unwrap();
    other.offer(&mut second.client).unwrap();
    pump(&mut first.host, &mut second, id);
    // Two clients have objects with one id; the server cannot mix them up.
    let own = first.host.children[1];
    assert_eq!(own.client(), id);
    assert_eq!(second.client.ended(), None);
    assert_ne!(foreign.client(), own.client());
}

#[test]
fn o18_handles_of_a_client_that_left_reach_nobody() {
    let (mut pair, probe) = Pair::bound(3);
    probe.create(&mut pair.guest.client).unwrap();
    pair.pump();
    let stale = pair.host.children[0];
    pair.guest.client.disconnect();
    pair.pump();
    until_quiet(|| wayline::server::receive(&mut pair.host, pair.id));
    wayline::server::finish_turn(&mut pair.host);
    assert_eq!(pair.reason(), Some(&Disconnect::Closed));
    assert_eq!(pair.host.destroyed, [0], "its data came back");
    // A successor takes the same slot and the same ids.
    let (a, b) = wayline::MemoryLink::pair();
    let id = pair.host.server.connect(link(a));
    pair.id = id;
    pair.guest.client = wayline::Client::new(link(b));
    let name = pair.host.global.name();
    let probe: probe::protocol::Probe = pair.guest.client.bind_name(name, 3).unwrap();
    probe.create(&mut pair.guest.client).unwrap();
    pair.pump();
    let fresh = pair.host.children[1];
    assert_eq!(fresh.id(), stale.id());
    assert!(pair.host.server.data(stale).is_err());
    assert_eq!(stale.poked(&mut pair.host.server, 1, any_fd()), Err(SendError::Gone));
    assert!(pair.host.server.is_alive(fresh));
}

#[test]
fn w25_w26_what_the_wire_cannot_carry_is_refused_whole() {
    let (mut pair, probe) = Pair::bound(3);
    let client = &mut pair.guest.client;
    assert_eq!(probe.text(client, Some("a\0b"), b""), Err(SendError::InteriorNul));
    let long = "x".repeat(4096);
    let refused = probe.text(client, Some(&long), b"");
    assert!(matches!(refused, Err(SendError::TooLarge { limit: 4096, .. })), "{refused:?}");
    probe.text(client, Some("fine"), b"").unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Echo(Some("fine".into()), Vec::new())));
}

#[test]
fn w17_a_message_of_exactly_the_limit_passes() {
    let (mut pair, probe) = Pair::bound(3);
    // 8 header, 4 null string, 4 array length.
    let bytes = vec![9; 4096 - 16];
    probe.text(&mut pair.guest.client, None, &bytes).unwrap();
    assert_eq!(next(&mut pair), Some(Seen::Echo(None, bytes)));
    let bytes = vec![9; 4096 - 12];
    assert!(probe.text(&mut pair.guest.client, None, &bytes).is_err());
}

#[test]
fn d05_fds_do_not_pile_up_for_a_peer_that_takes_them() {
    let (mut pair, probe) = Pair::bound(3);
    pair.guest.client.set_limits(Limits { queued_fds: 50, ..Limits::default() });
    for sent in 0..200 {
        let queued = probe.fd(&mut pair.guest.client, any_fd());
        // A link that fails now and then is no peer that takes them.
        assert!(queued.is_ok() || under_faults(), "after {sent} fds: {queued:?}");
    }
}

#[test]
fn the_server_takes_an_id_of_its_own_again_once_the_client_has_let_go_of_it() {
    let mut pair = Pair::limited(Limits { objects: 8, ..Limits::default() });
    let probe: Probe = pair.guest.client.bind(3).unwrap();
    for _ in 0..20 {
        probe.offer(&mut pair.guest.client).unwrap();
        let Some(Seen::Offered(child)) = next(&mut pair) else { panic!("no child: {:?}", pair.reason()) };
        assert_eq!(child.id(), 0xff00_0000);
        child.destroy(&mut pair.guest.client).unwrap();
    }
}

#[test]
fn a_round_trip_is_done_when_its_own_answer_was_dispatched_and_not_before() {
    let (mut pair, probe) = Pair::bound(3);
    let earlier = pair.guest.client.begin_roundtrip().unwrap();
    pair.pump();
    probe.recent(&mut pair.guest.client).unwrap();
    let later = pair.guest.client.begin_roundtrip().unwrap();
    assert!(pair.guest.client.is_done(earlier) && !pair.guest.client.is_done(later) && earlier < later);
    pair.pump();
    assert!(pair.guest.client.is_done(later) && !pair.guest.seen.is_empty(), "what was asked before came before");
}

#[test]
fn a_round_trip_of_a_connection_that_ends_is_never_done_and_none_is_begun() {
    let (mut pair, _) = Pair::bound(3);
    let asked = pair.guest.client.begin_roundtrip().unwrap();
    pair.guest.client.disconnect();
    pair.pump();
    assert!(!pair.guest.client.is_done(asked));
    assert_eq!(pair.guest.client.begin_roundtrip(), Err(SendError::Gone));
}
