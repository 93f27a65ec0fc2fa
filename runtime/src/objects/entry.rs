//! What the table knows of one id.

use super::Epoch;
use crate::handle::{ClientId, Handle, ObjectKey, ObjectRef};

/// What is known of one id.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    /// Index of the interface while the object is live, else 0: dispatch needs no other look at the state.
    pub(crate) interface: u16,
    /// Index of the interface of a zombie; of a live object [`DELETED`] or 0.
    pub(super) rest: u16,
    pub(crate) version: u32,
    /// Which object this is; of generation 0 unless it is live. The index of a vacant entry of our own ids, or of a
    /// tombstone, is that of the next one in its list.
    pub(crate) key: ObjectKey,
}

/// `rest` of a live object for which the peer has already announced `delete_id`.
pub(super) const DELETED: u16 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Vacant,
    Live,
    /// Live, and the peer has already announced `delete_id` for it (O21).
    Deleted,
    /// Destroyed here while messages of the peer may still name it (O19).
    Zombie,
}

impl Entry {
    pub(super) const VACANT: Entry = Entry { interface: 0, rest: 0, version: 0, key: ObjectKey::NONE };

    /// A live object.
    #[inline(always)]
    pub(super) fn live(interface: u16, version: u32, key: ObjectKey) -> Entry {
        Entry { interface, rest: 0, version, key }
    }

    /// An object that is dead from the start.
    pub(super) fn zombie(interface: u16, version: u32) -> Entry {
        Entry { interface: 0, rest: interface, version, key: ObjectKey::NONE }
    }

    /// A vacant entry in front of the list that starts at `next`.
    #[inline(always)]
    pub(super) fn vacant(next: u32) -> Entry {
        Entry { key: ObjectKey::new(0, next), ..Entry::VACANT }
    }

    /// Whether this is the live object of a handle. No handle has generation 0, so it is never that of a vacant entry.
    #[inline(always)]
    pub(super) fn is(&self, handle: Handle) -> bool {
        self.key == handle.key()
    }

    /// Whether the object is live. Walks ask this of each entry they pass.
    #[inline]
    pub(super) fn is_live(&self) -> bool {
        #[cfg(test)]
        super::tests::step();
        self.interface != 0
    }

    pub(crate) fn state(&self) -> State {
        match (self.interface, self.rest) {
            (0, 0) => State::Vacant,
            (0, _) => State::Zombie,
            (_, DELETED) => State::Deleted,
            _ => State::Live,
        }
    }

    /// Index of the interface, also of a zombie; 0 if the id is vacant.
    pub(crate) fn known_interface(&self) -> u16 {
        if self.interface == 0 { self.rest } else { self.interface }
    }

    /// Makes a zombie of a live object.
    #[inline]
    pub(crate) fn mark_zombie(&mut self, epoch: &mut Epoch) {
        *self = Entry::zombie(self.interface, self.version);
        epoch.advance();
    }

    /// The handle of the object that `client` calls `id`; finds nothing unless the object is live.
    #[inline]
    pub(crate) fn handle(&self, client: ClientId, id: u32) -> Handle {
        Handle::of(client, self.target(id))
    }

    /// As [`Entry::handle`], for callers that know the connection.
    #[inline]
    pub(crate) fn target(&self, id: u32) -> ObjectRef {
        ObjectRef::new(self.key, id, self.version)
    }
}
