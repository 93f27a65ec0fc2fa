//! What the pointer does for the compositor while a button is down, because a
//! client asked for it: moves and resizes windows, or drags data.

use super::drag::{self, Drag};
use super::protocol::{WlSurface, xdg_toplevel::ResizeEdge};
use super::{tree, window, xdg};
use crate::app::{App, Target};

/// What the pointer does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grab {
    /// Moves a window; where the pointer is in it.
    Move { surface: WlSurface, offset: (f64, f64) },
    /// Moves edges of a window; where the pointer was, and the size then.
    Resize { surface: WlSurface, edges: ResizeEdge, from: (f64, f64), size: (i32, i32) },
    /// Drags data.
    Drag(Drag),
}

/// Whether a client may take the pointer: only for the press on its window that goes on.
fn may_grab(app: &mut App, surface: WlSurface, serial: u32) -> bool {
    let over = app.pointer_focus();
    let own = matches!(over, Some(Target::Wayland(over)) if tree::root(app, over) == surface);
    own && app.press_serial() == Some(serial) && app.wayland.grab.is_none()
}

fn start(app: &mut App, grab: Grab) {
    app.take_pointer();
    app.wayland.grab = Some(grab);
}

/// Starts to move a window, if its client may.
pub(super) fn start_move(app: &mut App, surface: WlSurface, serial: u32) {
    if !may_grab(app, surface, serial) {
        return;
    }
    if let Some(at) = window::position(app, surface) {
        let (x, y) = app.pointer();
        let offset = (x - f64::from(at.0), y - f64::from(at.1));
        start(app, Grab::Move { surface, offset });
    }
}

/// Starts to move edges of a window, if its client may.
pub(super) fn start_resize(app: &mut App, surface: WlSurface, serial: u32, edges: ResizeEdge) {
    if edges == ResizeEdge::NONE || !may_grab(app, surface, serial) {
        return;
    }
    let geometry = xdg::geometry(app, surface);
    let size = (geometry.width() as i32, geometry.height() as i32);
    let from = app.pointer();
    xdg::start_resize(app, surface, edges);
    start(app, Grab::Resize { surface, edges, from, size });
}

/// Takes a motion of the pointer if there is a grab.
pub(crate) fn grab_motion(app: &mut App, x: f64, y: f64) -> bool {
    match app.wayland.grab {
        None => return false,
        Some(Grab::Move { surface, offset }) => {
            window::move_to(app, surface, ((x - offset.0) as i32, (y - offset.1) as i32));
            tree::arrange(app, surface);
        }
        Some(Grab::Resize { surface, edges, from, size }) => {
            let along = |low: ResizeEdge, high: ResizeEdge, size: i32, moved: f64| match edges.0 {
                edges if edges & low.0 != 0 => size.saturating_sub(moved as i32),
                edges if edges & high.0 != 0 => size.saturating_add(moved as i32),
                _ => size,
            };
            let width = along(ResizeEdge::LEFT, ResizeEdge::RIGHT, size.0, x - from.0);
            let height = along(ResizeEdge::TOP, ResizeEdge::BOTTOM, size.1, y - from.1);
            window::resize(app, surface, edges, Some((width, height)));
        }
        Some(Grab::Drag(_)) => drag::motion(app, x, y),
    }
    true
}

/// Takes a change of a button if there is a grab; the last button that goes up ends it.
pub(crate) fn grab_button(app: &mut App) -> bool {
    let Some(grab) = app.wayland.grab else { return false };
    if !app.is_pressed() {
        match grab {
            Grab::Move { .. } => {}
            Grab::Resize { surface, edges, .. } => window::resize(app, surface, edges, None),
            Grab::Drag(_) => drag::end(app),
        }
        app.wayland.grab = None;
    }
    true
}
