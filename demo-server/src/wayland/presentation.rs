//! `wp_presentation`: when what was committed was shown.

use rustix::time::{ClockId, clock_gettime};
use wayline::{Fault, GlobalId, Handled, RequestHandler};

use super::protocol::{
    WlSurface, WpPresentation, WpPresentationFeedback, wp_presentation, wp_presentation_feedback as feedback,
};
use super::surface::MAX_CALLBACKS;
use crate::app::{App, REFRESH_MILLIHERTZ};

/// The clock of all presentation times.
const CLOCK: ClockId = ClockId::Monotonic;

/// Nanoseconds between two frames.
const REFRESH: u32 = (1_000_000_000_000 / REFRESH_MILLIHERTZ as u64) as u32;

/// Someone waits to be told when a surface is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feedback {
    surface: WlSurface,
    this: WpPresentationFeedback,
}

impl Feedback {
    /// The content in question was never shown.
    pub(super) fn discard(self, app: &mut App) {
        // The client may be gone.
        let _ = self.this.discarded(&mut app.server);
    }
}

impl RequestHandler<WpPresentation> for App {
    type Data = ();

    fn bound(&mut self, this: WpPresentation, _: GlobalId) -> Handled {
        this.clock_id(&mut self.server, CLOCK as u32)?;
        Ok(())
    }

    fn request(&mut self, _: WpPresentation, request: wp_presentation::Request) -> Handled {
        match request {
            wp_presentation::Request::Destroy => {}
            wp_presentation::Request::Feedback { surface, callback } => {
                let pending = &mut self.server.data(surface)?.pending.feedback;
                if pending.len() == MAX_CALLBACKS {
                    return Err(Fault::internal(format!("more than {MAX_CALLBACKS} feedbacks wait")));
                }
                pending.push(Feedback { surface, this: callback });
            }
        }
        Ok(())
    }
}

impl RequestHandler<WpPresentationFeedback> for App {
    type Data = ();

    fn request(&mut self, _: WpPresentationFeedback, request: feedback::Request) -> Handled {
        match request {}
    }
}

/// The next frame shows a commit; what waited for the one before never saw it, if there is new content.
pub(super) fn wait(app: &mut App, surface: WlSurface, feedback: Vec<Feedback>, new_content: bool) {
    if new_content {
        let superseded: Vec<_> = app.wayland.feedback.extract_if(.., |waiting| waiting.surface == surface).collect();
        for feedback in superseded {
            feedback.discard(app);
        }
    }
    app.wayland.feedback.extend(feedback);
}

/// A frame was shown.
pub(crate) fn present(app: &mut App) {
    app.wayland.frames += 1;
    let waiting = std::mem::take(&mut app.wayland.feedback);
    if waiting.is_empty() {
        return;
    }
    let now = clock_gettime(CLOCK);
    let (seconds, frame) = (now.tv_sec as u64, app.wayland.frames);
    let halves = |number: u64| ((number >> 32) as u32, number as u32);
    let ((hi, lo), (seq_hi, seq_lo)) = (halves(seconds), halves(frame));
    for Feedback { surface, this } in waiting {
        for output in app.wayland.outputs.iter().filter(|output| output.client() == surface.client()) {
            let _ = this.sync_output(&mut app.server, *output);
        }
        // No display hardware, so no flags. The client may be gone.
        let flags = feedback::Kind(0);
        let _ = this.presented(&mut app.server, hi, lo, now.tv_nsec as u32, REFRESH, seq_hi, seq_lo, flags);
    }
}
