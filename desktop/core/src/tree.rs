//! Which surface belongs to which, and what of that is shown where.

use super::Rect;
use super::scene::ViewId;
use super::surface::take_out;
use super::{Desktop, Grab, Lead, Owner, Pixels, Place, SurfaceId};

/// Most levels of parts, and of popups, with the surface that they are on.
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

/// What is shown, from bottom to top, and how many surfaces had to be looked at for that.
#[derive(Debug, Default)]
struct Listed {
    order: Vec<(ViewId, (i32, i32))>,
    looked_at: usize,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Makes a surface a part of another one, from when [`Desktop::set_order`] lists it.
    pub fn make_part(&mut self, id: SurfaceId, parent: SurfaceId) -> Result<(), TreeError> {
        let height = self.surfaces.get(id).map_or(0, |surface| surface.height);
        let depth = self.depth(id, parent, |place| matches!(place, Place::Part { .. }))?;
        if depth + height >= MAX_DEPTH {
            return Err(TreeError::Deep);
        }
        self.detach(id);
        self.set_place(id, Place::Part { parent, offset: (0, 0), listed: false });
        let (mut at, mut height) = (Some(parent), height + 1);
        while let Some(surface) = at.and_then(|at| self.surfaces.get_mut(at)) {
            surface.height = surface.height.max(height);
            height += 1;
            at = surface.parent();
        }
        Ok(())
    }

    /// How many levels of one kind would be above a surface; an error if `parent` belongs to it.
    pub(super) fn depth(
        &self,
        id: SurfaceId,
        parent: SurfaceId,
        counts: impl Fn(Place) -> bool,
    ) -> Result<u32, TreeError> {
        let (mut depth, mut at) = (1, Some(parent));
        while let Some(above) = at {
            if above == id {
                return Err(TreeError::Cycle);
            }
            depth += u32::from(counts(self.place(above)));
            at = self.surfaces.get(above).and_then(super::surface::Surface::parent);
        }
        Ok(depth)
    }

    /// Says where a part is on its parent.
    pub fn set_offset(&mut self, id: SurfaceId, to: (i32, i32)) {
        if let Some(surface) = self.surfaces.get_mut(id)
            && let Place::Part { offset, .. } = &mut surface.place
            && *offset != to
        {
            *offset = to;
            self.tree_changed = true;
        }
    }

    /// Says which parts of a surface are below it and above it, from bottom to top. Others are not shown.
    pub fn set_order(&mut self, parent: SurfaceId, below: &[SurfaceId], above: &[SurfaceId]) {
        let Some(surface) = self.surfaces.get_mut(parent) else { return };
        let before: Vec<_> = surface.below.drain(..).chain(surface.above.drain(..)).collect();
        for (ids, is_listed) in [(before.as_slice(), false), (below, true), (above, true)] {
            for id in ids {
                if let Some(part) = self.surfaces.get_mut(*id)
                    && let Place::Part { parent: of, listed, .. } = &mut part.place
                    && *of == parent
                {
                    *listed = is_listed;
                }
            }
        }
        let is_part = |id: &SurfaceId| matches!(self.place(*id), Place::Part { parent: of, .. } if of == parent);
        let (below, above) =
            (below.iter().copied().filter(is_part).collect(), above.iter().copied().filter(is_part).collect());
        if let Some(surface) = self.surfaces.get_mut(parent) {
            (surface.below, surface.above) = (below, above);
        }
        self.tree_changed = true;
        self.drop_hidden();
    }

    /// Makes a surface belong nowhere; it keeps its content. Its parts and popups stay with it.
    pub fn detach(&mut self, id: SurfaceId) {
        let Some(surface) = self.surfaces.get_mut(id) else { return };
        let place = std::mem::take(&mut surface.place);
        let window = surface.window.take();
        match place {
            Place::Nowhere | Place::Icon => {}
            Place::Window => {
                if let Some(window) = window {
                    self.drop_window(id, *window);
                }
            }
            Place::Part { parent, .. } => {
                if let Some(parent) = self.surfaces.get_mut(parent) {
                    take_out(&mut parent.below, id);
                    take_out(&mut parent.above, id);
                    if parent.below.is_empty() && parent.above.is_empty() {
                        parent.height = 0;
                    }
                }
            }
            Place::Popup { parent, .. } => {
                self.release_popup(id);
                if let Some(parent) = self.surfaces.get_mut(parent) {
                    take_out(&mut parent.popups, id);
                }
                self.refocus_below(id, parent);
            }
            Place::Cursor { .. } => self.pointer.cursor = self.pointer.cursor.filter(|cursor| *cursor != id),
        }
        self.tree_changed = true;
        self.hide_popups(id);
        self.drop_hidden();
    }

    /// What belongs to a surface that goes belongs nowhere.
    pub(super) fn orphan(&mut self, id: SurfaceId) {
        let Some(surface) = self.surfaces.get_mut(id) else { return };
        let below = std::mem::take(&mut surface.below);
        let above = std::mem::take(&mut surface.above);
        let popups = std::mem::take(&mut surface.popups);
        for child in below.into_iter().chain(above).chain(popups) {
            if let Some(surface) = self.surfaces.get_mut(child) {
                surface.place = Place::Nowhere;
            }
            self.release_popup(child);
        }
    }

    pub(super) fn set_place(&mut self, id: SurfaceId, place: Place) {
        if let Some(surface) = self.surfaces.get_mut(id) {
            surface.place = place;
            self.tree_changed = true;
        }
    }

