//! The object table of one connection.
//!
//! Knows ids, generations and which interface an id has; knows neither
//! handlers nor messages. Both id ranges are dense arrays of 16-byte entries,
//! so a lookup is one bounds check, and an idle client costs a few hundred
//! bytes. The same table serves both roles: the side that allocates a range
//! keeps its free list, threaded through the vacant entries.

use crate::interface::{ClientId, DEAD, Handle, Place, Target};
use crate::wire::{Malformed, SERVER_IDS};

/// Most indices that either range may reach, as in libwayland (O05).
pub(crate) const MAX_INDEX: u32 = 0x00f0_0000;

/// What is known of one id.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    /// Slot of the interface while the object is live, else 0: dispatch needs no other look at the state.
    pub(crate) kind: u16,
    /// Slot of the interface of a zombie; of a live object [`DELETED`] or 0.
    rest: u16,
    pub(crate) version: u32,
    /// Which object this is; of generation 0 unless it is live. In vacant entries of our own range
    /// it holds the next free index.
    pub(crate) place: Place,
}

/// `rest` of a live object for which the peer has already announced `delete_id`.
const DELETED: u16 = 1;

impl Entry {
    pub(crate) fn state(&self) -> State {
        match (self.kind, self.rest) {
            (0, 0) => State::Vacant,
            (0, _) => State::Zombie,
            (_, DELETED) => State::Deleted,
            _ => State::Live,
        }
    }

    /// Slot of the interface, also of a zombie; 0 if the id is vacant.
    pub(crate) fn slot(&self) -> u16 {
        if self.kind == 0 { self.rest } else { self.kind }
    }

    /// Makes a zombie of a live object.
    #[inline]
    pub(crate) fn bury(&mut self) {
        *self = Entry { kind: 0, rest: self.kind, version: self.version, place: Place::NONE };
    }

    /// The handle of the object that `client` calls `id`; finds nothing unless the object is live.
    #[inline]
    pub(crate) fn handle(&self, client: ClientId, id: u32) -> Handle {
        Handle::of(client, self.target(id))
    }

    /// As [`Entry::handle`], for whoever knows the connection.
    #[inline]
    pub(crate) fn target(&self, id: u32) -> Target {
        Target::new(self.place, id, self.version)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Vacant,
    Live,
    /// Live, and the peer has already announced `delete_id` for it (O21).
    Deleted,
    /// Destroyed here while messages of the peer may still name it (O19).
    Zombie,
}

/// Which half of the id space a table allocates from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

#[derive(Debug)]
pub(crate) struct Objects {
    /// Entry 0 stands for id 0 (null) and stays vacant.
    clients: Vec<Entry>,
    servers: Vec<Entry>,
    /// Head of the free list in our own range, `NONE` if empty.
    free: u32,
    /// Generation of the most recent object.
    generation: u32,
    live: u32,
    limit: u32,
    side: Side,
}

const NONE: u32 = u32::MAX;

/// What lookups of unknown ids find.
static VACANT: Entry = Entry { kind: 0, rest: 0, version: 0, place: Place::NONE };

impl Objects {
    /// An empty table whose peer and application may hold `limit` objects together.
    pub(crate) fn new(side: Side, limit: u32) -> Objects {
        let limit = limit.min(MAX_INDEX);
        Objects {
            clients: vec![Entry::default()],
            servers: Vec::new(),
            free: NONE,
            generation: 0,
            live: 0,
            limit,
            side,
        }
    }

    /// The entry of an id; a vacant one if there is none.
    #[inline]
    pub(crate) fn entry(&self, id: u32) -> &Entry {
        // Ids from `SERVER_IDS` on are never indices of the clients' table, which is shorter.
        match self.clients.get(id as usize) {
            Some(entry) => entry,
            None => self.server_entry(id),
        }
    }

    /// Most objects are made by clients; this keeps their path short.
    #[cold]
    #[inline(never)]
    fn server_entry(&self, id: u32) -> &Entry {
        self.servers.get(id.wrapping_sub(SERVER_IDS) as usize).unwrap_or(&VACANT)
    }

    #[inline]
    fn entry_mut(&mut self, id: u32) -> Option<&mut Entry> {
        if id < SERVER_IDS {
            self.clients.get_mut(id as usize)
        } else {
            self.servers.get_mut((id - SERVER_IDS) as usize)
        }
    }

    /// The entry of a handle, if it is still the same object.
    #[inline]
    pub(crate) fn live(&self, handle: Handle) -> Option<&Entry> {
        let entry = self.entry(handle.id());
        // No handle has generation 0, so a vacant entry is never taken for live.
        (entry.place == handle.place()).then_some(entry)
    }

