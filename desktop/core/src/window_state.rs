//! What is known of a window.

use super::Rect;
use super::{Dock, Edges, SurfaceId};

/// How a window lies on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// It has a place and a size of its own.
    #[default]
    Floating,
    /// It fills the part of the screen where windows are put, or its tile.
    Maximised,
    /// It fills the screen, and hides panels.
    Fullscreen,
}

/// Whether a window takes the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keyboard {
    /// At no time.
    Never,
    /// When it appears, and when the user wants it.
    #[default]
    OnDemand,
    /// When the user wants it, but not when it appears.
    Passive,
    /// For as long as it is shown, and no other window.
    Exclusive,
}

/// What a window is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Also in a tile.
    pub maximised: bool,
    /// Whether other windows may be beside it.
    pub tiled: bool,
    pub fullscreen: bool,
    pub resizing: bool,
    pub activated: bool,
    /// Its size; 0x0 is up to the client.
    pub size: (i32, i32),
    /// The part of the screen that it is to fill, unless it floats.
    pub fills: Rect,
    /// The part of the screen where windows are put.
    pub usable: Rect,
}

impl Wanted {
    pub fn shape(&self) -> Shape {
        match (self.fullscreen, self.maximised) {
            (true, _) => Shape::Fullscreen,
            (false, true) => Shape::Maximised,
            (false, false) => Shape::Floating,
        }
    }
}

/// Where a window is in the order: its level, and a number that is higher the later it was raised.
pub(super) type Key = (i8, u64);

/// State of a window.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) title: String,
    /// Upper left corner of its geometry on the screen.
    pub(super) position: (i32, i32),
    /// Whether it was placed there.
    pub(super) placed: bool,
    pub(super) parent: Option<SurfaceId>,
    pub(super) children: Vec<SurfaceId>,
    /// Whether it is shown while the screen is locked, and only then.
    pub(super) locks: bool,
    /// Its place in the order, while it is shown.
    pub(super) key: Option<Key>,
    pub(super) level: i8,
    pub(super) keyboard: Keyboard,
    /// What it is to be, but for what follows from other state: see [`Desktop::wanted`](super::Desktop::wanted).
    pub(super) wanted: Wanted,
    /// The part of the screen that it fills as if it were maximised there.
    pub(super) tile: Option<Rect>,
    pub(super) min: (i32, i32),
    pub(super) max: (i32, i32),
    /// What it is.
    pub(super) shape: Shape,
    /// The part of the screen that it fills, unless it floats.
    pub(super) fills: Rect,
    /// Where it was before it filled the screen.
    pub(super) floating: Option<(i32, i32)>,
    /// The edges that a resize moves, and the size before.
    pub(super) edges: Option<(Edges, (u32, u32))>,
    /// What it wants, if it belongs to the screen.
    pub(super) dock: Option<Dock>,
    pub(super) docked: Rect,
    /// Whether it is about to be told what it is to be.
    pub(super) is_queued: bool,
    pub(super) is_docked: bool,
}

impl Window {
    /// Where a window of this size is that fills a part of the screen: in the middle of it, if it is smaller.
    pub(super) fn filled(&self, size: (u32, u32)) -> (i32, i32) {
        if self.shape != Shape::Fullscreen {
            return (self.fills.left(), self.fills.top());
        }
        let middle = |at: i32, outer: u32, inner: u32| at.saturating_add((outer.saturating_sub(inner) / 2) as i32);
        (middle(self.fills.left(), self.fills.width(), size.0), middle(self.fills.top(), self.fills.height(), size.1))
    }
}
