//! `wl_touch`: fingers on the surfaces of a client.

use wayline::server::Module;
use wayline::{Fixed, HandlerResult, SendError, Server};

use crate::host::{Host, Parts, Wayland};
use crate::protocol::{WlSurface, WlTouch, wl_touch};
use wayline_desktop::Effect;

/// Fingers that a `wl_touch` was told of: those that were down before it was
/// made are not its business.
pub(crate) type Known = Vec<i32>;

/// Tells the touch objects of the surface's client. Each effect is a frame.
pub(crate) fn deliver<A: Host>(app: &mut A, surface: WlSurface, effect: Effect) {
    let time = app.time();
    let Parts { server, wayland, .. } = app.parts();
    for touch in &wayland.client(surface).touches {
        // A client that is gone or does not read misses the event.
        if let Ok(true) = tell_one(server, time, *touch, surface, effect) {
            let _ = touch.frame(server);
        }
    }
}

/// Tells one object, unless it is not its business. Returns whether a frame has to end.
fn tell_one<A: Host>(
    server: &mut Server<A>,
    time: u32,
    touch: WlTouch,
    surface: WlSurface,
    effect: Effect,
) -> Result<bool, SendError> {
    let known = server.data(touch)?;
    match effect {
        Effect::TouchDown { serial, id, x, y } => {
            known.push(id);
            touch.down(server, serial, time, surface, id, Fixed::from_f64(x), Fixed::from_f64(y))?;
        }
        Effect::TouchMotion { id, x, y } if known.contains(&id) => {
            touch.motion(server, time, id, Fixed::from_f64(x), Fixed::from_f64(y))?;
        }
        Effect::TouchUp { serial, id } if known.contains(&id) => {
            known.retain(|finger| *finger != id);
            touch.up(server, serial, time, id)?;
        }
        Effect::TouchTaken { id } => {
            known.retain(|finger| *finger != id);
            return Ok(false);
        }
        Effect::TouchCancel if !known.is_empty() => {
            known.clear();
            // No frame belongs to it.
            touch.cancel(server)?;
            return Ok(false);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

impl<A: Host> Module<WlTouch, A> for Wayland {
    type Data = Known;

    fn request(_: &mut A, _: WlTouch, wl_touch::Request::Release: wl_touch::Request) -> HandlerResult {
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlTouch, _: Known) {
        app.wayland().client(this).touches.retain(|other| *other != this);
    }
}
