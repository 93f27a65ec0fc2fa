//! `way_window`: configure and acknowledge, titles, mapping, closing.

use wayline::{Fault, Handled, RequestHandler};

use crate::app::{App, Target};
use crate::protocol::{WaySurface, WayWindow, way_window};
use crate::scene::{Decoration, ViewId};
use crate::titles;

/// State of a `way_window`.
#[derive(Debug, Default)]
pub(crate) struct Window {
    surface: Option<WaySurface>,
    /// Serial of the latest configure.
    sent: u32,
    /// Serial of the latest configure that was acknowledged; 0 for none.
    acknowledged: u32,
    title: String,
}

/// Gives a new window its surface and proposes a first configuration.
pub(super) fn begin(app: &mut App, this: WayWindow, surface: WaySurface) -> Handled {
    app.server.data(this)?.surface = Some(surface);
    configure(app, this, true)
}

/// Sends a configuration: the client chooses its size.
pub(super) fn configure(app: &mut App, this: WayWindow, activated: bool) -> Handled {
    let window = app.server.data(this)?;
    window.sent += 1;
    let serial = window.sent;
    let states = if activated { u32::from(way_window::State::ACTIVATED).to_ne_bytes().to_vec() } else { Vec::new() };
    this.configure(&mut app.server, serial, 0, 0, &states)?;
    Ok(())
}

/// Tells a window whether it is the active one.
pub(crate) fn activate(app: &mut App, surface: WaySurface, activated: bool) {
    if let Some(window) = app.server.data(surface).ok().and_then(|surface| surface.window) {
        // Its client may be gone.
        let _ = configure(app, window, activated);
    }
}

/// What a window is called.
pub(crate) fn title(app: &mut App, surface: WaySurface) -> Option<String> {
    let window = app.server.data(surface).ok()?.window?;
    Some(app.server.data(window).ok()?.title.clone())
}

/// Asks the client of a window to close it.
pub(crate) fn close(app: &mut App, surface: WaySurface) {
    if let Some(window) = app.server.data(surface).ok().and_then(|surface| surface.window) {
        // Its client may be gone.
        let _ = window.close(&mut app.server);
    }
}

/// Puts a surface that got its first content on the screen.
pub(super) fn map(app: &mut App, surface: WaySurface, size: (u32, u32)) -> ViewId {
    let place = app.scene.place(size);
    let view = app.scene.add(place, Decoration::Shadow);
    if let Ok(state) = app.server.data(surface) {
        state.view = Some(view);
    }
    app.targets.insert(view, Target::Native(surface));
    app.focus(Some(Target::Native(surface)));
    view
}

/// Takes the view of a surface off the screen.
pub(super) fn unmap(app: &mut App, surface: WaySurface, view: ViewId) {
    if let Ok(state) = app.server.data(surface) {
        state.view = None;
    }
    app.scene.remove(view);
    app.targets.remove(&view);
    app.vanished(Target::Native(surface));
}

impl RequestHandler<WayWindow> for App {
    type Data = Window;

    fn request(&mut self, this: WayWindow, request: way_window::Request<'_>) -> Handled {
        let window = self.server.data(this)?;
        match request {
            // There are no groups or icons here that the name could serve.
            way_window::Request::Destroy | way_window::Request::SetAppId { .. } => {}
            way_window::Request::SetTitle { title } => {
                window.title = titles::kept(title);
                self.name_screen();
            }
            way_window::Request::AckConfigure { serial } => {
                if serial > window.sent || serial <= window.acknowledged {
                    let text = format!("serial {serial} is not one to acknowledge");
                    return Err(Fault::protocol(this, way_window::Error::INVALID_SERIAL, text));
                }
                window.acknowledged = serial;
                if let Some(surface) = window.surface {
                    self.server.data(surface)?.configured = true;
                }
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, _: WayWindow, window: Window) {
        let Some(surface) = window.surface else { return };
        let Ok(state) = self.server.data(surface) else { return };
        state.window = None;
        let mut state = std::mem::take(state);
        super::surfaces::clear(self, surface, &mut state);
    }
}
