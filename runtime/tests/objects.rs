//! Objects that a server makes and ends by events, and what is under way to them meanwhile.

mod probe;

use probe::protocol::{Probe, ProbeChild};
use probe::{Pair, Seen, any_fd};
use wayline::{MemoryLink, ObjectError};

/// Both halves, with a probe and an object that the server made, as both know it.
fn offered() -> (Pair, Probe, [ProbeChild; 2]) {
    let (mut pair, probe) = Pair::bound(3);
    probe.offer(&mut pair.guest.client).unwrap();
    pair.pump();
    let Some(Seen::Offered(theirs)) = pair.guest.seen.pop_front() else { panic!("no offer") };
    let ours = pair.host.children[0];
    (pair, probe, [ours, theirs])
}

#[test]
fn o16_ids_of_server_made_objects_come_back_when_events_have_ended_them() {
    let (mut pair, probe, [first, _]) = offered();
    let bound = pair.host.probes[0];
    let begin = pair.host.server.object_count(pair.id);
    let mut highest = 0;
    for _ in 0..80_000 / 100 {
        for _ in 0..100 {
            let child = bound.offered(&mut pair.host.server).unwrap();
            child.finished(&mut pair.host.server).unwrap();
            highest = highest.max(child.id() - first.id());
        }
        pair.pump();
        assert_eq!((pair.reason(), pair.guest.client.ended()), (None, None));
        assert_eq!(pair.guest.seen.drain(..).count(), 200);
    }
    assert_eq!(pair.host.server.object_count(pair.id), begin, "none is counted that has ended");
    assert!(highest <= 1025, "{highest} ids in use");
    probe.offer(&mut pair.guest.client).unwrap();
    pair.pump();
    assert!(matches!(pair.guest.seen[0], Seen::Offered(child) if pair.guest.client.is_alive(child)));
}

#[test]
fn requests_under_way_to_an_object_that_an_event_ended_are_skipped_with_their_fds() {
    let (mut pair, probe, [ours, theirs]) = offered();
    ours.finished(&mut pair.host.server).unwrap();
    let client = &mut pair.guest.client;
    theirs.poke(client, 1).unwrap();
    let child = theirs.spawn(client, any_fd()).unwrap();
    child.poke(client, 2).unwrap();
    probe.fd(client, any_fd()).unwrap();
    pair.pump();
    assert_eq!((pair.reason(), pair.guest.client.ended()), (None, None));
    assert_eq!(pair.guest.seen, [Seen::Finished(theirs), Seen::Fd], "only what was not for the object is answered");
    assert_eq!((pair.host.server.stats().fds_in, pair.host.children.len()), (2, 1));
}

#[test]
fn ids_that_a_skipped_request_announced_come_back_as_all_others() {
    let (mut pair, probe, [ours, theirs]) = offered();
    let before = pair.host.server.object_count(pair.id);
    ours.finished(&mut pair.host.server).unwrap();
    let child = theirs.spawn(&mut pair.guest.client, any_fd()).unwrap();
    child.destroy(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!(pair.reason(), None);
    assert_eq!(pair.host.server.object_count(pair.id), before - 1, "neither the offered object nor its child is left");
    let again = probe.create(&mut pair.guest.client).unwrap();
    assert_eq!(again.id(), child.id(), "its delete_id has come");
    pair.pump();
    assert_eq!(pair.reason(), None);
}

#[test]
fn a_destructor_request_that_crosses_the_destructor_event_is_skipped() {
    let (mut pair, probe, [ours, theirs]) = offered();
    ours.finished(&mut pair.host.server).unwrap();
    theirs.destroy(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_eq!((pair.reason(), pair.guest.client.ended()), (None, None));
    assert_eq!(pair.guest.seen, [], "the event is for an object that is gone");
    // The id is a tombstone here and free there.
    probe.offer(&mut pair.guest.client).unwrap();
    pair.pump();
    assert_ne!(pair.host.children[1].id(), ours.id());
    assert_eq!(pair.guest.client.ended(), None);
}

#[test]
fn the_data_of_two_objects_is_read_at_once_and_none_of_an_object_that_is_gone() {
    let (mut pair, probe) = Pair::bound(3);
    // More than the flat part of their data has room for.
    let children: Vec<_> = (0..3000).map(|_| probe.create(&mut pair.guest.client).unwrap()).collect();
    pair.pump();
    let (first, last) = (pair.host.children[0], pair.host.children[2999]);
    let server = &pair.host.server;
    let (one, other) = (server.data_ref(first).unwrap(), server.data_ref(last).unwrap());
    assert_eq!((*one, *other), (Some(0), Some(2999)));
    assert_eq!(pair.guest.client.data_ref(probe), Ok(&()), "data without a size");
    assert_eq!(pair.guest.client.data_ref(first).err(), Some(ObjectError::Foreign));
    assert_eq!(server.data_ref(children[0]).err(), Some(ObjectError::Foreign));
    for child in [children[0], children[2999]] {
        child.destroy(&mut pair.guest.client).unwrap();
        assert_eq!(pair.guest.client.data_ref(child).err(), Some(ObjectError::Gone));
    }
    pair.pump();
    for child in [first, last] {
        assert_eq!(pair.host.server.data_ref(child).err(), Some(ObjectError::Gone));
    }
}

#[test]
fn a_server_lists_the_objects_of_an_interface_of_one_client_and_of_all() {
    let (mut pair, probe) = Pair::bound(3);
    for _ in 0..3 {
        probe.create(&mut pair.guest.client).unwrap();
    }
    pair.pump();
    let (second, id) = (pair.host.server.connect(MemoryLink::pair().0), pair.id);
    let server = &pair.host.server;
    assert_eq!(server.objects_of::<ProbeChild>(id).collect::<Vec<_>>(), pair.host.children);
    assert_eq!(server.objects::<ProbeChild>().collect::<Vec<_>>(), pair.host.children);
    assert_eq!(server.objects::<Probe>().collect::<Vec<_>>(), pair.host.probes);
    assert_eq!(server.objects_of::<ProbeChild>(second).count(), 0, "that of another client");
    let child = pair.host.children[1];
    assert_eq!(server.object_of(id, child.id()), Some(child));
    assert_eq!(server.object_of::<Probe>(id, child.id()), None, "it has another interface");
    assert_eq!(server.object_of::<ProbeChild>(second, child.id()), None);
    for unknown in [0, 1_000_000, u32::MAX] {
        assert_eq!(server.object_of::<ProbeChild>(id, unknown), None);
    }
    pair.host.server.destroy(child);
    assert_eq!(pair.host.server.objects::<ProbeChild>().count(), 2);
    assert_eq!(pair.host.server.object_of::<ProbeChild>(id, child.id()), None);
    pair.host.server.disconnect(id);
    assert_eq!(pair.host.server.objects::<ProbeChild>().count(), 0, "sends would find none");
}
