//! Where a surface of a layer goes on the screen, and what room it leaves. Knows
//! what its client wants; refuses to know surfaces and who has the keyboard.

use super::super::protocol::zwlr_layer_shell_v1::Layer as Level;
use super::super::protocol::zwlr_layer_surface_v1::{Anchor, KeyboardInteractivity};
use crate::scene::Rect;

pub(super) const ALL_EDGES: u32 = Anchor::TOP.0 | Anchor::BOTTOM.0 | Anchor::LEFT.0 | Anchor::RIGHT.0;

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) level: Level,
    pub(super) size: (u32, u32),
    pub(super) anchor: Anchor,
    pub(super) zone: i32,
    /// Top, right, bottom, left.
    pub(super) margin: [i32; 4],
    pub(super) keyboard: KeyboardInteractivity,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            level: Level::BACKGROUND,
            size: (0, 0),
            anchor: Anchor::empty(),
            zone: 0,
            margin: [0; 4],
            keyboard: KeyboardInteractivity::NONE,
        }
    }
}

impl Wish {
    /// Where a surface goes within bounds.
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
        let has = |edge: Anchor| self.anchor.contains(edge);
        let (x, width) =
            along(has(Anchor::LEFT), has(Anchor::RIGHT), bounds.left(), bounds.right(), self.size.0, left, right);
        let (y, height) =
            along(has(Anchor::TOP), has(Anchor::BOTTOM), bounds.top(), bounds.bottom(), self.size.1, top, bottom);
        Rect::new(x, y, width, height)
    }

    /// What is left for others beside a surface that wants a strip of the screen for itself.
    pub(super) fn reserve(&self, free: Rect) -> Rect {
        if self.zone <= 0 {
            return free;
        }
        let [top, right, bottom, left] = self.margin;
        let (mut x1, mut y1, mut x2, mut y2) = (free.left(), free.top(), free.right(), free.bottom());
        // The edge is the one it is anchored to without the opposite one.
        let sides = ALL_EDGES & self.anchor.0;
        let alone = |edge: Anchor, opposite: Anchor| sides & edge.0 != 0 && sides & opposite.0 == 0;
        let vertical = alone(Anchor::TOP, Anchor::BOTTOM) || alone(Anchor::BOTTOM, Anchor::TOP);
        let horizontal = alone(Anchor::LEFT, Anchor::RIGHT) || alone(Anchor::RIGHT, Anchor::LEFT);
        match (vertical, horizontal) {
            (true, false) if sides & Anchor::TOP.0 != 0 => y1 = y1.saturating_add(self.zone).saturating_add(top),
            (true, false) => y2 = y2.saturating_sub(self.zone).saturating_sub(bottom),
            (false, true) if sides & Anchor::LEFT.0 != 0 => x1 = x1.saturating_add(self.zone).saturating_add(left),
            (false, true) => x2 = x2.saturating_sub(self.zone).saturating_sub(right),
            // A corner, or no edge at all, is no strip.
            _ => return free,
        }
        Rect::from_edges(x1, y1, x2.max(x1), y2.max(y1))
    }
}
