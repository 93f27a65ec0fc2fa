//! The application's state per object: one typed slab per interface.
//!
//! An object's entry holds an index; the slab is found through the handler
//! table. Types without fields (`()`, the usual default) take no storage.

use super::Core;
use crate::interface::Handle;

/// Values by index, with the vacant places linked.
pub(crate) struct Slab<D> {
    places: Vec<Place<D>>,
    free: u32,
}

enum Place<D> {
    Taken(D),
    Vacant { next: u32 },
}

const NONE: u32 = u32::MAX;

impl<D: Default> Slab<D> {
    pub(crate) fn new() -> Slab<D> {
        let mut slab = Slab { places: Vec::new(), free: NONE };
        if size_of::<D>() == 0 {
            // All objects share this one.
            slab.places.push(Place::Taken(D::default()));
        }
        slab
    }

    #[inline]
    fn insert(&mut self) -> u32 {
        if size_of::<D>() == 0 {
            return 0;
        }
        let index = self.free;
        match self.places.get_mut(index as usize) {
            Some(place) => {
                if let Place::Vacant { next } = *place {
                    self.free = next;
                }
                *place = Place::Taken(D::default());
                index
            }
            None => {
                self.places.push(Place::Taken(D::default()));
                self.places.len() as u32 - 1
            }
        }
    }

    #[inline]
    fn take(&mut self, index: u32) -> D {
        if size_of::<D>() == 0 {
            return D::default();
        }
        let vacant = Place::Vacant { next: self.free };
        match self.places.get_mut(index as usize).map(|place| std::mem::replace(place, vacant)) {
            Some(Place::Taken(data)) => {
                self.free = index;
                data
            }
            // Entries and places change together, so this is not reached.
            Some(Place::Vacant { .. }) | None => D::default(),
        }
    }
}

impl<A> Core<A> {
    #[inline]
    fn slab<D: Default + Send + 'static>(&mut self, slot: u16) -> Option<&mut Slab<D>> {
        self.kinds.get_mut(slot as usize)?.as_mut()?.slab.downcast_mut()
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
    pub(super) fn data_at<D: Default + Send + 'static>(&mut self, slot: u16, index: u32) -> Option<&mut D> {
        let index = if size_of::<D>() == 0 { 0 } else { index };
        match self.slab::<D>(slot)?.places.get_mut(index as usize)? {
            Place::Taken(data) => Some(data),
            Place::Vacant { .. } => None,
        }
    }

    #[inline]
    pub(crate) fn take_data<D: Default + Send + 'static>(&mut self, slot: u16, index: u32) -> D {
        if size_of::<D>() == 0 {
            return D::default();
        }
        self.slab::<D>(slot).map(|slab| slab.take(index)).unwrap_or_default()
    }
}
