//! `xdg_surface`: window geometry, and the configurations that are acknowledged.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::state::{self, RoleObject, XdgState};
use super::{configure, popup};
use crate::host::{Host, Wayland};
use crate::protocol::{WlSurface, XdgSurface, xdg_surface, xdg_wm_base};
use crate::surface::assign;
use wayline_desktop::{Rect, SurfaceId};

impl<A: Host> Module<XdgSurface, A> for Wayland {
    type Data = XdgState;

    fn request(app: &mut A, this: XdgSurface, request: xdg_surface::Request) -> HandlerResult {
        let state = app.server().data(this)?;
        let not_constructed = || {
            let text = "a request before get_toplevel or get_popup";
            Err(HandlerError::protocol(this, xdg_surface::Error::NOT_CONSTRUCTED, text))
        };
        match request {
            xdg_surface::Request::Destroy => {
                if state.role != RoleObject::None {
                    let text = "its toplevel or popup must be destroyed first";
                    return Err(HandlerError::protocol(this, xdg_surface::Error::DEFUNCT_ROLE_OBJECT, text));
                }
            }
            xdg_surface::Request::GetToplevel { id } => {
                let (surface, name) = construct(app, this, "toplevel")?;
                app.server().data(this)?.role = RoleObject::Toplevel(id);
                let toplevel = app.server().data(id)?;
                (toplevel.xdg, toplevel.surface, toplevel.id) = (Some(this), Some(surface), Some(name));
                app.desktop().make_window(name);
            }
            xdg_surface::Request::GetPopup { id, parent, positioner } => {
                let positioner = app.server().data(positioner)?.clone();
                if !positioner.is_complete() {
                    let text = "the positioner has no size or no anchor rectangle";
                    return Err(state::fault(app, Some(this), xdg_wm_base::Error::INVALID_POSITIONER, text));
                }
                let (surface, name) = construct(app, this, "popup")?;
                app.server().data(this)?.role = RoleObject::Popup(id);
                popup::begin(app, id, (this, surface, name), parent, positioner)?;
            }
            xdg_surface::Request::SetWindowGeometry { x, y, width, height } => {
                if state.role == RoleObject::None {
                    return not_constructed();
                }
                if width <= 0 || height <= 0 {
                    let text = format!("{width}x{height} is no size of a window");
                    return Err(HandlerError::protocol(this, xdg_surface::Error::INVALID_SIZE, text));
                }
                state.next_geometry = Some(Rect::new(x, y, width, height));
            }
            xdg_surface::Request::AckConfigure { serial } => {
                if state.role == RoleObject::None {
                    return not_constructed();
                }
                let Some(is_owed) = state.configures.acknowledge(serial) else {
                    let text = format!("serial {serial} is not one to acknowledge");
                    return Err(HandlerError::protocol(this, xdg_surface::Error::INVALID_SERIAL, text));
                };
                if is_owed {
                    match state.role {
                        RoleObject::None => {}
                        RoleObject::Toplevel(toplevel) => configure::toplevel(app, toplevel)?,
                        RoleObject::Popup(popup) => configure::popup(app, popup)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: XdgSurface, state: XdgState) {
        if let Some(base) = state.base.and_then(|base| base.state(app.server())) {
            base.surfaces -= 1;
        }
        if let Some(surface) = state.surface {
            assign::unmap(app, surface);
            assign::drop_object(app, surface);
        }
    }
}

/// Gives an `xdg_surface` its role object.
fn construct<A: Host>(
    app: &mut A,
    this: XdgSurface,
    name: &'static str,
) -> Result<(WlSurface, SurfaceId), HandlerError> {
    let XdgState { base, surface, role, .. } = app.server().data(this)?;
    let (base, surface) = (*base, *surface);
    if *role != RoleObject::None {
        let text = "it has a toplevel or popup already";
        return Err(HandlerError::protocol(this, xdg_surface::Error::ALREADY_CONSTRUCTED, text));
    }
    let id = surface.and_then(|surface| Some((surface, app.server().data(surface).ok()?.id?)));
    let Some((surface, id)) = id else {
        return Err(HandlerError::protocol(this, xdg_surface::Error::NOT_CONSTRUCTED, "its wl_surface was destroyed"));
    };
    match base {
        Some(state::Base::Stable(base)) => {
            assign::set_role_name(app, surface, name, base, xdg_wm_base::Error::ROLE)?;
        }
        Some(state::Base::V6(base)) => assign::set_role_name(app, surface, name, base, xdg_wm_base::Error::ROLE)?,
        None => {}
    }
    Ok((surface, id))
}
