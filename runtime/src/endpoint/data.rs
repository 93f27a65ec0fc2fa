//! The application's state per object: one typed slab per interface.
//!
//! An object's handle holds the index of its cell, and the cell says whose it
//! is, so access looks neither at the connection nor at the object. Types
//! without fields (`()`, the usual default) take no storage.

use std::any::Any;

use super::{Core, Peers};
use crate::error::ObjectError;
use crate::handle::{ClientId, Handle, Interface, ObjectKey};

mod chunks;
mod slab;

pub(crate) use slab::Slab;

/// A slab without its type. Makes the data of new objects as such: one call does that, while finding out whether it is
/// the slab of a type is one already.
pub(super) trait Store: Any + Send {
    /// Makes the data of a new object of `client`, at its default. Returns its index.
    fn attach(&mut self, client: ClientId, generation: u32) -> u32;

    /// Drops the data of an object that is gone.
    #[cfg(feature = "io")]
    fn detach(&mut self, object: Handle);
}

impl<D: Default + Send + 'static> Store for Slab<D> {
    fn attach(&mut self, client: ClientId, generation: u32) -> u32 {
        // Values without size have one cell together.
        if size_of::<D>() == 0 { 0 } else { Slab::attach(self, client, generation) }
    }

    #[cfg(feature = "io")]
    fn detach(&mut self, object: Handle) {
        if size_of::<D>() > 0 {
            drop(self.take(object));
        }
    }
}

/// Where live objects are not known, there is no data.
impl Store for () {
    fn attach(&mut self, _: ClientId, _: u32) -> u32 {
        0
    }

    #[cfg(feature = "io")]
    fn detach(&mut self, _: Handle) {}
}

/// The value of one object.
struct Cell<D> {
    /// Whose it is.
    client: ClientId,
    /// Of generation 0, which no handle has, while the cell is vacant; the index is then the next one in its list.
    key: ObjectKey,
    /// At its default while the cell is vacant, ready for the next object.
    value: D,
}

/// Index of no cell.
const NONE: u32 = u32::MAX;

impl<D: Default> Cell<D> {
    fn vacant() -> Cell<D> {
        Cell { client: ClientId::NOBODY, key: ObjectKey::NONE, value: D::default() }
    }

    fn is_live(&self) -> bool {
        self.client != ClientId::NOBODY && self.key.is_object()
    }

    #[inline]
    fn is_of(&self, object: Handle) -> bool {
        self.key == object.key() && self.client == object.client()
    }

    /// Takes the value out. `next` is the next vacant cell.
    #[inline]
    fn vacate(&mut self, next: u32) -> D {
        self.key = ObjectKey::new(0, next);
        std::mem::take(&mut self.value)
    }
}

impl<A> Core<A> {
    /// The data of a live object, also of a connection that is ending.
    #[inline]
    pub(crate) fn data<I: Interface, D: Default + Send + 'static>(&mut self, object: I) -> Result<&mut D, ObjectError> {
        let handle = object.handle();
        if size_of::<D>() == 0 && self.entry(handle).is_none() {
            return Err(self.missing(handle.client()));
        }
        let Core { slabs, peers, .. } = self;
        let slab = slab_of::<I, D>(slabs);
        let found =
            if size_of::<D>() == 0 { slab.and_then(Slab::shared) } else { slab.and_then(|slab| slab.get_mut(handle)) };
        found.ok_or_else(|| missing(peers, handle.client()))
    }

    /// As [`Core::data`], to read it.
    pub(crate) fn data_ref<I: Interface, D: Default + Send + 'static>(&self, object: I) -> Result<&D, ObjectError> {
        let handle = object.handle();
        if size_of::<D>() == 0 && self.entry(handle).is_none() {
            return Err(self.missing(handle.client()));
        }
        let slab: Option<&dyn Any> =
            self.slabs.get(I::SPEC.index.known() as usize).map(|slab| slab.as_ref() as &dyn Any);
        let slab = slab.and_then(|slab| slab.downcast_ref::<Slab<D>>());
        slab.and_then(|slab| slab.get(handle)).ok_or_else(|| self.missing(handle.client()))
    }

    /// The data of all live objects of an interface, in no order that means anything.
    pub(crate) fn all_data<I: Interface, D: Default + Send + 'static>(&mut self) -> impl Iterator<Item = &mut D> {
        slab_of::<I, D>(&mut self.slabs).into_iter().flat_map(Slab::values)
    }

    /// Takes the data of an object that has just ended.
    #[inline]
    pub(crate) fn take_data<I: Interface, D: Default + Send + 'static>(&mut self, object: Handle) -> D {
        if size_of::<D>() == 0 {
            return D::default();
        }
        // Objects and their data begin and end together, so there always is one.
        slab_of::<I, D>(&mut self.slabs).and_then(|slab| slab.take(object)).unwrap_or_default()
    }

    /// Why an object is not found.
    pub(crate) fn missing(&self, client: ClientId) -> ObjectError {
        missing(&self.peers, client)
    }
}

#[inline]
fn slab_of<I: Interface, D: Default + Send + 'static>(slabs: &mut [Box<dyn Store>]) -> Option<&mut Slab<D>> {
    let slab: &mut dyn Any = slabs.get_mut(I::SPEC.index.known() as usize)?.as_mut();
    slab.downcast_mut()
}

#[cold]
#[inline(never)]
fn missing(peers: &Peers, client: ClientId) -> ObjectError {
    if peers.is_foreign(client) { ObjectError::Foreign } else { ObjectError::Gone }
}
