//! `xdg_popup`: menus and the like, placed by their parent, with or without a
//! grab of the input.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::configure;
use super::state::{self, Popup, forget_role};
use crate::host::{Host, Wayland};
use crate::protocol::{WlSurface, XdgPopup, xdg_popup, xdg_wm_base};

/// Gives a popup that has no parent yet one, which may be of another shell.
pub(crate) fn set_parent<A: Host>(app: &mut A, this: XdgPopup, parent: WlSurface) -> HandlerResult {
    let Popup { xdg, parent: None, .. } = *app.server().data(this)? else { return Ok(()) };
    let id = state::id(app, xdg)?;
    let above = app.server().data(parent)?;
    above.popups = above.popups.saturating_add(1);
    let above = above.id;
    app.server().data(this)?.parent = Some(parent);
    app.desktop().make_popup(id, above, false).map_err(|error| HandlerError::internal(error.to_string()))?;
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
        let xdg = app.server().data(this)?.xdg;
        match request {
            xdg_popup::Request::Destroy => {
                let (base, surface) = state::made(app, xdg)?;
                let is_topmost = app.server().data(surface).map_or(true, |data| data.popups == 0);
                let text = || "a popup on top of it was not destroyed first";
                base.unless(is_topmost, xdg_wm_base::Error::NOT_THE_TOPMOST_POPUP, text)?;
            }
            xdg_popup::Request::Grab { serial, .. } => {
                use xdg_popup::Error;

                let id = state::id(app, xdg)?;
                let is_new = !app.desktop().is_shown(id);
                HandlerError::unless(is_new, this, Error::INVALID_GRAB, || "a grab after the popup was shown")?;
                let may_grab = app.desktop().may_grab(id);
                HandlerError::unless(may_grab, this, Error::INVALID_GRAB, || "the parent is not the topmost grab")?;
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
                (popup.positioner, popup.token) = (positioner, Some(token));
                configure::popup(app, this)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: XdgPopup, popup: Popup) {
        leave(app, popup.parent);
        forget_role(app, popup.xdg);
    }
}
