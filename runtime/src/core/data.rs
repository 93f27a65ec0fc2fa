//! The application's state per object: one typed slab per interface.
//!
//! An object's entry holds an index; the slab is found through the handler
//! table. Types without fields (`()`, the usual default) take no storage.

use super::Core;
use crate::error::Gone;
use crate::interface::{Handle, Interface};

/// Values by index. Vacant places hold default values, ready for the next object.
pub(crate) struct Slab<D> {
    values: Vec<D>,
    vacant: Vec<u32>,
}

impl<D: Default> Slab<D> {
    pub(crate) fn new() -> Slab<D> {
        let mut slab = Slab { values: Vec::new(), vacant: Vec::new() };
        if size_of::<D>() == 0 {
            // All objects share this one.
            slab.values.push(D::default());
        }
        slab
    }

    #[inline]
    fn insert(&mut self) -> u32 {
        self.vacant.pop().unwrap_or_else(|| {
            self.values.push(D::default());
            self.values.len() as u32 - 1
        })
    }

    #[inline]
    fn take(&mut self, index: u32) -> D {
        let value = self.values.get_mut(index as usize).map(std::mem::take);
        self.vacant.push(index);
        // Entries and places change together, so there always is one.
        value.unwrap_or_default()
    }
}

impl<A> Core<A> {
    /// The data of a live object, also of a connection that is ending.
    #[inline]
    pub(crate) fn data<I: Interface, D: Default + Send + 'static>(&mut self, object: I) -> Result<&mut D, Gone> {
        let entry = self.entry(object.handle()).ok_or(Gone)?;
        self.data_at::<D>(entry.kind, entry.data).ok_or(Gone)
    }

    #[inline]
    fn slab<D: Default + Send + 'static>(&mut self, slot: u16) -> Option<&mut Slab<D>> {
        self.slabs.get_mut(slot as usize)?.downcast_mut()
    }

    #[inline]
    pub(super) fn attach_data<D: Default + Send + 'static>(&mut self, handle: Handle, slot: u16) {
        if size_of::<D>() == 0 {
            return;
        }
        let index = self.slab::<D>(slot).map_or(0, Slab::insert);
        if let Some(peer) = self.peer_mut(handle.client) {
            peer.objects.set_data(handle.id, index);
        }
    }

    #[inline]
    fn data_at<D: Default + Send + 'static>(&mut self, slot: u16, index: u32) -> Option<&mut D> {
        let index = if size_of::<D>() == 0 { 0 } else { index };
        self.slab::<D>(slot)?.values.get_mut(index as usize)
    }

    #[inline]
    pub(crate) fn take_data<D: Default + Send + 'static>(&mut self, slot: u16, index: u32) -> D {
        if size_of::<D>() == 0 {
            return D::default();
        }
        self.slab::<D>(slot).map(|slab| slab.take(index)).unwrap_or_default()
    }
}
