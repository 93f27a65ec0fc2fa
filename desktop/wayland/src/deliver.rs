//! What the desktop has for clients, as events; what is told to all of them.

use wayline::ClientId;
use wayline_desktop::{Action, Effect, Touch};

use crate::data::{drag, selection};
use crate::host::Host;
use crate::protocol::WlSurface;
use crate::seat::{keyboard, pointer, relative, send_capabilities, touch};
use crate::surface::holding;

/// Tells the client of a surface what has happened. Of motion that it is too far behind to see it gets the latest, before
/// anything else happens there.
pub fn deliver<A: Host>(app: &mut A, surface: WlSurface, effect: Effect) {
    let client = surface.client();
    match effect {
        Effect::PointerMotion { .. }
        | Effect::PointerMovedBy { .. }
        | Effect::TouchMotion { .. }
        | Effect::DragMotion { .. }
            if app.server().is_behind(client) =>
        {
            app.wayland().client(surface).pending.replace_motion(surface, effect);
            return;
        }
        Effect::PointerEnter { serial, .. }
        | Effect::PointerLeave { serial }
        | Effect::Button { serial, .. }
        | Effect::KeyboardEnter { serial }
        | Effect::KeyboardLeave { serial }
        | Effect::Key { serial, .. }
        | Effect::TouchDown { serial, .. }
        | Effect::TouchUp { serial, .. } => app.wayland().give_serial(serial, client),
        _ => {}
    }
    tell_motions(app, client);
    tell(app, surface, effect);
}

/// Tells a client what has moved while it did not read.
fn tell_motions<A: Host>(app: &mut A, client: ClientId) {
    let motions = app.wayland().clients.get_mut(&client).map(|client| std::mem::take(&mut client.pending.motions));
    for (surface, effect) in motions.unwrap_or_default() {
        tell(app, surface, effect);
    }
}

fn tell<A: Host>(app: &mut A, surface: WlSurface, effect: Effect) {
    match effect {
        Effect::PointerEnter { .. }
        | Effect::PointerLeave { .. }
        | Effect::PointerMotion { .. }
        | Effect::Button { .. }
        | Effect::Scroll(_) => pointer::deliver(app, surface, effect),
        Effect::PointerMovedBy { dx, dy } => relative::deliver(app, surface, (dx, dy)),
        Effect::PointerHeld => holding::set_held(app, surface, true),
        Effect::PointerFreed => holding::set_held(app, surface, false),
        Effect::KeyboardEnter { .. } | Effect::KeyboardLeave { .. } | Effect::Key { .. } => {
            keyboard::deliver(app, surface, effect);
        }
        Effect::TouchDown { .. }
        | Effect::TouchMotion { .. }
        | Effect::TouchUp { .. }
        | Effect::TouchTaken { .. }
        | Effect::TouchCancel => touch::deliver(app, surface, effect),
        Effect::DragEnter { serial, x, y } => drag::enter(app, surface, serial, (x, y)),
        Effect::DragMotion { x, y } => drag::move_to(app, surface.client(), (x, y)),
        Effect::DragLeave => drag::leave(app),
        Effect::DragDrop => drag::drop_here(app),
        Effect::DragCancel => drag::cancel(app),
        Effect::Activated(_) | Effect::Configure | Effect::Moved | Effect::Dismissed | Effect::Close => {
            if let Some(role) = app.server().data(surface).ok().and_then(|surface| surface.role) {
                role.deliver(app, surface, effect);
            }
        }
    }
}

/// A device of the user acts.
pub fn input<A: Host>(app: &mut A, action: Action) {
    match action {
        Action::Key { code, pressed } => {
            app.wayland().typist = None;
            if let Some(keys) = &mut app.wayland().keys {
                keys.key(code, pressed);
            }
        }
        Action::Touch(_) if !app.desktop().has_touch() => {
            app.desktop().input(Action::Touch(Touch::Plug));
            send_capabilities(app);
        }
        _ => {}
    }
    app.desktop().input(action);
    app.settle();
}

/// A client that was behind reads again: it is told the latest of what was left out. To be called from
/// [`caught_up`](wayline::HasServer::caught_up).
pub fn caught_up<A: Host>(app: &mut A, client: ClientId) {
    tell_motions(app, client);
    selection::catch_up(app, client);
}

/// A client is gone, and its objects are. To be called from [`disconnected`](wayline::HasServer::disconnected).
pub fn disconnected<A: Host>(app: &mut A, client: ClientId) {
    app.wayland().clients.remove(&client);
}
