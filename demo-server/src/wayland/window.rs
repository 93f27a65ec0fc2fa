//! Windows, whichever shell they are of.

use wayline::{ClientId, Handled};

use super::protocol::{WlSurface, xdg_toplevel::ResizeEdge};
use super::surface::Role;
use super::{layer, shell, tree, xdg};
use crate::app::{App, Target};
use crate::scene::Decoration;

/// Where the surface of a window is on the screen; `None` if it is no window.
pub(super) fn origin(app: &mut App, surface: WlSurface) -> Option<(i32, i32)> {
    xdg::origin(app, surface).or_else(|| shell::position(app, surface)).or_else(|| layer::position(app, surface))
}

/// Where the window of a surface is, without what it draws around itself.
pub(super) fn position(app: &mut App, surface: WlSurface) -> Option<(i32, i32)> {
    xdg::position(app, surface).or_else(|| shell::position(app, surface))
}

/// Moves the window of a surface, unless it fills the screen.
pub(super) fn move_to(app: &mut App, surface: WlSurface, position: (i32, i32)) {
    xdg::move_to(app, surface, position);
    shell::move_to(app, surface, position);
    layer::move_to(app, surface, position);
}

/// Asks a window for another size while the user moves its edges; `None` ends that.
pub(super) fn resize(app: &mut App, surface: WlSurface, edges: ResizeEdge, size: Option<(i32, i32)>) {
    xdg::resize(app, surface, size);
    if let Some(size) = size {
        shell::resize(app, surface, edges.0, size);
    }
}

/// The surface that a popup, or a transient, lies on.
pub(super) fn parent(app: &mut App, surface: WlSurface) -> Option<WlSurface> {
    xdg::popup_parent(app, surface).or_else(|| shell::parent(app, surface))
}

/// Where a popup, or a transient, is in the surface of its parent.
pub(super) fn offset(app: &mut App, parent: WlSurface, child: WlSurface) -> Option<(i32, i32)> {
    xdg::popup_offset(app, parent, child).or_else(|| shell::offset(app, child))
}

/// Applies what the commit of a surface means for its window, before it is shown.
pub(super) fn before_show(app: &mut App, surface: WlSurface, had: bool, has: bool, offset: (i32, i32)) -> Handled {
    shell::before_show(app, surface, offset);
    layer::before_show(app, surface, had, has)?;
    xdg::before_show(app, surface, had, has, offset)
}

/// What follows once a commit is shown.
pub(super) fn after_show(app: &mut App, surface: WlSurface, had: bool, has: bool) -> Handled {
    shell::after_show(app, surface, has && !had);
    layer::after_show(app, surface, has && !had);
    xdg::after_show(app, surface, had, has)
}

/// Whether a surface with this role is a window, and not one that lies on another.
pub(super) fn is_toplevel(app: &mut App, surface: WlSurface, role: Option<Role>) -> bool {
    role == Some(Role::Toplevel) || role == Some(Role::Shell) && shell::parent(app, surface).is_none()
}

/// What the compositor draws around a new surface.
pub(super) fn frame(app: &mut App, surface: WlSurface, role: Option<Role>) -> Decoration {
    if is_toplevel(app, surface, role) { xdg::frame(app, surface) } else { Decoration::None }
}

/// Tells a window whether it is the active one.
pub(crate) fn activate(app: &mut App, surface: WlSurface, activated: bool) {
    xdg::activate(app, surface, activated);
    if activated {
        shell::activate(app, surface);
    }
}

/// What the window is called that a surface is part of.
pub(crate) fn title(app: &mut App, surface: WlSurface) -> Option<String> {
    let root = tree::root(app, surface);
    xdg::title(app, root).or_else(|| shell::title(app, root))
}

/// A button or a finger came down over something: popups of other clients close.
pub(crate) fn dismiss_popups(app: &mut App, over: Option<Target>) {
    xdg::dismiss_popups(app, over);
    shell::dismiss_popups(app, over);
}

/// Moves the window that the surface of this client and this id is part of.
/// Returns whether it is on the screen.
pub(crate) fn place_window(app: &mut App, client: ClientId, id: u32, position: (i32, i32)) -> bool {
    let found = app.targets.values().find_map(|target| match target {
        Target::Wayland(surface) if surface.client() == client && surface.id() == id => Some(*surface),
        _ => None,
    });
    let Some(surface) = found else { return false };
    let root = tree::root(app, surface);
    move_to(app, root, position);
    tree::arrange(app, root);
    true
}
