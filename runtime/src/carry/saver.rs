//! Writing a state.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};

use super::state::{State, seal};
use super::{Carry, Refusal};
use crate::handle::{ClientId, Handle};

/// Collects what goes over.
#[derive(Debug, Default)]
pub struct Saver {
    bytes: Vec<u8>,
    fds: Vec<OwnedFd>,
    /// The place of each client that goes over, in their order.
    pub(super) clients: HashMap<ClientId, u32>,
}

impl Saver {
    /// Writes a value.
    ///
    /// # Errors
    /// What [`Carry::save`] of the value says.
    pub fn put<T: Carry>(&mut self, value: &T) -> Result<(), Refusal> {
        value.save(self)
    }

    /// Writes bytes, with their number in front.
    ///
    /// # Errors
    /// If they are 4 GiB or more.
    pub fn put_bytes(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.word(u32::try_from(bytes.len()).map_err(|_| Refusal::new("more than 4 GiB in one value"))?);
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds a copy of a descriptor. The successor gets it with close-on-exec.
    ///
    /// # Errors
    /// If this process has no descriptor left for the copy.
    pub fn put_fd(&mut self, fd: impl AsFd) -> Result<(), Refusal> {
        self.word(self.fds.len() as u32);
        self.fds.push(fd.as_fd().try_clone_to_owned()?);
        Ok(())
    }

    pub(super) fn word(&mut self, word: u32) {
        self.bytes.extend_from_slice(&word.to_le_bytes());
    }

    /// Writes the place of a client among those that go over; one that does not has none.
    pub(super) fn client(&mut self, client: ClientId) {
        self.word(self.clients.get(&client).copied().unwrap_or(u32::MAX));
    }

    pub(super) fn handle(&mut self, handle: Handle) {
        self.client(handle.client());
        self.word(handle.id());
    }

    /// Writes a piece, so that who reads it notices where it ends.
    pub(super) fn piece(&mut self, write: impl FnOnce(&mut Saver) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let at = self.bytes.len();
        self.word(0);
        write(self)?;
        let length =
            u32::try_from(self.bytes.len() - at - 4).map_err(|_| Refusal::new("more than 4 GiB in one value"))?;
        self.bytes[at..at + 4].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }

    pub(super) fn finish(self, magic: [u8; 8]) -> State {
        State { bytes: seal(magic, &self.bytes), fds: self.fds }
    }
}
