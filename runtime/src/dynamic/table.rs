//! The objects of a dynamic connection.
//!
//! Messages say the ids of all new objects, also of those made here, so that a proxy can keep the ids of both its
//! peers. Each half of the id space is therefore kept as a table of ids that somebody else chooses.

use std::collections::{BTreeSet, VecDeque};

use super::interface::Direction;
use crate::handle::{ClientId, Handle, reserve_numbers};
use crate::objects::{Entry, Epoch, Objects, Side, State, TOMBSTONES};
use crate::wire::{DecodeError, HEADER, Header, SERVER_IDS};

/// Id of `wl_display`.
pub(super) const DISPLAY: u32 = 1;

/// Opcode of an event of `wl_display`.
pub(super) const DELETE_ID: u16 = 1;

/// Ids of each half for which it is known what was last asked of their objects: there need not be memory for more.
const ASKED: usize = 1 << 16;

/// An object to be inserted.
pub(super) struct New {
    pub(super) id: u32,
    pub(super) interface: u16,
    pub(super) version: u32,
    pub(super) live: bool,
    /// That of the message that makes it: clients make objects by requests, servers by events.
    pub(super) direction: Direction,
}

pub(super) struct Table {
    clients: Objects,
    servers: Objects,
    epoch: Epoch,
    connection: ClientId,
    /// Which half is allocated here; none between two peers, whose ids are taken as they come.
    side: Option<Side>,
    /// Ids of our half whose objects have ended, the next one to be used again first. A server's are zombies.
    vacant: VecDeque<u32>,
    /// By id, in both halves: one more than the opcode of the last request to an object, 0 if there was none. Empty unless
    /// somebody stands between the peers.
    asked: [Vec<u32>; 2],
    /// Ids of the clients' half that were deleted while their objects were alive.
    deleted: BTreeSet<u32>,
    /// The lowest id of our half that was never used.
    reached: u32,
    limit: u32,
}

impl Table {
    pub(super) fn new(side: Option<Side>) -> Table {
        Table {
            clients: Objects::new(Side::Server, u32::MAX),
            servers: Objects::new(Side::Client, u32::MAX),
            epoch: Epoch::new(0),
            connection: ClientId::new(0, reserve_numbers(1)),
            side,
            vacant: VecDeque::new(),
            asked: Default::default(),
            deleted: BTreeSet::new(),
            reached: if side == Some(Side::Client) { 1 } else { SERVER_IDS },
            limit: u32::MAX,
        }
    }

    /// Sets how many objects there may be.
    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    pub(super) fn connection(&self) -> ClientId {
        self.connection
    }

    /// Ids that count against the limit. What a server has ended is not its client's fault.
    pub(super) fn len(&self) -> u32 {
        let waiting = if self.side == Some(Side::Server) { self.vacant.len() as u32 } else { 0 };
        (self.clients.len() + self.servers.len()).saturating_sub(waiting)
    }

    /// The entry of an id; a vacant one if there is none.
    pub(super) fn entry(&self, id: u32) -> Entry {
        *if id < SERVER_IDS { &self.clients } else { &self.servers }.entry(id)
    }

    /// Notes a request to an object.
    #[inline]
    pub(super) fn note_asked(&mut self, id: u32, opcode: u16) {
        let [clients, servers] = &mut self.asked;
        let place =
            if id < SERVER_IDS { clients.get_mut(id as usize) } else { servers.get_mut((id - SERVER_IDS) as usize) };
        if let Some(place) = place {
            *place = u32::from(opcode) + 1;
        }
    }

    /// The opcode of the last request to an object.
    pub(super) fn asked(&self, id: u32) -> Option<u16> {
        let [clients, servers] = &self.asked;
        let asked = if id < SERVER_IDS { clients.get(id as usize) } else { servers.get((id - SERVER_IDS) as usize) };
        asked?.checked_sub(1).map(|opcode| opcode as u16)
    }

    /// There is a new object, to which nothing was said.
    fn forget_asked(&mut self, id: u32) {
        let [clients, servers] = &mut self.asked;
        let (asked, index) =
            if id < SERVER_IDS { (clients, id as usize) } else { (servers, (id - SERVER_IDS) as usize) };
        if asked.len() <= index && index < ASKED {
            asked.resize((index + 1).next_power_of_two().max(64), 0);
        }
        if let Some(place) = asked.get_mut(index) {
            *place = 0;
        }
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
        self.side == Some(if id < SERVER_IDS { Side::Client } else { Side::Server })
    }

    /// Inserts an object that a message makes; it may have ended from the start. Each side makes objects of its own half.
    pub(super) fn insert(&mut self, new: New) -> Result<(), DecodeError> {
        let New { id, interface, version, live, direction } = new;
        if self.len() >= self.limit {
            return Err(DecodeError::TooManyObjects(self.limit));
        }
        let own = self.is_own(id);
        if (id < SERVER_IDS) != (direction == Direction::Request) || (own && self.vacant_id()? != id) {
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
        if self.side.is_none() {
            self.forget_asked(id);
        }
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
            if self.side == Some(Side::Server) && self.is_own(id) {
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
            State::Live | State::Deleted if self.side != Some(Side::Server) => {
                if self.side.is_none() {
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
        if released && self.side == Some(Side::Client) && self.is_own(id) {
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
        let waits = if self.side == Some(Side::Server) { TOMBSTONES as usize } else { 0 };
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

/// The id that a message deletes, if it is one that does.
pub(super) fn deleted_id(header: Header, bytes: &[u8]) -> Option<u32> {
    if (header.object, header.opcode) != (DISPLAY, DELETE_ID) {
        return None;
    }
    let id = bytes.get(HEADER..)?.first_chunk().map(|id| u32::from_ne_bytes(*id))?;
    (id != DISPLAY).then_some(id)
}
