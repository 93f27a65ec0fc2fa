//! `wp_viewporter`: which part of a buffer a surface shows, and how large.

use wayline::server::Module;
use wayline::{Fixed, HandlerError, HandlerResult};

use crate::globals::module;
use crate::host::Wayland;
use crate::picture::Crop;
use crate::protocol::{WlSurface, WpViewport, WpViewporter, wp_viewport, wp_viewporter};

module! { ($) delegate_viewporter; global WpViewporter 1; WpViewport }

impl<A: Hosts> Module<WpViewporter, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: WpViewporter, request: wp_viewporter::Request) -> HandlerResult {
        match request {
            wp_viewporter::Request::Destroy => {}
            wp_viewporter::Request::GetViewport { id, surface } => {
                let state = app.server().data(surface)?;
                if state.viewport.is_some() {
                    let text = format!("wl_surface#{} has a viewport already", surface.id());
                    return Err(HandlerError::protocol(this, wp_viewporter::Error::VIEWPORT_EXISTS, text));
                }
                state.viewport = Some(id);
                *app.server().data(id)? = Some(surface);
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<WpViewport, A> for Wayland {
    type Data = Option<WlSurface>;

    fn request(app: &mut A, this: WpViewport, request: wp_viewport::Request) -> HandlerResult {
        if request == wp_viewport::Request::Destroy {
            return Ok(());
        }
        let surface = app.server().data(this)?.filter(|surface| app.server().is_alive(*surface)).ok_or_else(|| {
            HandlerError::protocol(this, wp_viewport::Error::NO_SURFACE, "the surface of the viewport was destroyed")
        })?;
        let bad = |text: String| Err(HandlerError::protocol(this, wp_viewport::Error::BAD_VALUE, text));
        let pending = &mut app.server().data(surface)?.pending;
        match request {
            wp_viewport::Request::Destroy => {}
            wp_viewport::Request::SetSource { x, y, width, height } => {
                let unset = Fixed::from_int(-1);
                if [x, y, width, height] == [unset; 4] {
                    pending.source = Some(None);
                    return Ok(());
                }
                let [x, y, width, height] = [x, y, width, height].map(Fixed::to_f64);
                if x < 0.0 || y < 0.0 || width <= 0.0 || height <= 0.0 {
                    return bad(format!("{x}, {y}, {width}x{height} is no part of a buffer"));
                }
                pending.source = Some(Some(Crop { x, y, width, height }));
            }
            wp_viewport::Request::SetDestination { width: -1, height: -1 } => pending.destination = Some(None),
            wp_viewport::Request::SetDestination { width, height } => {
                if width <= 0 || height <= 0 {
                    return bad(format!("{width}x{height} is no size"));
                }
                pending.destination = Some(Some((width, height)));
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: WpViewport, surface: Option<WlSurface>) {
        if let Some(state) = surface.and_then(|surface| app.server().data(surface).ok()) {
            state.viewport = None;
            state.pending.source = Some(None);
            state.pending.destination = Some(None);
        }
    }
}
