//! `way_seat`, `way_pointer`, `way_keyboard`: the input devices of clients.

use wayline::io::shm::Memory;
use wayline::{ClientId, GlobalId, HandlerError, HandlerResult, RequestHandler};

use super::deliver;
use super::state::{Client, MAX_DEVICES};
use crate::app::{App, Owner};
use crate::protocol::{WayKeyboard, WayPointer, WaySeat, way_keyboard, way_pointer, way_seat};
use wayline_desktop::Effect;
use wayline_desktop_wayland::Host;

impl RequestHandler<WaySeat> for App {
    type Data = ();

    fn bound(&mut self, this: WaySeat, _: GlobalId) -> HandlerResult {
        let capabilities = way_seat::Capability::POINTER | way_seat::Capability::KEYBOARD;
        this.capabilities(&mut self.server, capabilities)?;
        if this.version() >= 2 {
            this.name(&mut self.server, "seat0")?;
        }
        Ok(())
    }

    fn request(&mut self, _: WaySeat, request: way_seat::Request) -> HandlerResult {
        match request {
            way_seat::Request::Destroy => {}
            way_seat::Request::GetPointer { id } => {
                register(&mut devices(self, id.client()).pointers, id)?;
                self.desktop.enter_again(id.client());
                self.settle();
            }
            way_seat::Request::GetKeyboard { id } => {
                register(&mut devices(self, id.client()).keyboards, id)?;
                // Key codes speak for themselves here: there is no keymap.
                let empty = Memory::immutable("no keymap", &[0])?.try_clone_fd()?;
                id.keymap(&mut self.server, way_keyboard::KeymapFormat::NO_KEYMAP, empty, 0)?;
                if id.version() >= 2 {
                    id.repeat_info(&mut self.server, 25, 400)?;
                }
                let focus = self.desktop.keyboard_focus().and_then(|focus| self.desktop.owner(focus));
                if let Some(Owner::Native(surface)) = focus
                    && surface.client() == id.client()
                {
                    let serial = self.desktop.next_serial();
                    deliver::tell_keyboard(self, id, surface, Effect::KeyboardEnter { serial });
                }
            }
        }
        Ok(())
    }
}

impl RequestHandler<WayPointer> for App {
    type Data = ();

    fn request(&mut self, _: WayPointer, way_pointer::Request::Destroy: way_pointer::Request) -> HandlerResult {
        Ok(())
    }

    fn destroyed(&mut self, this: WayPointer, (): ()) {
        devices(self, this.client()).pointers.retain(|pointer| *pointer != this);
    }
}

impl RequestHandler<WayKeyboard> for App {
    type Data = ();

    fn request(&mut self, _: WayKeyboard, way_keyboard::Request::Destroy: way_keyboard::Request) -> HandlerResult {
        Ok(())
    }

    fn destroyed(&mut self, this: WayKeyboard, (): ()) {
        devices(self, this.client()).keyboards.retain(|keyboard| *keyboard != this);
    }
}

fn devices(app: &mut App, client: ClientId) -> &mut Client {
    app.native.clients.entry(client).or_default()
}

/// A client has another device, unless it has too many of its kind.
fn register<I>(devices: &mut Vec<I>, this: I) -> HandlerResult {
    if devices.len() == MAX_DEVICES {
        return Err(HandlerError::internal(format!("more than {MAX_DEVICES} devices of a kind")));
    }
    devices.push(this);
    Ok(())
}
