//! What the desktop has for clients, as events.

use wayline::{ClientId, Fixed};

use super::windows;
use crate::app::App;
use crate::protocol::{WayKeyboard, WaySurface, way_keyboard, way_pointer};
use wayline_desktop::{Effect, Scroll};
use wayline_desktop_wayland::Host;

/// Tells the owner of a surface what has happened.
pub(crate) fn deliver(app: &mut App, surface: WaySurface, effect: Effect) {
    match effect {
        Effect::PointerMotion { x, y } if app.server.is_behind(surface.client()) => {
            // Of motion that it is too far behind to see it gets the latest, before anything else happens there.
            if let Some(client) = app.native.clients.get_mut(&surface.client()) {
                client.pending_motion = Some((surface, x, y));
            }
        }
        Effect::PointerEnter { .. }
        | Effect::PointerLeave { .. }
        | Effect::PointerMotion { .. }
        | Effect::Button { .. }
        | Effect::Scroll(_) => {
            catch_up(app, surface.client());
            tell_pointers(app, surface, effect);
        }
        Effect::KeyboardEnter { .. } | Effect::KeyboardLeave { .. } | Effect::Key { .. } => {
            let client = app.native.clients.get(&surface.client());
            for keyboard in client.map(|client| client.keyboards.clone()).unwrap_or_default() {
                tell_keyboard(app, keyboard, surface, effect);
            }
        }
        Effect::Configure | Effect::Close => windows::deliver(app, surface, effect),
        // The native protocol has no touch screen, no popups, no drags, and nothing to hold the pointer.
        _ => {}
    }
}

/// Tells a client that reads again where the pointer is.
pub(crate) fn catch_up(app: &mut App, client: ClientId) {
    let pending = app.native.clients.get_mut(&client).and_then(|client| client.pending_motion.take());
    if let Some((surface, x, y)) = pending {
        tell_pointers(app, surface, Effect::PointerMotion { x, y });
    }
}

/// Tells the pointers of the surface's client, each time as a whole frame.
fn tell_pointers(app: &mut App, surface: WaySurface, effect: Effect) {
    use way_pointer::{Axis, ButtonState};

    let time = app.time();
    let App { server, native, .. } = app;
    let Some(client) = native.clients.get(&surface.client()) else { return };
    for &pointer in &client.pointers {
        // A client that is gone or does not read misses the event.
        let told = match effect {
            Effect::PointerEnter { serial, x, y } => {
                pointer.enter(server, serial, surface, Fixed::from_f64(x), Fixed::from_f64(y))
            }
            Effect::PointerLeave { serial } => pointer.leave(server, serial, surface),
            Effect::PointerMotion { x, y } => pointer.motion(server, time, Fixed::from_f64(x), Fixed::from_f64(y)),
            Effect::Button { serial, code, pressed } => {
                let state = if pressed { ButtonState::PRESSED } else { ButtonState::RELEASED };
                pointer.button(server, serial, time, code, state)
            }
            Effect::Scroll(Scroll { horizontal, distance, .. }) => {
                let axis = if horizontal { Axis::HORIZONTAL } else { Axis::VERTICAL };
                pointer.axis(server, time, axis, Fixed::from_f64(distance))
            }
            _ => return,
        };
        if told.is_ok() {
            let _ = pointer.frame(server);
        }
    }
}

/// Tells one keyboard.
pub(super) fn tell_keyboard(app: &mut App, keyboard: WayKeyboard, surface: WaySurface, effect: Effect) {
    use way_keyboard::KeyState;

    let time = app.time();
    let App { server, desktop, .. } = app;
    // A client that is gone or does not read misses the event.
    let _ = match effect {
        Effect::KeyboardEnter { serial } => {
            let held: Vec<u8> = desktop.held_keys().iter().copied().flat_map(u32::to_ne_bytes).collect();
            keyboard.enter(server, serial, surface, &held).and_then(|()| keyboard.modifiers(server, serial, 0, 0, 0, 0))
        }
        Effect::KeyboardLeave { serial } => keyboard.leave(server, serial, surface),
        Effect::Key { serial, code, pressed } => {
            let state = if pressed { KeyState::PRESSED } else { KeyState::RELEASED };
            keyboard.key(server, serial, time, code, state)
        }
        _ => return,
    };
}
