//! `zxdg_decoration_manager_v1`: who draws the frame of a window. Clients do:
//! there are no title bars here, by which a window could be moved or closed.

use wayline::{Fault, Handled, RequestHandler};

use super::super::super::protocol::{
    XdgToplevel, ZxdgDecorationManagerV1, ZxdgToplevelDecorationV1, zxdg_decoration_manager_v1,
    zxdg_toplevel_decoration_v1 as decoration,
};
use super::configure;
use crate::app::App;

impl RequestHandler<ZxdgDecorationManagerV1> for App {
    type Data = ();

    fn request(&mut self, _: ZxdgDecorationManagerV1, request: zxdg_decoration_manager_v1::Request) -> Handled {
        match request {
            zxdg_decoration_manager_v1::Request::Destroy => Ok(()),
            zxdg_decoration_manager_v1::Request::GetToplevelDecoration { id, toplevel } => {
                let state = self.server.data(toplevel)?;
                if state.decoration.is_some() {
                    let text = "the toplevel has a decoration object already";
                    return Err(Fault::protocol(id, decoration::Error::ALREADY_CONSTRUCTED, text));
                }
                state.decoration = Some(id);
                *self.server.data(id)? = Some(toplevel);
                configure::toplevel(self, toplevel)
            }
        }
    }
}

impl RequestHandler<ZxdgToplevelDecorationV1> for App {
    type Data = Option<XdgToplevel>;

    fn request(&mut self, this: ZxdgToplevelDecorationV1, request: decoration::Request) -> Handled {
        match request {
            decoration::Request::Destroy => Ok(()),
            // The answer is the same whatever is wanted.
            decoration::Request::SetMode { .. } | decoration::Request::UnsetMode => {
                let Some(toplevel) = *self.server.data(this)? else { return Ok(()) };
                configure::toplevel(self, toplevel)
            }
        }
    }

    fn destroyed(&mut self, _: ZxdgToplevelDecorationV1, toplevel: Option<XdgToplevel>) {
        if let Some(state) = toplevel.and_then(|toplevel| self.server.data(toplevel).ok()) {
            state.decoration = None;
        }
    }
}
