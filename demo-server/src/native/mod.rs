//! The native front end: serves protocol.xml. One file per group of interfaces.
//!
//! Knows requests and their rules; what is on the screen is the scene's, who
//! has the focus is the seat's.

mod buffers;
mod capture;
mod deliver;
mod outputs;
mod rounds;
mod seat;
pub(crate) mod state;
mod surfaces;
mod windows;

use wayline::carry::{Carrier, CarryError};
use wayline::io::fence::Fence;
use wayline::{ClientId, Resource, Server};

use crate::app::App;
use crate::protocol::{
    WayBuffer, WayCapture, WayCaptureManager, WayCompositor, WayKeyboard, WayOutput, WayPointer, WayPool, WaySeat,
    WayShm, WaySurface, WayWindow,
};

pub(crate) use capture::serve as presented;
pub(crate) use deliver::{catch_up as caught_up, deliver};
pub(crate) use surfaces::unreadable;

/// A turn of the loop is over: the fences of what was done in it are signalled, all at once.
pub(crate) fn turned(app: &mut App) {
    if app.native.done.is_empty() {
        return;
    }
    let done = std::mem::take(&mut app.native.done);
    if let Err(error) = Fence::signal_all(done.iter().map(|(_, fence)| fence)) {
        tracing::warn!("cannot signal fences: {error}");
    }
    for (client, _) in done {
        app.server.release(client, Resource::Fds, 1);
    }
}

/// A client is gone, and its objects are.
pub(crate) fn disconnected(app: &mut App, client: ClientId) {
    app.native.clients.remove(&client);
    app.native.captures.forget(client);
}

/// Announces the globals of the native protocol.
///
/// # Errors
/// None in practice: the versions are those of the XML the code was made from.
pub(crate) fn announce(server: &mut Server<App>) -> Result<(), wayline::GlobalError> {
    server.add_global::<WayCompositor>(1)?;
    server.add_global::<WayShm>(1)?;
    server.add_global::<WayOutput>(2)?;
    server.add_global::<WaySeat>(2)?;
    server.add_global::<WayCaptureManager>(1)?;
    Ok(())
}

/// The carrier, of the native protocol as well.
pub(crate) fn carry(carrier: Carrier<App>) -> Carrier<App> {
    let carrier = carrier.with::<WayCompositor>().with::<WaySurface>().with::<WayWindow>();
    let carrier = carrier.with::<WayShm>().with::<WayPool>().with::<WayBuffer>().with::<WayOutput>();
    let carrier = carrier.with::<WaySeat>().with::<WayPointer>().with::<WayKeyboard>();
    carrier.with::<WayCaptureManager>().with::<WayCapture>().then(restore)
}

/// Has the fences waited for that the predecessor waited for. In the first turn, for that one may go on until then, and who
/// looks at a fence takes its signal.
fn restore(app: &mut App) -> Result<(), CarryError> {
    let waited = std::mem::take(&mut app.native.waited);
    app.events.insert_idle(|app| waited.into_iter().for_each(|surface| surfaces::advance(app, surface)));
    Ok(())
}
