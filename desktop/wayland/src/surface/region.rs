//! `wl_compositor` and `wl_region`.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use crate::host::{Host, Wayland};
use crate::protocol::{WlCompositor, WlRegion, wl_compositor, wl_region};
use crate::stored;
use wayline_desktop::{MAX_RECTS, Rect, Region};

impl<A: Host> Module<WlCompositor, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: WlCompositor, request: wl_compositor::Request) -> HandlerResult {
        match request {
            wl_compositor::Request::CreateSurface { id } => {
                let name = app.desktop().add(id.into());
                app.server().data(id)?.id = name;
            }
            wl_compositor::Request::CreateRegion { .. } | wl_compositor::Request::Release => {}
        }
        Ok(())
    }
}

impl<A: Host> Module<WlRegion, A> for Wayland {
    type Data = Region;

    fn request(app: &mut A, this: WlRegion, request: wl_region::Request) -> HandlerResult {
        let region = app.server().data(this)?;
        let kept = region.bytes() as u64;
        let fits = match request {
            wl_region::Request::Destroy => true,
            wl_region::Request::Add { x, y, width, height } => region.push(true, Rect::new(x, y, width, height)),
            wl_region::Request::Subtract { x, y, width, height } => region.push(false, Rect::new(x, y, width, height)),
        };
        let size = region.bytes() as u64;
        if !fits {
            return Err(HandlerError::internal(format!("more than {MAX_RECTS} rectangles in one region")));
        }
        Ok(stored::keep(app, this.client(), kept, size)?)
    }

    fn destroyed(app: &mut A, this: WlRegion, region: Region) {
        stored::give_back(app, this.client(), region.bytes() as u64);
    }
}
