//! `zxdg_decoration_manager_v1`: who draws the frame of a window. Clients do:
//! there are no title bars here, by which a window could be moved or closed.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use crate::globals::module;
use crate::host::Wayland;
use crate::protocol::{
    XdgToplevel, ZxdgDecorationManagerV1, ZxdgToplevelDecorationV1, zxdg_decoration_manager_v1,
    zxdg_toplevel_decoration_v1 as decoration,
};
use crate::shell::xdg::configure;

module! { ($) delegate_xdg_decoration; global ZxdgDecorationManagerV1 1; ZxdgToplevelDecorationV1 }

impl<A: Hosts> Module<ZxdgDecorationManagerV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: ZxdgDecorationManagerV1, request: zxdg_decoration_manager_v1::Request) -> HandlerResult {
        match request {
            zxdg_decoration_manager_v1::Request::Destroy => Ok(()),
            zxdg_decoration_manager_v1::Request::GetToplevelDecoration { id, toplevel } => {
                let before = app.server().data(toplevel)?.decoration.replace(id);
                let text = || "the toplevel has a decoration object already";
                HandlerError::unless(before.is_none(), id, decoration::Error::ALREADY_CONSTRUCTED, text)?;
                *app.server().data(id)? = Some(toplevel);
                configure::toplevel(app, toplevel)
            }
        }
    }
}

impl<A: Hosts> Module<ZxdgToplevelDecorationV1, A> for Wayland {
    type Data = Option<XdgToplevel>;

    fn request(app: &mut A, this: ZxdgToplevelDecorationV1, request: decoration::Request) -> HandlerResult {
        match request {
            decoration::Request::Destroy => return Ok(()),
            decoration::Request::UnsetMode => {}
            decoration::Request::SetMode { mode } => {
                let text = || format!("{} is no mode", mode.0);
                HandlerError::unless(mode.is_valid(this.version()), this, decoration::Error::INVALID_MODE, text)?;
            }
        }
        // The answer is the same whatever is wanted.
        let Some(toplevel) = *app.server().data(this)? else { return Ok(()) };
        configure::toplevel(app, toplevel)
    }

    fn destroyed(app: &mut A, _: ZxdgToplevelDecorationV1, toplevel: Option<XdgToplevel>) {
        if let Some(state) = toplevel.and_then(|toplevel| app.server().data(toplevel).ok()) {
            state.decoration = None;
        }
    }
}
