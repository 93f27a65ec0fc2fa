//! Objects beyond the flat part of the table, of both ranges, and the tombstones of a server's own.

use super::pages::{PAGE, Pages};
use super::{Entry, FLAT, NONE, Side};
use crate::handle::ObjectKey;
use crate::wire::{DecodeError, SERVER_IDS};

/// How many younger tombstones an id waits for before it is used again. Far more than a client has requests under way
/// to objects that have ended, and 16 KiB of table for a client that makes a server end so many.
pub(crate) const TOMBSTONES: u32 = if cfg!(test) { 3 } else { 1024 };

const _: () = assert!(FLAT.is_multiple_of(PAGE));

#[derive(Debug)]
pub(super) struct Paged {
    clients: Pages,
    servers: Pages,
    tombstones: Tombstones,
}

/// A queue through the entries of ended objects, by their index in the servers' range.
#[derive(Debug)]
struct Tombstones {
    /// `NONE` if there are none.
    oldest: u32,
    youngest: u32,
    count: u32,
}

impl Paged {
    pub(super) fn new(side: Side) -> Paged {
        Paged {
            clients: Pages::new(FLAT, side == Side::Client),
            servers: Pages::new(0, side == Side::Server),
            tombstones: Tombstones { oldest: NONE, youngest: NONE, count: 0 },
        }
    }

    pub(super) fn get(&self, id: u32) -> Option<&Entry> {
        if id < SERVER_IDS { self.clients.get(id) } else { self.servers.get(id - SERVER_IDS) }
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut Entry> {
        if id < SERVER_IDS { self.clients.get_mut(id) } else { self.servers.get_mut(id - SERVER_IDS) }
    }

    /// See [`Pages::reserve`].
    pub(super) fn reserve(&mut self, id: u32) -> Result<&mut Entry, DecodeError> {
        let entry = if id < SERVER_IDS { self.clients.reserve(id) } else { self.servers.reserve(id - SERVER_IDS) };
        entry.ok_or(DecodeError::BadNewId(id))
    }

    /// See [`Pages::release`].
    pub(super) fn release(&mut self, id: u32) {
        if id < SERVER_IDS { self.clients.release(id) } else { self.servers.release(id - SERVER_IDS) }
    }

    /// Takes an id of our own range. `None` if it is exhausted.
    pub(super) fn allocate(&mut self, side: Side) -> Option<(u32, &mut Entry)> {
        if side == Side::Client {
            return self.clients.allocate();
        }
        let (index, entry) =
            if self.tombstones.count > TOMBSTONES { self.reuse_tombstone()? } else { self.servers.allocate()? };
        Some((SERVER_IDS + index, entry))
    }

    /// Makes a tombstone of an object of the servers' range that has become a zombie.
    pub(super) fn add_tombstone(&mut self, id: u32) {
        let index = id - SERVER_IDS;
        let Tombstones { oldest, youngest, count } = &mut self.tombstones;
        if *count == 0 {
            *oldest = index;
        } else if let Some(entry) = self.servers.get_mut(*youngest) {
            entry.key = ObjectKey::new(0, index);
        }
        *youngest = index;
        *count += 1;
    }

    fn reuse_tombstone(&mut self) -> Option<(u32, &mut Entry)> {
        let index = self.tombstones.oldest;
        let entry = self.servers.get_mut(index)?;
        self.tombstones.oldest = entry.key.index();
        self.tombstones.count -= 1;
        Some((index, entry))
    }

    /// The lowest live object from `from` on.
    pub(super) fn next_live(&self, from: u32) -> Option<(u32, Entry)> {
        let client = if from < SERVER_IDS { self.clients.next_live(from) } else { None };
        client.or_else(|| {
            let (index, entry) = self.servers.next_live(from.saturating_sub(SERVER_IDS))?;
            Some((SERVER_IDS + index, entry))
        })
    }

    /// Pages of a server's table that were used up to these indices, with nothing in them yet.
    #[cfg(feature = "io")]
    pub(super) fn reaching([clients, servers]: [u32; 2]) -> Paged {
        let mut paged = Paged::new(Side::Server);
        paged.clients.reach(clients);
        paged.servers.reach(servers);
        paged
    }

    /// See [`Pages::reached`]: of the clients' range and of the servers'.
    #[cfg(feature = "io")]
    pub(super) fn reached(&self) -> [u32; 2] {
        [self.clients.reached(), self.servers.reached()]
    }

    /// All entries, with their ids, in order.
    #[cfg(feature = "io")]
    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.clients.entries().chain(self.servers.entries().map(|(index, entry)| (SERVER_IDS + index, entry)))
    }

    /// The place of an id that was in use before.
    #[cfg(feature = "io")]
    pub(super) fn place(&mut self, id: u32) -> Option<&mut Entry> {
        if id < SERVER_IDS { self.clients.place(id) } else { self.servers.place(id - SERVER_IDS) }
    }

    /// Ids of tombstones, the oldest first.
    #[cfg(feature = "io")]
    pub(super) fn tombstones(&self) -> Vec<u32> {
        let mut next = self.tombstones.oldest;
        let ids = (0..self.tombstones.count).map(|_| {
            let index = next;
            next = self.servers.get(index).map_or(NONE, |entry| entry.key.index());
            SERVER_IDS + index
        });
        ids.collect()
    }

    /// See [`Pages::find_roomy`].
    #[cfg(feature = "io")]
    pub(super) fn find_roomy(&mut self) {
        self.servers.find_roomy();
    }

    /// How many pages there are, spare ones included, and how many bytes all of this has.
    #[cfg(test)]
    pub(super) fn footprint(&self) -> (usize, usize) {
        let (clients, servers) = (self.clients.footprint(), self.servers.footprint());
        (clients.0 + servers.0, size_of::<Paged>() + clients.1 + servers.1)
    }
}
