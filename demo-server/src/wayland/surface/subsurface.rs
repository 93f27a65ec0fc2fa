//! `wl_subcompositor` and `wl_subsurface`: trees of surfaces, and which of them
//! wait with their commits for their parents.

use wayline::{Fault, Handled, RequestHandler};

use super::super::protocol::{WlSubcompositor, WlSubsurface, WlSurface, wl_subcompositor, wl_subsurface};
use super::assign;
use super::role::{Object, Role};
use super::{commit, subsurface_state as parts};
use crate::app::App;
use wayline_desktop::{MAX_PARTS, TreeError};

pub(crate) use super::subsurface_state::Subsurface;

/// The role of subsurfaces.
#[derive(Debug)]
struct Part;

impl Role for Part {
    fn destroyed(&self, app: &mut App, surface: WlSurface, object: Object) {
        let Object::Part(this) = object else { return };
        let Ok(state) = app.server.data(this) else { return };
        state.surface = None;
        let parent = state.parent.take();
        leave(app, parent, surface);
    }
}

impl RequestHandler<WlSubcompositor> for App {
    type Data = ();

    fn request(&mut self, this: WlSubcompositor, request: wl_subcompositor::Request) -> Handled {
        let wl_subcompositor::Request::GetSubsurface { id, surface, parent } = request else { return Ok(()) };
        let bad = |text: String| Err(Fault::protocol(this, wl_subcompositor::Error::BAD_SURFACE, text));
        if matches!(self.server.data(surface)?.object, Object::Part(_)) {
            return bad(format!("wl_surface#{} is a subsurface already", surface.id()));
        }
        if self.server.data(parent)?.stack.len() > MAX_PARTS {
            return Err(Fault::internal(TreeError::Full.to_string()));
        }
        let of = ("subsurface", &Part as &dyn Role);
        let code = wl_subcompositor::Error::BAD_SURFACE;
        assign::check_role(self, surface, of.0, this, code)?;
        let ids = (commit::name(self, surface)?, commit::name(self, parent)?);
        match self.desktop.make_part(ids.0, ids.1) {
            Ok(()) => {}
            Err(TreeError::Cycle) => return bad(TreeError::Cycle.to_string()),
            Err(error) => return Err(Fault::internal(error.to_string())),
        }
        assign::set_role(self, surface, of, Object::Part(id), this, code)?;
        *self.server.data(id)? = Subsurface { surface: Some(surface), parent: Some(parent), ..Subsurface::default() };
        next_stack(self, parent)?.push(surface);
        parts::wait(self, surface);
        Ok(())
    }
}

/// The stack of a surface as of its next commit.
fn next_stack(app: &mut App, parent: WlSurface) -> Result<&mut Vec<WlSurface>, Fault> {
    let state = app.server.data(parent)?;
    if state.stack.is_empty() {
        state.stack.push(parent);
    }
    state.stack_changed = true;
    Ok(&mut state.stack)
}

impl RequestHandler<WlSubsurface> for App {
    type Data = Subsurface;

    fn request(&mut self, this: WlSubsurface, request: wl_subsurface::Request) -> Handled {
        let state = self.server.data(this)?;
        match request {
            wl_subsurface::Request::Destroy => {}
            wl_subsurface::Request::SetPosition { x, y } => {
                state.next_position = (x, y);
                if let Some(surface) = state.surface {
                    parts::wait(self, surface);
                }
            }
            wl_subsurface::Request::PlaceAbove { sibling } => self.restack(this, sibling, true)?,
            wl_subsurface::Request::PlaceBelow { sibling } => self.restack(this, sibling, false)?,
            wl_subsurface::Request::SetSync => state.synchronised = true,
            wl_subsurface::Request::SetDesync => {
                state.synchronised = false;
                if let Some(surface) = state.surface
                    && !parts::is_synchronised(self, surface)
                {
                    commit::release_cached(self, surface)?;
                    self.settle();
                }
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, _: WlSubsurface, state: Subsurface) {
        let Some(surface) = state.surface else { return };
        leave(self, state.parent, surface);
        assign::drop_object(self, surface);
    }
}

impl App {
    fn restack(&mut self, this: WlSubsurface, sibling: WlSurface, above: bool) -> Handled {
        let Subsurface { surface: Some(surface), parent, .. } = *self.server.data(this)? else { return Ok(()) };
        // Without a parent there is nothing to be above of.
        let Some(parent) = parent else { return Ok(()) };
        let stack = next_stack(self, parent)?;
        let at = |wanted: WlSurface| stack.iter().position(|member| *member == wanted);
        let (Some(to), from) = (at(sibling).filter(|_| sibling != surface), at(surface)) else {
            let text = format!("wl_surface#{} is neither the parent nor a sibling", sibling.id());
            return Err(Fault::protocol(this, wl_subsurface::Error::BAD_SURFACE, text));
        };
        let to = to + usize::from(above);
        match from {
            Some(from) if from < to => stack[from..to].rotate_left(1),
            Some(from) => stack[to..=from].rotate_right(1),
            None => stack.insert(to, surface),
        }
        Ok(())
    }
}

/// Takes a surface out of its parent at once.
fn leave(app: &mut App, parent: Option<WlSurface>, surface: WlSurface) {
    let Some(state) = parent.and_then(|parent| app.server.data(parent).ok()) else { return };
    for list in [&mut state.stack, &mut state.waiting] {
        if let Some(at) = list.iter().position(|member| *member == surface) {
            list.remove(at);
        }
    }
}

/// A surface is gone: those on it have no parent any more.
pub(super) fn parent_destroyed(app: &mut App, this: WlSurface, stack: &[WlSurface]) {
    for child in stack.iter().copied().filter(|member| *member != this) {
        if let Some(state) = parts::of(app, child) {
            state.parent = None;
        }
    }
}
