//! Where the surfaces of a window are on the screen, and in which order: the
//! window, its subsurfaces, its popups and theirs.

use wayline::Server;

use super::protocol::WlSurface;
use super::{layer, output, subsurface, touch, window, xdg};
use crate::app::{App, Target};
use crate::scene::ViewId;

/// Longest chain of windows that are each other's parents that is raised together.
const MAX_FAMILY: usize = 8;

/// The surface at the top of the tree that a surface belongs to: a window, or
/// one that belongs nowhere.
pub(super) fn root(app: &mut App, surface: WlSurface) -> WlSurface {
    let mut at = surface;
    while let Some(parent) = subsurface::parent(app, at).or_else(|| window::parent(app, at)) {
        at = parent;
    }
    at
}

/// Puts the views of the tree that a surface belongs to where they should be.
pub(super) fn arrange(app: &mut App, surface: WlSurface) {
    let root = root(app, surface);
    let origin = window::origin(app, root);
    let mut walk = Walk { order: Vec::new(), moved: false };
    walk.tree(app, root, origin.unwrap_or_default(), origin.is_some());
    let Walk { order, mut moved } = walk;
    let Ok(state) = app.server.data(root) else { return };
    if state.order != order {
        for pair in order.windows(2) {
            app.scene.stack_above(pair[1], pair[0]);
        }
        state.order = order;
        moved = true;
    }
    if moved {
        app.schedule();
        app.repoint();
        touch::follow(app);
    }
}

struct Walk {
    /// What is shown, from bottom to top.
    order: Vec<ViewId>,
    moved: bool,
}

impl Walk {
    fn tree(&mut self, app: &mut App, surface: WlSurface, origin: (i32, i32), shown: bool) {
        let Ok(state) = app.server.data(surface) else { return };
        let stack = if state.stack.is_empty() { vec![surface] } else { state.stack.clone() };
        let (view, popups) = (state.view, state.popups.clone());
        let shown = shown && view.is_some();
        for member in stack {
            if member == surface {
                if let Some(view) = view {
                    self.view(app, view, origin, shown);
                }
            } else if let Some(offset) = subsurface::position(app, member) {
                self.tree(app, member, add(origin, offset), shown);
            }
        }
        for popup in popups {
            if let Some(offset) = window::offset(app, surface, popup) {
                self.tree(app, popup, add(origin, offset), shown);
            }
        }
    }

    fn view(&mut self, app: &mut App, view: ViewId, origin: (i32, i32), shown: bool) {
        self.moved |= app.scene.position(view) != Some(origin);
        app.scene.set_position(view, origin);
        app.scene.set_hidden(view, !shown);
        if shown {
            self.order.push(view);
        }
    }
}

fn add(a: (i32, i32), b: (i32, i32)) -> (i32, i32) {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

/// Takes a view off the screen. Whoever held its id must have let go of it.
pub(super) fn remove(app: &mut App, surface: WlSurface, view: ViewId) {
    app.scene.remove(view);
    app.targets.remove(&view);
    output::leave(app, surface);
    touch::vanished(app, surface);
    app.vanished(Target::Wayland(surface));
    app.schedule();
}

/// Raises the window that a surface belongs to, with all that belongs to it.
pub(crate) fn raise(app: &mut App, surface: WlSurface) {
    let mut family = vec![root(app, surface)];
    for _ in 0..MAX_FAMILY {
        let children = xdg::children(app, &family);
        if children.is_empty() {
            break;
        }
        family.extend(children);
    }
    if layer::position(app, family[0]).is_none() {
        let fills = xdg::is_fullscreen(app, family[0]);
        cover_panels(app, fills.then_some(family[0]));
    }
    for window in family {
        let order = app.server.data(window).map(|state| state.order.clone()).unwrap_or_default();
        for view in order {
            app.scene.raise(view);
        }
    }
}

/// A window that fills the screen is above panels as well, until another window is raised.
pub(crate) fn cover_panels(app: &mut App, window: Option<WlSurface>) {
    let before = std::mem::replace(&mut app.wayland.covers_panels, window);
    if let Some(before) = before.filter(|before| Some(*before) != window) {
        set_level(app, before, 0);
    }
    if let Some(window) = window {
        set_level(app, window, layer::PANELS);
    }
}

/// Puts a window with all that belongs to it above those of a lower level, and below those of a higher one.
pub(super) fn set_level(app: &mut App, window: WlSurface, level: i8) {
    let Ok(state) = app.server.data(window) else { return };
    let (view, order) = (state.view, state.order.clone());
    for view in view.into_iter().chain(order) {
        app.scene.set_level(view, level);
    }
}

/// Who gets the keyboard when a surface is to: the window that it belongs to, or
/// the popup that took the keyboard from that window; but what keeps the keyboard
/// for itself, if there is such a thing. `None` if that is nobody.
pub(crate) fn keyboard_target(app: &mut App, target: Option<Target>) -> Option<Target> {
    let target = layer::keeps_keyboard(app).map(Target::Wayland).or(target)?;
    let Target::Wayland(surface) = target else { return Some(target) };
    let root = root(app, surface);
    if !layer::takes_keyboard(app, root) {
        return None;
    }
    let popup = xdg::grabbing_popup(app);
    let popup = popup.filter(|popup| wayline::Interface::client(*popup) == wayline::Interface::client(surface));
    Some(Target::Wayland(popup.unwrap_or(root)))
}

/// Whether a surface may have the keyboard.
pub(crate) fn takes_keyboard(app: &mut App, target: Target) -> bool {
    let Target::Wayland(surface) = target else { return true };
    let root = root(app, surface);
    layer::takes_keyboard(app, root)
}

/// Whether a surface takes input at a point of it.
pub(crate) fn takes_input(server: &mut Server<App>, target: Target, x: f64, y: f64) -> bool {
    let Target::Wayland(surface) = target else { return true };
    let Ok(state) = server.data(surface) else { return false };
    state.current.input.as_ref().is_none_or(|region| region.contains(x, y))
}
