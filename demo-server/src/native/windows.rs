//! `way_window`: configure and acknowledge, titles, mapping, closing.

use wayline::{HandlerError, HandlerResult, RequestHandler, Resource};

use crate::app::{App, Owner};
use crate::protocol::{WaySurface, WayWindow, way_window};
use wayline_desktop::{Decoration, kept_title};
use wayline_desktop_wayland::Host;

/// State of a `way_window`.
#[derive(Debug, Default)]
pub(crate) struct Window {
    surface: Option<WaySurface>,
    /// Bytes of its title, as they are charged.
    title: u64,
    /// Serial of the latest configure.
    sent: u32,
    /// Serial of the latest configure that was acknowledged; 0 for none.
    acknowledged: u32,
}

/// Gives a new window its surface and proposes a first configuration.
pub(super) fn begin(app: &mut App, this: WayWindow, surface: WaySurface) -> HandlerResult {
    let id = app.desktop.add(Owner::Native(surface));
    app.desktop.make_window(id);
    app.desktop.set_decoration(id, Decoration::Shadow);
    app.server.data(this)?.surface = Some(surface);
    app.server.data(surface)?.shown_as = Some(id);
    configure(app, this, true)
}

/// Sends a configuration: the client chooses its size.
pub(super) fn configure(app: &mut App, this: WayWindow, activated: bool) -> HandlerResult {
    let window = app.server.data(this)?;
    window.sent += 1;
    let serial = window.sent;
    let states = if activated { u32::from(way_window::State::ACTIVATED).to_ne_bytes().to_vec() } else { Vec::new() };
    this.configure(&mut app.server, serial, 0, 0, &states)?;
    Ok(())
}

/// Tells a window what it is to be now.
pub(super) fn reconfigure(app: &mut App, surface: WaySurface) {
    let Ok(state) = app.server.data(surface) else { return };
    if let (Some(window), Some(id)) = (state.window, state.shown_as) {
        let activated = app.desktop.wanted(id).activated;
        // Its client may be gone.
        let _ = configure(app, window, activated);
    }
}

/// Asks the client of a window to close it.
pub(super) fn close(app: &mut App, surface: WaySurface) {
    if let Some(window) = app.server.data(surface).ok().and_then(|surface| surface.window) {
        // Its client may be gone.
        let _ = window.close(&mut app.server);
    }
}

impl RequestHandler<WayWindow> for App {
    type Data = Window;

    fn request(&mut self, this: WayWindow, request: way_window::Request<'_>) -> HandlerResult {
        let window = self.server.data(this)?;
        match request {
            // There are no groups or icons here that the name could serve.
            way_window::Request::Destroy | way_window::Request::SetAppId { .. } => {}
            way_window::Request::SetTitle { title } => {
                let surface = window.surface;
                let bytes = kept_title(title).len() as u64;
                let kept = std::mem::replace(&mut window.title, bytes);
                self.server.charge(this.client(), Resource::StoredBytes, bytes)?;
                self.server.release(this.client(), Resource::StoredBytes, kept);
                let id = surface.and_then(|surface| self.server.data(surface).ok()?.shown_as);
                if let Some(id) = id {
                    self.desktop.set_title(id, title);
                    self.settle();
                }
            }
            way_window::Request::AckConfigure { serial } => {
                if serial > window.sent || serial <= window.acknowledged {
                    let text = format!("serial {serial} is not one to acknowledge");
                    return Err(HandlerError::protocol(this, way_window::Error::INVALID_SERIAL, text));
                }
                window.acknowledged = serial;
                if let Some(surface) = window.surface {
                    self.server.data(surface)?.configured = true;
                }
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WayWindow, window: Window) {
        self.server.release(this.client(), Resource::StoredBytes, window.title);
        let Some(surface) = window.surface else { return };
        let Ok(state) = self.server.data(surface) else { return };
        state.window = None;
        let mut state = std::mem::take(state);
        super::surfaces::clear(self, surface, &mut state);
    }
}
