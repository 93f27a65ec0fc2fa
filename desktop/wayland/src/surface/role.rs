//! What a surface is for, and what that means for its commits.

use std::fmt::{self, Debug};

use wayline::HandlerResult;
use wayline_desktop::{Effect, SurfaceId};

use crate::protocol::{
    ExtSessionLockSurfaceV1, WlShellSurface, WlSubsurface, WlSurface, XdgSurface, ZwlrLayerSurfaceV1,
};

/// What a surface is for. It stays so for its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Toplevel,
    Popup,
    Shell,
    Layer,
    Lock,
    Part,
    Cursor,
    Icon,
}

wayline::carry! {
    enum Purpose { 1 = Toplevel, 2 = Popup, 3 = Shell, 4 = Layer, 5 = Lock, 6 = Part, 7 = Cursor, 8 = Icon }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Purpose::Toplevel => "toplevel",
            Purpose::Popup => "popup",
            Purpose::Shell => "window of wl_shell",
            Purpose::Layer => "surface on a layer",
            Purpose::Lock => "surface of a session lock",
            Purpose::Part => "subsurface",
            Purpose::Cursor => "cursor",
            Purpose::Icon => "drag icon",
        })
    }
}

/// The object by which a surface has its role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Object {
    #[default]
    None,
    Xdg(XdgSurface),
    Shell(WlShellSurface),
    Layer(ZwlrLayerSurfaceV1),
    Lock(ExtSessionLockSurfaceV1),
    Part(WlSubsurface),
    Cursor,
    Icon,
}

wayline::carry! {
    enum Object {
        0 = None, 1 = Xdg(this), 2 = Shell(this), 3 = Layer(this), 4 = Lock(this), 5 = Part(this), 6 = Cursor, 7 = Icon
    }
}

/// What a commit does to a surface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// Whether it had content before.
    pub(crate) had: bool,
    /// Whether it has any now.
    pub(crate) has: bool,
    /// How far its upper left corner moves.
    pub(crate) offset: (i32, i32),
}

impl Change {
    /// The surface gets content, and had none.
    pub(crate) fn appears(self) -> bool {
        self.has && !self.had
    }

    /// The surface loses its content.
    pub(crate) fn vanishes(self) -> bool {
        self.had && !self.has
    }
}

/// What follows from the role of a surface. There is one for each kind of object that gives a role.
pub(crate) trait Role<A>: Debug + Sync {
    /// Whether a buffer may be attached.
    ///
    /// # Errors
    /// The protocol error if not.
    fn check_attach(&self, app: &mut A, surface: WlSurface) -> HandlerResult {
        let _ = (app, surface);
        Ok(())
    }

    /// Whether a commit is allowed. `content` says whether it brings a buffer, or takes the one there was.
    ///
    /// # Errors
    /// The protocol error if not.
    fn check_commit(&self, app: &mut A, surface: WlSurface, content: Option<bool>) -> HandlerResult {
        let _ = (app, surface, content);
        Ok(())
    }

    /// A commit took effect, and is about to be shown.
    ///
    /// # Errors
    /// The protocol error if it cannot be.
    fn before_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let _ = (app, surface, change);
        Ok(())
    }

    /// A commit was shown.
    ///
    /// # Errors
    /// If its client is gone.
    fn after_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let _ = (app, surface, change);
        Ok(())
    }

    /// The surface has lost its content by a commit.
    fn unmap(&self, app: &mut A, surface: WlSurface) {
        let _ = (app, surface);
    }

    /// Tells the client what has become of its window, in the words of its shell.
    fn deliver(&self, app: &mut A, surface: WlSurface, effect: Effect) {
        let _ = (app, surface, effect);
    }

    /// The surface is gone, before its object. It still has its name on the desktop.
    fn destroyed(&self, app: &mut A, surface: WlSurface, object: Object, id: SurfaceId) {
        let _ = (app, surface, object, id);
    }
}
