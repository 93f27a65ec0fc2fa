//! Frames of the screen.

use wayline_desktop::Rect;

use crate::capture;
use crate::host::{Host, Parts};
use crate::session_lock;
use crate::surface::{compose, feedback};

/// Draws what has changed, and tells all clients that wait for it. Returns which parts of the
/// [frame](wayline_desktop::Desktop::frame) are new.
pub fn draw<A: Host>(app: &mut A) -> Vec<Rect> {
    let damage = compose(app);
    let tick = app.wayland().clock.latest();
    feedback::presented(app, tick);
    capture::serve(app, &damage, tick);
    session_lock::drawn(app);
    let time = app.time();
    let Parts { server, wayland, .. } = app.parts();
    for callback in std::mem::take(&mut wayland.frames) {
        // The client may be gone.
        let _ = callback.done(server, time);
    }
    app.settle();
    damage
}
