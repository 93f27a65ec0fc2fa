//! `wl_output`: the one screen there is, and which surfaces are on it.

mod xdg_output;

use wayline::{Fault, GlobalId, Handled, RequestHandler};

use super::protocol::{WlOutput, WlSurface, wl_output};
use super::state::MAX_DEVICES;
use crate::app::{App, REFRESH_MILLIHERTZ};

/// Name of the screen.
pub(super) const NAME: &str = "WAYLINE-1";

/// What it is, for people.
pub(super) const DESCRIPTION: &str = "the screen of Wayline's demo compositor";

impl RequestHandler<WlOutput> for App {
    type Data = ();

    fn bound(&mut self, this: WlOutput, _: GlobalId) -> Handled {
        let (width, height) = self.desktop.frame().size();
        let server = &mut self.server;
        let (subpixel, transform) = (wl_output::Subpixel::UNKNOWN, wl_output::Transform::NORMAL);
        this.geometry(server, 0, 0, 0, 0, subpixel, "Wayline", "CPU", transform)?;
        let flags = wl_output::Mode::CURRENT | wl_output::Mode::PREFERRED;
        this.mode(server, flags, width as i32, height as i32, REFRESH_MILLIHERTZ)?;
        if this.version() >= 2 {
            this.scale(server, 1)?;
        }
        if this.version() >= 4 {
            this.name(server, NAME)?;
            this.description(server, DESCRIPTION)?;
        }
        if this.version() >= 2 {
            this.done(server)?;
        }
        let outputs = &mut self.wayland.client(this).outputs;
        if outputs.len() == MAX_DEVICES {
            return Err(Fault::internal(format!("more than {MAX_DEVICES} outputs bound")));
        }
        outputs.push(this);
        let App { server, wayland, .. } = self;
        for surface in wayland.client(this).shown.values() {
            surface.enter(server, this)?;
        }
        Ok(())
    }

    fn request(&mut self, _: WlOutput, request: wl_output::Request) -> Handled {
        match request {
            wl_output::Request::Release => Ok(()),
        }
    }

    fn destroyed(&mut self, this: WlOutput, (): ()) {
        self.wayland.client(this).outputs.retain(|output| *output != this);
    }
}

/// A surface appears on the screen.
pub(super) fn enter(app: &mut App, surface: WlSurface) {
    let App { server, wayland, .. } = app;
    let client = wayland.client(surface);
    client.shown.insert(surface.id(), surface);
    for output in &client.outputs {
        // The client may be gone.
        let _ = surface.enter(server, *output);
    }
}

/// A surface left the screen.
pub(super) fn leave(app: &mut App, surface: WlSurface) {
    let App { server, wayland, .. } = app;
    let client = wayland.client(surface);
    client.shown.remove(&surface.id());
    for output in &client.outputs {
        // The surface may be gone.
        let _ = surface.leave(server, *output);
    }
}
