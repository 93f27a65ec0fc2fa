//! The objects of a dynamic connection.
//!
//! Messages say the ids of all new objects, also of those made here, so that a proxy can keep the ids of both its
//! peers. Each half of the id space is therefore kept as a table of ids that somebody else chooses.

use std::collections::{BTreeSet, VecDeque};

use crate::handle::{ClientId, Handle, reserve_numbers};
use crate::objects::{Entry, Epoch, Objects, Side, State, TOMBSTONES};
use crate::wire::{DecodeError, SERVER_IDS};

/// Id of `wl_display`.
pub(super) const DISPLAY: u32 = 1;

/// An object to be inserted.
pub(super) struct New {
    pub(super) id: u32,
    pub(super) interface: u16,
    pub(super) version: u32,
    pub(super) live: bool,
    /// Whether the peer makes it.
    pub(super) received: bool,
}

pub(super) struct Table {
    clients: Objects,
    servers: Objects,
    epoch: Epoch,
    connection: ClientId,
    /// Which half this side allocates.
    side: Side,
    /// Ids of our half whose objects have ended, the next one to be used again first. A server's are zombies.
    vacant: VecDeque<u32>,
    /// Ids of the clients' half that were deleted while their objects were alive.
    deleted: BTreeSet<u32>,
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
            deleted: BTreeSet::new(),
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

    /// Inserts an object that a message makes; it may have ended from the start. Each side makes objects of its own half.
    pub(super) fn insert(&mut self, new: New) -> Result<(), DecodeError> {
        let New { id, interface, version, live, received } = new;
        if self.len() >= self.limit {
            return Err(DecodeError::TooManyObjects(self.limit));
        }
        let own = !received && !self.relays;
        if self.is_own(id) == received || (own && self.vacant_id()? != id) {
            return Err(DecodeError::BadNewId(id));
        }
        let connection = self.connection;
        let (half, _) = self.half_mut(id);
        if live {
            let side = if id < SERVER_IDS { Side::Server } else { Side::Client };
            half.insert(side, connection, id, interface, version, |_| 0)?;
        } else {
            half.insert_dead(id, interface, version)?;
        }
        self.deleted.remove(&id);
        if own && self.reached == id {
            self.reached += 1;
        } else if own {
            self.vacant.pop_front();
        }
        Ok(())
    }

    /// Ends an object. The id stays taken, and messages that are under way can still be understood, unless it was deleted
    /// before.
    pub(super) fn end(&mut self, id: u32) {
        if let Some(handle) = self.handle(id) {
            let (half, epoch) = self.half_mut(id);
            half.mark_zombie(epoch, handle);
            if self.side == Side::Server && self.is_own(id) && !self.relays {
                self.vacant.push_back(id);
            }
        }
        if self.deleted.remove(&id) {
            self.release(id);
        }
    }

    /// Does what `delete_id` says: releases the id if its object has ended, and else when it does. A proxy cannot see
    /// whether a client has already ended it.
    pub(super) fn delete(&mut self, id: u32) {
        match self.entry(id).state() {
            State::Vacant => {}
            _ if id >= SERVER_IDS => {}
            State::Live | State::Deleted if self.side == Side::Client || self.relays => {
                if self.relays {
                    self.end(id);
                }
                self.deleted.insert(id);
            }
            State::Live | State::Deleted | State::Zombie => self.release(id),
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

    /// Takes back an object that was inserted for a message that could not be queued.
    pub(super) fn take_back(&mut self, id: u32) {
        self.end(id);
        if id < SERVER_IDS {
            self.release(id);
        }
    }

    /// The id that the next object made here has to have.
    pub(super) fn vacant_id(&self) -> Result<u32, DecodeError> {
        if self.len() >= self.limit {
            return Err(DecodeError::TooManyObjects(self.limit));
        }
        let waits = if self.side == Side::Server { TOMBSTONES as usize } else { 0 };
        Ok(self.vacant.front().copied().filter(|_| self.vacant.len() > waits).unwrap_or(self.reached))
    }

    /// Checks that `id` names an object of the interface, or of any.
    pub(super) fn check(&self, id: u32, interface: Option<u16>, zombies: bool) -> Result<(), DecodeError> {
        let entry = self.entry(id);
        match entry.state() {
            State::Vacant => Err(DecodeError::UnknownObject(id)),
            _ if interface.is_some_and(|interface| interface != entry.known_interface()) => {
                Err(DecodeError::WrongInterface(id))
            }
            State::Zombie if !zombies => Err(DecodeError::UnknownObject(id)),
            _ => Ok(()),
        }
    }
}
