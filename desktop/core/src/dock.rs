//! Docks: windows that belong to the screen, such as wallpapers and panels, and where they are.

use super::tree::corner;
use super::{Desktop, Owner, Pixels, Rect, Stale, SurfaceId};

/// The level of panels: above windows.
pub(crate) const ABOVE: i8 = 1;

/// The level of what locks the screen.
pub(crate) const LOCK: i8 = i8::MAX;

/// Edges of the screen or of a window, as bits: those that layer-shell and xdg-shell have. Others mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges(pub u32);

impl Edges {
    /// The upper edge.
    pub const TOP: Edges = Edges(1);
    /// The lower edge.
    pub const BOTTOM: Edges = Edges(2);
    /// The left edge.
    pub const LEFT: Edges = Edges(4);
    /// The right edge.
    pub const RIGHT: Edges = Edges(8);
    pub(super) const ALL: u32 = 15;

    /// Whether all of the others are among these.
    #[must_use]
    pub fn contains(self, other: Edges) -> bool {
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
    pub anchor: Edges,
    /// Pixels along its edge that are kept from others; with a negative one it does not mind those of others.
    pub zone: i32,
    /// Top, right, bottom, left.
    pub margin: [i32; 4],
}

impl Dock {
    /// Where it goes within bounds.
    pub(super) fn place(&self, bounds: Rect) -> Rect {
        let [top, right, bottom, left] = self.margin;
        let along = |low: Edges, high: Edges, from: i32, to: i32, size: u32, before: i32, after: i32| {
            let (low, high) = (self.anchor.contains(low), self.anchor.contains(high));
            let from = if low { from.saturating_add(before) } else { from };
            let to = if high { to.saturating_sub(after) } else { to };
            let room = to.saturating_sub(from).max(1);
            let size = if size == 0 { room } else { i32::try_from(size).unwrap_or(i32::MAX) };
            let at = match (low, high) {
                (true, false) => from,
                (false, true) => to.saturating_sub(size),
                _ => from.saturating_add(room.saturating_sub(size) / 2),
            };
            (at, size)
        };
        let (x, width) = along(Edges::LEFT, Edges::RIGHT, bounds.left(), bounds.right(), self.size.0, left, right);
        let (y, height) = along(Edges::TOP, Edges::BOTTOM, bounds.top(), bounds.bottom(), self.size.1, top, bottom);
        Rect::new(x, y, width, height)
    }

    /// What is left for others beside its strip of the screen.
    pub(super) fn reserve(&self, usable: Rect) -> Rect {
        if self.zone <= 0 {
            return usable;
        }
        let [top, right, bottom, left] = self.margin.map(|margin| self.zone.saturating_add(margin).max(0));
        let (mut x1, mut y1, mut x2, mut y2) = (usable.left(), usable.top(), usable.right(), usable.bottom());
        let edges = [Edges::TOP, Edges::RIGHT, Edges::BOTTOM, Edges::LEFT].map(|edge| self.anchor.contains(edge));
        // The edge is the one it is anchored to without the opposite one.
        match edges {
            [true, after, false, before] if before == after => y1 = y1.saturating_add(top),
            [false, after, true, before] if before == after => y2 = y2.saturating_sub(bottom),
            [above, false, below, true] if above == below => x1 = x1.saturating_add(left),
            [above, true, below, false] if above == below => x2 = x2.saturating_sub(right),
            // A corner, or no edge at all, is no strip.
            _ => return usable,
        }
        Rect::from_edges(x1, y1, x2.max(x1), y2.max(y1))
    }
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// The part of the screen where windows are put: what docks leave of it.
    pub fn usable(&self) -> Rect {
        self.usable
    }

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
        self.mark(Stale::Docks);
    }

    /// Gives all docks their places: those that keep windows away first, from the top down. The rest is for windows.
    pub(super) fn arrange_docks(&mut self) {
        let screen = self.scene.frame().bounds();
        let mut usable = screen;
        let dock = |id: &SurfaceId| Some((*id, self.window(*id).filter(|window| window.is_docked)?.dock?));
        let mut all: Vec<_> = self.docks.iter().filter_map(dock).collect();
        all.sort_by_key(|(_, dock)| (dock.zone <= 0, std::cmp::Reverse(dock.level)));
        for (id, dock) in all {
            let place = dock.place(if dock.zone < 0 { screen } else { usable });
            usable = dock.reserve(usable);
            let Some(window) = self.window_mut(id) else { continue };
            window.position = corner(place);
            let before = std::mem::replace(&mut window.docked, place);
            if (before.width(), before.height()) != (place.width(), place.height()) {
                self.configure(id);
            }
        }
        if std::mem::replace(&mut self.usable, usable) != usable {
            let windows: Vec<_> = self.stack.values().copied().collect();
            for id in windows {
                if self.window(id).is_some_and(|window| window.dock.is_none()) {
                    self.configure(id);
                }
            }
        }
    }
}
