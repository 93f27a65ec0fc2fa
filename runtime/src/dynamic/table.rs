//! The objects of a dynamic connection.
//!
//! Messages say the ids of all new objects, also of those made here, so that a proxy can keep the ids of both its
//! peers. Each half of the id space is therefore kept as a table of ids that somebody else chooses.

use std::collections::VecDeque;

use crate::handle::{ClientId, Handle, reserve_numbers};
use crate::objects::{Entry, Epoch, Objects, Side, State, TOMBSTONES};
use crate::wire::{Malformed, SERVER_IDS};

pub(super) struct Table {
    clients: Objects,
    servers: Objects,
    epoch: Epoch,
    connection: ClientId,
    /// Which half this side allocates.
    side: Side,
    /// Ids of our half whose objects have ended, the next one to be used again first. A server's are zombies.
    vacant: VecDeque<u32>,
    /// The lowest id of our half that was never used.
    reached: u32,
    /// Whether another connection decides which ids are used, so that none are vacant for us.
    relays: bool,
    limit: u32,
}

impl Table {
    pub(super) fn new(side: Side) -> Table {
        Table {
            clients: Objects::new(Side::Server, u32::MAX),
            servers: Objects::new(Side::Client, u32::MAX),
            epoch: Epoch::new(0),
            connection: ClientId::new(0, reserve_numbers(1)),
            side,
            vacant: VecDeque::new(),
            reached: if side == Side::Client { 1 } else { SERVER_IDS },
            relays: false,
            limit: u32::MAX,
        }
    }

    /// Sets how many objects there may be.
    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    pub(super) fn set_relays(&mut self) {
        self.relays = true;
        self.vacant.clear();
    }

    pub(super) fn connection(&self) -> ClientId {
        self.connection
    }

    /// Ids that count against the limit. What a server has ended is not its client's fault.
    pub(super) fn len(&self) -> u32 {
        let waiting = if self.side == Side::Server { self.vacant.len() as u32 } else { 0 };
        (self.clients.len() + self.servers.len()).saturating_sub(waiting)
    }

    /// The entry of an id; a vacant one if there is none.
    pub(super) fn entry(&self, id: u32) -> Entry {
        *if id < SERVER_IDS { &self.clients } else { &self.servers }.entry(id)
    }

    /// The handle of a live object.
    pub(super) fn handle(&self, id: u32) -> Option<Handle> {
        let entry = self.entry(id);
        (entry.interface != 0).then(|| entry.handle(self.connection, id))
    }

    fn half_mut(&mut self, id: u32) -> (&mut Objects, &mut Epoch) {
        (if id < SERVER_IDS { &mut self.clients } else { &mut self.servers }, &mut self.epoch)
    }

    /// Whether this side allocates the id.
    fn is_own(&self, id: u32) -> bool {
        (id < SERVER_IDS) == (self.side == Side::Client)
    }

    /// Enters a new object, which may be one that has already ended.
    pub(super) fn insert(&mut self, id: u32, interface: u16, version: u32, live: bool) -> Result<(), Malformed> {
        if self.len() >= self.limit {
            return Err(Malformed::TooManyObjects(self.limit));
        }
        let own = self.is_own(id) && !self.relays;
        if own && self.vacant_id()? != id {
            return Err(Malformed::BadNewId(id));
        }
        let connection = self.connection;
        let (half, _) = self.half_mut(id);
        if live {
            half.insert(connection, id, interface, version, |_| 0)?;
        } else {
            half.insert_dead(id, interface, version)?;
        }
        if own && self.reached == id {
            self.reached += 1;
        } else if own {
            self.vacant.pop_front();
        }
        Ok(())
    }

    /// Makes a zombie of a live object: the id stays taken, and messages that are under way can still be understood.
    pub(super) fn end(&mut self, id: u32) {
        let Some(handle) = self.handle(id) else { return };
        let (half, epoch) = self.half_mut(id);
        half.mark_zombie(epoch, handle);
        if self.side == Side::Server && self.is_own(id) && !self.relays {
            self.vacant.push_back(id);
        }
    }

    /// Releases an id that is taken: no message names it any more.
    pub(super) fn release(&mut self, id: u32) {
        let handle = self.handle(id);
        let (half, epoch) = self.half_mut(id);
        let released = match handle {
            Some(handle) => half.release(epoch, handle),
            None => half.release_zombie(id),
        };
        if released && self.side == Side::Client && self.is_own(id) && !self.relays {
            self.vacant.push_back(id);
        }
    }

    /// Takes back an object that was entered for a message that could not be queued.
    pub(super) fn take_back(&mut self, id: u32) {
        self.end(id);
        if id < SERVER_IDS {
            self.release(id);
        }
    }

    /// The id that the next object made here has to have.
    pub(super) fn vacant_id(&self) -> Result<u32, Malformed> {
        if self.len() >= self.limit {
            return Err(Malformed::TooManyObjects(self.limit));
        }
        let waits = if self.side == Side::Server { TOMBSTONES as usize } else { 0 };
        Ok(self.vacant.front().copied().filter(|_| self.vacant.len() > waits).unwrap_or(self.reached))
    }

    /// Checks that `id` names an object of the interface, or of any.
    pub(super) fn check(&self, id: u32, interface: Option<u16>, zombies: bool) -> Result<(), Malformed> {
        let entry = self.entry(id);
        match entry.state() {
            State::Vacant => Err(Malformed::UnknownObject(id)),
            _ if interface.is_some_and(|interface| interface != entry.known_interface()) => {
                Err(Malformed::WrongInterface(id))
            }
            State::Zombie if !zombies => Err(Malformed::UnknownObject(id)),
            _ => Ok(()),
        }
    }
}
