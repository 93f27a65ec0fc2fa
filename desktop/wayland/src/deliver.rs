//! What the desktop has for clients, as events; what is told to all of them.

use wayline::ClientId;
use wayline_desktop::{Action, Effect, Touch};

use crate::data::{drag, selection};
use crate::host::Host;
use crate::protocol::WlSurface;
use crate::seat::{keyboard, pointer, relative, send_capabilities, touch};
use crate::surface::holding;

/// Tells the client of a surface what has happened.
pub fn deliver<A: Host>(app: &mut A, surface: WlSurface, effect: Effect) {
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
        Effect::DragEnter { .. }
        | Effect::DragMotion { .. }
        | Effect::DragLeave
        | Effect::DragDrop
        | Effect::DragCancel => drag::deliver(app, surface, effect),
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
    relative::catch_up(app, client);
    pointer::catch_up(app, client);
    touch::catch_up(app, client);
    drag::catch_up(app, client);
    selection::catch_up(app, client);
}

/// A client is gone, and its objects are. To be called from [`disconnected`](wayline::HasServer::disconnected).
pub fn disconnected<A: Host>(app: &mut A, client: ClientId) {
    app.wayland().forget(client);
}
