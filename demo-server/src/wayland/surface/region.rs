//! `wl_compositor` and `wl_region`.

use wayline::{Fault, Handled, RequestHandler};

use super::super::protocol::{WlCompositor, WlRegion, wl_compositor, wl_region};
use crate::app::App;
use wayline_desktop::{MAX_RECTS, Rect, Region};

impl RequestHandler<WlCompositor> for App {
    type Data = ();

    fn request(&mut self, _: WlCompositor, request: wl_compositor::Request) -> Handled {
        match request {
            // Both are as they should be from their defaults.
            wl_compositor::Request::CreateSurface { .. }
            | wl_compositor::Request::CreateRegion { .. }
            | wl_compositor::Request::Release => Ok(()),
        }
    }
}

impl RequestHandler<WlRegion> for App {
    type Data = Region;

    fn request(&mut self, this: WlRegion, request: wl_region::Request) -> Handled {
        let region = self.server.data(this)?;
        let fits = match request {
            wl_region::Request::Destroy => true,
            wl_region::Request::Add { x, y, width, height } => region.push(true, Rect::new(x, y, width, height)),
            wl_region::Request::Subtract { x, y, width, height } => region.push(false, Rect::new(x, y, width, height)),
        };
        if fits { Ok(()) } else { Err(Fault::internal(format!("more than {MAX_RECTS} rectangles in one region"))) }
    }
}
