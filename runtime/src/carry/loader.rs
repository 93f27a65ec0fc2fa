//! Reading a state.

use std::os::fd::OwnedFd;

use super::{Carry, CarryError};
use crate::handle::{ClientId, Handle};
use crate::spec::Spec;

/// A live object: its handle, and the index of its interface.
pub(super) type Loaded = (Handle, u16);

/// Hands out what went over, in the order in which it was written.
#[derive(Debug)]
pub struct Loader<'a> {
    format: u32,
    rest: &'a [u8],
    fds: Vec<Option<OwnedFd>>,
    /// The clients that went over, in their order, and the live objects of each, by their ids.
    pub(super) clients: Vec<(ClientId, Vec<Loaded>)>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(format: u32, bytes: &'a [u8], fds: Vec<OwnedFd>) -> Loader<'a> {
        Loader { format, rest: bytes, fds: fds.into_iter().map(Some).collect(), clients: Vec::new() }
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

    /// The handle of an object of this interface; one that finds nothing if it was gone.
    pub(super) fn handle(&mut self, spec: &Spec) -> Result<Handle, CarryError> {
        let place = self.word()?;
        let id = self.word()?;
        let gone = Handle::dead(ClientId::NOBODY, id);
        if place == u32::MAX {
            return Ok(gone);
        }
        let client = self.clients.get(place as usize);
        let (_, objects) = client.ok_or(CarryError::Damaged { what: "it names a client that it does not have" })?;
        let Ok(at) = objects.binary_search_by_key(&id, |(handle, _)| handle.id()) else { return Ok(gone) };
        match objects.get(at) {
            Some(&(handle, interface)) if u32::from(interface) == spec.index.known() => Ok(handle),
            _ => Err(CarryError::Damaged { what: "a handle of another interface" }),
        }
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
