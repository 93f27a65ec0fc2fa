use std::cell::Cell;

use super::*;
use crate::handle::ClientId;
use crate::wire::{DecodeError, SERVER_IDS};

fn server() -> Objects {
    Objects::new(Side::Server, 100)
}

fn client() -> Objects {
    Objects::new(Side::Client, 100)
}

fn release(objects: &mut Objects, handle: Handle) -> bool {
    objects.release(&mut Epoch::new(0), handle)
}

fn mark_zombie(objects: &mut Objects, handle: Handle) -> bool {
    objects.mark_zombie(&mut Epoch::new(0), handle)
}

fn delete_id(objects: &mut Objects, id: u32) -> bool {
    objects.delete_id(&mut Epoch::new(0), id)
}

fn allocate(objects: &mut Objects) -> Result<Handle, DecodeError> {
    objects.allocate(ClientId::new(0, 1), 7, 1, |_| 0)
}

fn insert(objects: &mut Objects, id: u32) -> Result<Handle, DecodeError> {
    objects.insert(objects.side, ClientId::new(0, 1), id, 7, 1, |_| 0)
}

/// The table of a server whose client has reached so far in both ranges, with these ids of the servers' taken.
#[cfg(feature = "io")]
fn of_image(taken: &[(u32, State)], tombstones: &[u32]) -> Option<Objects> {
    let taken = taken.iter().map(|&(index, state)| Taken { id: SERVER_IDS + index, state, interface: 7, version: 1 });
    let tombstones = tombstones.iter().map(|index| SERVER_IDS + index).collect();
    let image = Image { flat: FLAT, reached: [FLAT, MAX_INDEX], taken: taken.collect(), tombstones };
    Objects::of_image(&image, 100, |_, _| 0)
}

#[cfg(feature = "io")]
#[test]
fn the_table_of_an_image_costs_nothing_for_ids_that_are_not_taken() {
    let top = MAX_INDEX - 1;
    let mut objects = of_image(&[(5, State::Live), (top, State::Live)], &[]).unwrap();
    let (pages, bytes) = objects.paged.as_ref().unwrap().footprint();
    assert_eq!(pages, 2);
    assert!(bytes < 2000, "{bytes} bytes");
    let made: std::collections::BTreeSet<u32> = (0..90).map(|_| allocate(&mut objects).unwrap().id()).collect();
    assert_eq!(made.len(), 90);
    assert!(!made.contains(&(SERVER_IDS + 5)) && !made.contains(&(SERVER_IDS + top)), "those are taken");
}

#[cfg(feature = "io")]
#[test]
fn an_image_that_no_table_gives_is_refused() {
    let (live, dead) = (State::Live, State::Zombie);
    assert!(of_image(&[(1, live), (2, dead), (3, dead)], &[3, 2]).is_some());
    assert!(of_image(&[(2, live), (1, live)], &[]).is_none(), "not in order");
    assert!(of_image(&[(1, live), (1, live)], &[]).is_none(), "one id twice");
    assert!(of_image(&[(2, dead), (3, dead)], &[3, 3]).is_none(), "one tombstone twice");
    assert!(of_image(&[(2, dead), (3, dead)], &[3]).is_none(), "a zombie that is no tombstone");
    assert!(of_image(&[(2, dead)], &[2, 2]).is_none(), "more tombstones than ids");
    assert!(of_image(&[(2, live)], &[2]).is_none(), "a live tombstone");
    assert!(of_image(&[(2, State::Deleted)], &[]).is_none(), "nobody says that to a server");
}

#[test]
fn o03_new_ids_leave_no_gap() {
    let mut objects = server();
    insert(&mut objects, 1).unwrap();
    assert_eq!(insert(&mut objects, 3), Err(DecodeError::BadNewId(3)));
    insert(&mut objects, 2).unwrap();
}

#[test]
fn o04_null_and_occupied_ids_are_refused() {
    let mut objects = server();
    insert(&mut objects, 1).unwrap();
    assert_eq!(insert(&mut objects, 0), Err(DecodeError::BadNewId(0)));
    assert_eq!(insert(&mut objects, 1), Err(DecodeError::BadNewId(1)));
}

#[test]
fn o05_ids_far_beyond_the_end_cost_nothing() {
    let mut objects = server();
    for id in [MAX_INDEX + 1, SERVER_IDS - 1, SERVER_IDS, u32::MAX] {
        assert_eq!(insert(&mut objects, id), Err(DecodeError::BadNewId(id)));
    }
    assert_eq!((objects.flat.len(), objects.paged.is_none()), (1, true));
}

#[test]
fn o06_freed_ids_are_reusable_in_any_order() {
    let mut objects = server();
    let old: Vec<Handle> = (1..=5).map(|id| insert(&mut objects, id).unwrap()).collect();
    assert!(release(&mut objects, old[3]));
    assert!(release(&mut objects, old[1]));
    assert!(objects.live(old[3]).is_none());
    let new = insert(&mut objects, 4).unwrap();
    assert!(objects.live(old[3]).is_none(), "the old handle must not reach the new object");
    assert!(objects.live(new).is_some());
    insert(&mut objects, 2).unwrap();
}