    /// Whether a surface is on the screen: it has content, and so has all that it belongs to.
    pub fn is_shown(&self, id: SurfaceId) -> bool {
        let mut at = id;
        loop {
            let Some(surface) = self.surfaces.get(at) else { return false };
            if surface.view.is_none() {
                return false;
            }
            match surface.place {
                Place::Window => return self.is_for_now(at),
                Place::Nowhere | Place::Part { listed: false, .. } | Place::Popup { dismissed: true, .. } => {
                    return false;
                }
                Place::Part { parent, .. } | Place::Popup { parent, .. } => at = parent,
                Place::Cursor { .. } => return self.pointer.drawn && self.pointer.cursor == Some(at),
                Place::Icon => {
                    return matches!(self.grab, Some((_, Grab::Drag { icon, .. })) if icon == Some(at));
                }
            }
        }
    }

    /// Whether a window is one of those that are shown now: those that lock the screen, or all others.
    pub(super) fn is_for_now(&self, window: SurfaceId) -> bool {
        self.window(window).is_some_and(|window| window.locks == self.locked)
    }

    /// The surface at the top of the tree that a surface belongs to: a window, or one that belongs nowhere.
    pub fn root(&self, id: SurfaceId) -> SurfaceId {
        let mut at = id;
        while let Some(parent) = self.surfaces.get(at).and_then(super::surface::Surface::parent) {
            at = parent;
        }
        at
    }

    /// Where the upper left corner of a surface is on the screen, or would be.
    pub fn origin(&self, id: SurfaceId) -> (i32, i32) {
        let Some(surface) = self.surfaces.get(id) else { return (0, 0) };
        let inner = surface.geometry();
        match surface.place {
            Place::Nowhere => (0, 0),
            Place::Window => {
                let at = surface.window.as_ref().map(|window| window.position).unwrap_or_default();
                subtract(at, (inner.left(), inner.top()))
            }
            Place::Part { parent, offset, .. } => add(self.origin(parent), offset),
            Place::Popup { parent, offset, .. } => {
                let outer = self.surfaces.get(parent).map(super::surface::Surface::geometry).unwrap_or_default();
                let at = add(add(self.origin(parent), (outer.left(), outer.top())), offset);
                subtract(at, (inner.left(), inner.top()))
            }
            Place::Cursor { hotspot } => subtract(self.pointer.pixel(), hotspot),
            Place::Icon => {
                let lead = self.grab.as_ref().map_or(Lead::Pointer, |(lead, _)| *lead);
                let (x, y) = self.lead_position(lead);
                (x as i32, y as i32)
            }
        }
    }

    /// The rectangle around a surface and its parts, in its coordinates, or `None` if there are too many to look at.
    pub fn extent(&self, id: SurfaceId) -> Option<Rect> {
        let mut left = MAX_EXTENT;
        self.extent_at(id, (0, 0), &mut left)
    }

    pub(super) fn extent_at(&self, id: SurfaceId, at: (i32, i32), left: &mut usize) -> Option<Rect> {
        *left = left.checked_sub(1)?;
        let Some(surface) = self.surfaces.get(id) else { return Some(Rect::EMPTY) };
        let mut all = Rect::new(0, 0, surface.size.0, surface.size.1).translate(at.0, at.1);
        for part in surface.below.iter().chain(&surface.above) {
            if let Place::Part { offset, .. } = self.place(*part) {
                all = all.union(self.extent_at(*part, add(at, offset), left)?);
            }
        }
        Some(all)
    }

    /// Gives the scene what is shown, from bottom to top.
    pub(super) fn arrange(&mut self) {
        let mut listed = Listed::default();
        for window in self.stack.iter().filter(|window| self.is_for_now(*window)) {
            let at = self.origin(window);
            self.list(window, at, &mut listed);
        }
        let icon = match &self.grab {
            Some((_, Grab::Drag { icon, .. })) => *icon,
            _ => None,
        };
        let cursor = self.pointer.cursor.filter(|_| self.pointer.drawn);
        for at_lead in icon.into_iter().chain(cursor) {
            let at = self.origin(at_lead);
            self.list(at_lead, at, &mut listed);
        }
        self.looked_at = listed.looked_at;
        #[cfg(test)]
        {
            self.arranged += self.looked_at;
        }
        self.scene.arrange(&listed.order);
    }

    fn list(&self, id: SurfaceId, origin: (i32, i32), listed: &mut Listed) {
        listed.looked_at += 1;
        let Some(surface) = self.surfaces.get(id) else { return };
        let Some(view) = surface.view else { return };
        let part = |part: &SurfaceId, listed: &mut Listed| {
            if let Place::Part { offset, .. } = self.place(*part) {
                self.list(*part, add(origin, offset), listed);
            }
        };
        surface.below.iter().for_each(|below| part(below, listed));
        listed.order.push((view, origin));
        surface.above.iter().for_each(|above| part(above, listed));
        let outer = surface.geometry();
        for popup in &surface.popups {
            match self.surfaces.get(*popup) {
                Some(inner) if inner.view.is_some() => {
                    if let Place::Popup { offset, dismissed: false, .. } = inner.place {
                        let inner = inner.geometry();
                        let at = add(add(origin, (outer.left(), outer.top())), offset);
                        self.list(*popup, subtract(at, (inner.left(), inner.top())), listed);
                    }
                }
                // Clients can have many of these.
                _ => listed.looked_at += 1,
            }
        }
    }
}

pub(super) fn add(a: (i32, i32), b: (i32, i32)) -> (i32, i32) {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

fn subtract(a: (i32, i32), b: (i32, i32)) -> (i32, i32) {
    (a.0.saturating_sub(b.0), a.1.saturating_sub(b.1))
}
