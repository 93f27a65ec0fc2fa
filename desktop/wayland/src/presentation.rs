//! `wp_presentation`: when what was committed was shown.

use wayline::server::Module;
use wayline::{GlobalId, HandlerResult};

use crate::clock::CLOCK;
use crate::globals::module;
use crate::host::Wayland;
use crate::limits::check_number;
use crate::protocol::{WpPresentation, WpPresentationFeedback, wp_presentation, wp_presentation_feedback as feedback};
use crate::surface::state::MAX_CALLBACKS;

module! { ($) delegate_presentation; global WpPresentation 2; WpPresentationFeedback }

impl<A: Hosts> Module<WpPresentation, A> for Wayland {
    type Data = ();

    fn bound(app: &mut A, this: WpPresentation, _: GlobalId) -> HandlerResult {
        this.clock_id(app.server(), CLOCK as u32)?;
        Ok(())
    }

    fn request(app: &mut A, _: WpPresentation, request: wp_presentation::Request) -> HandlerResult {
        match request {
            wp_presentation::Request::Destroy => {}
            wp_presentation::Request::Feedback { surface, callback } => {
                let pending = &mut app.server().data(surface)?.pending.feedback;
                check_number(pending.len(), MAX_CALLBACKS, "feedbacks")?;
                pending.push(callback);
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<WpPresentationFeedback, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: WpPresentationFeedback, request: feedback::Request) -> HandlerResult {
        match request {}
    }
}