#[test]
fn o16_server_ids_count_up_from_their_base() {
    let mut objects = server();
    assert_eq!(allocate(&mut objects).unwrap().id(), SERVER_IDS);
    assert_eq!(allocate(&mut objects).unwrap().id(), SERVER_IDS + 1);
}

#[test]
fn o20_an_id_is_reused_only_after_its_delete_id() {
    let mut objects = client();
    let first = allocate(&mut objects).unwrap();
    assert!(mark_zombie(&mut objects, first));
    assert!(objects.live(first).is_none());
    assert_eq!(allocate(&mut objects).unwrap().id(), 2);
    assert!(delete_id(&mut objects, first.id()));
    assert!(!delete_id(&mut objects, first.id()));
    assert_eq!(allocate(&mut objects).unwrap().id(), 1);
}

#[test]
fn o21_an_early_delete_id_frees_once_at_destruction() {
    let mut objects = client();
    let first = allocate(&mut objects).unwrap();
    assert!(delete_id(&mut objects, first.id()));
    assert!(!delete_id(&mut objects, first.id()));
    assert!(objects.live(first).is_some());
    assert!(mark_zombie(&mut objects, first));
    assert_eq!(allocate(&mut objects).unwrap().id(), 1);
    assert_eq!(allocate(&mut objects).unwrap().id(), 2);
}

#[test]
fn o26_a_dead_server_object_gives_way_to_a_new_one() {
    let mut objects = client();
    let first = insert(&mut objects, SERVER_IDS).unwrap();
    assert_eq!(insert(&mut objects, SERVER_IDS), Err(DecodeError::BadNewId(SERVER_IDS)));
    assert!(mark_zombie(&mut objects, first));
    insert(&mut objects, SERVER_IDS).unwrap();
    assert_eq!(objects.len(), 1);
}

#[test]
fn the_limit_counts_both_ranges_and_is_exact() {
    let mut objects = Objects::new(Side::Server, 2);
    insert(&mut objects, 1).unwrap();
    let own = allocate(&mut objects).unwrap();
    assert_eq!(insert(&mut objects, 2), Err(DecodeError::TooManyObjects(2)));
    assert!(allocate(&mut objects).is_err());
    assert!(release(&mut objects, own));
    insert(&mut objects, 2).unwrap();
}

/// The live objects as the end of a connection walks them.
fn walk(objects: &Objects) -> Vec<u32> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((id, _)) = objects.next_live(from) {
        found.push(id);
        from = id + 1;
    }
    found
}

#[test]
fn live_objects_are_walked_in_id_order() {
    let mut objects = server();
    let made: Vec<Handle> = (1..FLAT + 20).map(|id| insert(&mut objects, id).unwrap()).collect();
    let own: Vec<Handle> = (0..12).map(|_| allocate(&mut objects).unwrap()).collect();
    let gone = |handle: &&Handle| handle.id() % 7 != 1;
    for handle in made.iter().filter(gone).chain(own.iter().filter(gone)) {
        assert!(release(&mut objects, *handle));
    }
    let rest = made.iter().chain(&own).map(|handle| handle.id()).filter(|id| id % 7 == 1);
    assert_eq!(walk(&objects), rest.collect::<Vec<u32>>());
}

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts an entry that a walk looks at.
/// Entries that walks have passed in this thread.
pub(crate) fn steps() -> usize {
    STEPS.get()
}

pub(super) fn step() {
    STEPS.set(STEPS.get() + 1);
}

/// Ends a connection whose client has used so many ids and kept one of each 50. Returns the steps of that and the pages
/// there were.
fn end_with_gaps(count: u32) -> (usize, usize) {
    let mut objects = Objects::new(Side::Server, count);
    for id in 1..=count {
        let handle = insert(&mut objects, id).unwrap();
        if id % 50 > 0 {
            assert!(release(&mut objects, handle));
        }
    }
    let (pages, _) = footprint(&objects);
    STEPS.set(0);
    let mut from = 0;
    while let Some((id, entry)) = objects.next_live(from) {
        assert!(release(&mut objects, entry.handle(ClientId::new(0, 1), id)));
        from = id + 1;
    }
    assert_eq!(objects.len(), 0);
    (STEPS.get(), pages)
}

#[test]
fn the_end_of_a_connection_takes_steps_by_what_there_was() {
    for count in [5_000, 50_000] {
        let (steps, pages) = end_with_gaps(count);
        let most = FLAT as usize + pages * pages::PAGE as usize;
        assert!(steps <= most, "{steps} steps for {pages} pages");
        assert!(pages <= count as usize / 50 + 1, "pages only of what is live");
    }
}

