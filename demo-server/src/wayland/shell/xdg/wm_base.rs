//! `xdg_wm_base`: makes positioners and `xdg_surface`s, and asks clients whether
//! they are still there. xdg-shell v6, offered on request only, does the same with the same objects.

use wayline::{Handled, RequestHandler};

use super::super::super::protocol::{WlSurface, XdgSurface, XdgWmBase, ZxdgShellV6, xdg_wm_base, zxdg_shell_v6};
use super::super::super::surface::assign;
use super::super::super::surface::role::Object;
use super::role::XdgRole;
use super::state::{Base, BaseState};
use crate::app::App;

impl App {
    /// Whether nothing depends on it any more.
    fn destroy_base(&mut self, base: Base) -> Handled {
        match base.state(&mut self.server).map_or(0, |state| state.surfaces) {
            0 => Ok(()),
            count => {
                Err(base.fault(xdg_wm_base::Error::DEFUNCT_SURFACES, format!("{count} of its surfaces are alive")))
            }
        }
    }

    fn get_xdg_surface(&mut self, base: Base, id: XdgSurface, surface: WlSurface) -> Handled {
        let other = assign::role_name(self, surface).filter(|name| !matches!(*name, "toplevel" | "popup"));
        let state = self.server.data(surface)?;
        if other.is_some() || state.object != Object::None {
            let text = format!("wl_surface#{} has a role already", surface.id());
            return Err(base.fault(xdg_wm_base::Error::ROLE, text));
        }
        if state.has_buffer() {
            let text = format!("wl_surface#{} has a buffer already", surface.id());
            return Err(base.fault(xdg_wm_base::Error::INVALID_SURFACE_STATE, text));
        }
        assign::set_object(self, surface, &XdgRole, Object::Xdg(id))?;
        let data = self.server.data(id)?;
        data.base = Some(base);
        data.surface = Some(surface);
        if let Some(state) = base.state(&mut self.server) {
            state.surfaces += 1;
        }
        Ok(())
    }

    fn pong(&mut self, base: Base, serial: u32) {
        if let Some(state) = base.state(&mut self.server) {
            state.ping = state.ping.filter(|sent| *sent != serial);
        }
    }
}

impl RequestHandler<XdgWmBase> for App {
    type Data = BaseState;

    fn request(&mut self, this: XdgWmBase, request: xdg_wm_base::Request) -> Handled {
        let base = Base::Stable(this);
        match request {
            xdg_wm_base::Request::Destroy => self.destroy_base(base)?,
            xdg_wm_base::Request::CreatePositioner { .. } => {}
            xdg_wm_base::Request::GetXdgSurface { id, surface } => self.get_xdg_surface(base, id, surface)?,
            xdg_wm_base::Request::Pong { serial } => self.pong(base, serial),
        }
        Ok(())
    }
}

impl RequestHandler<ZxdgShellV6> for App {
    type Data = BaseState;

    fn request(&mut self, this: ZxdgShellV6, request: zxdg_shell_v6::Request) -> Handled {
        let base = Base::V6(this);
        match request {
            zxdg_shell_v6::Request::Destroy => self.destroy_base(base)?,
            zxdg_shell_v6::Request::CreatePositioner { id } => self.server.data(id)?.sides_are_bits(),
            zxdg_shell_v6::Request::GetXdgSurface { id, surface } => self.get_xdg_surface(base, id, surface)?,
            zxdg_shell_v6::Request::Pong { serial } => self.pong(base, serial),
        }
        Ok(())
    }
}
