//! Reading a state.

use std::any::Any;
use std::os::fd::OwnedFd;
use std::time::Instant;

use super::{Carry, CarryError};
use crate::handle::{ClientId, Handle, Interface};
use crate::io::shm::Quota;

/// A live object: its handle, and the index of its interface.
pub(super) type Loaded = (Handle, u16);

/// Hands out what went over, in the order in which it was written.
#[derive(Debug)]
pub struct Loader<'a> {
    now: Instant,
    format: u32,
    rest: &'a [u8],
    fds: Vec<Option<OwnedFd>>,
    /// The clients that went over, in their order, and the live objects of each, by their ids.
    pub(super) clients: Vec<(ClientId, Vec<Loaded>)>,
    /// The accounts of memory that clients have, and the place of each client.
    pub(super) quotas: Vec<(u32, Quota)>,
    /// What several own, by its number; nothing while it is read.
    shared: Vec<Option<Box<dyn Any>>>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(format: u32, bytes: &'a [u8], fds: Vec<OwnedFd>) -> Loader<'a> {
        let fds = fds.into_iter().map(Some).collect();
        let (clients, quotas, shared) = (Vec::new(), Vec::new(), Vec::new());
        Loader { now: Instant::now(), format, rest: bytes, fds, clients, quotas, shared }
    }

    /// When the state is read: one moment for all of it, which stands for [`Saver::now`](super::Saver::now). While it was
    /// under way, no time has passed.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The format of the state: the present one, or the one before.
    pub(super) fn format(&self) -> u32 {
        self.format
    }

    /// Reads a value.
    ///
    /// # Errors
    /// What [`Carry::load`] of the type says.
    pub fn get<T: Carry>(&mut self) -> Result<T, CarryError> {
        T::load(self)
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// [`CarryError::Damaged`] if there are not so many.
    pub fn get_bytes(&mut self) -> Result<&'a [u8], CarryError> {
        let length = self.word()? as usize;
        self.take(length)
    }

    /// Takes a descriptor.
    ///
    /// # Errors
    /// [`CarryError::Damaged`] if there is none.
    pub fn get_fd(&mut self) -> Result<OwnedFd, CarryError> {
        let at = self.word()? as usize;
        let fd = self.fds.get_mut(at).and_then(Option::take);
        fd.ok_or(CarryError::Damaged { what: "a descriptor is missing" })
    }

    /// Reads the handle of an object, for generated code: `get` does this.
    #[doc(hidden)]
    pub fn get_object<I: Interface>(&mut self) -> Result<I, CarryError> {
        let (handle, interface) = self.handle()?;
        if interface.is_some_and(|interface| u32::from(interface) != I::SPEC.index.known()) {
            return Err(CarryError::Damaged { what: "a handle of another interface" });
        }
        Ok(I::from_handle(handle))
    }

    /// Whether anything was not read. What a program adds to its state in a later version, it writes at the end, and reads
    /// if it is there: its predecessor may not have known it.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.rest.is_empty()
    }

    /// How many bytes were not read.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CarryError> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or(CarryError::Damaged { what: "it ends too early" })?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn word(&mut self) -> Result<u32, CarryError> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    /// How many values follow, of at least `least` bytes each.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, CarryError> {
        let count = self.word()? as usize;
        if count.checked_mul(least).is_none_or(|bytes| bytes > self.rest.len()) {
            return Err(CarryError::Damaged { what: "it counts more than it has" });
        }
        Ok(count)
    }

    pub(super) fn client(&mut self) -> Result<ClientId, CarryError> {
        let place = self.word()?;
        if place == u32::MAX {
            return Ok(ClientId::NOBODY);
        }
        let client = self.clients.get(place as usize).map(|(client, _)| *client);
        client.ok_or(CarryError::Damaged { what: "it names a client that it does not have" })
    }

    /// The handle of an object; one that finds nothing if it was gone. With the interface of the object, if it was not.
    pub(super) fn handle(&mut self) -> Result<(Handle, Option<u16>), CarryError> {
        let place = self.word()?;
        let id = self.word()?;
        let gone = (Handle::dead(ClientId::NOBODY, id), None);
        if place == u32::MAX {
            return Ok(gone);
        }
        let client = self.clients.get(place as usize);
        let (_, objects) = client.ok_or(CarryError::Damaged { what: "it names a client that it does not have" })?;
        let found = objects.binary_search_by_key(&id, |(handle, _)| handle.id()).ok().and_then(|at| objects.get(at));
        Ok(found.map_or(gone, |(handle, interface)| (*handle, Some(*interface))))
    }

    /// Reads what [`Saver::shared`](super::Saver::shared) wrote: `read` makes the one that all others are clones of.
    pub(super) fn shared<T: Clone + 'static>(
        &mut self,
        read: impl FnOnce(&mut Loader<'a>) -> Result<T, CarryError>,
    ) -> Result<T, CarryError> {
        let number = self.word()? as usize;
        if number == self.shared.len() {
            self.shared.push(None);
            let value = read(self)?;
            self.shared[number] = Some(Box::new(value.clone()));
            return Ok(value);
        }
        let known = self.shared.get(number).and_then(|known| known.as_ref()?.downcast_ref::<T>());
        known.cloned().ok_or(CarryError::Damaged { what: "it shares what it does not have" })
    }

    /// Reads a piece, all of it.
    pub(super) fn piece<T>(
        &mut self,
        read: impl FnOnce(&mut Loader<'a>) -> Result<T, CarryError>,
    ) -> Result<T, CarryError> {
        let length = self.word()? as usize;
        let piece = self.take(length)?;
        let rest = std::mem::replace(&mut self.rest, piece);
        let value = read(self)?;
        self.finish()?;
        self.rest = rest;
        Ok(value)
    }

    pub(super) fn finish(&self) -> Result<(), CarryError> {
        if self.rest.is_empty() { Ok(()) } else { Err(CarryError::Damaged { what: "something was not read" }) }
    }
}
