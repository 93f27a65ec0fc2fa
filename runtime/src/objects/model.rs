//! The table against a naive model: a map from id to what its object is, where nothing is ever forgotten.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::handle::ClientId;
use crate::wire::{DecodeError, SERVER_IDS};

const LIMIT: u32 = 14;
/// Indices that operations choose from, in both ranges: more than the limit, so that some leave gaps, and enough for
/// the flat part of the table and a few pages.
const IDS: u32 = 20;

#[derive(Clone, Debug)]
enum Op {
    Allocate(u16),
    Insert(u32, u16),
    InsertDead(u32, u16),
    /// Objects of the peer's, as many as this, under the next ids.
    InsertMore(u32),
    /// The n-th handle that was ever made, live or not.
    MarkZombie(usize),
    Release(usize),
    ReleaseZombie(u32),
    /// An id as `delete_id` names it, of a client.
    Delete(u32),
}

fn op() -> impl Strategy<Value = Op> {
    let id = || prop_oneof![0..IDS, SERVER_IDS..SERVER_IDS + IDS, Just(u32::MAX), Just(MAX_INDEX)];
    let kind = || 2..5u16;
    prop_oneof![
        8 => kind().prop_map(Op::Allocate),
        4 => (id(), kind()).prop_map(|(id, kind)| Op::Insert(id, kind)),
        2 => (1..10u32).prop_map(Op::InsertMore),
        1 => (id(), kind()).prop_map(|(id, kind)| Op::InsertDead(id, kind)),
        6 => (0..60usize).prop_map(Op::MarkZombie),
        4 => (0..60usize).prop_map(Op::Release),
        1 => id().prop_map(Op::ReleaseZombie),
        2 => id().prop_map(Op::Delete),
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
    /// Ids of our own range whose object we ended by an event, the oldest first. Their objects are zombies in `taken`.
    tombstones: VecDeque<u32>,
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

    /// How many ids count against the limit.
    fn len(&self) -> u32 {
        (self.taken.len() - self.tombstones.len()) as u32
    }

    /// Whether the peer may insert an object under this id.
    fn accepts(&mut self, id: u32) -> Result<(), DecodeError> {
        if self.len() >= LIMIT {
            return Err(DecodeError::TooManyObjects(LIMIT));
        }
        let live = self.taken.get(&id).is_some_and(|known| known.state != State::Zombie);
        if id == 0 || self.is_own(id) || id > *self.reach(id) || live { Err(DecodeError::BadNewId(id)) } else { Ok(()) }
    }

    /// Whether we may give this id to a new object, and the limit allows one.
    fn offers(&mut self, id: u32) -> bool {
        let tombstone = (self.tombstones.len() > paged::TOMBSTONES as usize).then(|| self.tombstones.pop_front());
        let free = match tombstone {
            Some(oldest) => oldest.is_some_and(|oldest| oldest == id && self.taken.remove(&id).is_some()),
            None => !self.taken.contains_key(&id),
        };
        self.len() < LIMIT && self.is_own(id) && id != 0 && free && id <= *self.reach(id)
    }

    fn insert(&mut self, id: u32, known: Known) {
        let reached = self.reach(id);
        *reached = (*reached).max(id + 1);
        self.taken.insert(id, known);
    }

    /// The id of the n-th handle, if its object is live.
    fn live(&self, handle: usize) -> Option<u32> {
        let found = self.taken.iter().find(|(_, known)| known.handle == Some(handle) && known.state != State::Zombie);
        found.map(|(id, _)| *id)
    }

    /// What [`Objects::mark_zombie`] does to the live object of an id.
    fn mark_zombie(&mut self, id: u32) {
        match self.taken.get_mut(&id) {
            Some(known) if known.state == State::Live => known.state = State::Zombie,
            _ => drop(self.taken.remove(&id)),
        }
        if self.side == Side::Server && self.is_own(id) {
            self.tombstones.push_back(id);
        }
    }

    /// What [`Objects::delete_id`] does. Returns whether the id was taken, and whether it is free now.
    fn delete_id(&mut self, id: u32) -> (bool, bool) {
        match self.taken.get_mut(&id).filter(|_| id < SERVER_IDS) {
            Some(known) if known.state == State::Live => {
                known.state = State::Deleted;
                (true, false)
            }
            Some(known) if known.state == State::Zombie => (true, self.taken.remove(&id).is_some()),
            _ => (false, false),
        }
    }
}

/// Does the same to both. Returns whether something ended.
fn apply(objects: &mut Objects, epoch: &mut Epoch, model: &mut Model, op: &Op) -> bool {
    let version = model.handles.len() as u32 + 1;
    let fresh = model.handles.len();
    match *op {
        Op::Allocate(kind) => match objects.allocate(ClientId::new(3, 1), kind, version, |_| version) {
            Ok(handle) => {
                assert!(model.offers(handle.id()), "{handle:?}");
                model.insert(handle.id(), Known { kind, version, state: State::Live, handle: Some(fresh) });
                model.handles.push(handle);
            }
            Err(error) => assert_eq!((error, model.len()), (DecodeError::TooManyObjects(LIMIT), LIMIT)),
        },
        Op::Insert(id, kind) => {
            let result = objects.insert(objects.side, ClientId::new(3, 1), id, kind, version, |_| version);
            assert_eq!(result.map(Handle::id), model.accepts(id).map(|()| id));
            if let Ok(handle) = result {
                model.insert(id, Known { kind, version, state: State::Live, handle: Some(fresh) });
                model.handles.push(handle);
            }
        }
        Op::InsertMore(count) => {
            for _ in 0..count {
                let next = model.reached[usize::from(model.side == Side::Client)];
                apply(objects, epoch, model, &Op::Insert(next, 2));
            }
        }
        Op::InsertDead(id, kind) => {
            let result = objects.insert_dead(id, kind, version);
            assert_eq!(result, model.accepts(id));
            if result.is_ok() {
                model.insert(id, Known { kind, version, state: State::Zombie, handle: None });
            }
        }
        Op::MarkZombie(which) => {
            let Some(handle) = model.handles.get(which) else { return false };
            let live = model.live(which);
            assert_eq!(objects.mark_zombie(epoch, *handle), live.is_some());
            live.inspect(|id| model.mark_zombie(*id));
            return live.is_some();
        }
        Op::Release(which) => {
            let Some(handle) = model.handles.get(which) else { return false };
            let live = model.live(which);
            assert_eq!(objects.release(epoch, *handle), live.is_some());
            return live.is_some_and(|id| model.taken.remove(&id).is_some());
        }
        Op::ReleaseZombie(id) => {
            let zombie = model.taken.get(&id).is_some_and(|known| known.state == State::Zombie) && !model.is_own(id);
            assert_eq!(objects.release_zombie(id), zombie);
            if zombie {
                model.taken.remove(&id);
            }
        }
        Op::Delete(_) if model.side == Side::Server => {}
        Op::Delete(id) => {
            let (taken, freed) = model.delete_id(id);
            assert_eq!(objects.delete_id(epoch, id), taken);
            return freed;
        }
    }
    false
}

/// Compares all that can be asked of the table, and that it has no page which nothing is on.
fn compare(objects: &Objects, model: &Model) {
    assert_eq!(objects.len(), model.len());
    for id in (0..IDS + 20).chain(SERVER_IDS..SERVER_IDS + IDS + 20).chain([MAX_INDEX, SERVER_IDS - 1, u32::MAX]) {
        let entry = objects.entry(id);
        let Some(known) = model.taken.get(&id) else {
            assert_eq!((entry.state(), entry.interface, entry.key.generation()), (State::Vacant, 0, 0), "{id}");
            continue;
        };
        assert_eq!(
            (entry.state(), entry.known_interface(), entry.version),
            (known.state, known.kind, known.version),
            "{id}"
        );
        let live = known.state != State::Zombie;
        assert_eq!((entry.interface != 0, entry.key.generation() != 0), (live, live), "{id}");
    }
    for (index, handle) in model.handles.iter().enumerate() {
        let live = model.live(index);
        assert_eq!(objects.live(*handle).is_some(), live.is_some(), "{handle:?}");
        if live.is_some() {
            assert_eq!(objects.entry(handle.id()).key.index(), index as u32 + 1, "the data of {handle:?}");
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
    let paged = model.taken.keys().filter(|&&id| id >= FLAT);
    let pages: BTreeSet<u32> = paged.map(|id| id / pages::PAGE).collect();
    let there = objects.paged.as_ref().map_or(0, |paged| paged.footprint().0);
    assert!((pages.len()..=pages.len() + 2).contains(&there), "{there} pages, of which {} are needed", pages.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn the_table_is_as_a_map_that_forgets_nothing(server: bool, ops in prop::collection::vec(op(), 1..160)) {
        let side = if server { Side::Server } else { Side::Client };
        let (mut objects, mut epoch) = (Objects::new(side, LIMIT), Epoch::new(0));
        let mut model = Model {
            side,
            taken: HashMap::new(),
            tombstones: VecDeque::new(),
            reached: [1, SERVER_IDS],
            handles: Vec::new(),
        };
        for op in &ops {
            let before = epoch.value();
            let ended = apply(&mut objects, &mut epoch, &mut model, op);
            prop_assert_eq!(epoch.value() != before, ended, "{:?}", op);
            compare(&objects, &model);
        }
    }
}