    /// Whether a handle is that of a live object of the clients' range. Sends ask no more than this,
    /// since a call, which the other range needs, would cost them registers.
    #[inline(always)]
    pub(crate) fn is_live(&self, handle: Handle) -> bool {
        self.clients.get(handle.id() as usize).is_some_and(|entry| entry.place == handle.place())
    }

    /// Number of live objects.
    pub(crate) fn len(&self) -> u32 {
        self.live
    }

    /// Allocates the next id of our own range. `attach` makes the data of the
    /// object, whose generation it is told, and returns its index.
    pub(crate) fn allocate(
        &mut self,
        client: ClientId,
        kind: u16,
        version: u32,
        attach: impl FnOnce(u32) -> u32,
    ) -> Result<Handle, Malformed> {
        if self.live >= self.limit {
            return Err(Malformed::TooManyObjects(self.limit));
        }
        let side = self.side;
        if self.vacancy(side).is_none() {
            let own = if side == Side::Client { &mut self.clients } else { &mut self.servers };
            let index = grow(own).ok_or(Malformed::TooManyObjects(MAX_INDEX))?;
            own[index as usize].place = Place::new(0, NONE);
            self.free = index;
        }
        let vacancy = self.vacancy(side).ok_or(Malformed::TooManyObjects(MAX_INDEX))?;
        Ok(vacancy.fill(client, kind, version, attach))
    }

    /// A place for an object under an id of our own range that was in use before, if one is free and
    /// the limit allows it. `side` is the table's own, which callers know when they are compiled.
    #[inline(always)]
    pub(crate) fn vacancy(&mut self, side: Side) -> Option<Vacancy<'_>> {
        debug_assert_eq!(side, self.side);
        let (own, base) = match side {
            Side::Client => (&mut self.clients, 0),
            Side::Server => (&mut self.servers, SERVER_IDS),
        };
        if self.live >= self.limit {
            return None;
        }
        let entry = own.get_mut(self.free as usize)?;
        let Objects { free, generation, live, .. } = self;
        Some(Vacancy { entry, id: base + *free, free, generation, live })
    }

    /// Enters an object under an id that the peer chose (O03 to O06). `attach`
    /// is as for [`Objects::allocate`].
    #[inline]
    pub(crate) fn insert(
        &mut self,
        client: ClientId,
        id: u32,
        kind: u16,
        version: u32,
        attach: impl FnOnce(u32) -> u32,
    ) -> Result<Handle, Malformed> {
        let mut generation = self.generation;
        let entry = self.enter(id)?;
        next(&mut generation);
        *entry = Entry { kind, rest: 0, version, place: Place::new(generation, attach(generation)) };
        let handle = entry.handle(client, id);
        self.generation = generation;
        Ok(handle)
    }

    /// The entry of a live object of the clients' range, for which no `delete_id` has come early: all
    /// that its end takes is [`Entry::bury`].
    #[inline(always)]
    pub(crate) fn mortal(&mut self, handle: Handle) -> Option<&mut Entry> {
        let entry = self.clients.get_mut(handle.id() as usize)?;
        (entry.place == handle.place() && entry.rest == 0).then_some(entry)
    }

    /// Enters an object that is dead from the start, under an id that the peer chose.
    pub(crate) fn insert_dead(&mut self, id: u32, kind: u16, version: u32) -> Result<(), Malformed> {
        *self.enter(id)? = Entry { rest: kind, version, ..Entry::default() };
        Ok(())
    }

    /// Why [`Objects::insert`] refuses an id.
    #[cold]
    pub(crate) fn refusal(&self, id: u32) -> Malformed {
        if self.live >= self.limit { Malformed::TooManyObjects(self.limit) } else { Malformed::BadNewId(id) }
    }

    /// Finds the place for an object whose id the peer chose, and counts it.
    #[inline]
    fn enter(&mut self, id: u32) -> Result<&mut Entry, Malformed> {
        if self.live >= self.limit {
            return Err(Malformed::TooManyObjects(self.limit));
        }
        let (theirs, index) = match self.side {
            Side::Server if id < SERVER_IDS => (&mut self.clients, id as usize),
            Side::Client if id >= SERVER_IDS => (&mut self.servers, (id - SERVER_IDS) as usize),
            _ => return Err(Malformed::BadNewId(id)),
        };
        if index == theirs.len() {
            grow(theirs);
        }
        let entry = theirs.get_mut(index).ok_or(Malformed::BadNewId(id))?;
        // Ids of the peer's range have no `delete_id` towards us: the peer may reuse one once it
        // has seen our destructor request, so the new object takes the place of a zombie.
        if entry.kind != 0 || id == 0 {
            return Err(Malformed::BadNewId(id));
        }
        if entry.rest == 0 {
            self.live += 1;
        }
        Ok(entry)
    }

