//! How objects come into the table: under an id of our own, or under one that the peer chose.

use super::paged::Paged;
use super::{Entry, FLAT, MAX_INDEX, NONE, Objects, Side};
use crate::handle::{ClientId, DEAD, Handle, ObjectKey};
use crate::wire::{DecodeError, SERVER_IDS};

impl Objects {
    /// Allocates the next id of our own range. `attach` makes the data of the
    /// object, whose generation it is told, and returns its index.
    pub(crate) fn allocate(
        &mut self,
        client: ClientId,
        interface: u16,
        version: u32,
        attach: impl FnOnce(u32) -> u32,
    ) -> Result<Handle, DecodeError> {
        if self.taken >= self.limit {
            return Err(DecodeError::TooManyObjects(self.limit));
        }
        let side = self.side;
        if side == Side::Client && self.free == NONE && self.flat.len() < FLAT as usize {
            self.free = self.flat.len() as u32;
            push(&mut self.flat, Entry::vacant(NONE));
        }
        if let Some(vacancy) = self.vacancy(side) {
            return Ok(vacancy.fill(client, interface, version, attach));
        }
        let paged = self.paged.get_or_insert_with(|| Box::new(Paged::new(side)));
        let (id, entry) = paged.allocate(side).ok_or(DecodeError::TooManyObjects(MAX_INDEX))?;
        self.taken += 1;
        let generation = next(&mut self.generation);
        *entry = Entry::live(interface, version, ObjectKey::new(generation, attach(generation)));
        Ok(entry.handle(client, id))
    }

    /// A place for an object under an id of our own in the flat part that was in use before, if one is free and
    /// the limit allows it. `side` is the table's own, which callers know when they are compiled.
    #[inline(always)]
    pub(crate) fn vacancy(&mut self, side: Side) -> Option<Vacancy<'_>> {
        debug_assert_eq!(side, self.side);
        if side == Side::Server || self.taken >= self.limit {
            return None;
        }
        let Objects { flat, free, generation, taken, .. } = self;
        let entry = flat.get_mut(*free as usize)?;
        Some(Vacancy { entry, free, generation, taken })
    }

    /// Inserts an object under an id that the peer chose (O03 to O06). `attach` is as for [`Objects::allocate`]; `side` is
    /// the table's own, which callers know when they are compiled.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        side: Side,
        client: ClientId,
        id: u32,
        interface: u16,
        version: u32,
        attach: impl FnOnce(u32) -> u32,
    ) -> Result<Handle, DecodeError> {
        let mut generation = self.generation;
        let entry = self.reserve(side, id)?;
        next(&mut generation);
        *entry = Entry::live(interface, version, ObjectKey::new(generation, attach(generation)));
        let handle = entry.handle(client, id);
        self.generation = generation;
        Ok(handle)
    }

    /// Inserts an object that is dead from the start, under an id that the peer chose.
    pub(crate) fn insert_dead(&mut self, id: u32, interface: u16, version: u32) -> Result<(), DecodeError> {
        *self.reserve(self.side, id)? = Entry::zombie(interface, version);
        Ok(())
    }

    /// Why [`Objects::insert`] refuses an id.
    #[cold]
    pub(crate) fn refusal(&self, id: u32) -> DecodeError {
        if self.taken >= self.limit { DecodeError::TooManyObjects(self.limit) } else { DecodeError::BadNewId(id) }
    }

    /// Finds the place for an object whose id the peer chose, and counts it.
    #[inline]
    fn reserve(&mut self, side: Side, id: u32) -> Result<&mut Entry, DecodeError> {
        debug_assert_eq!(side, self.side);
        if self.taken >= self.limit {
            return Err(DecodeError::TooManyObjects(self.limit));
        }
        let entry = if side == Side::Server && (id as usize) < self.flat.len() {
            &mut self.flat[id as usize]
        } else {
            Self::reserve_slowly(&mut self.flat, &mut self.paged, side, id)?
        };
        // Ids of the peer's range have no `delete_id` towards us: the peer may reuse one once it
        // has seen our destructor request, so the new object takes the place of a zombie.
        if entry.interface != 0 || id == 0 {
            return Err(DecodeError::BadNewId(id));
        }
        if entry.rest == 0 {
            self.taken += 1;
        }
        Ok(entry)
    }

    /// As [`Objects::reserve`], for ids that are new or in pages.
    #[cold]
    #[inline(never)]
    fn reserve_slowly<'a>(
        flat: &'a mut Vec<Entry>,
        paged: &'a mut Option<Box<Paged>>,
        side: Side,
        id: u32,
    ) -> Result<&'a mut Entry, DecodeError> {
        if (id < SERVER_IDS) != (side == Side::Server) {
            return Err(DecodeError::BadNewId(id));
        }
        if id < FLAT {
            if id as usize == flat.len() {
                push(flat, Entry::VACANT);
            }
            return flat.get_mut(id as usize).ok_or(DecodeError::BadNewId(id));
        }
        if id < SERVER_IDS && flat.len() < FLAT as usize {
            return Err(DecodeError::BadNewId(id));
        }
        paged.get_or_insert_with(|| Box::new(Paged::new(side))).reserve(id)
    }
}

/// Adds an entry. Most connections have few objects, so a table grows by a half, not to the double.
fn push(flat: &mut Vec<Entry>, entry: Entry) {
    if flat.len() == flat.capacity() {
        flat.reserve_exact((flat.len() / 2).max(4));
    }
    flat.push(entry);
}

/// A place for a new object.
pub(crate) struct Vacancy<'a> {
    entry: &'a mut Entry,
    free: &'a mut u32,
    generation: &'a mut u32,
    taken: &'a mut u32,
}

impl Vacancy<'_> {
    /// Makes the object. `attach` is as for [`Objects::allocate`].
    #[inline(always)]
    pub(crate) fn fill(
        self,
        client: ClientId,
        interface: u16,
        version: u32,
        attach: impl FnOnce(u32) -> u32,
    ) -> Handle {
        let id = *self.free;
        *self.free = self.entry.key.index();
        *self.taken += 1;
        let generation = next(self.generation);
        let key = ObjectKey::new(generation, attach(generation));
        *self.entry = Entry::live(interface, version, key);
        Handle::new(client, key, id, version)
    }
}

/// Counts up, leaving out 0 and [`DEAD`]. After four billion objects of one connection a
/// handle that old could match again; it would reach the same peer's object.
#[inline]
fn next(generation: &mut u32) -> u32 {
    *generation = if *generation >= DEAD - 1 { 1 } else { *generation + 1 };
    *generation
}
