//! `xdg_wm_base`: makes positioners and `xdg_surface`s, and asks clients whether
//! they are still there. Its forerunner `zxdg_shell_v6`, offered on request only,
//! does the same with the same objects.

use wayline::{ClientId, Fault, Handled, RequestHandler, Server};

use super::super::commit;
use super::super::protocol::{WlSurface, XdgSurface, XdgWmBase, ZxdgShellV6, xdg_wm_base, zxdg_shell_v6};
use super::super::surface::Role;
use crate::app::App;

/// What an `xdg_surface` was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Stable(XdgWmBase),
    /// The errors have the same numbers.
    V6(ZxdgShellV6),
}

/// State of an `xdg_wm_base`.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Its `xdg_surface`s that are alive.
    pub(super) surfaces: u32,
    /// Serial of the ping that was not answered yet.
    ping: Option<u32>,
}

impl Base {
    pub(super) fn state(self, server: &mut Server<App>) -> Option<&mut State> {
        match self {
            Base::Stable(this) => server.data(this).ok(),
            Base::V6(this) => server.data(this).ok(),
        }
    }

    fn client(self) -> ClientId {
        match self {
            Base::Stable(this) => this.client(),
            Base::V6(this) => this.client(),
        }
    }

    fn fault(self, code: xdg_wm_base::Error, text: impl Into<String>) -> Fault {
        match self {
            Base::Stable(this) => Fault::protocol(this, code, text),
            Base::V6(this) => Fault::protocol(this, code, text),
        }
    }

    /// Gives a surface the role that an object of it stands for.
    pub(super) fn give_role(self, app: &mut App, surface: WlSurface, role: Role) -> Handled {
        match self {
            Base::Stable(this) => commit::give_role(app, surface, role, this, xdg_wm_base::Error::ROLE),
            Base::V6(this) => commit::give_role(app, surface, role, this, xdg_wm_base::Error::ROLE),
        }
    }
}

/// The error of a request of an `xdg_surface` or its role that is raised on what made it.
pub(super) fn fault(base: Option<Base>, code: xdg_wm_base::Error, text: &str) -> Fault {
    base.map_or_else(|| Fault::internal(text), |base| base.fault(code, text))
}

/// Asks a client whether it is still there.
pub(super) fn ping(app: &mut App, base: Base) {
    let serial = app.serial();
    let Some(state) = base.state(&mut app.server) else { return };
    if state.ping.is_some() {
        tracing::warn!("{:?} does not answer", base.client());
        return;
    }
    state.ping = Some(serial);
    // The client may be gone.
    let _ = match base {
        Base::Stable(this) => this.ping(&mut app.server, serial),
        Base::V6(this) => this.ping(&mut app.server, serial),
    };
}

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
        let state = self.server.data(surface)?;
        let other = state.role.filter(|role| !matches!(role, Role::Toplevel | Role::Popup));
        if other.is_some() || state.xdg.is_some() {
            let text = format!("wl_surface#{} has a role already", surface.id());
            return Err(base.fault(xdg_wm_base::Error::ROLE, text));
        }
        if state.current.attached.is_some() || matches!(state.attach, Some(Some(_))) {
            let text = format!("wl_surface#{} has a buffer already", surface.id());
            return Err(base.fault(xdg_wm_base::Error::INVALID_SURFACE_STATE, text));
        }
        state.xdg = Some(id);
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
    type Data = State;

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
    type Data = State;

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
