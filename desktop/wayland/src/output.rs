//! `wl_output`: the one screen there is, and which surfaces are on it.

use wayline::server::Module;
use wayline::{GlobalId, HandlerResult};

use crate::clock::REFRESH_MILLIHERTZ;
use crate::host::{Host, Parts, Wayland};
use crate::limits::register;
use crate::protocol::{WlOutput, WlSurface, wl_output};

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
        register(&mut app.wayland().client(this).outputs, this)?;
        let Parts { server, wayland, .. } = app.parts();
        for surface in wayland.client(this).shown.values() {
            surface.enter(server, this)?;
        }
        Ok(())
    }

    fn request(_: &mut A, _: WlOutput, wl_output::Request::Release: wl_output::Request) -> HandlerResult {
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlOutput, (): ()) {
        app.wayland().client(this).outputs.retain(|other| *other != this);
    }
}

/// A surface appears on the screen, or leaves it.
pub(crate) fn set_shown<A: Host>(app: &mut A, surface: WlSurface, shown: bool) {
    let Parts { server, wayland, .. } = app.parts();
    let client = wayland.client(surface);
    if shown {
        client.shown.insert(surface.id(), surface);
    } else {
        client.shown.remove(&surface.id());
    }
    for output in &client.outputs {
        // The client may be gone, or the surface.
        let _ = if shown { surface.enter(server, *output) } else { surface.leave(server, *output) };
    }
}
