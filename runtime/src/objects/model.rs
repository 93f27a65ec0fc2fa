//! The table against a naive model: a map from id to what its object is, where nothing is ever forgotten.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;

const LIMIT: u32 = 6;
/// Indices that operations choose from, in both ranges: more than the limit, so that some leave gaps.
const IDS: u32 = 9;

#[derive(Clone, Debug)]
enum Op {
    Allocate(u16),
    Insert(u32, u16),
    InsertDead(u32, u16),
    /// The n-th handle that was ever made, live or not.
    Bury(usize),
    Remove(usize),
    /// An id of the table.
    Free(u32),
    /// An id as `delete_id` names it, of a client.
    Delete(u32),
}

fn op() -> impl Strategy<Value = Op> {
    let id = || prop_oneof![0..IDS, SERVER_IDS..SERVER_IDS + IDS, Just(u32::MAX), Just(MAX_INDEX)];
    let kind = || 2..5u16;
    prop_oneof![
        4 => kind().prop_map(Op::Allocate),
        4 => (id(), kind()).prop_map(|(id, kind)| Op::Insert(id, kind)),
        1 => (id(), kind()).prop_map(|(id, kind)| Op::InsertDead(id, kind)),
        3 => (0..20usize).prop_map(Op::Bury),
        2 => (0..20usize).prop_map(Op::Remove),
        2 => id().prop_map(Op::Free),
        1 => id().prop_map(Op::Delete),
    ]
}

/// What is known of an id that is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Known {
    kind: u16,
    version: u32,
    state: State,
    /// Which handle names it; `None` if it never was live.
    handle: Option<usize>,
}

struct Model {
    side: Side,
    taken: HashMap<u32, Known>,
    /// How far each range ever reached: ids of clients, ids of servers.
    reached: [u32; 2],
    /// Every handle ever made.
    handles: Vec<Handle>,
}

impl Model {
    fn is_own(&self, id: u32) -> bool {
        (id < SERVER_IDS) == (self.side == Side::Client)
    }

    fn reach(&mut self, id: u32) -> &mut u32 {
        &mut self.reached[usize::from(id >= SERVER_IDS)]
    }

    /// Whether the peer may enter an object under this id.
    fn accepts(&mut self, id: u32) -> Result<(), Malformed> {
        if self.taken.len() as u32 >= LIMIT {
            return Err(Malformed::TooManyObjects(LIMIT));
        }
        let live = self.taken.get(&id).is_some_and(|known| known.state != State::Zombie);
        if id == 0 || self.is_own(id) || id > *self.reach(id) || live { Err(Malformed::BadNewId(id)) } else { Ok(()) }
    }

    fn enter(&mut self, id: u32, known: Known) {
        let reached = self.reach(id);
        *reached = (*reached).max(id + 1);
        self.taken.insert(id, known);
    }

    /// The id of the n-th handle, if its object is live.
    fn live(&self, handle: usize) -> Option<u32> {
        let found = self.taken.iter().find(|(_, known)| known.handle == Some(handle) && known.state != State::Zombie);
        found.map(|(id, _)| *id)
    }
}

