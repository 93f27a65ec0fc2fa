//! Which surface a subsurface belongs to, and whether it waits for that one's commits.

use super::role::Object;
use crate::host::Host;
use crate::protocol::WlSurface;

/// State of a `wl_subsurface`.
#[derive(Debug, Default)]
pub struct Subsurface {
    pub(super) surface: Option<WlSurface>,
    /// `None` once the parent is gone; then it is never shown again.
    pub(super) parent: Option<WlSurface>,
    /// Whether it does not wait for its parent's commits.
    pub(super) desynchronised: bool,
    /// Whether the parent knows that it waits.
    pub(super) waits: bool,
    /// Upper left corner in coordinates of the parent, as of the parent's next commit.
    pub(super) next_position: (i32, i32),
}

wayline::carry!(struct Subsurface { surface, parent, desynchronised, waits, next_position });

/// The state of a surface that is a subsurface.
pub(crate) fn of<A: Host>(app: &mut A, surface: WlSurface) -> Option<&mut Subsurface> {
    match app.server().data(surface).ok()?.object {
        Object::Part(this) => app.server().data(this).ok(),
        _ => None,
    }
}

/// Whether the surface is a subsurface that waits with its commits, because it
/// or one it belongs to is synchronised.
pub(crate) fn is_synchronised<A: Host>(app: &mut A, surface: WlSurface) -> bool {
    let mut at = Some(surface);
    while let Some(state) = at.and_then(|at| of(app, at)) {
        if !state.desynchronised {
            return true;
        }
        at = state.parent;
    }
    false
}

/// The next commit of the parent has something to do for a subsurface, and so for those that it belongs to.
pub(crate) fn wait<A: Host>(app: &mut A, surface: WlSurface) {
    let mut at = surface;
    while let Some(state) = of(app, at) {
        if std::mem::replace(&mut state.waits, true) {
            return;
        }
        let Some(parent) = state.parent else { return };
        let Ok(data) = app.server().data(parent) else { return };
        data.waiting.push(at);
        at = parent;
    }
}
