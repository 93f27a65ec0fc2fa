//! `xdg_wm_base`: makes positioners and `xdg_surface`s, and asks clients whether
//! they are still there.

use wayline::{Fault, Handled, Interface, RequestHandler};

use super::super::protocol::{XdgWmBase, xdg_wm_base};
use super::super::surface::Role;
use crate::app::App;

/// State of an `xdg_wm_base`.
#[derive(Debug, Default)]
pub(crate) struct Base {
    /// Its `xdg_surface`s that are alive.
    pub(super) surfaces: u32,
    /// Serial of the ping that was not answered yet.
    ping: Option<u32>,
}

/// Asks a client whether it is still there.
pub(super) fn ping(app: &mut App, this: XdgWmBase) {
    let serial = app.serial();
    let Ok(base) = app.server.data(this) else { return };
    if base.ping.is_some() {
        tracing::warn!("{:?} does not answer", this.client());
        return;
    }
    base.ping = Some(serial);
    // The client may be gone.
    let _ = this.ping(&mut app.server, serial);
}

impl RequestHandler<XdgWmBase> for App {
    type Data = Base;

    fn request(&mut self, this: XdgWmBase, request: xdg_wm_base::Request) -> Handled {
        let base = self.server.data(this)?;
        match request {
            xdg_wm_base::Request::Destroy => {
                if base.surfaces > 0 {
                    let text = format!("{} of its surfaces are alive", base.surfaces);
                    return Err(Fault::protocol(this, xdg_wm_base::Error::DEFUNCT_SURFACES, text));
                }
            }
            xdg_wm_base::Request::CreatePositioner { .. } => {}
            xdg_wm_base::Request::GetXdgSurface { id, surface } => {
                let state = self.server.data(surface)?;
                let other = state.role.filter(|role| !matches!(role, Role::Toplevel | Role::Popup));
                if other.is_some() || state.xdg.is_some() {
                    let text = format!("wl_surface#{} has a role already", surface.id());
                    return Err(Fault::protocol(this, xdg_wm_base::Error::ROLE, text));
                }
                if state.current.attached.is_some() || matches!(state.attach, Some(Some(_))) {
                    let text = format!("wl_surface#{} has a buffer already", surface.id());
                    return Err(Fault::protocol(this, xdg_wm_base::Error::INVALID_SURFACE_STATE, text));
                }
                state.xdg = Some(id);
                let data = self.server.data(id)?;
                data.base = Some(this);
                data.surface = Some(surface);
                self.server.data(this)?.surfaces += 1;
            }
            xdg_wm_base::Request::Pong { serial } => {
                base.ping = base.ping.filter(|sent| *sent != serial);
            }
        }
        Ok(())
    }
}
