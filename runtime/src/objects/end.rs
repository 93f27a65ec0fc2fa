//! How objects end, and what becomes of their ids.

use super::entry::DELETED;
use super::{Entry, Epoch, Objects, Side, State};
use crate::handle::Handle;
use crate::wire::SERVER_IDS;

impl Objects {
    /// Ends a live object that the peer names no more, and releases its id; `false` if there is none. Whoever allocates
    /// the range may hand the id out again.
    #[inline]
    pub(crate) fn release(&mut self, epoch: &mut Epoch, handle: Handle) -> bool {
        let id = handle.id();
        let Some(entry) = self.flat.get_mut(id as usize) else { return self.release_paged(epoch, handle) };
        if !entry.is(handle) {
            return false;
        }
        *entry = Entry::vacant(self.free);
        self.taken -= 1;
        if self.side == Side::Client {
            self.free = id;
        }
        epoch.advance();
        true
    }

    /// A live object in the flat part of a server's table, about to be ended by its client.
    #[inline(always)]
    pub(crate) fn releasable(&mut self, handle: Handle) -> Option<Releasable<'_>> {
        debug_assert_eq!(self.side, Side::Server);
        let entry = self.flat.get_mut(handle.id() as usize).filter(|entry| entry.is(handle))?;
        Some(Releasable { entry, taken: &mut self.taken })
    }

    #[cold]
    #[inline(never)]
    fn release_paged(&mut self, epoch: &mut Epoch, handle: Handle) -> bool {
        let found = self.live(handle).is_some();
        if found {
            self.release_id(handle.id());
            epoch.advance();
        }
        found
    }

    /// Releases an id that is taken.
    fn release_id(&mut self, id: u32) {
        self.taken -= 1;
        if let Some(entry) = self.flat.get_mut(id as usize) {
            *entry = Entry::vacant(self.free);
            if self.side == Side::Client {
                self.free = id;
            }
        } else if let Some(paged) = &mut self.paged {
            paged.release(id);
        }
    }

    /// The entry of a live object in the flat part of a client's table for which no `delete_id` has come early: all
    /// that its end takes is [`Entry::mark_zombie`].
    #[inline(always)]
    pub(crate) fn zombie_candidate(&mut self, handle: Handle) -> Option<&mut Entry> {
        let entry = self.flat.get_mut(handle.id() as usize)?;
        (entry.is(handle) && entry.rest == 0).then_some(entry)
    }

    /// Ends a live object that the peer may still name; `false` if there is none. The interface stays known, so that
    /// messages under way can be skipped with their fds. The id stays taken: in a client's own range until `delete_id`,
    /// in the peer's until it makes another object of it, in a server's own as a tombstone.
    #[inline]
    pub(crate) fn mark_zombie(&mut self, epoch: &mut Epoch, handle: Handle) -> bool {
        match self.zombie_candidate(handle) {
            Some(entry) => entry.mark_zombie(epoch),
            None => return self.mark_zombie_slowly(epoch, handle),
        }
        true
    }

    /// As [`Objects::mark_zombie`], for ids in pages and those that the peer has already deleted.
    #[cold]
    #[inline(never)]
    fn mark_zombie_slowly(&mut self, epoch: &mut Epoch, handle: Handle) -> bool {
        let (id, tombstone) = (handle.id(), self.side == Side::Server && handle.id() >= SERVER_IDS);
        let Some(entry) = self.live_mut(handle) else { return false };
        let deleted = entry.rest == DELETED;
        entry.mark_zombie(epoch);
        if deleted {
            self.release_id(id);
        } else if tombstone && let Some(paged) = &mut self.paged {
            paged.add_tombstone(id);
            self.taken -= 1;
        }
        true
    }

    /// What `delete_id` does to an id that the client, whose table this is, allocated: releases that of
    /// a zombie, and is noted for a live object. `false` if the id is not taken, or was deleted before.
    #[inline]
    pub(crate) fn delete_id(&mut self, epoch: &mut Epoch, id: u32) -> bool {
        debug_assert_eq!(self.side, Side::Client);
        let Some(entry) = self.flat.get_mut(id as usize) else { return self.delete_paged(epoch, id) };
        match entry.state() {
            State::Zombie => {
                *entry = Entry::vacant(self.free);
                self.free = id;
                self.taken -= 1;
                epoch.advance();
            }
            State::Live => entry.rest = DELETED,
            State::Vacant | State::Deleted => return false,
        }
        true
    }

    #[cold]
    #[inline(never)]
    fn delete_paged(&mut self, epoch: &mut Epoch, id: u32) -> bool {
        let entry = self.paged.as_mut().filter(|_| id < SERVER_IDS).and_then(|paged| paged.get_mut(id));
        match entry.map(|entry| (entry.state(), entry)) {
            Some((State::Zombie, _)) => {
                self.release_id(id);
                epoch.advance();
            }
            Some((State::Live, entry)) => entry.rest = DELETED,
            _ => return false,
        }
        true
    }

    /// Releases the id of a zombie in the peer's range: the peer has ended the object as well. `false` if there is none.
    #[cold]
    pub(crate) fn release_zombie(&mut self, id: u32) -> bool {
        let theirs = (id < SERVER_IDS) == (self.side == Side::Server);
        let found = theirs && self.entry(id).state() == State::Zombie;
        if found {
            self.release_id(id);
        }
        found
    }
}

/// See [`Objects::releasable`].
pub(crate) struct Releasable<'a> {
    entry: &'a mut Entry,
    taken: &'a mut u32,
}

impl Releasable<'_> {
    /// As [`Objects::release`].
    #[inline(always)]
    pub(crate) fn release(self, epoch: &mut Epoch) {
        *self.entry = Entry::VACANT;
        *self.taken -= 1;
        epoch.advance();
    }
}
