//! `zxdg_output_manager_v1`: where the screen is in the coordinates of windows.

use wayline::{Handled, RequestHandler};

use super::super::protocol::{ZxdgOutputManagerV1, ZxdgOutputV1, zxdg_output_manager_v1, zxdg_output_v1};
use super::{DESCRIPTION, NAME};
use crate::app::App;

impl RequestHandler<ZxdgOutputManagerV1> for App {
    type Data = ();

    fn request(&mut self, _: ZxdgOutputManagerV1, request: zxdg_output_manager_v1::Request) -> Handled {
        match request {
            zxdg_output_manager_v1::Request::Destroy => {}
            zxdg_output_manager_v1::Request::GetXdgOutput { id, output } => {
                let (width, height) = self.desktop.frame().size();
                let server = &mut self.server;
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

impl RequestHandler<ZxdgOutputV1> for App {
    type Data = ();

    fn request(&mut self, _: ZxdgOutputV1, request: zxdg_output_v1::Request) -> Handled {
        match request {
            zxdg_output_v1::Request::Destroy => Ok(()),
        }
    }
}
