//! `wl_seat`: the one seat, with a pointer and a keyboard, and a touch screen if
//! one was plugged in.

pub(super) mod cursor;
pub(super) mod keyboard;
pub(super) mod keymap;
pub(super) mod keys;
pub(super) mod played;
pub(super) mod pointer;
pub(super) mod relative;
pub(super) mod touch;

use wayline::server::Module;
use wayline::{GlobalId, HandlerError, HandlerResult};

use crate::host::{Host, Parts, Wayland};
use crate::limits::register;
use crate::protocol::{WlSeat, wl_seat};

/// What there is at the seat.
fn capabilities<A: Host>(app: &mut A) -> wl_seat::Capability {
    let always = wl_seat::Capability::POINTER | wl_seat::Capability::KEYBOARD;
    if app.desktop().has_touch() { always | wl_seat::Capability::TOUCH } else { always }
}

/// Tells clients that there is something new.
pub(crate) fn send_capabilities<A: Host>(app: &mut A) {
    let capabilities = capabilities(app);
    let Parts { server, wayland, .. } = app.parts();
    for seat in wayland.clients.values().flat_map(|client| &client.seats) {
        // The client may be gone.
        let _ = seat.capabilities(server, capabilities);
    }
}

impl<A: Host> Module<WlSeat, A> for Wayland {
    type Data = ();

    fn bound(app: &mut A, this: WlSeat, _: GlobalId) -> HandlerResult {
        register(&mut app.wayland().client(this).seats, this)?;
        if this.version() >= 2 {
            this.name(app.server(), "seat0")?;
        }
        let capabilities = capabilities(app);
        this.capabilities(app.server(), capabilities)?;
        Ok(())
    }

    fn request(app: &mut A, this: WlSeat, request: wl_seat::Request) -> HandlerResult {
        match request {
            wl_seat::Request::Release => {}
            wl_seat::Request::GetPointer { id } => {
                register(&mut app.wayland().client(id).pointers, id)?;
                app.desktop().enter_again(id.client());
                app.settle();
            }
            wl_seat::Request::GetKeyboard { id } => keyboard::begin(app, id)?,
            wl_seat::Request::GetTouch { id } => {
                let (has, code) = (app.desktop().has_touch(), wl_seat::Error::MISSING_CAPABILITY);
                HandlerError::unless(has, this, code, || "the seat has never had a touch screen")?;
                register(&mut app.wayland().client(id).touches, id)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlSeat, (): ()) {
        app.wayland().client(this).seats.retain(|other| *other != this);
    }
}
