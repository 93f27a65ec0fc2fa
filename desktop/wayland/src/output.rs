//! `wl_output`: the one screen there is, and which surfaces are on it.

use wayline::server::Module;
use wayline::{GlobalId, HandlerError, HandlerResult};

use crate::clock::REFRESH_MILLIHERTZ;
use crate::host::{Host, Parts, Wayland};
use crate::protocol::{WlOutput, WlSurface, wl_output};
use crate::state::MAX_DEVICES;

/// Name of the screen.
pub(crate) const NAME: &str = "WAYLINE-1";

/// Who made it, and what of that it is.
pub(crate) const MAKE: &str = "Wayline";
pub(crate) const MODEL: &str = "CPU";

/// What it is, for people.
pub(crate) const DESCRIPTION: &str = "the screen of a compositor on Wayline";

impl<A: Host> Module<WlOutput, A> for Wayland {
    type Data = ();

    fn bound(app: &mut A, this: WlOutput, _: GlobalId) -> HandlerResult {
        let (width, height) = app.desktop().frame().size();
        let server = app.server();
        let (subpixel, transform) = (wl_output::Subpixel::UNKNOWN, wl_output::Transform::NORMAL);
        this.geometry(server, 0, 0, 0, 0, subpixel, MAKE, MODEL, transform)?;
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
        let outputs = &mut app.wayland().client(this).outputs;
        if outputs.len() == MAX_DEVICES {
            return Err(HandlerError::internal(format!("more than {MAX_DEVICES} outputs bound")));
        }
        outputs.push(this);
        let Parts { server, wayland, .. } = app.parts();
        for surface in wayland.client(this).shown.values() {
            surface.enter(server, this)?;
        }
        Ok(())
    }

    fn request(_: &mut A, _: WlOutput, request: wl_output::Request) -> HandlerResult {
        match request {
            wl_output::Request::Release => Ok(()),
        }
    }

    fn destroyed(app: &mut A, this: WlOutput, (): ()) {
        app.wayland().client(this).outputs.retain(|output| *output != this);
    }
}

/// A surface appears on the screen.
pub(crate) fn enter<A: Host>(app: &mut A, surface: WlSurface) {
    let Parts { server, wayland, .. } = app.parts();
    let client = wayland.client(surface);
    client.shown.insert(surface.id(), surface);
    for output in &client.outputs {
        // The client may be gone.
        let _ = surface.enter(server, *output);
    }
}

/// A surface left the screen.
pub(crate) fn leave<A: Host>(app: &mut A, surface: WlSurface) {
    let Parts { server, wayland, .. } = app.parts();
    let client = wayland.client(surface);
    client.shown.remove(&surface.id());
    for output in &client.outputs {
        // The surface may be gone.
        let _ = surface.leave(server, *output);
    }
}
