//! `xdg_wm_base`: makes positioners and `xdg_surface`s, and asks clients whether
//! they are still there. xdg-shell v6, offered on request only, does the same with the same objects.

use wayline::HandlerResult;
use wayline::server::Module;

use super::role::XdgRole;
use super::state::{Base, BaseState};
use crate::host::{Host, Wayland};
use crate::protocol::{WlSurface, XdgSurface, XdgWmBase, ZxdgShellV6, xdg_wm_base, zxdg_shell_v6};
use crate::surface::assign;
use crate::surface::role::{Object, Purpose};

/// Whether nothing depends on it any more.
fn destroy_base<A: Host>(app: &mut A, base: Base) -> HandlerResult {
    let count = base.state(app.server()).map_or(0, |state| state.surfaces);
    let text = || format!("{count} of its surfaces are alive");
    base.unless(count == 0, xdg_wm_base::Error::DEFUNCT_SURFACES, text)
}

fn get_xdg_surface<A: Host>(app: &mut A, base: Base, id: XdgSurface, surface: WlSurface) -> HandlerResult {
    let state = app.server().data(surface)?;
    let is_ours = state.purpose.is_none_or(|purpose| matches!(purpose, Purpose::Toplevel | Purpose::Popup));
    let text = || format!("wl_surface#{} has a role already", surface.id());
    base.unless(is_ours && state.object == Object::None, xdg_wm_base::Error::ROLE, text)?;
    let text = || format!("wl_surface#{} has a buffer already", surface.id());
    base.unless(!state.has_buffer(), xdg_wm_base::Error::INVALID_SURFACE_STATE, text)?;
    assign::set_object(app, surface, &XdgRole, Object::Xdg(id))?;
    app.server().data(id)?.made = Some((base, surface));
    if let Some(state) = base.state(app.server()) {
        state.surfaces = state.surfaces.saturating_add(1);
    }
    Ok(())
}

fn pong<A: Host>(app: &mut A, base: Base, serial: u32) {
    if let Some(state) = base.state(app.server()) {
        state.ping = state.ping.filter(|sent| *sent != serial);
    }
}

impl<A: Host> Module<XdgWmBase, A> for Wayland {
    type Data = BaseState;

    fn request(app: &mut A, this: XdgWmBase, request: xdg_wm_base::Request) -> HandlerResult {
        let base = Base::Stable(this);
        match request {
            xdg_wm_base::Request::Destroy => destroy_base(app, base)?,
            xdg_wm_base::Request::CreatePositioner { .. } => {}
            xdg_wm_base::Request::GetXdgSurface { id, surface } => get_xdg_surface(app, base, id, surface)?,
            xdg_wm_base::Request::Pong { serial } => pong(app, base, serial),
        }
        Ok(())
    }
}

impl<A: Host> Module<ZxdgShellV6, A> for Wayland {
    type Data = BaseState;

    fn request(app: &mut A, this: ZxdgShellV6, request: zxdg_shell_v6::Request) -> HandlerResult {
        let base = Base::V6(this);
        match request {
            zxdg_shell_v6::Request::Destroy => destroy_base(app, base)?,
            zxdg_shell_v6::Request::CreatePositioner { id } => app.server().data(id)?.sides_are_bits(),
            zxdg_shell_v6::Request::GetXdgSurface { id, surface } => get_xdg_surface(app, base, id, surface)?,
            zxdg_shell_v6::Request::Pong { serial } => pong(app, base, serial),
        }
        Ok(())
    }
}
