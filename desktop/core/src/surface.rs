//! Surfaces: what is known of each, and names that never lead to another one.

use std::collections::BTreeSet;

use super::Rect;
use super::constraint::Constraint;
use super::region::Region;
use super::scene::{Decoration, ViewId};
use super::window_state::Window;

/// Names a surface for as long as it exists; never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SurfaceId {
    index: u32,
    generation: u32,
}

/// Where a surface belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: it is not shown.
    #[default]
    Nowhere,
    /// On the screen, as a window.
    Window,
    /// On its parent, at an offset from it. It is shown once it is `listed` in the parent's order.
    Part { parent: SurfaceId, offset: (i32, i32), listed: bool },
    /// Above its parent; the offset is between their geometries. A transient comes back with its parent.
    Popup { parent: SurfaceId, offset: (i32, i32), transient: bool, dismissed: bool },
    /// At the pointer; the offset is its hotspot.
    Cursor { hotspot: (i32, i32) },
    /// At what leads a drag.
    Icon,
}

/// A surface.
#[derive(Debug)]
pub(super) struct Surface<O> {
    pub(super) owner: O,
    /// What the scene shows of it, while it has content.
    pub(super) view: Option<ViewId>,
    pub(super) decoration: Decoration,
    pub(super) opaque: Rect,
    pub(super) place: Place,
    /// Size in its own coordinates.
    pub(super) size: (i32, i32),
    /// The part that people see as the window, if that is not all of it.
    pub(super) geometry: Option<Rect>,
    /// Where it takes input; `None` is everywhere.
    pub(super) input: Option<Region>,
    /// Parts below it and above it, from bottom to top.
    pub(super) below: Vec<SurfaceId>,
    pub(super) above: Vec<SurfaceId>,
    /// The oldest first.
    pub(super) popups: Vec<SurfaceId>,
    /// Whether it wants to know, as a popup, that its window was moved.
    pub(super) reactive: bool,
    /// Levels of parts below it, at most.
    pub(super) height: u32,
    pub(super) window: Option<Box<Window>>,
    pub(super) constraint: Option<Box<Constraint>>,
}

impl<O> Surface<O> {
    pub(super) fn new(owner: O) -> Surface<O> {
        Surface {
            owner,
            view: None,
            decoration: Decoration::None,
            opaque: Rect::EMPTY,
            place: Place::Nowhere,
            size: (0, 0),
            geometry: None,
            input: None,
            below: Vec::new(),
            above: Vec::new(),
            popups: Vec::new(),
            reactive: false,
            height: 0,
            window: None,
            constraint: None,
        }
    }

    /// The window that people see, in coordinates of the surface.
    pub(super) fn geometry(&self) -> Rect {
        self.geometry.unwrap_or(Rect::new(0, 0, self.size.0, self.size.1))
    }

    /// The surface that it belongs to.
    pub(super) fn parent(&self) -> Option<SurfaceId> {
        match self.place {
            Place::Part { parent, .. } | Place::Popup { parent, .. } => Some(parent),
            _ => None,
        }
    }
}

/// Takes one out of a list. Such lists have at most [`MAX_PARTS`](super::MAX_PARTS) members.
pub(super) fn take_out(list: &mut Vec<SurfaceId>, id: SurfaceId) {
    if let Some(at) = list.iter().position(|member| *member == id) {
        list.remove(at);
    }
}

/// All surfaces, by their names.
#[derive(Debug)]
pub(super) struct Surfaces<O> {
    entries: Vec<(u32, Option<Surface<O>>)>,
    /// Places without a surface. The lowest is used first, so that the end of `entries` can go.
    free: BTreeSet<u32>,
    /// The generation of a place that is new; those that went had lower ones.
    first_generation: u32,
}

impl<O> Default for Surfaces<O> {
    fn default() -> Self {
        Surfaces { entries: Vec::new(), free: BTreeSet::new(), first_generation: 0 }
    }
}

impl<O> Surfaces<O> {
    pub(super) fn insert(&mut self, surface: Surface<O>) -> SurfaceId {
        if let Some(index) = self.free.pop_first() {
            let (generation, entry) = &mut self.entries[index as usize];
            *entry = Some(surface);
            return SurfaceId { index, generation: *generation };
        }
        let generation = self.first_generation;
        self.entries.push((generation, Some(surface)));
        SurfaceId { index: self.entries.len() as u32 - 1, generation }
    }

    pub(super) fn remove(&mut self, id: SurfaceId) -> Option<Surface<O>> {
        let (generation, entry) = self.entries.get_mut(id.index as usize)?;
        if *generation != id.generation {
            return None;
        }
        let surface = entry.take()?;
        // A name that would come back is given up with its place.
        if let Some(next) = generation.checked_add(1) {
            *generation = next;
            self.free.insert(id.index);
        }
        self.give_back();
        Some(surface)
    }

    /// Drops the places at the end that have no surface, and the memory once three quarters of it are unused.
    fn give_back(&mut self) {
        while let Some((generation, None)) = self.entries.last() {
            let index = self.entries.len() as u32 - 1;
            if !self.free.remove(&index) {
                // Its generations are used up.
                break;
            }
            self.first_generation = self.first_generation.max(*generation);
            self.entries.pop();
        }
        if self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(2 * self.entries.len());
        }
    }

    pub(super) fn get(&self, id: SurfaceId) -> Option<&Surface<O>> {
        let (generation, surface) = self.entries.get(id.index as usize)?;
        surface.as_ref().filter(|_| *generation == id.generation)
    }

    pub(super) fn get_mut(&mut self, id: SurfaceId) -> Option<&mut Surface<O>> {
        let (generation, surface) = self.entries.get_mut(id.index as usize)?;
        surface.as_mut().filter(|_| *generation == id.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_surfaces_that_are_there_not_those_that_were() {
        let mut surfaces = Surfaces::default();
        let many: Vec<SurfaceId> = (0..10_000).map(|owner| surfaces.insert(Surface::new(owner))).collect();
        // From both ends, so that places are free in the middle.
        for (low, high) in many[1..5000].iter().zip(many[5000..].iter().rev()) {
            assert!(surfaces.remove(*low).is_some() && surfaces.remove(*high).is_some());
        }
        assert!(surfaces.remove(many[5000]).is_some());
        assert_eq!((surfaces.entries.len(), surfaces.free.len()), (1, 0));
        assert!(surfaces.entries.capacity() <= 8, "{}", surfaces.entries.capacity());
        assert!(surfaces.get(many[0]).is_some());
    }

    #[test]
    fn a_name_of_a_place_that_went_leads_nowhere_when_the_place_is_there_again() {
        let mut surfaces = Surfaces::default();
        let old: Vec<SurfaceId> = (0..100).map(|owner| surfaces.insert(Surface::new(owner))).collect();
        old.iter().for_each(|id| drop(surfaces.remove(*id)));
        let new: Vec<SurfaceId> = (0..100).map(|owner| surfaces.insert(Surface::new(owner))).collect();
        assert!(old.iter().all(|id| surfaces.get(*id).is_none()));
        assert!(new.iter().all(|id| surfaces.get(*id).is_some()));
    }
}
