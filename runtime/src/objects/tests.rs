use super::*;

fn server() -> Objects {
    Objects::new(Side::Server, 100)
}

fn client() -> Objects {
    Objects::new(Side::Client, 100)
}

fn allocate(objects: &mut Objects) -> Result<Handle, Malformed> {
    objects.allocate(ClientId::first(0), 7, 1, |_| 0)
}

fn insert(objects: &mut Objects, id: u32) -> Result<Handle, Malformed> {
    objects.insert(ClientId::first(0), id, 7, 1, |_| 0)
}

#[test]
fn o03_new_ids_leave_no_gap() {
    let mut objects = server();
    insert(&mut objects, 1).unwrap();
    assert_eq!(insert(&mut objects, 3), Err(Malformed::BadNewId(3)));
    insert(&mut objects, 2).unwrap();
}

#[test]
fn o04_null_and_occupied_ids_are_refused() {
    let mut objects = server();
    insert(&mut objects, 1).unwrap();
    assert_eq!(insert(&mut objects, 0), Err(Malformed::BadNewId(0)));
    assert_eq!(insert(&mut objects, 1), Err(Malformed::BadNewId(1)));
}

#[test]
fn o05_ids_far_beyond_the_end_cost_nothing() {
    let mut objects = server();
    for id in [MAX_INDEX + 1, SERVER_IDS - 1, SERVER_IDS, u32::MAX] {
        assert_eq!(insert(&mut objects, id), Err(Malformed::BadNewId(id)));
    }
    assert_eq!(objects.clients.len(), 1);
}

#[test]
fn o06_freed_ids_are_reusable_in_any_order() {
    let mut objects = server();
    let old: Vec<Handle> = (1..=5).map(|id| insert(&mut objects, id).unwrap()).collect();
    objects.free(4);
    objects.free(2);
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
    assert!(objects.bury(first));
    assert!(objects.live(first).is_none());
    assert_eq!(allocate(&mut objects).unwrap().id(), 2);
    assert!(objects.delete(first.id()));
    assert!(!objects.delete(first.id()));
    assert_eq!(allocate(&mut objects).unwrap().id(), 1);
}

#[test]
fn o21_an_early_delete_id_frees_once_at_destruction() {
    let mut objects = client();
    let first = allocate(&mut objects).unwrap();
    assert!(objects.delete(first.id()));
    assert!(!objects.delete(first.id()));
    assert!(objects.live(first).is_some());
    assert!(objects.bury(first));
    assert_eq!(allocate(&mut objects).unwrap().id(), 1);
    assert_eq!(allocate(&mut objects).unwrap().id(), 2);
}

#[test]
fn o26_a_dead_server_object_gives_way_to_a_new_one() {
    let mut objects = client();
    let first = insert(&mut objects, SERVER_IDS).unwrap();
    assert_eq!(insert(&mut objects, SERVER_IDS), Err(Malformed::BadNewId(SERVER_IDS)));
    assert!(objects.bury(first));
    insert(&mut objects, SERVER_IDS).unwrap();
    assert_eq!(objects.len(), 1);
}

#[test]
fn the_limit_counts_both_ranges_and_is_exact() {
    let mut objects = Objects::new(Side::Server, 2);
    insert(&mut objects, 1).unwrap();
    allocate(&mut objects).unwrap();
    assert_eq!(insert(&mut objects, 2), Err(Malformed::TooManyObjects(2)));
    assert!(allocate(&mut objects).is_err());
    objects.free(SERVER_IDS);
    insert(&mut objects, 2).unwrap();
}

#[test]
fn live_objects_are_walked_in_id_order() {
    let mut objects = server();
    for id in 1..=3 {
        insert(&mut objects, id).unwrap();
    }
    allocate(&mut objects).unwrap();
    objects.free(2);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((id, _)) = objects.next_live(from) {
        found.push(id);
        from = id + 1;
    }
    assert_eq!(found, [1, 3, SERVER_IDS]);
}
