//! `wp_viewporter`: which part of a buffer a surface shows, and how large.

use wayline::server::Module;
use wayline::{Fixed, HandlerError, HandlerResult};

use crate::globals::module;
use crate::host::Wayland;
use crate::protocol::{WlSurface, WpViewport, WpViewporter, wp_viewport, wp_viewporter};

module! { ($) delegate_viewporter; global WpViewporter 1; WpViewport }

impl<A: Hosts> Module<WpViewporter, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: WpViewporter, request: wp_viewporter::Request) -> HandlerResult {
        match request {
            wp_viewporter::Request::Destroy => {}
            wp_viewporter::Request::GetViewport { id, surface } => {
                let before = app.server().data(surface)?.viewport.replace(id);
                let is_first = before.is_none_or(|before| !app.server().is_alive(before));
                let text = || format!("wl_surface#{} has a viewport already", surface.id());
                HandlerError::unless(is_first, this, wp_viewporter::Error::VIEWPORT_EXISTS, text)?;
                *app.server().data(id)? = Some(surface);
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<WpViewport, A> for Wayland {
    type Data = Option<WlSurface>;

    fn request(app: &mut A, this: WpViewport, request: wp_viewport::Request) -> HandlerResult {
        use wp_viewport::{Error, Request};

        if request == Request::Destroy {
            return Ok(());
        }
        let surface = app.server().data(this)?.and_then(|surface| app.server().data(surface).ok());
        let Some(surface) = surface else {
            let text = "the surface of the viewport was destroyed";
            return Err(HandlerError::protocol(this, Error::NO_SURFACE, text));
        };
        match request {
            Request::Destroy => {}
            Request::SetSource { x, y, width, height } => {
                let part = [x, y, width, height];
                let unset = part == [Fixed::from_int(-1); 4];
                let [x, y, width, height] = part.map(Fixed::to_f64);
                let text = || format!("{x}, {y}, {width}x{height} is no part of a buffer");
                let is_part = x >= 0.0 && y >= 0.0 && width > 0.0 && height > 0.0;
                HandlerError::unless(unset || is_part, this, Error::BAD_VALUE, text)?;
                surface.view.source = Some(part).filter(|_| !unset);
            }
            Request::SetDestination { width, height } => {
                let unset = (width, height) == (-1, -1);
                let text = || format!("{width}x{height} is no size");
                HandlerError::unless(unset || (width > 0 && height > 0), this, Error::BAD_VALUE, text)?;
                surface.view.destination = Some((width, height)).filter(|_| !unset);
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: WpViewport, surface: Option<WlSurface>) {
        if let Some(surface) = surface.and_then(|surface| app.server().data(surface).ok()) {
            (surface.view.source, surface.view.destination) = (None, None);
        }
    }
}
