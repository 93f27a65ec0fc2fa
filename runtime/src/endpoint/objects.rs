//! Makes and ends objects together with their data.
//!
//! The entry in the object table holds the index of the data, and the data's cell says which object it belongs to. The
//! functions here change both at once.

use super::Core;
use super::data::Store;
use crate::error::SendError;
use crate::handle::{ClientId, Handle, Interface};
use crate::objects::{Entry, Side, State};
use crate::wire::DecodeError;

/// Opcode of `wl_display.delete_id`.
const DELETE_ID: u16 = 1;

impl<A> Core<A> {
    /// Inserts an object under an id the peer chose, with its data at the default.
    #[inline(always)]
    pub(crate) fn insert<D: Default + Send + 'static>(
        &mut self,
        side: Side,
        client: ClientId,
        id: u32,
        interface: u16,
        version: u32,
    ) -> Result<Handle, DecodeError> {
        let Core { peers, slabs, .. } = self;
        let attach = |generation| attach::<D>(slabs, interface, client, generation);
        let made = peers.get_mut(client).map(|peer| peer.objects.insert(side, client, id, interface, version, attach));
        match made {
            Some(Ok(made)) => Ok(made),
            _ => Err(self.refusal(client, id)),
        }
    }

    #[cold]
    fn refusal(&self, client: ClientId, id: u32) -> DecodeError {
        self.peer(client).map_or(DecodeError::BadNewId(id), |peer| peer.objects.refusal(id))
    }

    /// Makes an object under an id of our own range, with its data at the default.
    #[inline]
    pub(crate) fn allocate<D: Default + Send + 'static>(
        &mut self,
        client: ClientId,
        interface: u16,
        version: u32,
    ) -> Result<Handle, SendError> {
        let Core { peers, slabs, .. } = self;
        let peer = peers.get_mut(client).ok_or(SendError::Gone)?;
        let attach = |generation| attach::<D>(slabs, interface, client, generation);
        peer.objects.allocate(client, interface, version, attach).map_err(|error| match error {
            DecodeError::TooManyObjects(limit) => SendError::TooManyObjects(limit),
            _ => SendError::Gone,
        })
    }

    /// Takes back an object whose announcing message could not be queued.
    #[cold]
    pub(crate) fn take_back<I: Interface, D: Default + Send + 'static>(&mut self, object: Handle) {
        if self.release(object) {
            drop(self.take_data::<I, D>(object));
        }
    }

    /// See [`Objects::release`](crate::objects::Objects::release).
    #[inline]
    pub(crate) fn release(&mut self, object: Handle) -> bool {
        let found = self.peers.get_with_epoch(object.client());
        found.is_some_and(|(peer, epoch)| peer.objects.release(epoch, object))
    }

    /// See [`Objects::mark_zombie`](crate::objects::Objects::mark_zombie).
    #[inline]
    pub(crate) fn mark_zombie(&mut self, object: Handle) -> bool {
        let found = self.peers.get_with_epoch(object.client());
        found.is_some_and(|(peer, epoch)| peer.objects.mark_zombie(epoch, object))
    }

    /// See [`Objects::delete_id`](crate::objects::Objects::delete_id); `None` without such a connection.
    #[inline]
    pub(crate) fn delete_id(&mut self, client: ClientId, id: u32) -> Option<bool> {
        self.peers.get_with_epoch(client).map(|(peer, epoch)| peer.objects.delete_id(epoch, id))
    }

    /// The peer has ended an object that is a zombie here.
    #[cold]
    pub(super) fn release_zombie(&mut self, client: ClientId, id: u32) {
        let released = self.peers.get_mut(client).is_some_and(|peer| peer.objects.release_zombie(id));
        if released && self.side == Side::Server {
            self.send_display(client, DELETE_ID, [id]);
        }
    }

    /// The entry of a live object, even of a connection that is ending.
    #[inline]
    pub(crate) fn entry(&self, handle: Handle) -> Option<Entry> {
        self.peer(handle.client())?.objects.live(handle).copied()
    }

    /// The live object that an argument of a received message names.
    #[inline]
    pub(crate) fn argument<I: Interface>(&self, client: ClientId, id: u32) -> Result<Option<I>, DecodeError> {
        let entry = match self.peer(client) {
            Some(peer) => peer.objects.entry(id),
            None => return Err(DecodeError::UnknownObject(id)),
        };
        let interface = I::SPEC.index.get();
        if entry.interface == interface {
            return Ok(Some(I::from_handle(entry.handle(client, id))));
        }
        match entry.state() {
            State::Vacant => Err(DecodeError::UnknownObject(id)),
            State::Zombie if entry.known_interface() == interface => Ok(None),
            _ => Err(DecodeError::WrongInterface(id)),
        }
    }

    /// As [`Core::argument`], for arguments of any interface.
    pub(crate) fn any_argument(&self, client: ClientId, id: u32) -> Result<Option<Handle>, DecodeError> {
        let peer = self.peer(client).ok_or(DecodeError::UnknownObject(id))?;
        let entry = peer.objects.entry(id);
        match entry.state() {
            State::Vacant => Err(DecodeError::UnknownObject(id)),
            State::Zombie => Ok(None),
            State::Live | State::Deleted => Ok(Some(entry.handle(client, id))),
        }
    }

    /// Refuses argument handles of other connections and of dead objects.
    #[inline]
    pub(crate) fn check_argument(&self, target: ClientId, argument: Handle) -> Result<u32, SendError> {
        if argument.client() != target || self.entry(argument).is_none() {
            return Err(SendError::ForeignObject);
        }
        Ok(argument.id())
    }
}

/// Makes the data of a new object, at its default. Returns its index.
#[inline]
pub(super) fn attach<D>(slabs: &mut [Box<dyn Store>], interface: u16, client: ClientId, generation: u32) -> u32 {
    if size_of::<D>() == 0 {
        return 0;
    }
    slabs.get_mut(interface as usize).map_or(0, |slab| slab.attach(client, generation))
}
