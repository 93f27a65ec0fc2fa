//! Where windows go: the usable part of the screen, new windows, docks.

use super::{Desktop, Owner, Pixels, Rect, SurfaceId, placement};

/// Most windows that a new one is placed around; older ones count no more.
const MAX_AROUND: usize = 64;

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// The part of the screen where windows are put: what docks leave of it.
    pub fn usable(&self) -> Rect {
        self.usable
    }

    /// A place for a new window of this size.
    pub(super) fn placement(&self, size: (u32, u32)) -> (i32, i32) {
        let area = |id: SurfaceId| {
            let window = self.window(id).filter(|window| window.dock.is_none())?;
            let geometry = self.geometry(id);
            Some(Rect::of_size((geometry.width(), geometry.height())).translate(window.position.0, window.position.1))
        };
        let mut placed: Vec<_> = self.stack.iter().rev().filter_map(area).take(MAX_AROUND).collect();
        placed.reverse();
        placement::place(size, self.usable, &placed)
    }

    /// Gives all docks their places: those that keep windows away first, from the top down. The rest is for windows.
    pub(super) fn arrange_docks(&mut self) {
        let screen = self.scene.frame().bounds();
        let mut usable = screen;
        let dock = |id: &SurfaceId| Some((*id, self.window(*id)?)).filter(|(_, window)| window.is_docked);
        let mut all: Vec<_> = self.docks.iter().filter_map(dock).filter_map(|(id, w)| Some((id, w.dock?))).collect();
        all.sort_by_key(|(_, dock)| (dock.zone <= 0, std::cmp::Reverse(dock.level)));
        for (id, dock) in all {
            let place = dock.place(if dock.zone < 0 { screen } else { usable });
            usable = dock.reserve(usable);
            let Some(window) = self.window_mut(id) else { continue };
            window.position = (place.left(), place.top());
            let before = std::mem::replace(&mut window.docked, place);
            if (before.width(), before.height()) != (place.width(), place.height()) {
                self.configure(id);
            }
        }
        self.tree_changed = true;
        if self.usable != usable {
            self.usable = usable;
            let windows: Vec<_> = self.stack.iter().collect();
            for id in windows {
                if self.window(id).is_some_and(|window| window.dock.is_none()) {
                    self.configure(id);
                }
            }
        }
    }
}
