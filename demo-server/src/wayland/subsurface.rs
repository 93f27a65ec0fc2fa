//! `wl_subcompositor` and `wl_subsurface`: trees of surfaces, and which of them
//! wait with their commits for their parents.

use wayline::{Fault, Handled, RequestHandler};

use super::protocol::{WlSubcompositor, WlSubsurface, WlSurface, wl_subcompositor, wl_subsurface};
use super::surface::{Role, Surface};
use super::{commit, tree};
use crate::app::App;

/// Most levels of a tree: whatever walks it is recursive.
const MAX_DEPTH: u32 = 32;

/// State of a `wl_subsurface`.
#[derive(Debug)]
pub(crate) struct Subsurface {
    surface: Option<WlSurface>,
    /// `None` once the parent is gone; then it is never shown again.
    parent: Option<WlSurface>,
    synchronised: bool,
    /// Upper left corner in coordinates of the parent.
    pub(super) position: (i32, i32),
    /// The position as of the parent's next commit.
    next_position: (i32, i32),
}

impl Default for Subsurface {
    fn default() -> Self {
        Self { surface: None, parent: None, synchronised: true, position: (0, 0), next_position: (0, 0) }
    }
}

/// The state of a surface that is a subsurface.
fn of(app: &mut App, surface: WlSurface) -> Option<&mut Subsurface> {
    let this = app.server.data(surface).ok()?.subsurface?;
    app.server.data(this).ok()
}

/// The parent of a subsurface.
pub(super) fn parent(app: &mut App, surface: WlSurface) -> Option<WlSurface> {
    of(app, surface)?.parent
}

/// Where a subsurface is in its parent.
pub(super) fn position(app: &mut App, surface: WlSurface) -> Option<(i32, i32)> {
    of(app, surface).map(|state| state.position)
}

/// The subsurfaces of a surface, from bottom to top.
pub(super) fn children(app: &mut App, surface: WlSurface) -> Vec<WlSurface> {
    let Ok(state) = app.server.data(surface) else { return Vec::new() };
    state.stack.iter().copied().filter(|member| *member != surface).collect()
}

/// The parent was committed: the child is where it was last asked to be.
pub(super) fn take_position(app: &mut App, child: WlSurface) {
    if let Some(state) = of(app, child) {
        state.position = state.next_position;
    }
}

/// Whether the surface is a subsurface that waits with its commits, because it
/// or one it belongs to is synchronised.
pub(super) fn is_synchronised(app: &mut App, surface: WlSurface) -> bool {
    let mut at = surface;
    while let Some(state) = of(app, at) {
        if state.synchronised {
            return true;
        }
        match state.parent {
            Some(parent) => at = parent,
            None => return false,
        }
    }
    false
}

/// Levels below a surface.
fn height(app: &mut App, surface: WlSurface) -> u32 {
    let Ok(state) = app.server.data(surface) else { return 0 };
    let mut members: Vec<_> = state.stack.iter().chain(state.next_stack.iter().flatten()).copied().collect();
    members.retain(|member| *member != surface);
    members.into_iter().map(|child| 1 + height(app, child)).max().unwrap_or(0)
}

impl RequestHandler<WlSubcompositor> for App {
    type Data = ();

    fn request(&mut self, this: WlSubcompositor, request: wl_subcompositor::Request) -> Handled {
        let wl_subcompositor::Request::GetSubsurface { id, surface, parent } = request else { return Ok(()) };
        let bad = |text: String| Err(Fault::protocol(this, wl_subcompositor::Error::BAD_SURFACE, text));
        if self.server.data(surface)?.subsurface.is_some() {
            return bad(format!("wl_surface#{} is a subsurface already", surface.id()));
        }
        let mut depth = 1;
        let mut above = Some(parent);
        while let Some(at) = above {
            if at == surface {
                return bad("a surface cannot be its own parent".to_owned());
            }
            depth += 1;
            above = self::parent(self, at);
        }
        if depth + height(self, surface) > MAX_DEPTH {
            return Err(Fault::internal(format!("subsurfaces more than {MAX_DEPTH} levels deep")));
        }
        commit::give_role(self, surface, Role::Subsurface, this, wl_subcompositor::Error::BAD_SURFACE)?;
        *self.server.data(id)? = Subsurface { surface: Some(surface), parent: Some(parent), ..Subsurface::default() };
        self.server.data(surface)?.subsurface = Some(id);
        next_stack(self, parent)?.push(surface);
        Ok(())
    }
}