/// Makes `count` objects under ids that were never used, one alive at a time. Returns pages and bytes of the table.
fn never_reuse(count: u32) -> (usize, usize) {
    let mut objects = server();
    for id in 1..=count {
        let handle = insert(&mut objects, id).unwrap();
        assert!(release(&mut objects, handle));
    }
    assert_eq!(insert(&mut objects, count + 2), Err(DecodeError::BadNewId(count + 2)), "a gap");
    insert(&mut objects, 1).unwrap();
    insert(&mut objects, count / 2).unwrap();
    insert(&mut objects, count + 1).unwrap();
    footprint(&objects)
}

fn footprint(objects: &Objects) -> (usize, usize) {
    let (pages, bytes) = objects.paged.as_ref().map_or((0, 0), |paged| paged.footprint());
    (pages, bytes + objects.flat.capacity() * size_of::<Entry>())
}

#[test]
fn a_client_that_never_reuses_ids_costs_the_same_whatever_their_number() {
    assert_eq!(never_reuse(3_000_000), never_reuse(30_000));
    assert!(never_reuse(3_000_000).0 <= 3, "one object in the flat part, two on pages, and a spare page at most");
}

#[test]
fn o05_no_id_reaches_the_bound_of_the_range() {
    let mut objects = server();
    for id in 1..MAX_INDEX {
        let handle = insert(&mut objects, id).unwrap();
        assert!(release(&mut objects, handle));
    }
    assert_eq!(insert(&mut objects, MAX_INDEX), Err(DecodeError::BadNewId(MAX_INDEX)));
    insert(&mut objects, MAX_INDEX - 1).unwrap();
}

/// Makes `count` objects by events and ends them by events, on the tables of both sides. Returns the footprints.
fn ended_by_events(count: u32) -> [(usize, usize); 2] {
    let (mut server, mut client) = (server(), client());
    let mut highest = 0;
    for _ in 0..count {
        let here = allocate(&mut server).unwrap();
        let there = insert(&mut client, here.id()).unwrap();
        highest = highest.max(here.id() - SERVER_IDS);
        assert!(mark_zombie(&mut server, here));
        assert!(release(&mut client, there));
        assert_eq!((server.len(), client.len()), (0, 0), "tombstones are not counted");
    }
    assert!(highest <= paged::TOMBSTONES + 1, "id {highest} of the servers' range");
    [footprint(&server), footprint(&client)]
}

#[test]
fn ids_of_objects_that_events_end_come_back_on_both_sides() {
    assert_eq!(ended_by_events(80_000), ended_by_events(8_000));
}

#[test]
fn a_tombstone_waits_for_many_younger_ones() {
    let mut objects = server();
    let made: Vec<Handle> = (0..paged::TOMBSTONES + 3).map(|_| allocate(&mut objects).unwrap()).collect();
    for handle in made.iter().take(paged::TOMBSTONES as usize) {
        assert!(mark_zombie(&mut objects, *handle));
        assert_eq!(
            (objects.entry(handle.id()).state(), objects.entry(handle.id()).known_interface()),
            (State::Zombie, 7)
        );
    }
    let fresh = allocate(&mut objects).unwrap();
    assert!(made.iter().all(|handle| handle.id() < fresh.id()), "none is old enough");
    assert!(mark_zombie(&mut objects, made[paged::TOMBSTONES as usize]));
    assert_eq!(allocate(&mut objects).unwrap().id(), made[0].id(), "the oldest comes first");
    assert!(objects.live(made[0]).is_none(), "the old handle must not reach the new object");
    assert!(allocate(&mut objects).unwrap().id() > fresh.id());
}

#[test]
fn pages_of_a_clients_own_ids_come_and_go() {
    let mut objects = Objects::new(Side::Client, 10_000);
    let mut made: Vec<Handle> = (0..1000).map(|_| allocate(&mut objects).unwrap()).collect();
    assert!(footprint(&objects).0 > 200);
    for handle in made.drain(1..) {
        assert!(mark_zombie(&mut objects, handle));
        assert!(delete_id(&mut objects, handle.id()));
    }
    assert_eq!(footprint(&objects).0, 1, "the spare one");
    let again: Vec<u32> = (0..999).map(|_| allocate(&mut objects).unwrap().id()).collect();
    assert!(again.iter().all(|&id| id <= 1000), "no new id while old ones are free");
}

#[test]
fn a_zombie_ends_with_the_peers_own_destructor_message() {
    let mut objects = server();
    objects.insert_dead(1, 7, 1).unwrap();
    assert!(objects.release_zombie(1));
    assert!(!objects.release_zombie(1));
    let own = allocate(&mut objects).unwrap();
    assert!(mark_zombie(&mut objects, own));
    assert!(!objects.release_zombie(own.id()), "a tombstone stays");
    let live = insert(&mut objects, 1).unwrap();
    assert!(!objects.release_zombie(1));
    assert!(objects.live(live).is_some());
}

#[test]
fn an_idle_connection_costs_little() {
    assert!(size_of::<Objects>() <= 56);
    assert_eq!(footprint(&server()).0, 0);
}
