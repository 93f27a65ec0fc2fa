//! The state of a surface, and what clients have said about it since.

use super::super::picture::Crop;
use super::super::protocol::{WlBuffer, WlSurface, WpPresentationFeedback, WpViewport, wl_output};
use super::super::shm::Attached;
use super::role::{Object, Role};
use wayline::WlCallback;
use wayline_desktop::{Rect, Region, SurfaceId};

/// Damage rectangles kept for one commit; beyond that everything is damaged.
const MAX_DAMAGE: usize = 64;

/// Frame callbacks and feedbacks that may wait at one surface. A client has no use for a second one.
pub(in crate::wayland) const MAX_CALLBACKS: usize = 256;

/// State of a `wl_surface`.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    /// The buffer attached since the last commit.
    pub(super) attach: Option<Option<WlBuffer>>,
    pub(super) pending: Changes,
    /// What a synchronised subsurface committed and its parent did not yet.
    pub(super) cached: Option<Commit>,
    pub(in crate::wayland) current: Current,
    /// What the surface is for. It stays so for its life.
    pub(super) role_name: Option<&'static str>,
    /// What follows from that, while there is an object for it.
    pub(super) role: Option<&'static dyn Role>,
    pub(in crate::wayland) object: Object,
    pub(super) viewport: Option<WpViewport>,
    /// Its name on the desktop, from when it first had a role.
    pub(in crate::wayland) id: Option<SurfaceId>,
    pub(super) on_output: bool,
    /// The surface and its subsurfaces from bottom to top as of the next commit; empty without any.
    pub(super) stack: Vec<WlSurface>,
    pub(super) stack_changed: bool,
    /// The subsurfaces that wait for the next commit: with content, with a place, or because one of theirs does.
    pub(super) waiting: Vec<WlSurface>,
    /// Who is to be told when the content is shown.
    pub(super) feedback: Vec<WpPresentationFeedback>,
    /// Popups and transients whose parent this is.
    pub(in crate::wayland) popups: u32,
}

impl Surface {
    /// Whether there is a buffer, attached or committed.
    pub(in crate::wayland) fn has_buffer(&self) -> bool {
        self.current.attached.is_some() || matches!(self.attach, Some(Some(_)))
    }
}

/// What one commit, or several of a synchronised subsurface, change.
#[derive(Debug, Default)]
pub(super) struct Commit {
    /// A new buffer, or none any more.
    pub(super) content: Option<Option<Attached>>,
    pub(super) changes: Changes,
}

/// Changes to the state of a surface.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) offset: (i32, i32),
    pub(super) damage: Vec<Rect>,
    pub(super) frames: Vec<WlCallback>,
    pub(super) feedback: Vec<WpPresentationFeedback>,
    pub(super) opaque: Option<Option<Region>>,
    pub(super) input: Option<Option<Region>>,
    pub(super) scale: Option<i32>,
    pub(super) transform: Option<wl_output::Transform>,
    pub(super) source: Option<Option<Crop>>,
    pub(super) destination: Option<Option<(i32, i32)>>,
}

impl Changes {
    /// Puts later changes on top.
    pub(super) fn merge(&mut self, later: Changes) {
        self.offset.0 = self.offset.0.saturating_add(later.offset.0);
        self.offset.1 = self.offset.1.saturating_add(later.offset.1);
        for rect in later.damage {
            self.damage(rect);
        }
        self.frames.extend(later.frames);
        self.feedback.extend(later.feedback);
        self.opaque = later.opaque.or(self.opaque.take());
        self.input = later.input.or(self.input.take());
        self.scale = later.scale.or(self.scale);
        self.transform = later.transform.or(self.transform);
        self.source = later.source.or(self.source);
        self.destination = later.destination.or(self.destination);
    }

    pub(super) fn damage(&mut self, rect: Rect) {
        let everything = Rect::from_edges(i32::MIN, i32::MIN, i32::MAX, i32::MAX);
        if self.damage.len() == MAX_DAMAGE {
            self.damage.clear();
            self.damage.push(everything);
        } else if self.damage.first() != Some(&everything) {
            self.damage.push(rect);
        }
    }
}

/// The state of a surface as of its last commit.
#[derive(Debug)]
pub(crate) struct Current {
    pub(in crate::wayland) attached: Option<Attached>,
    pub(in crate::wayland) scale: i32,
    pub(in crate::wayland) transform: wl_output::Transform,
    pub(in crate::wayland) source: Option<Crop>,
    pub(in crate::wayland) destination: Option<(i32, i32)>,
    /// Where it is surely opaque, and where it takes input, for when it gets a role.
    pub(super) opaque: Rect,
    pub(super) input: Option<Region>,
    /// Size in surface coordinates; 0x0 without a buffer.
    pub(in crate::wayland) size: (i32, i32),
}

impl Default for Current {
    fn default() -> Self {
        Self {
            attached: None,
            scale: 1,
            transform: wl_output::Transform::NORMAL,
            source: None,
            destination: None,
            opaque: Rect::EMPTY,
            input: None,
            size: (0, 0),
        }
    }
}
