//! Docks: windows that belong to the screen, such as wallpapers and panels, and where they are.

use super::{Desktop, Owner, Pixels, Rect, SurfaceId};

/// The level of panels: above windows.
pub(crate) const ABOVE: i8 = 1;

/// The level of what locks the screen.
pub(crate) const LOCK: i8 = i8::MAX;

/// Edges of the screen, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edge(pub u32);

impl Edge {
    /// The upper edge.
    pub const TOP: Edge = Edge(1);
    /// The lower edge.
    pub const BOTTOM: Edge = Edge(2);
    /// The left edge.
    pub const LEFT: Edge = Edge(4);
    /// The right edge.
    pub const RIGHT: Edge = Edge(8);

    fn contains(self, other: Edge) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a dock wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dock {
    /// Below windows if negative, above them if positive.
    pub level: i8,
    /// 0 is as much as there is between its edges.
    pub size: (u32, u32),
    /// The edges that it is at.
    pub anchor: Edge,
    /// Pixels along its edge that are kept from others; with a negative one it does not mind those of others.
    pub zone: i32,
    /// Top, right, bottom, left.
    pub margin: [i32; 4],
}

impl Dock {
    /// Where it goes within bounds.
    pub(super) fn place(&self, bounds: Rect) -> Rect {
        let [top, right, bottom, left] = self.margin;
        let along = |low: bool, high: bool, from: i32, to: i32, size: u32, before: i32, after: i32| {
            let (from, to) = match (low, high) {
                (true, true) => (from.saturating_add(before), to.saturating_sub(after)),
                (true, false) => (from.saturating_add(before), to),
                (false, true) => (from, to.saturating_sub(after)),
                (false, false) => (from, to),
            };
            let room = to.saturating_sub(from).max(1);
            let size = if size == 0 { room } else { i32::try_from(size).unwrap_or(i32::MAX) };
            let at = match (low, high) {
                (true, false) => from,
                (false, true) => to.saturating_sub(size),
                _ => from.saturating_add(room.saturating_sub(size) / 2),
            };
            (at, size)
        };
        let has = |edge: Edge| self.anchor.contains(edge);
        let (x, width) =
            along(has(Edge::LEFT), has(Edge::RIGHT), bounds.left(), bounds.right(), self.size.0, left, right);
        let (y, height) =
            along(has(Edge::TOP), has(Edge::BOTTOM), bounds.top(), bounds.bottom(), self.size.1, top, bottom);
        Rect::new(x, y, width, height)
    }

    /// What is left for others beside its strip of the screen.
    pub(super) fn reserve(&self, usable: Rect) -> Rect {
        if self.zone <= 0 {
            return usable;
        }
        let [top, right, bottom, left] = self.margin;
        let (mut x1, mut y1, mut x2, mut y2) = (usable.left(), usable.top(), usable.right(), usable.bottom());
        // The edge is the one it is anchored to without the opposite one.
        let alone = |edge: Edge, opposite: Edge| self.anchor.contains(edge) && !self.anchor.contains(opposite);
        let vertical = alone(Edge::TOP, Edge::BOTTOM) || alone(Edge::BOTTOM, Edge::TOP);
        let horizontal = alone(Edge::LEFT, Edge::RIGHT) || alone(Edge::RIGHT, Edge::LEFT);
        match (vertical, horizontal) {
            (true, false) if self.anchor.contains(Edge::TOP) => {
                y1 = y1.saturating_add(self.zone).saturating_add(top);
            }
            (true, false) => y2 = y2.saturating_sub(self.zone).saturating_sub(bottom),
            (false, true) if self.anchor.contains(Edge::LEFT) => {
                x1 = x1.saturating_add(self.zone).saturating_add(left);
            }
            (false, true) => x2 = x2.saturating_sub(self.zone).saturating_sub(right),
            // A corner, or no edge at all, is no strip.
            _ => return usable,
        }
        Rect::from_edges(x1, y1, x2.max(x1), y2.max(y1))
    }
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Makes a window a dock, or another one. It gets its place with the next [`Desktop::refresh`], and is then told
    /// its size if that is new.
    pub fn set_dock(&mut self, id: SurfaceId, dock: Dock) {
        let Some(window) = self.window_mut(id) else { return };
        let is_new = window.dock.is_none();
        window.dock = Some(dock);
        let has_moved = std::mem::replace(&mut window.level, dock.level) != dock.level;
        if !std::mem::replace(&mut window.is_docked, true) {
            window.docked = Rect::EMPTY;
        }
        if is_new {
            self.docks.push(id);
        }
        if has_moved {
            self.restack(id);
        }
        self.docks_changed = true;
    }

    /// A dock left the screen: it needs no room until it is set again.
    pub(super) fn undock(&mut self, id: SurfaceId) {
        if let Some(window) = self.window_mut(id)
            && std::mem::take(&mut window.is_docked)
        {
            self.docks_changed = true;
        }
    }
}
