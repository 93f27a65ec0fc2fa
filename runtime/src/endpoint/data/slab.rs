//! Values of one type by index.
//!
//! The first cells are a flat array, so that an access is one bounds check; it never shrinks. All others are in chunks,
//! which are freed when they hold no value.

use super::chunks::Chunks;
use super::{Cell, NONE};
use crate::handle::{ClientId, Handle, ObjectKey};

/// Bytes of the flat part: what an interface keeps when all of its objects have ended. Enough for a few hundred objects
/// of a common interface, and little beside what a server that once had so many has.
const FLAT_BYTES: usize = if cfg!(test) { 1 << 10 } else { 64 << 10 };

/// Values by index.
pub(crate) struct Slab<D> {
    flat: Vec<Cell<D>>,
    /// Head of the list of vacant cells in `flat`, `NONE` if there are none.
    free: u32,
    chunks: Chunks<D>,
}

impl<D: Default> Slab<D> {
    /// Cells of the flat part.
    pub(super) const FLAT: u32 = (FLAT_BYTES / size_of::<Cell<D>>()) as u32;

    pub(crate) fn new() -> Slab<D> {
        let mut slab = Slab { flat: Vec::new(), free: NONE, chunks: Chunks::new(Self::FLAT) };
        if size_of::<D>() == 0 {
            // All objects share this one.
            slab.flat.push(Cell::vacant());
        }
        slab
    }

    /// The value of all objects, where it has no size.
    pub(super) fn shared(&mut self) -> Option<&mut D> {
        self.flat.first_mut().map(|cell| &mut cell.value)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, object: Handle) -> Option<&mut D> {
        let cell = match self.flat.get_mut(object.key().index() as usize) {
            Some(cell) => cell.is_of(object).then_some(cell)?,
            None => self.chunks.find(object)?,
        };
        Some(&mut cell.value)
    }

    /// As [`Slab::get_mut`], to read it. Where values have no size any object has the one of all.
    pub(super) fn get(&self, object: Handle) -> Option<&D> {
        if size_of::<D>() == 0 {
            return self.flat.first().map(|cell| &cell.value);
        }
        let cell = match self.flat.get(object.key().index() as usize) {
            Some(cell) => cell.is_of(object).then_some(cell)?,
            None => self.chunks.read(object)?,
        };
        Some(&cell.value)
    }

    /// Takes a cell for a new object. Returns its index.
    #[inline]
    pub(super) fn attach(&mut self, client: ClientId, generation: u32) -> u32 {
        let index = self.free;
        let Some(cell) = self.flat.get_mut(index as usize) else { return self.attach_slowly(client, generation) };
        self.free = cell.key.index();
        (cell.client, cell.key) = (client, ObjectKey::new(generation, index));
        index
    }

    /// As [`Slab::attach`], where no cell of the flat part is vacant.
    #[cold]
    #[inline(never)]
    fn attach_slowly(&mut self, client: ClientId, generation: u32) -> u32 {
        let index = self.flat.len() as u32;
        if index >= Self::FLAT {
            return self.chunks.attach(client, generation);
        }
        self.flat.push(Cell { client, key: ObjectKey::new(generation, index), value: D::default() });
        index
    }

    /// Takes the value of an object that has ended.
    #[inline]
    pub(super) fn take(&mut self, object: Handle) -> Option<D> {
        let index = object.key().index();
        let Some(cell) = self.flat.get_mut(index as usize) else { return self.chunks.take(object) };
        let cell = cell.is_of(object).then_some(cell)?;
        let value = cell.vacate(self.free);
        self.free = index;
        Some(value)
    }

    /// The values of all objects.
    pub(super) fn values(&mut self) -> impl Iterator<Item = &mut D> {
        let cells = self.flat.iter_mut().chain(self.chunks.cells());
        cells.filter(|cell| cell.is_live()).map(|cell| &mut cell.value)
    }

    /// See [`Chunks::footprint`]; bytes are those of all cells and lists.
    #[cfg(test)]
    fn footprint(&self) -> (usize, usize, usize) {
        let (chunks, empty, bytes) = self.chunks.footprint();
        (chunks, empty, bytes + self.flat.capacity() * size_of::<Cell<D>>())
    }
}

#[cfg(test)]
mod tests;
