//! Windows: where they are, what they are to be, and what they have become.

use super::surface::take_out;
use super::tree::add;
use super::window_state::{Shape, Wanted, Window};
use super::{Desktop, Edges, Effect, Keyboard, MAX_PARTS, Owner, Pixels, Place, Rect, Stale, SurfaceId};

/// Longest title kept, in bytes.
const MAX_TITLE: usize = 256;

/// Longest chain of windows that are each other's parents.
const MAX_FAMILY: usize = 64;

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Makes a surface a window, which is on the screen while it has content.
    pub fn make_window(&mut self, id: SurfaceId) {
        self.put(id, Place::Window);
    }

    /// Names a window; a long title is cut.
    pub fn set_title(&mut self, id: SurfaceId, title: &str) {
        if let Some(window) = self.window_mut(id) {
            window.title = kept_title(title).to_owned();
        }
    }

    /// Says whether a window takes the keyboard.
    pub fn set_keyboard(&mut self, id: SurfaceId, keyboard: Keyboard) {
        if let Some(window) = self.window_mut(id) {
            window.keyboard = keyboard;
            self.keyboard_wanted(id);
        }
    }

    /// Limits what a window is resized to; 0 is no limit.
    pub fn set_limits(&mut self, id: SurfaceId, min: (i32, i32), max: (i32, i32)) {
        if let Some(window) = self.window_mut(id) {
            (window.min, window.max) = (min, max);
        }
    }

    /// Says which window another one belongs to. Returns false, and changes nothing, if that would be a circle. A window
    /// with too many others above it, or below it, gets no more.
    pub fn set_parent(&mut self, id: SurfaceId, parent: Option<SurfaceId>) -> bool {
        let mut family = std::iter::successors(parent, |above| self.parent(*above));
        if family.by_ref().take(MAX_FAMILY).any(|above| above == id) {
            return false;
        }
        // A chain that long may be a circle; so many children are nobody's windows.
        let ends = family.next().is_none();
        let has_room = |parent: &SurfaceId| self.window(*parent).is_some_and(|above| above.children.len() < MAX_PARTS);
        let parent = parent.filter(|parent| ends && has_room(parent));
        let Some(window) = self.window_mut(id) else { return true };
        let old = std::mem::replace(&mut window.parent, parent);
        if let Some(old) = old.and_then(|old| self.window_mut(old)) {
            take_out(&mut old.children, id);
        }
        if let Some(parent) = parent.and_then(|parent| self.window_mut(parent)) {
            parent.children.push(id);
        }
        true
    }

    /// The window that another one belongs to.
    pub fn parent(&self, id: SurfaceId) -> Option<SurfaceId> {
        self.window(id)?.parent
    }

    /// What a window is to be.
    pub fn wanted(&self, id: SurfaceId) -> Wanted {
        let Some(window) = self.window(id) else { return Wanted::default() };
        let mut wanted = Wanted {
            maximised: window.wanted.maximised || window.tile.is_some(),
            tiled: window.tile.is_some(),
            activated: self.is_active(id),
            usable: self.usable,
            ..window.wanted
        };
        wanted.fills = match wanted.shape() {
            _ if window.dock.is_some() => window.docked,
            Shape::Floating => return wanted,
            Shape::Maximised => window.tile.unwrap_or(self.usable),
            Shape::Fullscreen => self.scene.frame().bounds(),
        };
        // A size of 0 would be up to the client.
        wanted.size = (wanted.fills.width().max(1) as i32, wanted.fills.height().max(1) as i32);
        wanted
    }

    /// Asks a window to fill the screen, or to leave it.
    pub fn want_shape(&mut self, id: SurfaceId, maximised: Option<bool>, fullscreen: Option<bool>) {
        self.reshape(id, |window| {
            window.wanted.maximised = maximised.unwrap_or(window.wanted.maximised);
            window.wanted.fullscreen = fullscreen.unwrap_or(window.wanted.fullscreen);
        });
    }

    /// Gives a window a part of the screen of its own to fill, as a maximised one fills all of it; `None` takes it away.
    pub fn set_tile(&mut self, id: SurfaceId, tile: Option<Rect>) {
        if self.window(id).is_some_and(|window| window.tile != tile) {
            self.reshape(id, |window| window.tile = tile);
        }
    }

    /// Changes how a window is to lie on the screen. It keeps in mind the size that it had while it floated.
    fn reshape(&mut self, id: SurfaceId, change: impl FnOnce(&mut Window)) {
        let floats = |desktop: &Self| desktop.wanted(id).shape() == Shape::Floating;
        let (geometry, floated) = (self.geometry(id), floats(self));
        self.window_mut(id).map(change);
        let floats = floats(self);
        if let Some(window) = self.window_mut(id).filter(|_| floated && !floats) {
            window.wanted.size = (geometry.width() as i32, geometry.height() as i32);
        }
        self.configure(id);
    }

    /// Tells a window what it is to be, once for all that changes until it is told.
    pub(super) fn configure(&mut self, id: SurfaceId) {
        if let Some(window) = self.window_mut(id)
            && !std::mem::replace(&mut window.is_queued, true)
        {
            self.push(id, Effect::Configure);
        }
    }

    /// Asks a window for a size, within its limits, while its edges are moved; `None` ends that.
    pub(super) fn want_size(&mut self, id: SurfaceId, size: Option<(i32, i32)>) {
        let Some(window) = self.window_mut(id) else { return };
        window.wanted.resizing = size.is_some();
        if let Some((width, height)) = size {
            let limit = |n: i32, min: i32, max: i32| n.min(if max > 0 { max } else { i32::MAX }).max(min).max(1);
            let (min, max) = (window.min, window.max);
            window.wanted.size = (limit(width, min.0, max.0), limit(height, min.1, max.1));
        }
        self.configure(id);
    }

    /// Says how large a surface is.
    pub fn set_size(&mut self, id: SurfaceId, size: (i32, i32)) {
        if let Some(surface) = self.surfaces.get_mut(&id)
            && surface.size != size
        {
            surface.size = size;
            self.mark(Stale::Under);
        }
    }

    /// How large a surface is.
    pub fn size(&self, id: SurfaceId) -> (i32, i32) {
        self.surfaces.get(&id).map(|surface| surface.size).unwrap_or_default()
    }

    /// Says which part of a surface people see as the window; `None` is all of it.
    pub fn set_geometry(&mut self, id: SurfaceId, geometry: Option<Rect>) {
        if let Some(surface) = self.surfaces.get_mut(&id)
            && surface.geometry != geometry
        {
            surface.geometry = geometry;
            self.mark(Stale::Tree);
        }
    }

    /// The part of a surface that people see as the window, in coordinates of the surface.
    pub fn geometry(&self, id: SurfaceId) -> Rect {
        self.surfaces.get(&id).map(|surface| surface.geometry()).unwrap_or_default()
    }

    /// A commit of a window took effect: it is what it `agreed` to be, if it agreed to something new, and where it
    /// belongs. `offset` is how far the client moved its upper left corner.
    pub fn settle_window(&mut self, id: SurfaceId, agreed: Option<(Shape, Rect)>, offset: (i32, i32)) {
        let Some(surface) = self.surfaces.get(&id) else { return };
        let (is_shown, geometry) = (surface.is_mapped(), surface.geometry());
        let size = (geometry.width(), geometry.height());
        let place = agreed.map(|_| self.find_place(id, size)).unwrap_or_default();
        let Some(window) = self.window_mut(id) else { return };
        let before = (window.position, window.shape);
        if let Some((shape, fills)) = agreed {
            match (window.shape == Shape::Floating, shape == Shape::Floating) {
                (true, false) if is_shown => window.floating = Some(window.position),
                (false, true) => window.position = window.floating.take().unwrap_or(place),
                _ => {}
            }
            (window.shape, window.fills) = (shape, fills);
        }
        if window.shape != Shape::Floating {
            window.position = window.filled(size);
        } else if offset != (0, 0) {
            window.position = add(window.position, offset);
        }
        // The edges that are not being moved stay where they are.
        if let Some((edges, was)) = window.edges.filter(|_| window.shape == Shape::Floating) {
            let grown = |now: u32, before: u32| (i64::from(now) - i64::from(before)) as i32;
            if edges.contains(Edges::LEFT) {
                window.position.0 = window.position.0.saturating_sub(grown(size.0, was.0));
            }
            if edges.contains(Edges::TOP) {
                window.position.1 = window.position.1.saturating_sub(grown(size.1, was.1));
            }
            window.edges = if agreed.is_some() && !window.wanted.resizing { None } else { Some((edges, size)) };
        }
        let now = (window.position, window.shape);
        if before != now {
            self.mark(Stale::Tree);
            let covers = self.covering == Some(id);
            if is_shown && covers != (now.1 == Shape::Fullscreen) && (covers || self.is_active(id)) {
                self.raise(id);
            }
        }
        // What does not fill the screen as it should is seen on black.
        let covering = self.window(id).filter(|window| window.shape == Shape::Fullscreen);
        let fills = covering.map_or(Rect::EMPTY, |window| window.fills);
        self.change_view(id, |view| view.backdrop = fills);
    }

    /// Moves a window, unless it fills the screen.
    pub fn move_window(&mut self, id: SurfaceId, position: (i32, i32)) {
        if let Some(window) = self.window_mut(id)
            && window.shape == Shape::Floating
        {
            window.position = position;
            window.placed = true;
            self.mark(Stale::Tree);
            self.tell_popups(id);
        }
    }

    /// Where a window is on the screen, without what it draws around itself.
    pub fn position(&self, id: SurfaceId) -> Option<(i32, i32)> {
        self.window(id).map(|window| window.position)
    }
}

/// What is kept of a title.
#[must_use]
pub fn kept_title(title: &str) -> &str {
    let end = (0..=MAX_TITLE.min(title.len())).rev().find(|&at| title.is_char_boundary(at));
    &title[..end.unwrap_or(0)]
}
