//! `wl_output`: the one screen there is, and which surfaces are on it.

use wayline::{GlobalId, Handled, RequestHandler};

use super::protocol::{WlOutput, WlSurface, wl_output};
use crate::app::{App, REFRESH_MILLIHERTZ, Target};

/// Name of the screen.
pub(super) const NAME: &str = "WAYLINE-1";

/// What it is, for people.
pub(super) const DESCRIPTION: &str = "the screen of Wayline's demo compositor";

impl RequestHandler<WlOutput> for App {
    type Data = ();

    fn bound(&mut self, this: WlOutput, _: GlobalId) -> Handled {
        let (width, height) = self.scene.frame().size();
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
        self.wayland.outputs.push(this);
        let shown: Vec<_> = self.targets.values().copied().filter(|target| target.client() == this.client()).collect();
        for target in shown {
            if let Target::Wayland(surface) = target {
                surface.enter(&mut self.server, this)?;
            }
        }
        Ok(())
    }

    fn request(&mut self, _: WlOutput, request: wl_output::Request) -> Handled {
        match request {
            wl_output::Request::Release => Ok(()),
        }
    }

    fn destroyed(&mut self, this: WlOutput, (): ()) {
        self.wayland.outputs.retain(|output| *output != this);
    }
}

/// A surface appears on the screen.
pub(super) fn enter(app: &mut App, surface: WlSurface) {
    for output in app.wayland.outputs.iter().filter(|output| output.client() == surface.client()) {
        // The client may be gone.
        let _ = surface.enter(&mut app.server, *output);
    }
}

/// A surface left the screen.
pub(super) fn leave(app: &mut App, surface: WlSurface) {
    for output in app.wayland.outputs.iter().filter(|output| output.client() == surface.client()) {
        // The surface may be gone.
        let _ = surface.leave(&mut app.server, *output);
    }
}
