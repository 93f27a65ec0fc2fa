//! What the pointer does for the compositor while a button is down, or a finger
//! while it is, because a client asked for it: moves and resizes windows, or drags
//! data.

use super::drag::{self, Drag};
use super::protocol::{WlSurface, xdg_toplevel::ResizeEdge};
use super::{touch, tree, window, xdg};
use crate::app::{App, Target};

/// What leads a grab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lead {
    #[default]
    Pointer,
    Finger(i32),
}

/// What it does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grab {
    /// Moves a window; where the lead is in it.
    Move { surface: WlSurface, offset: (f64, f64) },
    /// Moves edges of a window; where the lead was, and the size then.
    Resize { surface: WlSurface, edges: ResizeEdge, from: (f64, f64), size: (i32, i32) },
    /// Drags data.
    Drag(Drag),
}

/// What may lead a grab that a client asks for: what is pressed on a surface of its own, if it names that press.
pub(super) fn lead(app: &mut App, serial: u32, is_own: impl Fn(&mut App, WlSurface) -> bool) -> Option<Lead> {
    if app.wayland.is_grabbed() {
        return None;
    }
    if app.press_serial() == Some(serial)
        && let Some(Target::Wayland(over)) = app.pointer_focus()
    {
        return is_own(app, over).then_some(Lead::Pointer);
    }
    let (finger, surface) = touch::pressed(app, serial)?;
    is_own(app, surface).then_some(Lead::Finger(finger))
}

/// Starts a grab; what leads it is of no concern to clients from now on.
pub(super) fn start(app: &mut App, lead: Lead, grab: Grab) {
    match lead {
        Lead::Pointer => app.take_pointer(),
        Lead::Finger(finger) => touch::take(app, finger),
    }
    app.wayland.lead = lead;
    app.wayland.grab = Some(grab);
}

/// Whether a finger leads the grab that goes on.
pub(super) fn is_led_by(app: &App, finger: i32) -> bool {
    app.wayland.is_grabbed() && app.wayland.lead == Lead::Finger(finger)
}

/// Where what leads a grab is on the screen.
pub(super) fn at(app: &App, lead: Lead) -> (f64, f64) {
    match lead {
        Lead::Pointer => app.pointer(),
        Lead::Finger(finger) => touch::position(app, finger).unwrap_or_default(),
    }
}

/// What leads a move or a resize of a window that its client asks for.
fn lead_on(app: &mut App, surface: WlSurface, serial: u32) -> Option<Lead> {
    lead(app, serial, |app, pressed| tree::root(app, pressed) == surface)
}

/// Starts to move a window, if its client may.
pub(super) fn start_move(app: &mut App, surface: WlSurface, serial: u32) {
    let Some(lead) = lead_on(app, surface, serial) else { return };
    if let Some(at) = window::position(app, surface) {
        let (x, y) = self::at(app, lead);
        let offset = (x - f64::from(at.0), y - f64::from(at.1));
        start(app, lead, Grab::Move { surface, offset });
    }
}

/// Starts to move edges of a window, if its client may.
pub(super) fn start_resize(app: &mut App, surface: WlSurface, serial: u32, edges: ResizeEdge) {
    if edges == ResizeEdge::NONE {
        return;
    }
    let Some(lead) = lead_on(app, surface, serial) else { return };
    let geometry = xdg::geometry(app, surface);
    let size = (geometry.width() as i32, geometry.height() as i32);
    let from = at(app, lead);
    xdg::start_resize(app, surface, edges);
    start(app, lead, Grab::Resize { surface, edges, from, size });
}

/// Takes a motion of the pointer if it leads a grab.
pub(crate) fn grab_motion(app: &mut App, x: f64, y: f64) -> bool {
    let leads = app.wayland.is_grabbed() && app.wayland.lead == Lead::Pointer;
    if leads {
        motion(app, x, y);
    }
    leads
}

/// What leads the grab moved.
pub(super) fn motion(app: &mut App, x: f64, y: f64) {
    match app.wayland.grab {
        None => {}
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
}

/// Takes a change of a button if the pointer leads a grab; the last button that goes up ends it.
pub(crate) fn grab_button(app: &mut App) -> bool {
    let leads = app.wayland.is_grabbed() && app.wayland.lead == Lead::Pointer;
    if leads && !app.is_pressed() {
        end(app);
    }
    leads
}

/// What leads the grab was released: what is dragged is dropped there.
pub(super) fn end(app: &mut App) {
    match app.wayland.grab {
        Some(Grab::Resize { surface, edges, .. }) => window::resize(app, surface, edges, None),
        Some(Grab::Drag(_)) => drag::end(app),
        Some(Grab::Move { .. }) | None => {}
    }
    app.wayland.grab = None;
}

/// What leads the grab is gone: nothing is dropped.
pub(super) fn cancel(app: &mut App) {
    drag::leave(app, true);
    end(app);
}
