//! How far the pointer was moved, for the clients that want to know.

use std::time::Duration;

use wayline::{ClientId, Fixed};

use crate::host::{Host, Parts};
use crate::protocol::WlSurface;

/// Tells the client of a surface how far the pointer was moved. One that is behind is told the sum when it reads again.
pub(crate) fn deliver<A: Host>(app: &mut A, surface: WlSurface, by: (f64, f64)) {
    let is_behind = app.server().is_behind(surface.client());
    let client = app.wayland().client(surface);
    if client.relative_pointers.is_empty() {
        return;
    }
    client.pending.moved.0 += by.0;
    client.pending.moved.1 += by.1;
    if !is_behind {
        catch_up(app, surface.client());
    }
}

/// Tells a client that reads again how far the pointer was moved.
pub(crate) fn catch_up<A: Host>(app: &mut A, client: ClientId) {
    let time = Duration::from_millis(app.time().into()).as_micros() as u64;
    let Parts { server, wayland, .. } = app.parts();
    let Some(client) = wayland.clients.get_mut(&client) else { return };
    let (dx, dy) = std::mem::take(&mut client.pending.moved);
    if (dx, dy) == (0.0, 0.0) {
        return;
    }
    let (dx, dy) = (Fixed::from_f64(dx), Fixed::from_f64(dy));
    for pointer in &client.relative_pointers {
        // The client may be gone.
        let _ = pointer.relative_motion(server, (time >> 32) as u32, time as u32, dx, dy, dx, dy);
    }
    for pointer in client.pointers.iter().filter(|pointer| pointer.version() >= 5) {
        let _ = pointer.frame(server);
    }
}
