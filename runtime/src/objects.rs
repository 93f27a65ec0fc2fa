//! The object table of one connection.
//!
//! It maps each id to its interface, its generation and the index of its data. The lowest client ids are a flat array
//! of 16-byte entries, so a lookup is one bounds check. All other ids are in pages that exist while one of their ids is
//! taken: memory follows the live objects, not the ids ever used. Both roles use the same table; the side that
//! allocates a range also keeps track of its vacant ids.
//!
//! An object that was destroyed here stays a *zombie* while the peer may still name it.
//! `delete_id` releases the ids of a client's zombies. Nothing releases those of a server, so
//! an object of its own that it ended by an event becomes a *tombstone*: the server uses the id
//! again after [enough others](paged::TOMBSTONES) have ended. libwayland reuses it at once, and a
//! client whose request was under way is killed by `invalid_object`. Ids of interfaces without
//! requests wait as well, although only an argument could name them: one rule is enough.

use crate::handle::Handle;

mod end;
mod entry;
mod epoch;
#[cfg(feature = "io")]
mod image;
mod make;
mod paged;
mod pages;

pub(crate) use entry::{Entry, State};
pub(crate) use epoch::Epoch;
#[cfg(feature = "io")]
pub(crate) use image::{Image, Taken};
use paged::Paged;
pub(crate) use paged::TOMBSTONES;

/// Most indices that either range may reach, as in libwayland (O05).
pub(crate) const MAX_INDEX: u32 = 0x00f0_0000;

/// Ids of the clients' range in the flat array, which never shrinks: 64 KiB at most, and more than a desktop program
/// has in use at once.
const FLAT: u32 = if cfg!(test) { 8 } else { 4096 };

/// Which half of the id space a table allocates from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

#[derive(Debug)]
pub(crate) struct Objects {
    /// Ids below [`FLAT`]. Entry 0 stands for id 0 (null) and stays vacant.
    flat: Vec<Entry>,
    /// All other ids; made for the first of them.
    paged: Option<Box<Paged>>,
    /// Head of the list of vacant entries in `flat`, `NONE` if empty or if these are not our own ids.
    free: u32,
    /// Generation of the most recent object.
    generation: u32,
    /// Live objects, and zombies that are no tombstones.
    taken: u32,
    limit: u32,
    side: Side,
}

const NONE: u32 = u32::MAX;

/// What lookups of unknown ids find.
static VACANT: Entry = Entry::VACANT;

impl Objects {
    /// An empty table whose peer and application may hold `limit` objects together.
    pub(crate) fn new(side: Side, limit: u32) -> Objects {
        let limit = limit.min(MAX_INDEX);
        Objects { flat: vec![Entry::VACANT], paged: None, free: NONE, generation: 0, taken: 0, limit, side }
    }

    /// The entry of an id; a vacant one if there is none.
    #[inline]
    pub(crate) fn entry(&self, id: u32) -> &Entry {
        match self.flat.get(id as usize) {
            Some(entry) => entry,
            None => self.paged_entry(id),
        }
    }

    /// Out of line, since most ids are in the flat part.
    #[cold]
    #[inline(never)]
    fn paged_entry(&self, id: u32) -> &Entry {
        self.paged.as_ref().and_then(|paged| paged.get(id)).unwrap_or(&VACANT)
    }

    /// The entry of a live object.
    fn live_mut(&mut self, handle: Handle) -> Option<&mut Entry> {
        let entry = match self.flat.get_mut(handle.id() as usize) {
            Some(entry) => entry,
            None => self.paged.as_mut()?.get_mut(handle.id())?,
        };
        entry.is(handle).then_some(entry)
    }

    /// The entry of a handle, if it is still the same object.
    #[inline]
    pub(crate) fn live(&self, handle: Handle) -> Option<&Entry> {
        let entry = self.entry(handle.id());
        entry.is(handle).then_some(entry)
    }

    /// Whether a handle is that of a live object in the flat part of the table. Sends ask no more than this, since a
    /// call, which the pages need, would cost them registers.
    #[inline(always)]
    pub(crate) fn is_live(&self, handle: Handle) -> bool {
        self.flat.get(handle.id() as usize).is_some_and(|entry| entry.is(handle))
    }

    /// Number of ids that count against the limit: of live objects, and of zombies that the peer has not let go of.
    pub(crate) fn len(&self) -> u32 {
        self.taken
    }

    /// The lowest live object from `from` on, in id order. Walking all of them takes a step for each entry of the flat
    /// part and of the pages that there are, and a search for the page.
    pub(crate) fn next_live(&self, from: u32) -> Option<(u32, Entry)> {
        let rest = self.flat.get(from as usize..).unwrap_or_default();
        if let Some(at) = rest.iter().position(Entry::is_live) {
            return Some((from + at as u32, rest[at]));
        }
        self.paged.as_ref()?.next_live(from)
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
#[cfg(all(test, feature = "io"))]
pub(crate) use tests::steps;
