use std::collections::HashSet;

use proptest::prelude::*;

use super::super::chunks::CHUNK;
use super::*;

/// Puts a value where the data of an object of `client` goes. Returns the object.
fn fill(slab: &mut Slab<String>, client: ClientId, generation: u32, text: &str) -> Handle {
    let index = slab.attach(client, generation);
    let object = Handle::new(client, ObjectKey::new(generation, index), 2, 1);
    let value = slab.get_mut(object).unwrap();
    assert_eq!(value, "", "a new object has what an old one had");
    value.push_str(text);
    object
}

const FLAT: u32 = Slab::<String>::FLAT;

/// Ten clients with `count` objects each come and go, while another one stays with two. Returns the footprint before,
/// at the most and after.
fn come_and_go(count: u32) -> [(usize, usize, usize); 3] {
    let mut slab = Slab::new();
    let clients: Vec<ClientId> = (0..11).map(|index| ClientId::new(index, u64::from(index) + 1)).collect();
    let mut stays: Vec<Handle> = (1..=FLAT).map(|it| fill(&mut slab, clients[10], it, "stays")).collect();
    let before = slab.footprint();
    let mut objects = Vec::new();
    for generation in 1..=count {
        objects.extend(clients[..10].iter().map(|&client| fill(&mut slab, client, generation, "goes")));
        if generation == 3 {
            stays.push(fill(&mut slab, clients[10], FLAT + 1, "stays"));
        }
    }
    let most = slab.footprint();
    objects.sort_by_key(|object| object.client());
    for object in objects {
        assert_eq!(slab.take(object).as_deref(), Some("goes"));
        assert_eq!(slab.take(object), None);
    }
    for object in stays {
        assert_eq!(slab.get_mut(object).unwrap(), "stays");
    }
    [before, most, slab.footprint()]
}

#[test]
fn values_of_clients_that_left_cost_nothing() {
    let [[before, most, few], [_, _, many]] = [come_and_go(100), come_and_go(10_000)];
    assert_eq!(few, many, "whatever there was meanwhile");
    assert_eq!((before.0, few.0, few.1), (0, 2, 1), "the chunk of the client that stays, and an empty one");
    assert!(most.0 == 1001_usize.div_ceil(CHUNK as usize) && most.2 > few.2);
}

#[test]
fn an_object_alone_in_its_chunk_comes_and_goes_without_an_allocation() {
    let mut slab = Slab::new();
    for generation in 1..=FLAT {
        fill(&mut slab, ClientId::new(0, 1), generation, "full");
    }
    let mut one = fill(&mut slab, ClientId::new(1, 2), 1, "alone");
    let before = slab.get_mut(one).map(std::ptr::from_mut).unwrap();
    for generation in 2..10 {
        assert_eq!(slab.take(one).as_deref(), Some("alone"));
        one = fill(&mut slab, ClientId::new(1, 2), generation, "alone");
        assert_eq!(slab.get_mut(one).map(std::ptr::from_mut).unwrap(), before);
    }
}

#[test]
fn a_few_objects_take_few_cells() {
    let mut slab = Slab::new();
    fill(&mut slab, ClientId::new(0, 1), 1, "one");
    assert!(slab.footprint().2 <= 4 * size_of::<Cell<String>>());
}

#[test]
fn types_without_fields_share_one_cell() {
    let mut slab = Slab::<()>::new();
    assert_eq!(slab.shared(), Some(&mut ()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Rounds of objects that come, and of objects at random places that go.
    #[test]
    fn a_slab_is_as_a_map(rounds in prop::collection::vec((0..300u32, prop::collection::vec(0..4096usize, 0..300)), 1..8)) {
        let mut slab = Slab::new();
        let mut live: Vec<(Handle, String)> = Vec::new();
        let mut gone: Vec<Handle> = Vec::new();
        let mut generation = 0;
        for (come, go) in rounds {
            for _ in 0..come {
                generation += 1;
                let text = generation.to_string();
                let object = fill(&mut slab, ClientId::new(generation % 3, u64::from(generation % 3) + 1), generation, &text);
                live.push((object, text));
            }
            for which in go {
                if !live.is_empty() {
                    let (object, text) = live.swap_remove(which % live.len());
                    prop_assert_eq!(slab.take(object), Some(text));
                    gone.push(object);
                }
            }
            for (object, text) in &live {
                prop_assert_eq!(slab.get_mut(*object), Some(&mut text.clone()));
            }
            for object in &gone {
                prop_assert_eq!(slab.get_mut(*object), None);
            }
            let (chunks, empty, _) = slab.footprint();
            prop_assert!(empty <= 1, "more than one empty chunk");
            let needed = live.iter().filter(|(object, _)| object.key().index() >= FLAT);
            let needed: HashSet<u32> = needed.map(|(object, _)| (object.key().index() - FLAT) / CHUNK).collect();
            prop_assert_eq!(chunks, needed.len() + empty);
        }
    }
}
