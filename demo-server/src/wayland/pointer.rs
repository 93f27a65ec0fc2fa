//! `wl_pointer`: what the pointer does over the surfaces of a client.

use wayline::{Fixed, Handled, RequestHandler, SendError};

use super::protocol::{WlPointer, WlSurface, wl_pointer};
use super::surface::Role;
use super::{commit, cursor};
use crate::app::App;
use crate::native::PointerEvent;

/// Pixels to scroll for one step of a wheel.
const STEP: f64 = 15.0;

/// Tells the pointers of the surface's client.
pub(crate) fn point(app: &mut App, surface: WlSurface, event: PointerEvent) {
    let client = surface.client();
    match event {
        PointerEvent::Enter { serial, .. } => {
            app.wayland.serials.give(serial, client);
            cursor::entered(app, Some((serial, client)));
        }
        PointerEvent::Leave { serial } => {
            app.wayland.serials.give(serial, client);
            cursor::entered(app, None);
        }
        PointerEvent::Button { serial, .. } => app.wayland.serials.give(serial, client),
        PointerEvent::Motion { .. } | PointerEvent::Scroll { .. } => {}
    }
    let pointers: Vec<_> =
        app.wayland.pointers.iter().copied().filter(|pointer| pointer.client() == surface.client()).collect();
    for pointer in pointers {
        // A client that is gone or does not read misses the event.
        let _ = point_one(app, pointer, surface, event);
    }
}

fn point_one(app: &mut App, pointer: WlPointer, surface: WlSurface, event: PointerEvent) -> Result<(), SendError> {
    let time = app.time();
    let server = &mut app.server;
    match event {
        PointerEvent::Enter { serial, x, y } => {
            pointer.enter(server, serial, surface, Fixed::from_f64(x), Fixed::from_f64(y))?;
        }
        PointerEvent::Leave { serial } => pointer.leave(server, serial, surface)?,
        PointerEvent::Motion { x, y } => pointer.motion(server, time, Fixed::from_f64(x), Fixed::from_f64(y))?,
        PointerEvent::Button { serial, code, pressed } => {
            let state = if pressed { wl_pointer::ButtonState::PRESSED } else { wl_pointer::ButtonState::RELEASED };
            pointer.button(server, serial, time, code, state)?;
        }
        PointerEvent::Scroll { horizontal, distance } => {
            let axis = if horizontal { wl_pointer::Axis::HORIZONTAL_SCROLL } else { wl_pointer::Axis::VERTICAL_SCROLL };
            let version = pointer.version();
            if version >= 5 {
                pointer.axis_source(server, wl_pointer::AxisSource::WHEEL)?;
            }
            let steps = distance / STEP;
            if version >= 8 {
                pointer.axis_value120(server, axis, (steps * 120.0) as i32)?;
            } else if version >= 5 && steps.abs() >= 1.0 {
                pointer.axis_discrete(server, axis, steps as i32)?;
            }
            pointer.axis(server, time, axis, Fixed::from_f64(distance))?;
        }
    }
    if pointer.version() >= 5 {
        pointer.frame(server)?;
    }
    Ok(())
}

impl RequestHandler<WlPointer> for App {
    type Data = ();

    fn request(&mut self, this: WlPointer, request: wl_pointer::Request) -> Handled {
        match request {
            wl_pointer::Request::Release => {}
            wl_pointer::Request::SetCursor { serial, surface, hotspot_x, hotspot_y } => {
                if let Some(surface) = surface {
                    commit::give_role(self, surface, Role::Cursor, this, wl_pointer::Error::ROLE)?;
                }
                cursor::set(self, this.client(), serial, surface, (hotspot_x, hotspot_y));
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlPointer, (): ()) {
        self.wayland.pointers.retain(|pointer| *pointer != this);
    }
}
