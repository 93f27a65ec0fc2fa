//! `wl_touch`: fingers on the surfaces of a client.

use wayline::server::Module;
use wayline::{ClientId, Fixed, HandlerResult, SendError, Server};

use super::check_number;
use crate::host::{Host, Parts, Wayland};
use crate::protocol::{WlSurface, WlTouch, wl_touch};
use wayline_desktop::Effect;

/// Fingers that a `wl_touch` was told of: those that were down before it was
/// made are not its business.
pub(crate) type Known = Vec<i32>;

/// Tells the touch objects of the surface's client. Each effect is a frame.
pub(crate) fn deliver<A: Host>(app: &mut A, surface: WlSurface, effect: Effect) {
    let client = surface.client();
    if let Effect::TouchMotion { id, x, y } = effect
        && app.server().is_behind(client)
    {
        // Of motion that it is too far behind to see it gets the latest, before anything else happens there.
        let fingers = &mut app.wayland().client(surface).pending.fingers;
        fingers.retain(|(_, finger, ..)| *finger != id);
        fingers.push((surface, id, x, y));
        return;
    }
    catch_up(app, client);
    match effect {
        Effect::TouchDown { serial, .. } | Effect::TouchUp { serial, .. } => {
            app.wayland().give_serial(serial, client);
        }
        _ => {}
    }
    send(app, surface, effect);
}

/// Tells a client that reads again where its fingers are.
pub(crate) fn catch_up<A: Host>(app: &mut A, client: ClientId) {
    let pending = app.wayland().clients.get_mut(&client).map(|client| std::mem::take(&mut client.pending.fingers));
    for (surface, id, x, y) in pending.unwrap_or_default() {
        send(app, surface, Effect::TouchMotion { id, x, y });
    }
}

fn send<A: Host>(app: &mut A, surface: WlSurface, effect: Effect) {
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

/// A client wants to be told of touches.
pub(crate) fn begin<A: Host>(app: &mut A, this: WlTouch) -> HandlerResult {
    let touches = &mut app.wayland().client(this).touches;
    check_number(touches.len())?;
    touches.push(this);
    Ok(())
}

impl<A: Host> Module<WlTouch, A> for Wayland {
    type Data = Known;

    fn request(_: &mut A, _: WlTouch, request: wl_touch::Request) -> HandlerResult {
        match request {
            wl_touch::Request::Release => Ok(()),
        }
    }

    fn destroyed(app: &mut A, this: WlTouch, _: Known) {
        app.wayland().client(this).touches.retain(|touch| *touch != this);
    }
}
