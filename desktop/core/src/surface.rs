//! Surfaces: what is known of each.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use super::Rect;
use super::constraint::Constraint;
use super::region::Region;
use super::scene::View;
use super::window_state::Window;

/// Names a surface for as long as it exists; never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SurfaceId(pub(super) u64);

/// All surfaces, by their names. Boxes, so that a table that grows has little to move.
pub(super) type Surfaces<O, P> = HashMap<SurfaceId, Box<Surface<O, P>>, Spread>;

/// Spreads names over a table by one multiplication: the factor, and then the product. The factor is random, since clients
/// choose which names they keep.
#[derive(Clone)]
pub(super) struct Spread(u64);

impl Default for Spread {
    fn default() -> Spread {
        Spread(RandomState::new().hash_one(()) | 1)
    }
}

impl BuildHasher for Spread {
    type Hasher = Spread;

    fn build_hasher(&self) -> Spread {
        self.clone()
    }
}

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        // Tables go by the lower half, and the upper one is better mixed.
        self.0 = self.0.wrapping_mul(number).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Where a surface belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: it is not shown.
    #[default]
    Nowhere,
    /// On the screen, as a window.
    Window,
    /// On its parent, at an offset from it. It is shown once it is `listed` in the parent's order.
    Part { parent: SurfaceId, offset: (i32, i32), listed: bool },
    /// Above its parent; the offset is between their geometries. A transient comes back with its parent.
    Popup { parent: SurfaceId, offset: (i32, i32), transient: bool, dismissed: bool },
    /// At the pointer; the offset is its hotspot.
    Cursor { hotspot: (i32, i32) },
    /// At what leads a drag.
    Icon,
}

/// What is on a surface.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// Parts below it and above it, from bottom to top.
    pub(super) below: Vec<SurfaceId>,
    pub(super) above: Vec<SurfaceId>,
    /// The oldest first.
    pub(super) popups: Vec<SurfaceId>,
    /// How many there are, also parts that are not listed.
    pub(super) count: u32,
    /// Levels of them, at most.
    pub(super) height: u32,
}

static NO_CHILDREN: Children =
    Children { below: Vec::new(), above: Vec::new(), popups: Vec::new(), count: 0, height: 0 };

impl Children {
    /// One of them belongs elsewhere now.
    pub(super) fn left(&mut self) {
        self.count = self.count.saturating_sub(1);
        if self.count == 0 {
            self.height = 0;
        }
    }
}

/// A surface. Clients can have many that they never use, so what few of them have is in boxes.
#[derive(Debug)]
pub(super) struct Surface<O, P> {
    pub(super) owner: O,
    /// What the scene shows of it.
    pub(super) view: View<P>,
    pub(super) place: Place,
    /// Size in its own coordinates.
    pub(super) size: (i32, i32),
    /// The part that people see as the window, if that is not all of it.
    pub(super) geometry: Option<Rect>,
    /// Where it takes input; `None` is everywhere.
    pub(super) input: Option<Region>,
    /// What is on it, from when something first was.
    pub(super) children: Option<Box<Children>>,
    /// Whether it wants to know, as a popup, that its window was moved.
    pub(super) reactive: bool,
    pub(super) window: Option<Box<Window>>,
    pub(super) constraint: Option<Box<Constraint>>,
}

impl<O, P> Surface<O, P> {
    pub(super) fn new(owner: O) -> Self {
        Surface {
            owner,
            view: View::new(),
            place: Place::Nowhere,
            size: (0, 0),
            geometry: None,
            input: None,
            children: None,
            reactive: false,
            window: None,
            constraint: None,
        }
    }

    /// Whether it has content.
    pub(super) fn is_mapped(&self) -> bool {
        self.view.content.is_some()
    }

    /// The window that people see, in coordinates of the surface.
    pub(super) fn geometry(&self) -> Rect {
        self.geometry.unwrap_or(Rect::new(0, 0, self.size.0, self.size.1))
    }

    pub(super) fn children(&self) -> &Children {
        self.children.as_deref().unwrap_or(&NO_CHILDREN)
    }

    pub(super) fn children_mut(&mut self) -> &mut Children {
        self.children.get_or_insert_default()
    }

    /// The surface that it belongs to.
    pub(super) fn parent(&self) -> Option<SurfaceId> {
        match self.place {
            Place::Part { parent, .. } | Place::Popup { parent, .. } => Some(parent),
            _ => None,
        }
    }
}

/// Takes one out of a list. Such lists have at most [`MAX_PARTS`](super::MAX_PARTS) members.
pub(super) fn take_out(list: &mut Vec<SurfaceId>, id: SurfaceId) {
    if let Some(at) = list.iter().position(|member| *member == id) {
        list.remove(at);
    }
}
