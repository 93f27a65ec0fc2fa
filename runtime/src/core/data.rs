//! The application's state per object: one typed slab per interface.
//!
//! An object's handle holds the index of its place, and the place says whose it
//! is, so access looks neither at the connection nor at the object. Types
//! without fields (`()`, the usual default) take no storage.

use super::Core;
use crate::error::Gone;
use crate::interface::{ClientId, Handle, Interface};

/// Values by index.
pub(crate) struct Slab<D> {
    places: Vec<Place<D>>,
    vacant: Vec<u32>,
}

struct Place<D> {
    client: ClientId,
    /// Of the object; 0, which no object has, if the place is vacant.
    generation: u32,
    /// At its default while the place is vacant, ready for the next object.
    value: D,
}

impl<D: Default> Slab<D> {
    pub(crate) fn new() -> Slab<D> {
        let mut slab = Slab { places: Vec::new(), vacant: Vec::new() };
        if size_of::<D>() == 0 {
            // All objects share this one.
            slab.grow();
        }
        slab
    }

    #[inline]
    pub(super) fn insert(&mut self, client: ClientId, generation: u32) -> u32 {
        let index = match self.vacant.pop() {
            Some(index) => index,
            None => self.grow(),
        };
        if let Some(place) = self.places.get_mut(index as usize) {
            (place.client, place.generation) = (client, generation);
        }
        index
    }

    #[cold]
    fn grow(&mut self) -> u32 {
        let nobody = ClientId { index: 0, generation: 0 };
        self.places.push(Place { client: nobody, generation: 0, value: D::default() });
        self.places.len() as u32 - 1
    }

    #[inline]
    fn find(&mut self, object: Handle) -> Option<&mut Place<D>> {
        let place = self.places.get_mut(object.data as usize)?;
        (place.generation == object.generation && place.client == object.client).then_some(place)
    }

    #[inline]
    fn take(&mut self, object: Handle) -> Option<D> {
        let place = self.find(object)?;
        place.generation = 0;
        let value = std::mem::take(&mut place.value);
        self.vacant.push(object.data);
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
            return self
                .slab::<I, D>()
                .and_then(|slab| slab.places.first_mut())
                .map(|place| &mut place.value)
                .ok_or(Gone);
        }
        self.slab::<I, D>().and_then(|slab| slab.find(handle)).map(|place| &mut place.value).ok_or(Gone)
    }

    #[inline]
    fn slab<I: Interface, D: Default + Send + 'static>(&mut self) -> Option<&mut Slab<D>> {
        self.slabs.get_mut(I::SPEC.slot.get() as usize)?.downcast_mut()
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
