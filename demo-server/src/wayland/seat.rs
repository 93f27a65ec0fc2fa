//! `wl_seat`: the one seat, with a pointer and a keyboard.

use wayline::{Fault, GlobalId, Handled, Interface, RequestHandler};

use super::keyboard;
use super::protocol::{WlSeat, WlTouch, wl_seat, wl_touch};
use crate::app::App;

impl RequestHandler<WlSeat> for App {
    type Data = ();

    fn bound(&mut self, this: WlSeat, _: GlobalId) -> Handled {
        if this.version() >= 2 {
            this.name(&mut self.server, "seat0")?;
        }
        let capabilities = wl_seat::Capability::POINTER | wl_seat::Capability::KEYBOARD;
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
            wl_seat::Request::GetTouch { .. } => {
                let text = "the seat has never had a touch screen";
                return Err(Fault::protocol(this, wl_seat::Error::MISSING_CAPABILITY, text));
            }
        }
        Ok(())
    }
}

impl RequestHandler<WlTouch> for App {
    type Data = ();

    fn request(&mut self, _: WlTouch, request: wl_touch::Request) -> Handled {
        match request {
            wl_touch::Request::Release => Ok(()),
        }
    }
}
