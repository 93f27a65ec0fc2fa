//! `wl_seat`: the one seat, with a pointer and a keyboard, and a touch screen if
//! one was plugged in.

use wayline::{Fault, GlobalId, Handled, RequestHandler};

use super::protocol::{WlSeat, wl_seat};
use super::{keyboard, touch};
use crate::app::App;

/// What there is at the seat.
fn capabilities(app: &App) -> wl_seat::Capability {
    let always = wl_seat::Capability::POINTER | wl_seat::Capability::KEYBOARD;
    if app.wayland.touch.plugged { always | wl_seat::Capability::TOUCH } else { always }
}

/// Tells clients that there is something new.
pub(super) fn tell_capabilities(app: &mut App) {
    let capabilities = capabilities(app);
    for seat in &app.wayland.seats {
        // The client may be gone.
        let _ = seat.capabilities(&mut app.server, capabilities);
    }
}

impl RequestHandler<WlSeat> for App {
    type Data = ();

    fn bound(&mut self, this: WlSeat, _: GlobalId) -> Handled {
        self.wayland.seats.push(this);
        if this.version() >= 2 {
            this.name(&mut self.server, "seat0")?;
        }
        let capabilities = capabilities(self);
        this.capabilities(&mut self.server, capabilities)?;
        Ok(())
    }

    fn request(&mut self, this: WlSeat, request: wl_seat::Request) -> Handled {
        match request {
            wl_seat::Request::Release => {}
            wl_seat::Request::GetPointer { id } => {
                self.wayland.pointers.push(id);
                self.pointer_added(id.client());
            }
            wl_seat::Request::GetKeyboard { id } => keyboard::begin(self, id)?,
            wl_seat::Request::GetTouch { id } => {
                if !self.wayland.touch.plugged {
                    let text = "the seat has never had a touch screen";
                    return Err(Fault::protocol(this, wl_seat::Error::MISSING_CAPABILITY, text));
                }
                touch::begin(self, id);
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlSeat, (): ()) {
        self.wayland.seats.retain(|seat| *seat != this);
    }
}
