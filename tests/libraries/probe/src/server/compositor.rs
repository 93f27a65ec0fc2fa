//! `wl_compositor`: objects that accept everything and show nothing.

use wayline::{HandlerResult, RequestHandler};

use super::App;
use super::api::{WlCompositor, WlRegion, WlSurface, wl_compositor, wl_region, wl_surface};

impl RequestHandler<WlCompositor> for App {
    type Data = ();

    fn request(&mut self, _: WlCompositor, _: wl_compositor::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<WlSurface> for App {
    type Data = ();

    fn request(&mut self, _: WlSurface, _: wl_surface::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<WlRegion> for App {
    type Data = ();

    fn request(&mut self, _: WlRegion, _: wl_region::Request) -> HandlerResult {
        Ok(())
    }
}
