//! Cells in chunks that exist only while they hold a value.

use super::{Cell, NONE};
use crate::handle::{ClientId, Handle, ObjectKey};

/// Cells of a chunk: as many as `taken` has bits, so that a vacant one is found at once.
pub(super) const CHUNK: u32 = 64;

/// Cells by index, from some index on.
pub(super) struct Chunks<D> {
    /// Index of the first cell of all.
    base: u32,
    chunks: Vec<Chunk<D>>,
    /// The first of the chunks with a vacant cell, or room for one, that have cells at all.
    roomy: u32,
    /// The first of the chunks that were freed.
    freed: u32,
    /// The chunk that became empty last. It stays, so that an object alone in its chunk comes and goes without an
    /// allocation.
    empty: u32,
}

/// Indices next to each other. Grows up to [`CHUNK`] cells; has none once it was freed.
struct Chunk<D> {
    cells: Vec<Cell<D>>,
    /// One bit for each cell with a value.
    taken: u64,
    /// Neighbours in the list of roomy chunks, or of those that were freed.
    previous: u32,
    next: u32,
}

impl<D> Chunk<D> {
    const FREED: Chunk<D> = Chunk { cells: Vec::new(), taken: 0, previous: NONE, next: NONE };
}

impl<D: Default> Chunks<D> {
    pub(super) fn new(base: u32) -> Chunks<D> {
        Chunks { base, chunks: Vec::new(), roomy: NONE, freed: NONE, empty: NONE }
    }

    /// The chunk of an index, and the place there.
    fn split(&self, index: u32) -> (u32, u32) {
        let index = index.wrapping_sub(self.base);
        (index / CHUNK, index % CHUNK)
    }

    /// The cell of an object. Out of line, since most are in the flat part.
    #[cold]
    #[inline(never)]
    pub(super) fn find(&mut self, object: Handle) -> Option<&mut Cell<D>> {
        let (number, at) = self.split(object.key().index());
        let cell = self.chunks.get_mut(number as usize)?.cells.get_mut(at as usize)?;
        cell.is_of(object).then_some(cell)
    }

    /// As [`Chunks::find`], to read it.
    pub(super) fn read(&self, object: Handle) -> Option<&Cell<D>> {
        let (number, at) = self.split(object.key().index());
        let cell = self.chunks.get(number as usize)?.cells.get(at as usize)?;
        cell.is_of(object).then_some(cell)
    }

    /// Takes a cell for a new object. Returns its index.
    pub(super) fn attach(&mut self, client: ClientId, generation: u32) -> u32 {
        let vacant = |chunk: &Chunk<D>| chunk.cells.len() > chunk.taken.trailing_ones() as usize;
        let roomy = self.chunks.get(self.roomy as usize).is_some_and(vacant);
        let number = if roomy { self.roomy } else { self.grow() };
        let chunk = &mut self.chunks[number as usize];
        let at = chunk.taken.trailing_ones();
        let index = self.base + number * CHUNK + at;
        let cell = &mut chunk.cells[at as usize];
        (cell.client, cell.key) = (client, ObjectKey::new(generation, index));
        chunk.taken |= 1 << at;
        if chunk.taken == u64::MAX {
            self.unlink(number, |chunks| &mut chunks.roomy);
        }
        index
    }

    /// Takes the value of an object that has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn take(&mut self, object: Handle) -> Option<D> {
        let value = self.find(object)?.vacate(NONE);
        let (number, at) = self.split(object.key().index());
        let chunk = &mut self.chunks[number as usize];
        let before = chunk.taken;
        chunk.taken &= !(1 << at);
        if chunk.taken == 0 && self.empty != number {
            self.chunk_emptied(number);
        } else if before == u64::MAX {
            self.link(number, |chunks| &mut chunks.roomy);
        }
        Some(value)
    }

    /// All cells, vacant ones too.
    pub(super) fn cells(&mut self) -> impl Iterator<Item = &mut Cell<D>> {
        self.chunks.iter_mut().flat_map(|chunk| &mut chunk.cells)
    }

    /// Adds a cell to the first roomy chunk, whose cells are all taken, to one that was freed, or to a new one. Returns
    /// which.
    fn grow(&mut self) -> u32 {
        let number = match (self.roomy, self.freed) {
            (NONE, NONE) => {
                self.chunks.push(Chunk::FREED);
                let number = self.chunks.len() as u32 - 1;
                self.link(number, |chunks| &mut chunks.roomy);
                number
            }
            (NONE, freed) => {
                self.unlink(freed, |chunks| &mut chunks.freed);
                self.link(freed, |chunks| &mut chunks.roomy);
                freed
            }
            (roomy, _) => roomy,
        };
        if let Some(chunk) = self.chunks.get_mut(number as usize) {
            chunk.cells.push(Cell::vacant());
        }
        number
    }

    /// Keeps a chunk that has just become empty, and frees the one kept before if that is still empty.
    fn chunk_emptied(&mut self, number: u32) {
        let kept = std::mem::replace(&mut self.empty, number);
        if self.chunks.get(kept as usize).is_none_or(|chunk| chunk.taken != 0 || chunk.cells.is_empty()) {
            return;
        }
        // The lower one stays, so that the end of the list of chunks goes.
        self.empty = number.min(kept);
        let number = number.max(kept);
        self.unlink(number, |chunks| &mut chunks.roomy);
        self.chunks[number as usize].cells = Vec::new();
        self.link(number, |chunks| &mut chunks.freed);
        while self.chunks.last().is_some_and(|chunk| chunk.cells.is_empty()) {
            self.unlink(self.chunks.len() as u32 - 1, |chunks| &mut chunks.freed);
            self.chunks.pop();
        }
        if self.chunks.len() < self.chunks.capacity() / 4 {
            self.chunks.shrink_to(2 * self.chunks.len());
        }
    }

    /// Puts a chunk at the start of a list.
    fn link(&mut self, number: u32, first: impl Fn(&mut Chunks<D>) -> &mut u32) {
        let next = std::mem::replace(first(self), number);
        if let Some(chunk) = self.chunks.get_mut(next as usize) {
            chunk.previous = number;
        }
        if let Some(chunk) = self.chunks.get_mut(number as usize) {
            (chunk.previous, chunk.next) = (NONE, next);
        }
    }

    /// Takes a chunk out of its list.
    fn unlink(&mut self, number: u32, first: impl Fn(&mut Chunks<D>) -> &mut u32) {
        let Some(&Chunk { previous, next, .. }) = self.chunks.get(number as usize) else { return };
        match self.chunks.get_mut(previous as usize) {
            Some(chunk) => chunk.next = next,
            None => *first(self) = next,
        }
        if let Some(chunk) = self.chunks.get_mut(next as usize) {
            chunk.previous = previous;
        }
    }

    /// How many chunks have cells, how many of these no value, and bytes of cells and list together.
    #[cfg(test)]
    pub(super) fn footprint(&self) -> (usize, usize, usize) {
        let there = || self.chunks.iter().filter(|chunk| chunk.cells.capacity() > 0);
        let cells: usize = there().map(|chunk| chunk.cells.capacity()).sum();
        let empty = there().filter(|chunk| chunk.taken == 0).count();
        let bytes = cells * size_of::<Cell<D>>() + self.chunks.capacity() * size_of::<Chunk<D>>();
        (there().count(), empty, bytes)
    }
}