/// The stack of a surface as of its next commit.
fn next_stack(app: &mut App, parent: WlSurface) -> Result<&mut Vec<WlSurface>, Fault> {
    let state = app.server.data(parent)?;
    let now = &state.stack;
    Ok(state.next_stack.get_or_insert_with(|| if now.is_empty() { vec![parent] } else { now.clone() }))
}

impl RequestHandler<WlSubsurface> for App {
    type Data = Subsurface;

    fn request(&mut self, this: WlSubsurface, request: wl_subsurface::Request) -> Handled {
        let state = self.server.data(this)?;
        match request {
            wl_subsurface::Request::Destroy => {}
            wl_subsurface::Request::SetPosition { x, y } => state.next_position = (x, y),
            wl_subsurface::Request::PlaceAbove { sibling } => self.restack(this, sibling, true)?,
            wl_subsurface::Request::PlaceBelow { sibling } => self.restack(this, sibling, false)?,
            wl_subsurface::Request::SetSync => state.synchronised = true,
            wl_subsurface::Request::SetDesync => {
                state.synchronised = false;
                if let Some(surface) = state.surface
                    && !is_synchronised(self, surface)
                {
                    commit::release_cached(self, surface)?;
                    tree::arrange(self, surface);
                }
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, _: WlSubsurface, state: Subsurface) {
        let Some(surface) = state.surface else { return };
        if let Ok(data) = self.server.data(surface) {
            data.subsurface = None;
        }
        leave(self, state.parent, surface);
        hide(self, surface);
    }
}

impl App {
    fn restack(&mut self, this: WlSubsurface, sibling: WlSurface, above: bool) -> Handled {
        let Subsurface { surface: Some(surface), parent, .. } = *self.server.data(this)? else { return Ok(()) };
        // Without a parent there is nothing to be above of.
        let Some(parent) = parent else { return Ok(()) };
        let stack = next_stack(self, parent)?;
        let at = stack.iter().position(|member| *member == sibling).filter(|_| sibling != surface);
        if at.is_none() {
            let text = format!("wl_surface#{} is neither the parent nor a sibling", sibling.id());
            return Err(Fault::protocol(this, wl_subsurface::Error::BAD_SURFACE, text));
        }
        stack.retain(|member| *member != surface);
        if let Some(at) = stack.iter().position(|member| *member == sibling) {
            stack.insert(at + usize::from(above), surface);
        }
        Ok(())
    }
}

/// Takes a surface out of its parent at once.
fn leave(app: &mut App, parent: Option<WlSurface>, surface: WlSurface) {
    let Some(state) = parent.and_then(|parent| app.server.data(parent).ok()) else { return };
    state.stack.retain(|member| *member != surface);
    if let Some(next) = &mut state.next_stack {
        next.retain(|member| *member != surface);
    }
}

/// Takes the view of a surface away; those of its subsurfaces are hidden with it.
fn hide(app: &mut App, surface: WlSurface) {
    if let Some(view) = app.server.data(surface).ok().and_then(|data| data.view.take()) {
        tree::remove(app, surface, view);
    }
    tree::arrange(app, surface);
}

/// A surface is gone: it leaves its parent, and its children have none any more.
pub(super) fn surface_destroyed(app: &mut App, this: WlSurface, data: &Surface) {
    if let Some(state) = data.subsurface.and_then(|subsurface| app.server.data(subsurface).ok()) {
        state.surface = None;
        let parent = state.parent.take();
        leave(app, parent, this);
    }
    let members = data.stack.iter().chain(data.next_stack.iter().flatten());
    for child in members.copied().filter(|member| *member != this) {
        if let Some(state) = of(app, child) {
            state.parent = None;
            hide(app, child);
        }
    }
}
