//! When what was committed was shown: who asked to know, and who is told.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

use crate::clock::{PERIOD, Tick};
use crate::host::Host;
use crate::protocol::{WlSurface, WpPresentationFeedback, wp_presentation_feedback as feedback};

/// The clock of all presentation times.
pub(crate) const CLOCK: ClockId = ClockId::Monotonic;

/// When a frame was shown, by that clock, as events say it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Upper and lower half.
    pub(crate) seconds: (u32, u32),
    pub(crate) nanoseconds: u32,
}

impl Shown {
    pub(crate) fn at(tick: Tick) -> Shown {
        // The clock of `Instant` is this one, but does not say its time.
        let now = clock_gettime(CLOCK);
        let now = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec);
        let passed = Instant::now().saturating_duration_since(tick.due).as_nanos() as i128;
        let shown = u64::try_from(now - passed).unwrap_or_default();
        Shown { seconds: halves(shown / 1_000_000_000), nanoseconds: (shown % 1_000_000_000) as u32 }
    }
}

fn halves(number: u64) -> (u32, u32) {
    ((number >> 32) as u32, number as u32)
}

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
    let superseded = if new_content { std::mem::take(&mut state.feedback) } else { Vec::new() };
    let waits = !state.feedback.is_empty() || !superseded.is_empty();
    if !waits && !feedback.is_empty() {
        app.wayland().awaiting_frame.push(surface);
    }
    if let Ok(state) = app.server().data(surface) {
        state.feedback.extend(feedback);
    }
    discard(app, superseded);
}

/// A frame was drawn: those hear of it whose content is shown.
pub(crate) fn presented<A: Host>(app: &mut A, tick: Tick) {
    let surfaces = std::mem::take(&mut app.wayland().awaiting_frame);
    if surfaces.is_empty() {
        return;
    }
    let Shown { seconds: (hi, lo), nanoseconds } = Shown::at(tick);
    let (seq_hi, seq_lo) = halves(tick.retrace);
    for surface in surfaces {
        let Ok(state) = app.server().data(surface) else { continue };
        let (feedback, id) = (std::mem::take(&mut state.feedback), state.id);
        if !id.is_some_and(|id| app.desktop().is_shown(id)) {
            discard(app, feedback);
            continue;
        }
        let outputs = app.wayland().clients.get(&surface.client()).map(|client| client.outputs.clone());
        for this in feedback {
            for output in outputs.iter().flatten() {
                let _ = this.sync_output(app.server(), *output);
            }
            // No display hardware, so no flags. The client may be gone.
            let refresh = PERIOD.as_nanos() as u32;
            let flags = feedback::Kind(0);
            let _ = this.presented(app.server(), hi, lo, nanoseconds, refresh, seq_hi, seq_lo, flags);
        }
    }
}
