//! `xdg_surface`: window geometry, and the configurations that are acknowledged.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::state::{self, Popup, RoleObject, XdgState};
use super::{configure, popup};
use crate::host::{Host, Wayland};
use crate::protocol::{XdgSurface, xdg_surface, xdg_wm_base};
use crate::surface::assign;
use crate::surface::role::Purpose;
use wayline_desktop::{Rect, SurfaceId};

impl<A: Host> Module<XdgSurface, A> for Wayland {
    type Data = XdgState;

    fn request(app: &mut A, this: XdgSurface, request: xdg_surface::Request) -> HandlerResult {
        use xdg_surface::Error;

        let state = app.server().data(this)?;
        let constructed = HandlerError::unless(
            state.role != RoleObject::None,
            this,
            Error::NOT_CONSTRUCTED,
            || "a request before get_toplevel or get_popup",
        );
        match request {
            xdg_surface::Request::Destroy => {
                let text = || "its toplevel or popup must be destroyed first";
                HandlerError::unless(state.role == RoleObject::None, this, Error::DEFUNCT_ROLE_OBJECT, text)?;
            }
            xdg_surface::Request::GetToplevel { id } => {
                let name = construct(app, this, Purpose::Toplevel, RoleObject::Toplevel(id))?;
                app.server().data(id)?.xdg = Some(this);
                app.desktop().make_window(name);
            }
            xdg_surface::Request::GetPopup { id, parent, positioner } => {
                let positioner = app.server().data(positioner)?.clone();
                let (base, _) = state::made(app, Some(this))?;
                let text = || "the positioner has no size or no anchor rectangle";
                base.unless(positioner.is_complete(), xdg_wm_base::Error::INVALID_POSITIONER, text)?;
                construct(app, this, Purpose::Popup, RoleObject::Popup(id))?;
                *app.server().data(id)? = Popup { xdg: Some(this), positioner, ..Popup::default() };
                if let Some(parent) = parent {
                    let is_one = parent != this && app.server().data(parent)?.role != RoleObject::None;
                    let text = || "the parent is neither a toplevel nor a popup";
                    base.unless(is_one, xdg_wm_base::Error::INVALID_POPUP_PARENT, text)?;
                    let (_, parent) = state::made(app, Some(parent))?;
                    popup::set_parent(app, id, parent)?;
                }
            }
            xdg_surface::Request::SetWindowGeometry { x, y, width, height } => {
                constructed?;
                let text = || format!("{width}x{height} is no size of a window");
                HandlerError::unless(width > 0 && height > 0, this, Error::INVALID_SIZE, text)?;
                state.next_geometry = Some(Rect::new(x, y, width, height));
            }
            xdg_surface::Request::AckConfigure { serial } => {
                constructed?;
                let Some(is_owed) = state.configures.acknowledge(serial) else {
                    let text = format!("serial {serial} is not one to acknowledge");
                    return Err(HandlerError::protocol(this, Error::INVALID_SERIAL, text));
                };
                match state.role {
                    RoleObject::Toplevel(toplevel) if is_owed => configure::toplevel(app, toplevel)?,
                    RoleObject::Popup(popup) if is_owed => configure::popup(app, popup)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: XdgSurface, state: XdgState) {
        let Some((base, surface)) = state.made else { return };
        if let Some(base) = base.state(app.server()) {
            base.surfaces = base.surfaces.saturating_sub(1);
        }
        assign::unmap(app, surface);
        assign::drop_object(app, surface);
    }
}

/// Gives an `xdg_surface` its role object. Returns its name on the desktop.
fn construct<A: Host>(
    app: &mut A,
    this: XdgSurface,
    purpose: Purpose,
    role: RoleObject,
) -> Result<SurfaceId, HandlerError> {
    use xdg_surface::Error;

    let before = std::mem::replace(&mut app.server().data(this)?.role, role);
    let text = || "it has a toplevel or popup already";
    HandlerError::unless(before == RoleObject::None, this, Error::ALREADY_CONSTRUCTED, text)?;
    let (base, surface) = state::made(app, Some(this))?;
    let Ok(surface) = app.server().data(surface) else {
        return Err(HandlerError::protocol(this, Error::NOT_CONSTRUCTED, "its wl_surface was destroyed"));
    };
    let before = surface.purpose.replace(purpose).unwrap_or(purpose);
    let text = || format!("a {before} cannot become a {purpose}");
    base.unless(before == purpose, xdg_wm_base::Error::ROLE, text)?;
    Ok(surface.id)
}
