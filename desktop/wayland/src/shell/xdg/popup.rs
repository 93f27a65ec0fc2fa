//! `xdg_popup`: menus and the like, placed by their parent, with or without a
//! grab of the input.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::configure;
use super::positioner::Positioner;
use super::state::{self, Popup, RoleObject, forget_role};
use crate::host::{Host, Wayland};
use crate::protocol::{WlSurface, XdgPopup, XdgSurface, xdg_popup, xdg_wm_base};
use crate::surface::assign::unmap;
use wayline_desktop::SurfaceId;

/// Gives a new popup its parent and how it wants to be placed.
pub(super) fn begin<A: Host>(
    app: &mut A,
    this: XdgPopup,
    (xdg, surface, id): (XdgSurface, WlSurface, SurfaceId),
    parent: Option<XdgSurface>,
    positioner: Positioner,
) -> HandlerResult {
    *app.server().data(this)? =
        Popup { xdg: Some(xdg), surface: Some(surface), id: Some(id), positioner, ..Popup::default() };
    let Some(parent) = parent else { return Ok(()) };
    let state = app.server().data(parent)?;
    if state.role == RoleObject::None || parent == xdg {
        let text = "the parent is neither a toplevel nor a popup";
        return Err(state::fault(app, Some(xdg), xdg_wm_base::Error::INVALID_POPUP_PARENT, text));
    }
    match state.surface {
        Some(parent) => set_parent(app, this, parent),
        None => Ok(()),
    }
}

/// Gives a popup that has no parent yet one, which may be of another shell.
pub(crate) fn set_parent<A: Host>(app: &mut A, this: XdgPopup, parent: WlSurface) -> HandlerResult {
    let popup = app.server().data(this)?;
    let (None, Some(id)) = (popup.parent, popup.id) else { return Ok(()) };
    popup.parent = Some(parent);
    let data = app.server().data(parent)?;
    data.popups += 1;
    let Some(parent) = data.id else { return Ok(()) };
    app.desktop().make_popup(id, parent, false).map_err(|error| HandlerError::internal(error.to_string()))?;
    app.settle();
    Ok(())
}

/// A popup leaves its parent.
pub(super) fn leave<A: Host>(app: &mut A, parent: Option<WlSurface>) {
    if let Some(data) = parent.and_then(|parent| app.server().data(parent).ok()) {
        data.popups = data.popups.saturating_sub(1);
    }
}

impl<A: Host> Module<XdgPopup, A> for Wayland {
    type Data = Popup;

    fn request(app: &mut A, this: XdgPopup, request: xdg_popup::Request) -> HandlerResult {
        let Popup { xdg, surface, id, .. } = *app.server().data(this)?;
        match request {
            xdg_popup::Request::Destroy => {
                if surface.and_then(|surface| app.server().data(surface).ok()).is_some_and(|data| data.popups > 0) {
                    let text = "a popup on top of it was not destroyed first";
                    return Err(state::fault(app, xdg, xdg_wm_base::Error::NOT_THE_TOPMOST_POPUP, text));
                }
            }
            xdg_popup::Request::Grab { serial, .. } => {
                let Some(id) = id else { return Ok(()) };
                let invalid = |text: &str| Err(HandlerError::protocol(this, xdg_popup::Error::INVALID_GRAB, text));
                if app.desktop().is_shown(id) {
                    return invalid("a grab after the popup was shown");
                }
                if !app.desktop().may_grab(id) {
                    return invalid("the parent is not the topmost grab");
                }
                if app.wayland().was_given(serial, this.client()) {
                    app.desktop().grab_popup(id, true);
                } else {
                    // It is not for anything that the user did.
                    app.desktop().dismiss(id);
                }
                app.settle();
            }
            xdg_popup::Request::Reposition { positioner, token } => {
                let positioner = app.server().data(positioner)?.clone();
                let popup = app.server().data(this)?;
                popup.positioner = positioner;
                popup.token = Some(token);
                configure::popup(app, this)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: XdgPopup, popup: Popup) {
        leave(app, popup.parent);
        if let Some(surface) = forget_role(app, popup.xdg) {
            unmap(app, surface);
        }
    }
}
