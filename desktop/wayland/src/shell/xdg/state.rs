//! The state of windows, popups and what they are made with.

use wayline::{HandlerError, HandlerResult, ObjectError, Server};

use super::positioner::Positioner;
use crate::host::Host;
use crate::protocol::{
    WlSurface, XdgPopup, XdgSurface, XdgToplevel, XdgWmBase, ZxdgShellV6, ZxdgToplevelDecorationV1, xdg_wm_base,
};
use crate::shell::configures::Configures;
use crate::surface::assign::unmap;
use wayline_desktop::{Rect, Shape, SurfaceId};

/// What an `xdg_surface` was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Stable(XdgWmBase),
    /// xdg-shell v6; the errors have the same numbers.
    V6(ZxdgShellV6),
}

wayline::carry!(enum Base { 1 = Stable(this), 2 = V6(this) });

/// State of an `xdg_wm_base`.
#[derive(Debug, Default)]
pub struct BaseState {
    /// Its `xdg_surface`s that are alive.
    pub(crate) surfaces: u32,
    /// Serial of the ping that was not answered yet.
    pub(crate) ping: Option<u32>,
}

wayline::carry!(struct BaseState { surfaces, ping });

impl Base {
    pub(crate) fn state<A: Host>(self, server: &mut Server<A>) -> Option<&mut BaseState> {
        match self {
            Base::Stable(this) => server.data(this).ok(),
            Base::V6(this) => server.data(this).ok(),
        }
    }

    pub(crate) fn fault(self, code: xdg_wm_base::Error, text: impl Into<String>) -> HandlerError {
        match self {
            Base::Stable(this) => HandlerError::protocol(this, code, text),
            Base::V6(this) => HandlerError::protocol(this, code, text),
        }
    }

    /// As [`HandlerError::unless`].
    pub(crate) fn unless<T: Into<String>>(
        self,
        holds: bool,
        code: xdg_wm_base::Error,
        text: impl FnOnce() -> T,
    ) -> HandlerResult {
        if holds { Ok(()) } else { Err(self.fault(code, text())) }
    }
}

/// What an `xdg_surface` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RoleObject {
    #[default]
    None,
    Toplevel(XdgToplevel),
    Popup(XdgPopup),
}

wayline::carry!(enum RoleObject { 0 = None, 1 = Toplevel(this), 2 = Popup(this) });

/// State of an `xdg_surface`.
#[derive(Debug, Default)]
pub struct XdgState {
    /// What made it, and of what.
    pub(crate) made: Option<(Base, WlSurface)>,
    pub(crate) role: RoleObject,
    pub(crate) geometry: Option<Rect>,
    pub(crate) next_geometry: Option<Rect>,
    /// The shape that a window is to have, and the place of a popup in its parent, or on the screen of a window that fills
    /// it.
    pub(crate) configures: Configures<(Shape, Rect)>,
}

wayline::carry!(struct XdgState { made, role, geometry, next_geometry, configures });

/// State of an `xdg_toplevel`.
#[derive(Debug, Default)]
pub struct Toplevel {
    pub(crate) xdg: Option<XdgSurface>,
    /// Bytes of its title, as they are charged.
    pub(crate) title: u64,
    pub(crate) min: (i32, i32),
    pub(crate) max: (i32, i32),
    /// The room for windows that it was told of.
    pub(crate) bounds: (i32, i32),
    pub(crate) decoration: Option<ZxdgToplevelDecorationV1>,
}

wayline::carry!(struct Toplevel { xdg, title, min, max, bounds, decoration });

/// State of an `xdg_popup`.
#[derive(Debug, Default)]
pub struct Popup {
    pub(crate) xdg: Option<XdgSurface>,
    pub(crate) parent: Option<WlSurface>,
    pub(crate) positioner: Positioner,
    /// The place that it was told last.
    pub(crate) place: Rect,
    /// The token of a reposition that is answered with the next configuration.
    pub(crate) token: Option<u32>,
}

wayline::carry!(struct Popup { xdg, parent, positioner, place, token });

/// What made an `xdg_surface`, and of what.
///
/// # Errors
/// If it is gone.
pub(crate) fn made<A: Host>(app: &mut A, xdg: Option<XdgSurface>) -> Result<(Base, WlSurface), ObjectError> {
    app.server().data(xdg.ok_or(ObjectError::Gone)?)?.made.ok_or(ObjectError::Gone)
}

/// The name on the desktop of the surface behind an `xdg_surface`.
///
/// # Errors
/// If one of the two is gone.
pub(crate) fn id<A: Host>(app: &mut A, xdg: Option<XdgSurface>) -> Result<SurfaceId, ObjectError> {
    let (_, surface) = made(app, xdg)?;
    Ok(app.server().data(surface)?.id)
}

/// Back to the state before the first commit. The host hears of a window that is gone.
pub(super) fn start_again<A: Host>(app: &mut A, xdg: XdgSurface) {
    let Ok(state) = app.server().data(xdg) else { return };
    let was_window = matches!(state.role, RoleObject::Toplevel(_)) && state.configures.initial;
    state.configures.start_again();
    state.geometry = None;
    if let (true, Ok(id)) = (was_window, id(app, Some(xdg))) {
        app.window_removed(id);
    }
}

/// The role object is gone: its surface is hidden, and a new one can be made.
pub(super) fn forget_role<A: Host>(app: &mut A, xdg: Option<XdgSurface>) {
    let Some(xdg) = xdg else { return };
    start_again(app, xdg);
    let Ok(state) = app.server().data(xdg) else { return };
    state.role = RoleObject::None;
    if let Some((_, surface)) = state.made {
        unmap(app, surface);
    }
}
