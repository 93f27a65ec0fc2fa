//! When what was committed was shown: who asked to know, and who is told.

use crate::clock::{PERIOD, Tick, halves};
use crate::host::Host;
use crate::protocol::{WlSurface, WpPresentationFeedback, wp_presentation_feedback as feedback};

/// The content in question was never shown.
pub(crate) fn discard<A: Host>(app: &mut A, feedback: Vec<WpPresentationFeedback>) {
    for this in feedback {
        // The client may be gone.
        let _ = this.discarded(app.server());
    }
}

/// The next frame shows a commit; what waited for the one before never saw it, if there is new content.
pub(crate) fn wait<A: Host>(app: &mut A, surface: WlSurface, feedback: Vec<WpPresentationFeedback>, new_content: bool) {
    let Ok(state) = app.server().data(surface) else { return discard(app, feedback) };
    let waits = !state.feedback.is_empty();
    let superseded = if new_content { std::mem::take(&mut state.feedback) } else { Vec::new() };
    let is_asked = !feedback.is_empty();
    state.feedback.extend(feedback);
    if is_asked && !waits {
        app.wayland().awaiting_frame.push(surface);
    }
    discard(app, superseded);
}

/// A frame was drawn: those hear of it whose content is shown.
pub(crate) fn presented<A: Host>(app: &mut A, tick: Tick) {
    let surfaces = std::mem::take(&mut app.wayland().awaiting_frame);
    if surfaces.is_empty() {
        return;
    }
    let (hi, lo, nanoseconds) = tick.time();
    let (seq_hi, seq_lo) = halves(tick.retrace);
    for surface in surfaces {
        let Ok(state) = app.server().data(surface) else { continue };
        let (feedback, id) = (std::mem::take(&mut state.feedback), state.id);
        if !app.desktop().is_shown(id) {
            discard(app, feedback);
            continue;
        }
        let outputs = app.wayland().clients.get(&surface.client()).map(|client| client.outputs.clone());
        for this in feedback {
            for output in outputs.iter().flatten() {
                let _ = this.sync_output(app.server(), *output);
            }
            // No display hardware, so no flags. The client may be gone.
            let refresh = PERIOD as u32;
            let flags = feedback::Kind(0);
            let _ = this.presented(app.server(), hi, lo, nanoseconds, refresh, seq_hi, seq_lo, flags);
        }
    }
}
