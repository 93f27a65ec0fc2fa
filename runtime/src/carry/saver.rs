//! Writing a state.

use std::any::TypeId;
use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use super::state::{State, seal};
use super::{Carry, Refusal};
use crate::handle::{ClientId, Handle};
use crate::io::shm::Quota;

/// Collects what goes over.
#[derive(Debug)]
pub struct Saver {
    now: Instant,
    bytes: Vec<u8>,
    fds: Vec<OwnedFd>,
    /// The place of each client that goes over, in their order.
    pub(super) clients: HashMap<ClientId, u32>,
    /// The live objects of each of them, in the order of ids.
    pub(super) objects: Vec<Vec<Handle>>,
    /// The accounts of memory that clients have, and the place of each client.
    pub(super) quotas: Vec<(u32, Quota)>,
    /// What several own and was written already: its address, and its number.
    shared: HashMap<(usize, TypeId), u32>,
}

impl Saver {
    pub(super) fn new() -> Saver {
        Saver {
            now: Instant::now(),
            bytes: Vec::new(),
            fds: Vec::new(),
            clients: HashMap::new(),
            objects: Vec::new(),
            quotas: Vec::new(),
            shared: HashMap::new(),
        }
    }

    /// When the state is written: one moment for all of it. What is saved as how long ago or ahead something is, counts from
    /// here, so that times of a state fit each other.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

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

    /// Bytes that were written so far.
    #[must_use]
    pub fn written(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn word(&mut self, word: u32) {
        self.bytes.extend_from_slice(&word.to_le_bytes());
    }

    /// Writes the place of a client among those that go over; one that does not has none.
    pub(super) fn client(&mut self, client: ClientId) {
        self.word(self.clients.get(&client).copied().unwrap_or(u32::MAX));
    }

    /// Writes whose an object is, and its id; of one that is gone, only the id, which may be another one's by now.
    pub(super) fn handle(&mut self, handle: Handle) {
        let place = self.clients.get(&handle.client()).copied();
        let lives = |place: &u32| {
            let objects = self.objects.get(*place as usize)?;
            let at = objects.binary_search_by_key(&handle.id(), |object| object.id()).ok()?;
            objects.get(at).filter(|object| **object == handle)
        };
        let place = place.filter(|place| lives(place).is_some());
        self.word(place.unwrap_or(u32::MAX));
        self.word(handle.id());
    }

    /// Writes what several own: the first time it is met, and afterwards only which one it is. `address` is where it is.
    pub(super) fn shared<T: 'static>(
        &mut self,
        address: usize,
        write: impl FnOnce(&mut Saver) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let next = self.shared.len() as u32;
        let number = *self.shared.entry((address, TypeId::of::<T>())).or_insert(next);
        self.word(number);
        if number == next { write(self) } else { Ok(()) }
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
