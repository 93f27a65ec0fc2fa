//! The policy: the first window has a column of its own, the others are stacked in a second one.

use wayline_desktop::{Rect, SurfaceId};

/// Pixels around each window.
const GAP: i32 = 12;

/// The windows that share the screen, in order.
#[derive(Debug)]
pub(crate) struct Tiles {
    pub(crate) windows: Vec<SurfaceId>,
    /// Share of the width that the first window has beside others, in percent.
    share: i32,
}

impl Tiles {
    pub(crate) fn new() -> Tiles {
        Tiles { windows: Vec::new(), share: 50 }
    }

    /// Makes the first column wider, or narrower.
    pub(crate) fn widen(&mut self, percent: i32) {
        self.share = (self.share + percent).clamp(10, 90);
    }

    /// Gives a window the first column; who had it takes its place in the second one.
    pub(crate) fn promote(&mut self, window: SurfaceId) {
        if let Some(at) = self.windows.iter().position(|other| *other == window) {
            self.windows.swap(0, at);
        }
    }

    /// The window so many places after another one.
    pub(crate) fn neighbour(&self, window: Option<SurfaceId>, places: isize) -> Option<SurfaceId> {
        let at = self.windows.iter().position(|other| Some(*other) == window).unwrap_or(0);
        let next = (at as isize + places).rem_euclid(self.windows.len().max(1) as isize);
        self.windows.get(next as usize).copied()
    }

    /// Where each window is.
    pub(crate) fn places(&self, room: Rect) -> Vec<(SurfaceId, Rect)> {
        let (left, top) = (room.left() + GAP, room.top() + GAP);
        let (width, height) = (room.width() as i32 - GAP, room.height() as i32 - GAP);
        let others = self.windows.len().saturating_sub(1) as i32;
        let column = if others == 0 { width } else { width * self.share / 100 };
        let place = |(n, window): (usize, &SurfaceId)| {
            let at = n as i32 - 1;
            let (x, y, width, height) = match n {
                0 => (left, top, column, height),
                _ => {
                    let from = height * at / others;
                    (left + column, top + from, width - column, height * (at + 1) / others - from)
                }
            };
            (*window, Rect::new(x, y, (width - GAP).max(1), (height - GAP).max(1)))
        };
        self.windows.iter().enumerate().map(place).collect()
    }
}
