//! `wp_viewporter`: which part of a buffer a surface shows, and how large.

use wayline::server::{Delegate, Module};
use wayline::{Fault, Fixed, Handled, Server};

use crate::globals::{Offer, OfferError};
use crate::host::{Host, Wayland};
use crate::picture::Crop;
use crate::protocol::{WlSurface, WpViewport, WpViewporter, wp_viewport, wp_viewporter};

/// What an application has that serves `wp_viewporter`: [`delegate_viewporter!`](crate::delegate_viewporter) writes it.
pub trait Hosts: Host + Delegate<WpViewporter, To = Wayland> + Delegate<WpViewport, To = Wayland> {}

impl<A: Host + Delegate<WpViewporter, To = Wayland> + Delegate<WpViewport, To = Wayland>> Hosts for A {}

/// Hands the interfaces of [`viewporter`](crate::viewporter) to this crate, for an application that implements [`Host`](crate::Host).
#[macro_export]
macro_rules! delegate_viewporter {
    ($app:ty) => {
        $crate::delegate!(@ $app: WpViewporter, WpViewport);
    };
}

/// Announces `wp_viewporter`.
///
/// # Errors
/// As [`Offer::global`].
pub fn announce<A: Hosts>(server: &mut Server<A>, offer: &mut Offer) -> Result<(), OfferError> {
    offer.global::<A, WpViewporter>(server, 1)
}

impl<A: Hosts> Module<WpViewporter, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: WpViewporter, request: wp_viewporter::Request) -> Handled {
        match request {
            wp_viewporter::Request::Destroy => {}
            wp_viewporter::Request::GetViewport { id, surface } => {
                let state = app.server().data(surface)?;
                if state.viewport.is_some() {
                    let text = format!("wl_surface#{} has a viewport already", surface.id());
                    return Err(Fault::protocol(this, wp_viewporter::Error::VIEWPORT_EXISTS, text));
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

    fn request(app: &mut A, this: WpViewport, request: wp_viewport::Request) -> Handled {
        if request == wp_viewport::Request::Destroy {
            return Ok(());
        }
        let surface = app.server().data(this)?.filter(|surface| app.server().is_alive(*surface)).ok_or_else(|| {
            Fault::protocol(this, wp_viewport::Error::NO_SURFACE, "the surface of the viewport was destroyed")
        })?;
        let bad = |text: String| Err(Fault::protocol(this, wp_viewport::Error::BAD_VALUE, text));
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
