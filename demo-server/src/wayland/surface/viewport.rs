//! `wp_viewporter`: which part of a buffer a surface shows, and how large.

use wayline::{Fault, Fixed, Handled, RequestHandler};

use super::super::picture::Crop;
use super::super::protocol::{WlSurface, WpViewport, WpViewporter, wp_viewport, wp_viewporter};
use crate::app::App;

/// The error of a commit that does not fit the viewport.
pub(super) fn fault(surface: WlSurface, viewport: Option<WpViewport>, code: wp_viewport::Error, text: String) -> Fault {
    match viewport {
        Some(viewport) => Fault::protocol(viewport, code, text),
        // The viewport was destroyed in the same commit; its state goes with it, so this is not reached.
        None => Fault::internal(format!("wl_surface#{}: {text}", surface.id())),
    }
}

impl RequestHandler<WpViewporter> for App {
    type Data = ();

    fn request(&mut self, this: WpViewporter, request: wp_viewporter::Request) -> Handled {
        match request {
            wp_viewporter::Request::Destroy => {}
            wp_viewporter::Request::GetViewport { id, surface } => {
                let state = self.server.data(surface)?;
                if state.viewport.is_some() {
                    let text = format!("wl_surface#{} has a viewport already", surface.id());
                    return Err(Fault::protocol(this, wp_viewporter::Error::VIEWPORT_EXISTS, text));
                }
                state.viewport = Some(id);
                *self.server.data(id)? = Some(surface);
            }
        }
        Ok(())
    }
}

impl RequestHandler<WpViewport> for App {
    type Data = Option<WlSurface>;

    fn request(&mut self, this: WpViewport, request: wp_viewport::Request) -> Handled {
        if request == wp_viewport::Request::Destroy {
            return Ok(());
        }
        let surface = self.server.data(this)?.filter(|surface| self.server.is_alive(*surface)).ok_or_else(|| {
            Fault::protocol(this, wp_viewport::Error::NO_SURFACE, "the surface of the viewport was destroyed")
        })?;
        let bad = |text: String| Err(Fault::protocol(this, wp_viewport::Error::BAD_VALUE, text));
        let pending = &mut self.server.data(surface)?.pending;
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

    fn destroyed(&mut self, _: WpViewport, surface: Option<WlSurface>) {
        if let Some(state) = surface.and_then(|surface| self.server.data(surface).ok()) {
            state.viewport = None;
            state.pending.source = Some(None);
            state.pending.destination = Some(None);
        }
    }
}
