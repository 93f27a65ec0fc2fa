//! The state of windows, popups and what they are made with.

use wayline::{ClientId, HandlerError, Server};

use super::positioner::Positioner;
use crate::host::Host;
use crate::protocol::{
    WlSurface, XdgPopup, XdgSurface, XdgToplevel, XdgWmBase, ZxdgShellV6, ZxdgToplevelDecorationV1, xdg_wm_base,
};
use crate::shell::configures::Configures;
use wayline_desktop::{Rect, Shape, SurfaceId};

/// What an `xdg_surface` was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Stable(XdgWmBase),
    /// xdg-shell v6; the errors have the same numbers.
    V6(ZxdgShellV6),
}

/// State of an `xdg_wm_base`.
#[derive(Debug, Default)]
pub struct BaseState {
    /// Its `xdg_surface`s that are alive.
    pub(crate) surfaces: u32,
    /// Serial of the ping that was not answered yet.
    pub(crate) ping: Option<u32>,
}

impl Base {
    pub(crate) fn state<A: Host>(self, server: &mut Server<A>) -> Option<&mut BaseState> {
        match self {
            Base::Stable(this) => server.data(this).ok(),
            Base::V6(this) => server.data(this).ok(),
        }
    }

    pub(crate) fn client(self) -> ClientId {
        match self {
            Base::Stable(this) => this.client(),
            Base::V6(this) => this.client(),
        }
    }

    pub(crate) fn fault(self, code: xdg_wm_base::Error, text: impl Into<String>) -> HandlerError {
        match self {
            Base::Stable(this) => HandlerError::protocol(this, code, text),
            Base::V6(this) => HandlerError::protocol(this, code, text),
        }
    }
}

/// The error of a request of an `xdg_surface` or its role that is raised on what made it.
pub(crate) fn fault<A: Host>(
    app: &mut A,
    xdg: Option<XdgSurface>,
    code: xdg_wm_base::Error,
    text: &str,
) -> HandlerError {
    let base = xdg.and_then(|xdg| app.server().data(xdg).ok()).and_then(|state| state.base);
    base.map_or_else(|| HandlerError::internal(text), |base| base.fault(code, text))
}

/// What an `xdg_surface` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RoleObject {
    #[default]
    None,
    Toplevel(XdgToplevel),
    Popup(XdgPopup),
}

/// State of an `xdg_surface`.
#[derive(Debug, Default)]
pub struct XdgState {
    pub(crate) base: Option<Base>,
    pub(crate) surface: Option<WlSurface>,
    pub(crate) role: RoleObject,
    pub(crate) geometry: Option<Rect>,
    pub(crate) next_geometry: Option<Rect>,
    /// The shape that a window is to have, and the place of a popup in its parent, or on the screen of a window that fills
    /// it.
    pub(crate) configures: Configures<(Shape, Rect)>,
}

impl XdgState {
    /// Back to the state before the first commit.
    pub(crate) fn start_again(&mut self) {
        self.configures.start_again();
        self.geometry = None;
    }
}

/// State of an `xdg_toplevel`.
#[derive(Debug, Default)]
pub struct Toplevel {
    pub(crate) xdg: Option<XdgSurface>,
    pub(crate) surface: Option<WlSurface>,
    pub(crate) id: Option<SurfaceId>,
    /// Bytes of its title, as they are charged.
    pub(crate) title: u64,
    pub(crate) min: (i32, i32),
    pub(crate) max: (i32, i32),
    /// The room for windows that it was told of.
    pub(crate) bounds: (i32, i32),
    pub(crate) decoration: Option<ZxdgToplevelDecorationV1>,
}

/// State of an `xdg_popup`.
#[derive(Debug, Default)]
pub struct Popup {
    pub(crate) xdg: Option<XdgSurface>,
    pub(crate) surface: Option<WlSurface>,
    pub(crate) id: Option<SurfaceId>,
    pub(crate) parent: Option<WlSurface>,
    pub(crate) positioner: Positioner,
    /// The place that it was told last.
    pub(crate) place: Rect,
    /// The token of a reposition that is answered with the next configuration.
    pub(crate) token: Option<u32>,
}

/// Whether the first commit was made.
pub(super) fn is_initial<A: Host>(app: &mut A, xdg: Option<XdgSurface>) -> bool {
    xdg.and_then(|xdg| app.server().data(xdg).ok()).is_some_and(|state| state.configures.initial)
}

/// The role object is gone: a new one can be made.
pub(crate) fn forget_role<A: Host>(app: &mut A, this: Option<XdgSurface>) -> Option<WlSurface> {
    let state = this.and_then(|this| app.server().data(this).ok())?;
    state.role = RoleObject::None;
    state.start_again();
    state.surface
}
