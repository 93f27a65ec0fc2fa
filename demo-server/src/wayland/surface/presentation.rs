//! `wp_presentation`: when what was committed was shown.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use wayline::{Fault, GlobalId, Handled, RequestHandler};

use super::super::protocol::{
    WlSurface, WpPresentation, WpPresentationFeedback, wp_presentation, wp_presentation_feedback as feedback,
};
use super::state::MAX_CALLBACKS;
use crate::app::{App, PERIOD, Tick};

/// The clock of all presentation times.
const CLOCK: ClockId = ClockId::Monotonic;

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
                pending.push(callback);
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

/// The content in question was never shown.
pub(super) fn discard(app: &mut App, feedback: Vec<WpPresentationFeedback>) {
    for this in feedback {
        // The client may be gone.
        let _ = this.discarded(&mut app.server);
    }
}

/// The next frame shows a commit; what waited for the one before never saw it, if there is new content.
pub(super) fn wait(app: &mut App, surface: WlSurface, feedback: Vec<WpPresentationFeedback>, new_content: bool) {
    let Ok(state) = app.server.data(surface) else { return discard(app, feedback) };
    let superseded = if new_content { std::mem::take(&mut state.feedback) } else { Vec::new() };
    let waits = !state.feedback.is_empty() || !superseded.is_empty();
    if !waits && !feedback.is_empty() {
        app.wayland.awaiting_frame.push(surface);
    }
    if let Ok(state) = app.server.data(surface) {
        state.feedback.extend(feedback);
    }
    discard(app, superseded);
}

/// A frame was drawn: those hear of it whose content is shown.
pub(in crate::wayland) fn presented(app: &mut App, tick: Tick) {
    let surfaces = std::mem::take(&mut app.wayland.awaiting_frame);
    if surfaces.is_empty() {
        return;
    }
    // The clock of `Instant` is this one, but does not say its time.
    let now = clock_gettime(CLOCK);
    let now = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec);
    let passed = Instant::now().saturating_duration_since(tick.due).as_nanos() as i128;
    let shown = u64::try_from(now - passed).unwrap_or_default();
    let halves = |number: u64| ((number >> 32) as u32, number as u32);
    let ((hi, lo), (seq_hi, seq_lo)) = (halves(shown / 1_000_000_000), halves(tick.retrace));
    for surface in surfaces {
        let Ok(state) = app.server.data(surface) else { continue };
        let (feedback, id) = (std::mem::take(&mut state.feedback), state.id);
        if !id.is_some_and(|id| app.desktop.is_shown(id)) {
            discard(app, feedback);
            continue;
        }
        let outputs = app.wayland.clients.get(&surface.client()).map(|client| client.outputs.clone());
        for this in feedback {
            for output in outputs.iter().flatten() {
                let _ = this.sync_output(&mut app.server, *output);
            }
            // No display hardware, so no flags. The client may be gone.
            let (nanoseconds, refresh) = ((shown % 1_000_000_000) as u32, PERIOD.as_nanos() as u32);
            let flags = feedback::Kind(0);
            let _ = this.presented(&mut app.server, hi, lo, nanoseconds, refresh, seq_hi, seq_lo, flags);
        }
    }
}