fn apply(objects: &mut Objects, model: &mut Model, op: &Op) {
    let version = model.handles.len() as u32 + 1;
    let fresh = model.handles.len();
    match *op {
        Op::Allocate(kind) => match objects.allocate(ClientId::first(3), kind, version, |_| version) {
            Ok(handle) => {
                assert!((model.taken.len() as u32) < LIMIT, "more than the limit");
                let id = handle.id();
                assert!(model.is_own(id) && id != 0 && !model.taken.contains_key(&id), "{id} is not free");
                assert!(id <= *model.reach(id), "{id} leaves a gap");
                model.enter(id, Known { kind, version, state: State::Live, handle: Some(fresh) });
                model.handles.push(handle);
            }
            Err(error) => assert_eq!((error, model.taken.len() as u32), (Malformed::TooManyObjects(LIMIT), LIMIT)),
        },
        Op::Insert(id, kind) => {
            let result = objects.insert(ClientId::first(3), id, kind, version, |_| version);
            assert_eq!(result.map(Handle::id), model.accepts(id).map(|()| id));
            if let Ok(handle) = result {
                model.enter(id, Known { kind, version, state: State::Live, handle: Some(fresh) });
                model.handles.push(handle);
            }
        }
        Op::InsertDead(id, kind) => {
            let result = objects.insert_dead(id, kind, version);
            assert_eq!(result, model.accepts(id));
            if result.is_ok() {
                model.enter(id, Known { kind, version, state: State::Zombie, handle: None });
            }
        }
        Op::Bury(which) => {
            let Some(handle) = model.handles.get(which) else { return };
            let live = model.live(which);
            assert_eq!(objects.bury(*handle), live.is_some());
            if let Some(id) = live {
                match model.taken.get_mut(&id) {
                    Some(known) if known.state == State::Live => known.state = State::Zombie,
                    _ => drop(model.taken.remove(&id)),
                }
            }
        }
        Op::Remove(which) => {
            let Some(handle) = model.handles.get(which) else { return };
            let live = model.live(which);
            assert_eq!(objects.remove(*handle), live.is_some());
            if let Some(id) = live {
                model.taken.remove(&id);
            }
        }
        // Callers look at the state before.
        Op::Free(id) => {
            if model.taken.remove(&id).is_some() {
                objects.free(id);
            }
        }
        Op::Delete(_) if model.side == Side::Server => {}
        Op::Delete(id) => {
            let known = model.taken.get_mut(&id).filter(|_| id < SERVER_IDS);
            let expected = match known {
                Some(known) if known.state == State::Live => {
                    known.state = State::Deleted;
                    true
                }
                Some(known) if known.state == State::Zombie => model.taken.remove(&id).is_some(),
                _ => false,
            };
            assert_eq!(objects.delete(id), expected);
        }
    }
}

fn compare(objects: &Objects, model: &Model) {
    assert_eq!(objects.len() as usize, model.taken.len());
    for id in (0..IDS + 2).chain(SERVER_IDS..SERVER_IDS + IDS + 2).chain([MAX_INDEX, SERVER_IDS - 1, u32::MAX]) {
        let entry = objects.entry(id);
        let Some(known) = model.taken.get(&id) else {
            assert_eq!((entry.state(), entry.kind, entry.place.generation()), (State::Vacant, 0, 0), "{id}");
            continue;
        };
        assert_eq!((entry.state(), entry.slot(), entry.version), (known.state, known.kind, known.version), "{id}");
        let live = known.state != State::Zombie;
        assert_eq!((entry.kind != 0, entry.place.generation() != 0), (live, live), "{id}");
    }
    for (index, handle) in model.handles.iter().enumerate() {
        let live = model.live(index);
        assert_eq!(objects.live(*handle).is_some(), live.is_some(), "{handle:?}");
        if live.is_some() {
            assert_eq!(objects.entry(handle.id()).place.index(), index as u32 + 1, "the data of {handle:?}");
        }
    }
    let mut walked = Vec::new();
    let mut from = 0;
    while let Some((id, _)) = objects.next_live(from) {
        walked.push(id);
        from = id + 1;
    }
    let live = model.taken.iter().filter(|(_, known)| known.state != State::Zombie);
    let sorted: BTreeMap<u32, Known> = live.map(|(id, known)| (*id, *known)).collect();
    assert_eq!(walked, sorted.into_keys().collect::<Vec<u32>>());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn the_table_is_as_a_map_that_forgets_nothing(server: bool, ops in prop::collection::vec(op(), 1..80)) {
        let side = if server { Side::Server } else { Side::Client };
        let mut objects = Objects::new(side, LIMIT);
        let mut model =
            Model { side, taken: HashMap::new(), reached: [1, SERVER_IDS], handles: Vec::new() };
        for op in &ops {
            apply(&mut objects, &mut model, op);
            compare(&objects, &model);
        }
    }
}
