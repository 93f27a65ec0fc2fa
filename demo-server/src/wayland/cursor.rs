//! The picture that the client under the pointer set for it. Drawn only on
//! request: a nested screen has the pointer of its host, and what scripts move
//! has none.

use wayline::ClientId;

use super::commit;
use super::protocol::WlSurface;
use crate::app::App;

/// The picture at the pointer.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    /// Whether it is drawn.
    pub(crate) drawn: bool,
    surface: Option<WlSurface>,
    /// The point of the picture that points.
    hotspot: (i32, i32),
    /// Who the pointer is over, and the serial by which it was told.
    entered: Option<(u32, ClientId)>,
}

/// The pointer is over a surface of this client, or of none: it has no picture until the client sets one.
pub(crate) fn entered(app: &mut App, entered: Option<(u32, ClientId)>) {
    app.wayland.cursor.entered = entered;
    replace(app, None);
}

/// Sets the picture, if the client speaks of the latest time that the pointer came to it.
pub(super) fn set(app: &mut App, client: ClientId, serial: u32, surface: Option<WlSurface>, hotspot: (i32, i32)) {
    if app.wayland.cursor.entered == Some((serial, client)) {
        app.wayland.cursor.hotspot = hotspot;
        replace(app, surface);
        follow(app);
    }
}

fn replace(app: &mut App, surface: Option<WlSurface>) {
    let before = std::mem::replace(&mut app.wayland.cursor.surface, surface);
    if before == surface {
        return;
    }
    for changed in [before, surface].into_iter().flatten() {
        commit::show(app, changed, &[]);
    }
    app.schedule();
}

/// Whether a surface is the picture that is drawn.
pub(super) fn is_drawn(app: &App, surface: WlSurface) -> bool {
    app.wayland.cursor.drawn && app.wayland.cursor.surface == Some(surface)
}

/// The content of a cursor surface is shifted: what points stays where it is.
pub(super) fn shift(app: &mut App, surface: WlSurface, offset: (i32, i32)) {
    let cursor = &mut app.wayland.cursor;
    if cursor.surface == Some(surface) {
        cursor.hotspot.0 = cursor.hotspot.0.saturating_sub(offset.0);
        cursor.hotspot.1 = cursor.hotspot.1.saturating_sub(offset.1);
        follow(app);
    }
}

/// Puts the picture where the pointer is, above all else.
pub(crate) fn follow(app: &mut App) {
    let Some(surface) = app.wayland.cursor.surface else { return };
    let Some(view) = app.server.data(surface).ok().and_then(|state| state.view) else { return };
    let ((x, y), hotspot) = (app.pointer(), app.wayland.cursor.hotspot);
    app.scene.set_position(view, ((x as i32).saturating_sub(hotspot.0), (y as i32).saturating_sub(hotspot.1)));
    app.scene.set_level(view, i8::MAX);
    app.schedule();
}

/// A surface is gone.
pub(super) fn surface_destroyed(app: &mut App, surface: WlSurface) {
    app.wayland.cursor.surface.take_if(|cursor| *cursor == surface);
}
