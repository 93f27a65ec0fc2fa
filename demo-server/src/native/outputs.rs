//! `way_output`: the one screen there is.

use wayline::{Fixed, GlobalId, HandlerResult, RequestHandler};

use crate::app::App;
use crate::protocol::{WayOutput, way_output};
use wayline_desktop_wayland::REFRESH_MILLIHERTZ;

impl RequestHandler<WayOutput> for App {
    type Data = ();

    fn bound(&mut self, this: WayOutput, _: GlobalId) -> HandlerResult {
        let (width, height) = self.desktop.frame().size();
        let server = &mut self.server;
        this.geometry(server, 0, 0, 0, 0, "Wayline", "CPU")?;
        let flags = way_output::Mode::CURRENT | way_output::Mode::PREFERRED;
        this.mode(server, flags, width as i32, height as i32, REFRESH_MILLIHERTZ)?;
        this.scale(server, Fixed::from_int(1))?;
        if this.version() >= 2 {
            this.name(server, "WAYLINE-1")?;
        }
        this.done(server)?;
        Ok(())
    }

    fn request(&mut self, _: WayOutput, way_output::Request::Destroy: way_output::Request) -> HandlerResult {
        Ok(())
    }
}
