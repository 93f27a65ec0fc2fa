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

use crate::app::{App, FrontEnd, Owner, Tick};
use crate::protocol::{WayCaptureManager, WayCompositor, WayOutput, WaySeat, WayShm};
use wayline_desktop::Effect;

/// This front end.
pub(crate) struct Native;

impl FrontEnd for Native {
    fn deliver(&self, app: &mut App, owner: Owner, effect: Effect) {
        let Owner::Native(surface) = owner else { return };
        deliver::deliver(app, surface, effect);
    }

    fn presented(&self, app: &mut App, _: Tick) {
        capture::serve(app);
    }

    fn unreadable(&self, app: &mut App, owner: Owner, text: &str) {
        let Owner::Native(surface) = owner else { return };
        surfaces::unreadable(app, surface, text);
    }

    fn caught_up(&self, app: &mut App, client: ClientId) {
        deliver::catch_up(app, client);
    }

    fn disconnected(&self, app: &mut App, client: ClientId) {
        app.native.clients.remove(&client);
        capture::disconnected(&mut app.native.captures, client);
    }
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
