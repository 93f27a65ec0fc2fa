//! What is shown, from bottom to top, and where.

use super::tree::add;
use super::{Desktop, Owner, Pixels, Place, Surface, SurfaceId, scene};

/// Surfaces from bottom to top, and where they are.
type Order = Vec<(SurfaceId, (i32, i32))>;

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Finds out what is shown, and where.
    pub(super) fn arrange(&mut self) {
        let mut order = Order::with_capacity(self.shown.len());
        let windows = self.stack.values().copied().filter(|window| self.is_for_now(*window));
        let cursor = self.pointer.cursor.filter(|_| self.pointer.drawn);
        for root in windows.chain(self.icon()).chain(cursor) {
            if let Some(surface) = self.surfaces.get(&root) {
                self.list(root, surface, self.origin(root), &mut order);
            }
        }
        self.looked_at = order.len();
        self.show(&order);
    }

    /// Lists a surface and what is on it, from bottom to top. Those without content are among them, for clients can have
    /// many.
    fn list(&self, id: SurfaceId, surface: &Surface<O, P>, origin: (i32, i32), order: &mut Order) {
        let list = |on: &[SurfaceId], order: &mut Order| {
            for (id, on) in on.iter().filter_map(|id| Some((*id, self.surfaces.get(id)?))) {
                self.list(id, on, add(origin, self.shift(on)), order);
            }
        };
        if !surface.is_mapped() {
            order.push((id, origin));
            return;
        }
        if matches!(surface.place, Place::Popup { dismissed: true, .. }) {
            return;
        }
        list(&surface.children().below, order);
        order.push((id, origin));
        list(&surface.children().above, order);
        list(&surface.children().popups, order);
    }

    /// Shows these surfaces and no others, as far as they have content.
    pub(super) fn show(&mut self, order: &[(SurfaceId, (i32, i32))]) {
        let before = std::mem::take(&mut self.shown);
        // Those that are where they were, with their places in the order from before.
        let (mut stay, mut ranks) = (Vec::new(), Vec::new());
        for (id, position) in order {
            let Some(surface) = self.surfaces.get_mut(id).filter(|surface| surface.is_mapped()) else { continue };
            let rank = surface.view.rank;
            if rank.is_some_and(|rank| self.shown.get(rank).is_some_and(|(at, _)| at == id)) {
                continue;
            }
            let now = Some(self.shown.len());
            let is_changed = self.scene.change(&mut surface.view, |view| (view.position, view.rank) = (*position, now));
            if let Some(rank) = rank.filter(|_| !is_changed) {
                stay.push(*id);
                ranks.push(rank);
            }
            self.shown.push((*id, surface.view.bounds()));
        }
        for at in scene::moved(&ranks) {
            if let Some(surface) = self.surfaces.get(&stay[at]) {
                self.scene.damage_view(&surface.view);
            }
        }
        for (id, _) in before {
            if let Some(surface) = self.surfaces.get_mut(&id)
                && surface.view.rank.is_some_and(|rank| self.shown.get(rank).is_none_or(|(at, _)| *at != id))
            {
                self.scene.change(&mut surface.view, |view| view.rank = None);
            }
        }
    }
}
