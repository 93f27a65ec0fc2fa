//! `way_seat`, `way_pointer`, `way_keyboard`: input on its way to native clients.

use wayline::io::shm::Memory;
use wayline::{Fixed, GlobalId, Handled, RequestHandler};

use crate::app::App;
use crate::protocol::{WayKeyboard, WayPointer, WaySeat, WaySurface, way_keyboard, way_pointer, way_seat};

/// The input devices that clients have asked for.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    pointers: Vec<WayPointer>,
    keyboards: Vec<WayKeyboard>,
}

impl RequestHandler<WaySeat> for App {
    type Data = ();

    fn bound(&mut self, this: WaySeat, _: GlobalId) -> Handled {
        let capabilities = way_seat::Capability::POINTER | way_seat::Capability::KEYBOARD;
        this.capabilities(&mut self.server, capabilities)?;
        if this.version() >= 2 {
            this.name(&mut self.server, "seat0")?;
        }
        Ok(())
    }

    fn request(&mut self, _: WaySeat, request: way_seat::Request) -> Handled {
        match request {
            way_seat::Request::Destroy => {}
            way_seat::Request::GetPointer { id } => {
                self.devices.pointers.push(id);
                self.pointer_added(id.client());
            }
            way_seat::Request::GetKeyboard { id } => {
                self.devices.keyboards.push(id);
                // Key codes speak for themselves here: there is no keymap.
                let empty = Memory::immutable("no keymap", &[0]).and_then(|memory| memory.try_clone_fd());
                match empty {
                    Ok(fd) => id.keymap(&mut self.server, way_keyboard::KeymapFormat::NO_KEYMAP, fd, 0)?,
                    Err(error) => return Err(wayline::Fault::internal(error.to_string())),
                }
                if id.version() >= 2 {
                    id.repeat_info(&mut self.server, 25, 400)?;
                }
                self.keyboard_added(id);
            }
        }
        Ok(())
    }
}

impl RequestHandler<WayPointer> for App {
    type Data = ();

    fn request(&mut self, _: WayPointer, request: way_pointer::Request) -> Handled {
        match request {
            way_pointer::Request::Destroy => Ok(()),
        }
    }

    fn destroyed(&mut self, this: WayPointer, (): ()) {
        self.devices.pointers.retain(|pointer| *pointer != this);
    }
}

impl RequestHandler<WayKeyboard> for App {
    type Data = ();

    fn request(&mut self, _: WayKeyboard, request: way_keyboard::Request) -> Handled {
        match request {
            way_keyboard::Request::Destroy => Ok(()),
        }
    }

    fn destroyed(&mut self, this: WayKeyboard, (): ()) {
        self.devices.keyboards.retain(|keyboard| *keyboard != this);
    }
}

/// What the pointer does over a surface.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PointerEvent {
    Enter { serial: u32, x: f64, y: f64 },
    Leave { serial: u32 },
    Motion { x: f64, y: f64 },
    Button { serial: u32, code: u32, pressed: bool },
    Scroll { horizontal: bool, distance: f64 },
}

/// What the keyboard does while a surface has it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyboardEvent {
    Enter { serial: u32 },
    Leave { serial: u32 },
    Key { serial: u32, code: u32, pressed: bool },
}

/// Tells the pointers of the surface's client.
pub(crate) fn point(app: &mut App, surface: WaySurface, event: PointerEvent) {
    let time = app.time();
    let App { server, devices, .. } = app;
    for &pointer in devices.pointers.iter().filter(|pointer| pointer.client() == surface.client()) {
        // A client that is gone or does not read misses the event.
        let told = match event {
            PointerEvent::Enter { serial, x, y } => {
                pointer.enter(server, serial, surface, Fixed::from_f64(x), Fixed::from_f64(y))
            }
            PointerEvent::Leave { serial } => pointer.leave(server, serial, surface),
            PointerEvent::Motion { x, y } => pointer.motion(server, time, Fixed::from_f64(x), Fixed::from_f64(y)),
            PointerEvent::Button { serial, code, pressed } => {
                let state =
                    if pressed { way_pointer::ButtonState::PRESSED } else { way_pointer::ButtonState::RELEASED };
                pointer.button(server, serial, time, code, state)
            }
            PointerEvent::Scroll { horizontal, distance } => {
                let axis = if horizontal { way_pointer::Axis::HORIZONTAL } else { way_pointer::Axis::VERTICAL };
                pointer.axis(server, time, axis, Fixed::from_f64(distance))
            }
        };
        if told.is_ok() {
            let _ = pointer.frame(server);
        }
    }
}

/// Tells the keyboards of the surface's client.
pub(crate) fn press(app: &mut App, surface: WaySurface, event: KeyboardEvent) {
    let keyboards = app.devices.keyboards.clone();
    for keyboard in keyboards.into_iter().filter(|keyboard| keyboard.client() == surface.client()) {
        press_one(app, keyboard, surface, event);
    }
}

/// Tells one keyboard.
pub(crate) fn press_one(app: &mut App, keyboard: WayKeyboard, surface: WaySurface, event: KeyboardEvent) {
    let time = app.time();
    let held: Vec<u8> = app.held_keys().flat_map(u32::to_ne_bytes).collect();
    let server = &mut app.server;
    // A client that is gone or does not read misses the event.
    let _ = match event {
        KeyboardEvent::Enter { serial } => {
            keyboard.enter(server, serial, surface, &held).and_then(|()| keyboard.modifiers(server, serial, 0, 0, 0, 0))
        }
        KeyboardEvent::Leave { serial } => keyboard.leave(server, serial, surface),
        KeyboardEvent::Key { serial, code, pressed } => {
            let state = if pressed { way_keyboard::KeyState::PRESSED } else { way_keyboard::KeyState::RELEASED };
            keyboard.key(server, serial, time, code, state)
        }
    };
}
