//! Which surface belongs to which, and what of that is shown where.

use super::surface::{Children, take_out};
use super::{Desktop, Grab, Owner, Pixels, Place, Rect, Stale, Surface, SurfaceId};

/// Most levels of parts and popups, with the surface that they are on: some functions call themselves once for each.
pub(super) const MAX_DEPTH: u32 = 32;

/// Most parts, and most popups, of one surface.
pub const MAX_PARTS: usize = 1024;

/// Most surfaces that are looked at to find out how far a tree reaches.
const MAX_EXTENT: usize = 64;

/// Why a surface cannot belong to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// It would belong to itself, directly or through others.
    #[error("a surface cannot be its own parent")]
    Cycle,
    /// Too many levels.
    #[error("surfaces more than {MAX_DEPTH} levels deep")]
    Deep,
    /// Too many on one surface.
    #[error("more than {MAX_PARTS} surfaces on one")]
    Full,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Makes a surface a part of another one, from when [`Desktop::set_order`] lists it.
    pub fn make_part(&mut self, id: SurfaceId, parent: SurfaceId) -> Result<(), TreeError> {
        self.check_depth(id, parent)?;
        self.put(id, Place::Part { parent, offset: (0, 0), listed: false });
        Ok(())
    }

    /// A surface and those that it belongs to, up to the root.
    pub(super) fn line(&self, id: SurfaceId) -> impl Iterator<Item = (&SurfaceId, &Box<Surface<O, P>>)> {
        let entry = |id: SurfaceId| self.surfaces.get_key_value(&id);
        std::iter::successors(entry(id), move |(_, surface)| entry(surface.parent()?))
    }

    /// Whether a surface, with what is on it, can be on another one.
    pub(super) fn check_depth(&self, id: SurfaceId, parent: SurfaceId) -> Result<(), TreeError> {
        let height = self.surfaces.get(&id).map_or(0, |surface| surface.children().height);
        let mut depth = 0;
        for (above, _) in self.line(parent) {
            if *above == id {
                return Err(TreeError::Cycle);
            }
            depth += 1;
        }
        if depth + height >= MAX_DEPTH {
            return Err(TreeError::Deep);
        }
        Ok(())
    }

    /// Says where a part is on its parent, or where the geometry of a popup is in that of its parent.
    pub fn set_offset(&mut self, id: SurfaceId, to: (i32, i32)) {
        if let Some(surface) = self.surfaces.get_mut(&id)
            && let Place::Part { offset, .. } | Place::Popup { offset, .. } = &mut surface.place
            && *offset != to
        {
            *offset = to;
            self.moved(id);
        }
    }

    /// A surface is somewhere else. Without content it is nowhere to be seen, and neither is what is on it.
    pub(super) fn moved(&mut self, id: SurfaceId) {
        if self.surfaces.get(&id).is_some_and(|surface| surface.is_mapped()) {
            self.mark(Stale::Tree);
        }
    }

    /// Says which parts of a surface are below it and above it, from bottom to top. Others are not shown.
    pub fn set_order(&mut self, parent: SurfaceId, below: &[SurfaceId], above: &[SurfaceId]) {
        let Some(surface) = self.surfaces.get_mut(&parent) else { return };
        let Children { below: old_below, above: old_above, .. } = surface.children_mut();
        let before: Vec<_> = old_below.drain(..).chain(old_above.drain(..)).collect();
        let mut list = |ids: &[SurfaceId], is_listed: bool| -> Vec<SurfaceId> {
            let is_part = |id: &SurfaceId| match self.surfaces.get_mut(id).map(|part| &mut part.place) {
                Some(Place::Part { parent: of, listed, .. }) if *of == parent => {
                    *listed = is_listed;
                    true
                }
                _ => false,
            };
            ids.iter().copied().filter(is_part).collect()
        };
        list(&before, false);
        let (below, above) = (list(below, true), list(above, true));
        if let Some(surface) = self.surfaces.get_mut(&parent) {
            let children = surface.children_mut();
            (children.below, children.above) = (below, above);
        }
        self.mark(Stale::Tree);
        self.drop_hidden();
    }

    /// Makes a surface belong nowhere; it keeps its content. Its parts and popups stay with it.
    pub fn detach(&mut self, id: SurfaceId) {
        let Some(surface) = self.surfaces.get_mut(&id) else { return };
        match std::mem::take(&mut surface.place) {
            Place::Nowhere | Place::Icon => {}
            Place::Window => self.drop_window(id),
            Place::Part { parent, .. } => {
                if let Some(parent) = self.surfaces.get_mut(&parent) {
                    let children = parent.children_mut();
                    take_out(&mut children.below, id);
                    take_out(&mut children.above, id);
                    children.left();
                }
            }
            Place::Popup { parent, .. } => {
                self.release_popup(id);
                if let Some(parent) = self.surfaces.get_mut(&parent) {
                    take_out(&mut parent.children_mut().popups, id);
                    parent.children_mut().left();
                }
                self.refocus_below(id, parent);
            }
            Place::Cursor { .. } => self.pointer.cursor = self.pointer.cursor.filter(|cursor| *cursor != id),
        }
        self.moved(id);
        self.hide_popups(id);
        self.drop_hidden();
    }

    /// Takes a surface from where it belongs to another place.
    pub(super) fn put(&mut self, id: SurfaceId, place: Place) {
        self.detach(id);
        let Some(surface) = self.surfaces.get_mut(&id) else { return };
        surface.place = place;
        surface.window = (place == Place::Window).then(Box::default);
        let is_mapped = surface.is_mapped();
        let (mut at, mut height) = (surface.parent(), surface.children().height);
        if let Some(parent) = at.and_then(|parent| self.surfaces.get_mut(&parent)) {
            let children = parent.children_mut();
            children.count += 1;
            if matches!(place, Place::Popup { .. }) {
                children.popups.push(id);
                // From now on it is looked at, with content or without.
                self.looked_at += 1;
            }
        }
        while let Some(surface) = at.and_then(|at| self.surfaces.get_mut(&at)) {
            height += 1;
            let children = surface.children_mut();
            children.height = children.height.max(height);
            at = surface.parent();
        }
        if is_mapped {
            self.appeared(id);
        }
    }

    /// What belongs to a surface that goes belongs nowhere.
    pub(super) fn orphan(&mut self, id: SurfaceId) {
        let Some(surface) = self.surfaces.get_mut(&id) else { return };
        let Some(children) = surface.children.take() else { return };
        for child in children.below.into_iter().chain(children.above).chain(children.popups) {
            if let Some(surface) = self.surfaces.get_mut(&child) {
                surface.place = Place::Nowhere;
            }
            self.release_popup(child);
        }
    }

    /// What is drawn at what leads a drag.
    pub(super) fn icon(&self) -> Option<SurfaceId> {
        match self.grab {
            Some((_, Grab::Drag { icon, .. })) => icon,
            _ => None,
        }
    }

    /// Whether a surface is on the screen: it has content, and so has all that it belongs to.
    pub fn is_shown(&self, id: SurfaceId) -> bool {
        for (at, surface) in self.line(id) {
            if !surface.is_mapped() {
                return false;
            }
            match surface.place {
                Place::Window => return self.is_for_now(*at),
                Place::Nowhere | Place::Part { listed: false, .. } | Place::Popup { dismissed: true, .. } => {
                    return false;
                }
                Place::Part { .. } | Place::Popup { .. } => {}
                Place::Cursor { .. } => return self.pointer.drawn && self.pointer.cursor == Some(*at),
                Place::Icon => return self.icon() == Some(*at),
            }
        }
        false
    }

    /// Whether a window is one of those that are shown now: those that lock the screen, or all others.
    pub(super) fn is_for_now(&self, window: SurfaceId) -> bool {
        self.window(window).is_some_and(|window| window.locks == self.locked)
    }

    /// The surface at the top of the tree that a surface belongs to: a window, or one that belongs nowhere.
    pub fn root(&self, id: SurfaceId) -> SurfaceId {
        self.line(id).last().map_or(id, |(root, _)| *root)
    }

    /// Where the upper left corner of a surface is on the screen, or would be.
    pub fn origin(&self, id: SurfaceId) -> (i32, i32) {
        let Some(surface) = self.surfaces.get(&id) else { return (0, 0) };
        match surface.place {
            Place::Nowhere => (0, 0),
            Place::Window => subtract(self.position(id).unwrap_or_default(), corner(surface.geometry())),
            Place::Part { parent, .. } | Place::Popup { parent, .. } => add(self.origin(parent), self.shift(surface)),
            Place::Cursor { hotspot } => {
                let (x, y) = self.pointer.at;
                subtract((x as i32, y as i32), hotspot)
            }
            Place::Icon => {
                let (x, y) = self.lead_position();
                (x as i32, y as i32)
            }
        }
    }

    /// Where a surface is on the one that it belongs to.
    pub(super) fn shift(&self, surface: &Surface<O, P>) -> (i32, i32) {
        match surface.place {
            Place::Part { offset, .. } => offset,
            Place::Popup { parent, offset, .. } => {
                subtract(add(corner(self.geometry(parent)), offset), corner(surface.geometry()))
            }
            _ => (0, 0),
        }
    }

    /// The rectangle around a surface and its parts, in its coordinates, or `None` if there are too many to look at.
    pub fn extent(&self, id: SurfaceId) -> Option<Rect> {
        let mut left = MAX_EXTENT;
        self.extent_at(id, (0, 0), &mut left)
    }

    pub(super) fn extent_at(&self, id: SurfaceId, at: (i32, i32), left: &mut usize) -> Option<Rect> {
        *left = left.checked_sub(1)?;
        let Some(surface) = self.surfaces.get(&id) else { return Some(Rect::EMPTY) };
        let mut all = Rect::new(0, 0, surface.size.0, surface.size.1).translate(at.0, at.1);
        for part in surface.children().below.iter().chain(&surface.children().above) {
            if let Place::Part { offset, .. } = self.place(*part) {
                all = all.union(self.extent_at(*part, add(at, offset), left)?);
            }
        }
        Some(all)
    }
}

/// The upper left corner.
pub(super) fn corner(rect: Rect) -> (i32, i32) {
    (rect.left(), rect.top())
}

pub(super) fn add(a: (i32, i32), b: (i32, i32)) -> (i32, i32) {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

fn subtract(a: (i32, i32), b: (i32, i32)) -> (i32, i32) {
    (a.0.saturating_sub(b.0), a.1.saturating_sub(b.1))
}
