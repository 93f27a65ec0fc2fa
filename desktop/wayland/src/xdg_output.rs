//! `zxdg_output_manager_v1`: where the screen is in the coordinates of windows.

use wayline::HandlerResult;
use wayline::server::Module;

use crate::globals::module;
use crate::host::Wayland;
use crate::output::{DESCRIPTION, NAME};
use crate::protocol::{ZxdgOutputManagerV1, ZxdgOutputV1, zxdg_output_manager_v1, zxdg_output_v1};

module! { ($) delegate_xdg_output; global ZxdgOutputManagerV1 3; ZxdgOutputV1 }

impl<A: Hosts> Module<ZxdgOutputManagerV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: ZxdgOutputManagerV1, request: zxdg_output_manager_v1::Request) -> HandlerResult {
        match request {
            zxdg_output_manager_v1::Request::Destroy => {}
            zxdg_output_manager_v1::Request::GetXdgOutput { id, output } => {
                let (width, height) = app.desktop().frame().size();
                let server = app.server();
                id.logical_position(server, 0, 0)?;
                id.logical_size(server, width as i32, height as i32)?;
                if id.version() >= 2 {
                    id.name(server, NAME)?;
                    id.description(server, DESCRIPTION)?;
                }
                if id.version() < 3 {
                    id.done(server)?;
                } else if output.version() >= 2 {
                    output.done(server)?;
                }
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZxdgOutputV1, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: ZxdgOutputV1, zxdg_output_v1::Request::Destroy: zxdg_output_v1::Request) -> HandlerResult {
        Ok(())
    }
}
