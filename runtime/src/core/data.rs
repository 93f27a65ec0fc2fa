//! The application's state per object: one typed slab per interface.
//!
//! An object's handle holds the index of its cell, and the cell says whose it
//! is, so access looks neither at the connection nor at the object. Types
//! without fields (`()`, the usual default) take no storage.

use std::any::Any;

use super::Core;
use crate::error::Gone;
use crate::interface::{ClientId, Handle, Interface, Place};

/// Values by index.
pub(crate) struct Slab<D> {
    cells: Vec<Cell<D>>,
    vacant: Vec<u32>,
}

/// A slab without its type. Makes the data of new objects as such: one call does that, while finding out whether it is
/// the slab of a type is one already.
pub(super) trait Store: Any + Send {
    /// Makes the data of a new object of `client`, at its default. Returns its index.
    fn attach(&mut self, client: ClientId, generation: u32) -> u32;
}

impl<D: Default + Send + 'static> Store for Slab<D> {
    fn attach(&mut self, client: ClientId, generation: u32) -> u32 {
        let index = match self.vacant.pop() {
            Some(index) => index,
            None => self.grow(),
        };
        if let Some(cell) = self.cells.get_mut(index as usize) {
            (cell.client, cell.place) = (client, Place::new(generation, index));
        }
        index
    }
}

/// Where live objects are not known, there is no data.
impl Store for () {
    fn attach(&mut self, _: ClientId, _: u32) -> u32 {
        0
    }
}

struct Cell<D> {
    /// Whose it is.
    client: ClientId,
    /// [`Place::NONE`], which no handle has, while the cell is vacant.
    place: Place,
    /// At its default while the cell is vacant, ready for the next object.
    value: D,
}

impl<D: Default> Slab<D> {
    pub(crate) fn new() -> Slab<D> {
        let mut slab = Slab { cells: Vec::new(), vacant: Vec::new() };
        if size_of::<D>() == 0 {
            // All objects share this one.
            slab.grow();
        }
        slab
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> u32 {
        self.cells.push(Cell { client: ClientId::NOBODY, place: Place::NONE, value: D::default() });
        self.cells.len() as u32 - 1
    }

    #[inline]
    fn find(&mut self, object: Handle) -> Option<&mut Cell<D>> {
        let cell = self.cells.get_mut(object.place().index() as usize)?;
        (cell.place == object.place() && cell.client == object.client()).then_some(cell)
    }

    #[inline]
    fn take(&mut self, object: Handle) -> Option<D> {
        let cell = self.find(object)?;
        cell.place = Place::NONE;
        let value = std::mem::take(&mut cell.value);
        self.vacant.push(object.place().index());
        Some(value)
    }
}

impl<A> Core<A> {
    /// The data of a live object, also of a connection that is ending.
    #[inline]
    pub(crate) fn data<I: Interface, D: Default + Send + 'static>(&mut self, object: I) -> Result<&mut D, Gone> {
        let handle = object.handle();
        if size_of::<D>() == 0 {
            self.entry(handle).ok_or(Gone)?;
            return self.slab::<I, D>().and_then(|slab| slab.cells.first_mut()).map(|cell| &mut cell.value).ok_or(Gone);
        }
        self.slab::<I, D>().and_then(|slab| slab.find(handle)).map(|cell| &mut cell.value).ok_or(Gone)
    }

    #[inline]
    fn slab<I: Interface, D: Default + Send + 'static>(&mut self) -> Option<&mut Slab<D>> {
        let slab: &mut dyn Any = self.slabs.get_mut(I::SPEC.slot.known() as usize)?.as_mut();
        slab.downcast_mut()
    }

    /// Takes the data of an object that has just ended.
    #[inline]
    pub(crate) fn take_data<I: Interface, D: Default + Send + 'static>(&mut self, object: Handle) -> D {
        if size_of::<D>() == 0 {
            return D::default();
        }
        // Objects and places begin and end together, so there always is one.
        self.slab::<I, D>().and_then(|slab| slab.take(object)).unwrap_or_default()
    }
}
