//! `wl_pointer`: what the pointer does over the surfaces of a client.

use wayline::server::Module;
use wayline::{Fixed, HandlerResult, SendError, Server};

use super::cursor;
use crate::host::{Host, Parts, Wayland};
use crate::protocol::{WlPointer, WlSurface, wl_pointer};
use wayline_desktop::{Effect, Scroll, ScrollSource};

/// Tells the pointers of the surface's client.
pub(crate) fn deliver<A: Host>(app: &mut A, surface: WlSurface, effect: Effect) {
    match effect {
        Effect::PointerEnter { serial, .. } => cursor::entered(app, Some((serial, surface.client()))),
        Effect::PointerLeave { .. } => cursor::entered(app, None),
        _ => {}
    }
    let time = app.time();
    let Parts { server, wayland, .. } = app.parts();
    for pointer in &wayland.client(surface).pointers {
        // A client that is gone or does not read misses the event.
        let _ = tell_one(server, time, *pointer, surface, effect);
    }
}

fn tell_one<A: Host>(
    server: &mut Server<A>,
    time: u32,
    pointer: WlPointer,
    surface: WlSurface,
    effect: Effect,
) -> Result<(), SendError> {
    match effect {
        Effect::PointerEnter { serial, x, y } => {
            pointer.enter(server, serial, surface, Fixed::from_f64(x), Fixed::from_f64(y))?;
        }
        Effect::PointerLeave { serial } => pointer.leave(server, serial, surface)?,
        Effect::PointerMotion { x, y } => pointer.motion(server, time, Fixed::from_f64(x), Fixed::from_f64(y))?,
        Effect::Button { serial, code, pressed } => {
            let state = if pressed { wl_pointer::ButtonState::PRESSED } else { wl_pointer::ButtonState::RELEASED };
            pointer.button(server, serial, time, code, state)?;
        }
        Effect::Scroll(scroll) => tell_scroll(server, time, pointer, scroll)?,
        _ => return Ok(()),
    }
    if pointer.version() >= 5 {
        pointer.frame(server)?;
    }
    Ok(())
}

fn tell_scroll<A: Host>(
    server: &mut Server<A>,
    time: u32,
    pointer: WlPointer,
    Scroll { horizontal, distance, steps, source }: Scroll,
) -> Result<(), SendError> {
    use wl_pointer::{Axis, AxisSource};

    let axis = if horizontal { Axis::HORIZONTAL_SCROLL } else { Axis::VERTICAL_SCROLL };
    let version = pointer.version();
    if version >= 5 {
        let source = match source {
            ScrollSource::Finger => AxisSource::FINGER,
            ScrollSource::Continuous => AxisSource::CONTINUOUS,
            ScrollSource::WheelTilt if version >= 6 => AxisSource::WHEEL_TILT,
            ScrollSource::Wheel | ScrollSource::WheelTilt => AxisSource::WHEEL,
        };
        pointer.axis_source(server, source)?;
        if distance == 0.0 {
            return pointer.axis_stop(server, time, axis);
        }
    }
    if version >= 8 && steps != 0.0 {
        pointer.axis_value120(server, axis, (steps * 120.0) as i32)?;
    } else if version >= 5 && steps.abs() >= 1.0 {
        pointer.axis_discrete(server, axis, steps as i32)?;
    }
    pointer.axis(server, time, axis, Fixed::from_f64(distance))
}

impl<A: Host> Module<WlPointer, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: WlPointer, request: wl_pointer::Request) -> HandlerResult {
        match request {
            wl_pointer::Request::Release => {}
            wl_pointer::Request::SetCursor { serial, surface, hotspot_x, hotspot_y } => {
                let named = surface.map(|surface| cursor::name(app, surface, this)).transpose()?;
                cursor::set(app, this.client(), serial, named, (hotspot_x, hotspot_y));
                app.settle();
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlPointer, (): ()) {
        app.wayland().client(this).pointers.retain(|other| *other != this);
    }
}
