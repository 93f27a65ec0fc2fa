//! `way_compositor` and `way_window`: configure and acknowledge, titles, mapping, closing.

use wayline::{HandlerError, HandlerResult, RequestHandler, Resource};

use super::surfaces;
use crate::app::{App, Owner};
use crate::protocol::{WayCompositor, WaySurface, WayWindow, way_compositor, way_window};
use wayline_desktop::{Decoration, Effect, kept_title};
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

wayline::carry!(struct Window { surface, title, sent, acknowledged });

impl Window {
    /// Whether the first configure was answered.
    pub(super) fn is_configured(&self) -> bool {
        self.acknowledged > 0
    }
}

impl RequestHandler<WayCompositor> for App {
    type Data = ();

    fn request(&mut self, this: WayCompositor, request: way_compositor::Request) -> HandlerResult {
        use way_compositor::{Error, Request};

        match request {
            Request::Destroy | Request::CreateSurface { .. } => Ok(()),
            Request::CreateWindow { id, surface } => {
                let state = self.server.data(surface)?;
                let is_free = state.window.is_none();
                HandlerError::unless(is_free, this, Error::ROLE, || "the surface is a window already")?;
                let window = self.desktop.add(Owner::Native(surface));
                state.window = Some((id, window));
                self.desktop.make_window(window);
                self.desktop.set_decoration(window, Decoration::Shadow);
                self.server.data(id)?.surface = Some(surface);
                configure(self, id, true)
            }
        }
    }
}

/// Sends a configuration: the client chooses its size.
fn configure(app: &mut App, this: WayWindow, activated: bool) -> HandlerResult {
    let window = app.server.data(this)?;
    window.sent += 1;
    let serial = window.sent;
    let states: &[u8] = if activated { &u32::from(way_window::State::ACTIVATED).to_ne_bytes() } else { &[] };
    this.configure(&mut app.server, serial, 0, 0, states)?;
    Ok(())
}

/// Tells a window what it is to be now, or that it is to be closed.
pub(super) fn deliver(app: &mut App, surface: WaySurface, effect: Effect) {
    let Some((window, id)) = app.server.data(surface).ok().and_then(|surface| surface.window) else { return };
    let activated = app.desktop.wanted(id).activated;
    // Its client may be gone.
    match effect {
        Effect::Configure => drop(configure(app, window, activated)),
        Effect::Close => drop(window.close(&mut app.server)),
        _ => {}
    }
}

impl RequestHandler<WayWindow> for App {
    type Data = Window;

    fn request(&mut self, this: WayWindow, request: way_window::Request<'_>) -> HandlerResult {
        use way_window::{Error, Request};

        let window = self.server.data(this)?;
        match request {
            // There are no groups or icons here that the name could serve.
            Request::Destroy | Request::SetAppId { .. } => {}
            Request::SetTitle { title } => {
                let surface = window.surface;
                let bytes = kept_title(title).len() as u64;
                let kept = std::mem::replace(&mut window.title, bytes);
                self.server.charge(this.client(), Resource::StoredBytes, bytes)?;
                self.server.release(this.client(), Resource::StoredBytes, kept);
                if let Some((_, id)) = surface.and_then(|surface| self.server.data(surface).ok()?.window) {
                    self.desktop.set_title(id, title);
                    self.settle();
                }
            }
            Request::AckConfigure { serial } => {
                let is_one = serial <= window.sent && serial > window.acknowledged;
                let text = || format!("serial {serial} is not one to acknowledge");
                HandlerError::unless(is_one, this, Error::INVALID_SERIAL, text)?;
                window.acknowledged = serial;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WayWindow, window: Window) {
        self.server.release(this.client(), Resource::StoredBytes, window.title);
        let Some(surface) = window.surface else { return };
        let Ok(state) = self.server.data(surface).map(std::mem::take) else { return };
        surfaces::clear(self, surface, state);
    }
}