    /// Ends a live object and frees its id at once; `false` if there is none.
    /// Whoever allocates the range may hand the id out again.
    #[inline]
    pub(crate) fn remove(&mut self, handle: Handle) -> bool {
        let id = handle.id();
        if id >= SERVER_IDS {
            let found = self.live(handle).is_some();
            if found {
                self.free(id);
            }
            return found;
        }
        // As `free`, with one look at the table.
        let entry = self.clients.get_mut(id as usize).filter(|entry| entry.place == handle.place());
        let Some(entry) = entry else { return false };
        *entry = Entry { place: Place::new(0, self.free), ..Entry::default() };
        self.live -= 1;
        if self.side == Side::Client {
            self.free = id;
        }
        true
    }

    /// Frees an id that is not vacant, whatever became of its object.
    #[inline]
    pub(crate) fn free(&mut self, id: u32) {
        let (own, index) = (self.owns(id), if id < SERVER_IDS { id } else { id - SERVER_IDS });
        let free = self.free;
        if let Some(entry) = self.entry_mut(id) {
            *entry = Entry { place: Place::new(0, free), ..Entry::default() };
            self.live -= 1;
            if own {
                self.free = index;
            }
        }
    }

    /// Ends a live object whose id the peer may still name; `false` if there is
    /// none. The id stays taken until [`Objects::free`]; the interface stays
    /// known, so that messages in flight can be skipped with their fds.
    #[inline]
    pub(crate) fn bury(&mut self, handle: Handle) -> bool {
        let Some(entry) = self.entry_mut(handle.id()).filter(|entry| entry.place == handle.place()) else {
            return false;
        };
        if entry.rest == DELETED {
            self.free(handle.id());
        } else {
            entry.bury();
        }
        true
    }

    /// What `delete_id` does to an id that the client, whose table this is, allocated: frees that of
    /// a zombie, and is noted for a live object. `false` if the id is not taken, or was deleted before.
    #[inline]
    pub(crate) fn delete(&mut self, id: u32) -> bool {
        debug_assert_eq!(self.side, Side::Client);
        // Ids of the other range are beyond the end of this one.
        let Some(entry) = self.clients.get_mut(id as usize) else { return false };
        match entry.state() {
            State::Zombie => {
                *entry = Entry { place: Place::new(0, self.free), ..Entry::default() };
                self.live -= 1;
                self.free = id;
            }
            State::Live => entry.rest = DELETED,
            State::Vacant | State::Deleted => return false,
        }
        true
    }

    /// The lowest live object from `from` on, in id order.
    pub(crate) fn next_live(&self, from: u32) -> Option<(u32, Entry)> {
        let is_live = |entry: &&Entry| entry.kind != 0;
        if from < SERVER_IDS {
            let skip = from as usize;
            let found = self.clients.iter().enumerate().skip(skip).find(|(_, entry)| is_live(entry));
            if let Some((index, entry)) = found {
                return Some((index as u32, *entry));
            }
        }
        let skip = from.saturating_sub(SERVER_IDS) as usize;
        let found = self.servers.iter().enumerate().skip(skip).find(|(_, entry)| is_live(entry));
        found.map(|(index, entry)| (SERVER_IDS + index as u32, *entry))
    }

    fn owns(&self, id: u32) -> bool {
        (id < SERVER_IDS) == (self.side == Side::Client)
    }
}

/// A place for a new object.
pub(crate) struct Vacancy<'a> {
    entry: &'a mut Entry,
    id: u32,
    free: &'a mut u32,
    generation: &'a mut u32,
    live: &'a mut u32,
}

impl Vacancy<'_> {
    /// Makes the object. `attach` is as for [`Objects::allocate`].
    #[inline(always)]
    pub(crate) fn fill(self, client: ClientId, kind: u16, version: u32, attach: impl FnOnce(u32) -> u32) -> Handle {
        *self.free = self.entry.place.index();
        *self.live += 1;
        let generation = next(self.generation);
        let place = Place::new(generation, attach(generation));
        *self.entry = Entry { kind, rest: 0, version, place };
        Handle::new(client, place, self.id, version)
    }
}

/// Adds a vacant entry and returns its index, unless the range is exhausted.
#[cold]
fn grow(entries: &mut Vec<Entry>) -> Option<u32> {
    let index = u32::try_from(entries.len()).ok().filter(|&index| index < MAX_INDEX)?;
    entries.push(Entry::default());
    Some(index)
}

/// Counts up, leaving out 0 and [`DEAD`]. After four billion objects of one connection a
/// handle that old could match again; it would reach the same peer's object.
#[inline]
fn next(generation: &mut u32) -> u32 {
    *generation = if *generation >= DEAD - 1 { 1 } else { *generation + 1 };
    *generation
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
