//! The native front end: serves protocol.xml. One file per group of interfaces.
//!
//! Knows requests and their rules; what is on the screen is the scene's, who
//! has the focus is the seat's.

mod buffers;
mod capture;
mod compositor;
mod deliver;
mod outputs;
mod seat;
pub(crate) mod state;
mod surfaces;
mod windows;

use wayline::{ClientId, Server};

use crate::app::App;
use crate::protocol::{WayCaptureManager, WayCompositor, WayOutput, WaySeat, WayShm};

pub(crate) use deliver::{catch_up as caught_up, deliver};
pub(crate) use surfaces::unreadable;

/// A frame was drawn: those are told that wait for it.
pub(crate) fn presented(app: &mut App) {
    capture::serve(app);
    let frames = std::mem::take(&mut app.native.frames);
    surfaces::answer_frames(app, frames);
}

/// A client is gone, and its objects are.
pub(crate) fn disconnected(app: &mut App, client: ClientId) {
    app.native.clients.remove(&client);
    capture::disconnected(&mut app.native.captures, client);
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
