//! `wp_presentation`: when what was committed was shown.

use wayline::server::{Delegate, Module};
use wayline::{Fault, GlobalId, Handled, Server};

use crate::globals::{Offer, OfferError};
use crate::host::{Host, Wayland};
use crate::protocol::{WpPresentation, WpPresentationFeedback, wp_presentation, wp_presentation_feedback as feedback};
use crate::surface::feedback::CLOCK;
use crate::surface::state::MAX_CALLBACKS;

/// What an application has that serves `wp_presentation`: [`delegate_presentation!`](crate::delegate_presentation) writes it.
pub trait Hosts:
    Host + Delegate<WpPresentation, To = Wayland> + Delegate<WpPresentationFeedback, To = Wayland>
{
}

impl<A: Host + Delegate<WpPresentation, To = Wayland> + Delegate<WpPresentationFeedback, To = Wayland>> Hosts for A {}

/// Hands the interfaces of [`presentation`](crate::presentation) to this crate, for an application that implements [`Host`](crate::Host).
#[macro_export]
macro_rules! delegate_presentation {
    ($app:ty) => {
        $crate::delegate!(@ $app: WpPresentation, WpPresentationFeedback);
    };
}

/// Announces `wp_presentation`.
///
/// # Errors
/// As [`Offer::global`].
pub fn announce<A: Hosts>(server: &mut Server<A>, offer: &mut Offer) -> Result<(), OfferError> {
    offer.global::<A, WpPresentation>(server, 2)
}

impl<A: Hosts> Module<WpPresentation, A> for Wayland {
    type Data = ();

    fn bound(app: &mut A, this: WpPresentation, _: GlobalId) -> Handled {
        this.clock_id(app.server(), CLOCK as u32)?;
        Ok(())
    }

    fn request(app: &mut A, _: WpPresentation, request: wp_presentation::Request) -> Handled {
        match request {
            wp_presentation::Request::Destroy => {}
            wp_presentation::Request::Feedback { surface, callback } => {
                let pending = &mut app.server().data(surface)?.pending.feedback;
                if pending.len() == MAX_CALLBACKS {
                    return Err(Fault::internal(format!("more than {MAX_CALLBACKS} feedbacks wait")));
                }
                pending.push(callback);
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<WpPresentationFeedback, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: WpPresentationFeedback, request: feedback::Request) -> Handled {
        match request {}
    }
}
