//! How far the pointer was moved, for the clients that want to know.

use std::time::Duration;

use wayline::Fixed;

use crate::clock::halves;
use crate::host::{Host, Parts};
use crate::protocol::WlSurface;

/// Tells the client of a surface how far the pointer was moved.
pub(crate) fn deliver<A: Host>(app: &mut A, surface: WlSurface, (dx, dy): (f64, f64)) {
    let (hi, lo) = halves(Duration::from_millis(app.time().into()).as_micros() as u64);
    let Parts { server, wayland, .. } = app.parts();
    let client = wayland.client(surface);
    if client.relative_pointers.is_empty() {
        return;
    }
    let (dx, dy) = (Fixed::from_f64(dx), Fixed::from_f64(dy));
    for pointer in &client.relative_pointers {
        // The client may be gone.
        let _ = pointer.relative_motion(server, hi, lo, dx, dy, dx, dy);
    }
    for pointer in client.pointers.iter().filter(|pointer| pointer.version() >= 5) {
        let _ = pointer.frame(server);
    }
}
