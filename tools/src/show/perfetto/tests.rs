use std::collections::HashMap;
use std::path::Path;

use wayline::dynamic::Value;

use super::*;
use crate::tests::Talk;
use crate::tests::lines::conversation;

/// The packets of a trace of what is said.
fn trace(filters: &[&str], say: impl FnOnce(&mut Talk)) -> Vec<TracePacket> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.pftrace");
    let mut talk = Talk::shown(filters, None, Box::new(Perfetto::new(OutputFile::create(&path).unwrap())));
    say(&mut talk);
    talk.finish().unwrap();
    Trace::decode(&std::fs::read(path).unwrap()[..]).unwrap().packets
}

/// Events of a kind, with their times in microseconds.
fn events(packets: &[TracePacket], kind: EventKind) -> Vec<(u64, &TrackEvent)> {
    let events = packets.iter().filter_map(|packet| Some((packet.timestamp? / 1000, packet.event.as_ref()?)));
    events.filter(|(_, event)| event.kind() == kind).collect()
}

fn named<'a>(events: &[(u64, &'a TrackEvent)], name: &str) -> Vec<(u64, &'a TrackEvent)> {
    events.iter().filter(|(_, event)| event.name.as_deref() == Some(name)).copied().collect()
}

/// An argument of a message.
fn argument(event: &TrackEvent, name: &str) -> DebugAnnotation {
    let find = |list: &[DebugAnnotation], name: &str| {
        list.iter().find(|one| one.name.as_deref() == Some(name)).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    find(&find(&event.annotations, "arguments").entries, name)
}

#[test]
fn every_event_has_a_track_that_was_described_before_it() {
    let packets = trace(&[], conversation);
    let mut tracks = HashMap::new();
    for packet in &packets {
        assert_eq!(packet.sequence, SEQUENCE);
        if let Some(track) = &packet.track {
            assert!(track.parent.is_none_or(|parent| tracks.contains_key(&parent)), "{track:?}");
            assert!(track.uuid != 0 && tracks.insert(track.uuid, track.clone()).is_none(), "{track:?}");
        }
        if let Some(event) = &packet.event {
            let track = &tracks[&event.track];
            assert_eq!(track.counter.is_some(), event.kind() == EventKind::Counter);
            assert!(packet.timestamp.is_some());
        }
    }
    let processes: Vec<_> = tracks.values().filter_map(|track| track.process.clone()).collect();
    assert_eq!(processes, [ProcessDescriptor { pid: 1, name: "app".to_owned() }]);
    let mut names: Vec<_> = tracks.values().filter_map(|track| track.name.as_deref()).collect();
    names.sort_unstable();
    assert_eq!(names, ["events", "faults", "objects", "requests", "sync"]);
}

#[test]
fn a_message_is_an_instant_with_its_arguments() {
    let packets = trace(&[], conversation);
    let instants = events(&packets, EventKind::Instant);
    let (at, motion) = named(&instants, "wl_pointer.motion")[0];
    assert!(at > 0 && motion.categories == ["events"]);
    assert_eq!(argument(motion, "surface_x").float, Some(0.5));
    assert_eq!(argument(motion, "time").unsigned, Some(1));
    let pool = named(&instants, "wl_shm.create_pool")[0].1;
    assert_eq!(argument(pool, "size").unsigned, Some(4096));
    assert_eq!(argument(pool, "fd").entries[0].text.as_deref(), Some("memfd"));
    assert_eq!(pool.annotations[0].text.as_deref(), Some("wl_shm#3"));
    assert_eq!(named(&instants, "bind-above-offer").len(), 1);
    assert_eq!(named(&instants, "connected").len() + named(&instants, "ended").len(), 2);
}

#[test]
fn an_answer_ends_the_flow_of_its_request_and_the_time_between_is_a_slice() {
    let packets = trace(&[], |talk| {
        talk.request("wl_display", 1, "get_registry", vec![Value::NewId(2)]);
        // Three that overlap, the first of which ends last.
        (3..6).for_each(|id| talk.sync(id));
        for id in [4, 5, 3] {
            talk.event("wl_callback", id, "done", vec![Value::Uint(0)]);
        }
        talk.event("wl_display", 1, "delete_id", vec![Value::Uint(3)]);
        talk.sync(3);
        talk.event("wl_callback", 3, "done", vec![Value::Uint(0)]);
    });
    let instants = events(&packets, EventKind::Instant);
    let (syncs, dones) = (named(&instants, "wl_display.sync"), named(&instants, "wl_callback.done"));
    assert_eq!(syncs.iter().flat_map(|one| one.1.flows.clone()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(dones.iter().flat_map(|one| one.1.terminating_flows.clone()).collect::<Vec<_>>(), [2, 3, 1, 4]);
    let (begins, ends) = (events(&packets, EventKind::SliceBegin), events(&packets, EventKind::SliceEnd));
    let spans: Vec<_> = begins.iter().zip(&ends).map(|(begin, end)| (begin.1.track, begin.0, end.0)).collect();
    let times: Vec<_> = spans.iter().map(|&(_, begin, end)| (begin, end)).collect();
    let pairs = [(1, 0), (2, 1), (0, 2), (3, 3)];
    assert_eq!(times, pairs.map(|(sync, done): (usize, usize)| (syncs[sync].0, dones[done].0)));
    for (at, one) in spans.iter().enumerate() {
        let overlaps = |other: &&(u64, u64, u64)| other.0 == one.0 && other.1 < one.2 && one.1 < other.2;
        assert_eq!(spans[..at].iter().find(overlaps), None, "slices of one track overlap");
    }
    let tracks: HashSet<u64> = spans.iter().map(|span| span.0).collect();
    assert_eq!(tracks.len(), 3, "the fourth slice has the track of an earlier one");
}

#[test]
fn objects_are_counted_as_they_come_and_go() {
    let packets = trace(&[], conversation);
    let counts: Vec<i64> = events(&packets, EventKind::Counter).iter().filter_map(|(_, one)| one.counter).collect();
    assert!(counts.len() > 3 && counts.windows(2).all(|two| two[0] != two[1]), "{counts:?}");
    assert_eq!(counts[..2], [2, 3]);
}

#[test]
fn filters_choose_what_is_in_a_trace() {
    let packets = trace(&["errors"], conversation);
    let instants = events(&packets, EventKind::Instant);
    let names: Vec<_> = instants.iter().filter_map(|(_, one)| one.name.as_deref()).collect();
    assert_eq!(names, ["wl_registry.bind", "bind-above-offer"]);
}

#[test]
fn a_full_disk_is_told() {
    let full = OutputFile::create(Path::new("/dev/full")).unwrap();
    let mut talk = Talk::shown(&[], None, Box::new(Perfetto::new(full)));
    conversation(&mut talk);
    let error = "the trace cannot be written: No space left on device (os error 28)".to_owned();
    assert_eq!(talk.finish(), Err(error));
}
