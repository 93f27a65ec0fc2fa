//! The shells: protocols by which surfaces become windows, popups and panels.

mod edges;
mod layer;
mod wl_shell;
mod xdg;

use super::protocol::WlSurface;
use super::surface::role::Object;
use crate::app::App;
use wayline_desktop::Effect;

/// Tells the client of a surface what has become of its window, in the words of its shell.
pub(super) fn deliver(app: &mut App, surface: WlSurface, effect: Effect) {
    let Ok(state) = app.server.data(surface) else { return };
    match state.object {
        Object::Xdg(_) => xdg::deliver(app, surface, effect),
        Object::Shell(this) => wl_shell::deliver(app, this, effect),
        Object::Layer(this) => layer::deliver(app, this, effect),
        Object::None | Object::Part(_) | Object::Cursor | Object::Icon => {}
    }
}
