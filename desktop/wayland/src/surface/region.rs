//! `wl_compositor` and `wl_region`.

use wayline::server::Module;
use wayline::{Fault, Handled};

use crate::host::{Host, Wayland};
use crate::protocol::{WlCompositor, WlRegion, wl_compositor, wl_region};
use wayline_desktop::{MAX_RECTS, Rect, Region};

impl<A: Host> Module<WlCompositor, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: WlCompositor, request: wl_compositor::Request) -> Handled {
        match request {
            // Both are as they should be from their defaults.
            wl_compositor::Request::CreateSurface { .. }
            | wl_compositor::Request::CreateRegion { .. }
            | wl_compositor::Request::Release => Ok(()),
        }
    }
}

impl<A: Host> Module<WlRegion, A> for Wayland {
    type Data = Region;

    fn request(app: &mut A, this: WlRegion, request: wl_region::Request) -> Handled {
        let region = app.server().data(this)?;
        let fits = match request {
            wl_region::Request::Destroy => true,
            wl_region::Request::Add { x, y, width, height } => region.push(true, Rect::new(x, y, width, height)),
            wl_region::Request::Subtract { x, y, width, height } => region.push(false, Rect::new(x, y, width, height)),
        };
        if fits { Ok(()) } else { Err(Fault::internal(format!("more than {MAX_RECTS} rectangles in one region"))) }
    }
}
