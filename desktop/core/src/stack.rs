//! The order of windows: how they come into it, leave it, and are raised.

use super::{Desktop, Owner, Pixels, Place, Rect, Shape, Stale, SurfaceId, dock};

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Puts a shown window above all others of its level, and with it those that belong to it.
    pub(super) fn raise(&mut self, id: SurfaceId) {
        let Some(window) = self.window(id) else { return };
        if window.dock.is_none() && !window.locks {
            let fills = window.shape == Shape::Fullscreen;
            let before = std::mem::replace(&mut self.covering, fills.then_some(id));
            if let Some(before) = before.filter(|before| *before != id) {
                self.restack(before);
            }
        }
        let mut family = vec![id];
        while let Some(id) = family.pop() {
            self.restack(id);
            if let Some(window) = self.window(id) {
                family.extend(window.children.iter().rev());
            }
        }
    }

    /// Puts a window above all others of its level.
    pub(super) fn restack(&mut self, id: SurfaceId) {
        let covers = self.covering == Some(id);
        let Some(surface) = self.surfaces.get_mut(&id) else { return };
        let is_mapped = surface.is_mapped();
        let Some(window) = &mut surface.window else { return };
        if let Some(key) = window.key.take() {
            self.stack.remove(&key);
        }
        if is_mapped {
            let level = if covers { dock::ABOVE } else { window.level };
            let highest = self.stack.range((level, 0)..=(level, u64::MAX)).next_back();
            let key = (level, highest.map_or(0, |((_, number), _)| number + 1));
            window.key = Some(key);
            self.stack.insert(key, id);
        }
        self.mark(Stale::Tree);
    }

    /// A surface has got content.
    pub(super) fn appeared(&mut self, id: SurfaceId) {
        match self.place(id) {
            Place::Window => self.window_appeared(id),
            Place::Popup { parent, .. } => self.popup_appeared(id, parent),
            Place::Nowhere | Place::Part { .. } | Place::Cursor { .. } | Place::Icon => {}
        }
    }

    fn window_appeared(&mut self, id: SurfaceId) {
        let geometry = self.geometry(id);
        let size = (geometry.width(), geometry.height());
        let place = self.find_place(id, size);
        let usable = self.usable;
        let Some(window) = self.window_mut(id) else { return };
        if !std::mem::replace(&mut window.placed, true) && window.dock.is_none() {
            window.position = place;
        }
        if window.shape != Shape::Floating {
            window.floating.get_or_insert(window.position);
        }
        // The room may be another one than when it was told, before it was on the screen.
        if window.shape == Shape::Maximised && window.fills != window.tile.unwrap_or(usable) {
            self.configure(id);
        }
        self.settle_window(id, None, (0, 0));
        self.restack(id);
        self.window_takes_keyboard(id);
    }

    /// A surface has lost its content.
    pub(super) fn unmapped(&mut self, id: SurfaceId) {
        self.mark(Stale::Tree);
        if self.place(id) == Place::Window {
            self.part_window(id);
        }
        self.hide_popups(id);
        self.drop_hidden();
    }

    /// What was between a window and others ends when it is taken from the screen.
    fn part_window(&mut self, id: SurfaceId) {
        let Some(window) = self.window_mut(id) else { return };
        let (parent, children, key) = (window.parent, std::mem::take(&mut window.children), window.key.take());
        (window.edges, window.wanted.resizing) = (None, false);
        // A dock needs no room until it is set again.
        if std::mem::take(&mut window.is_docked) {
            self.mark(Stale::Docks);
        }
        if let Some(key) = key {
            self.stack.remove(&key);
        }
        self.set_parent(id, None);
        for child in children {
            if let Some(window) = self.window_mut(child) {
                window.parent = None;
            }
            self.set_parent(child, parent);
        }
        self.covering.take_if(|covering| *covering == id);
    }

    /// A surface is no window any more.
    pub(super) fn drop_window(&mut self, id: SurfaceId) {
        self.part_window(id);
        self.docks.retain(|dock| *dock != id);
        self.change_view(id, |view| view.backdrop = Rect::EMPTY);
        if let Some(surface) = self.surfaces.get_mut(&id) {
            surface.window = None;
        }
    }
}
