//! What a surface is for, and what that means for its commits.

use std::fmt::Debug;

use wayline::Handled;

use super::super::protocol::{WlShellSurface, WlSubsurface, WlSurface, XdgSurface};
use crate::app::App;

/// The object by which a surface has its role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::wayland) enum Object {
    #[default]
    None,
    Xdg(XdgSurface),
    Shell(WlShellSurface),
    Layer(super::super::protocol::ZwlrLayerSurfaceV1),
    Part(WlSubsurface),
    Cursor,
    Icon,
}

/// What a commit does to a surface.
#[derive(Clone, Copy, Debug)]
pub(in crate::wayland) struct Change {
    /// Whether it had content before.
    pub(in crate::wayland) had: bool,
    /// Whether it has any now.
    pub(in crate::wayland) has: bool,
    /// How far its upper left corner moves.
    pub(in crate::wayland) offset: (i32, i32),
}

impl Change {
    /// The surface gets content, and had none.
    pub(in crate::wayland) fn appears(self) -> bool {
        self.has && !self.had
    }

    /// The surface loses its content.
    pub(in crate::wayland) fn vanishes(self) -> bool {
        self.had && !self.has
    }
}

/// What follows from the role of a surface. There is one for each kind of object that gives a role.
pub(in crate::wayland) trait Role: Debug + Sync {
    /// Whether a buffer may be attached.
    ///
    /// # Errors
    /// The protocol error if not.
    fn check_attach(&self, app: &mut App, surface: WlSurface) -> Handled {
        let _ = (app, surface);
        Ok(())
    }

    /// Whether a commit is allowed. `content` says whether it brings a buffer, or takes the one there was.
    ///
    /// # Errors
    /// The protocol error if not.
    fn check_commit(&self, app: &mut App, surface: WlSurface, content: Option<bool>) -> Handled {
        let _ = (app, surface, content);
        Ok(())
    }

    /// A commit took effect, and is about to be shown.
    ///
    /// # Errors
    /// The protocol error if it cannot be.
    fn before_apply(&self, app: &mut App, surface: WlSurface, change: Change) -> Handled {
        let _ = (app, surface, change);
        Ok(())
    }

    /// A commit was shown.
    ///
    /// # Errors
    /// If its client is gone.
    fn after_apply(&self, app: &mut App, surface: WlSurface, change: Change) -> Handled {
        let _ = (app, surface, change);
        Ok(())
    }

    /// The surface has lost its content by a commit.
    fn unmap(&self, app: &mut App, surface: WlSurface) {
        let _ = (app, surface);
    }

    /// The surface is gone, before its object.
    fn destroyed(&self, app: &mut App, surface: WlSurface, object: Object) {
        let _ = (app, surface, object);
    }
}
