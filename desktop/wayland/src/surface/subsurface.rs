//! `wl_subcompositor` and `wl_subsurface`: trees of surfaces, and which of them
//! wait with their commits for their parents.

use wayline::carry::CarryError;
use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::assign;
use super::role::{Object, Purpose, Role};
use super::{commit, subsurface_state as parts};
use crate::host::{Host, Wayland};
use crate::protocol::{WlSubcompositor, WlSubsurface, WlSurface, wl_subcompositor, wl_subsurface};
use wayline_desktop::{MAX_PARTS, SurfaceId, TreeError};

pub(crate) use super::subsurface_state::Subsurface;

/// Levels of subsurfaces, at most: the desktop has fewer.
const MAX_LEVELS: usize = 256;

/// The role of subsurfaces.
#[derive(Debug)]
struct Part;

impl<A: Host> Role<A> for Part {
    fn destroyed(&self, app: &mut A, surface: WlSurface, object: Object, _: SurfaceId) {
        let Object::Part(this) = object else { return };
        let Ok(state) = app.server().data(this) else { return };
        state.surface = None;
        let parent = state.parent.take();
        leave(app, parent, surface);
    }
}

/// Gives those that another process had their role, once what they wait for is known to make sense.
///
/// # Errors
/// If one is above itself, or waits for what is not its parent.
pub(crate) fn restore<A: Host>(app: &mut A) -> Result<(), CarryError> {
    assign::restore(app, &Part, |object| matches!(object, Object::Part(_)));
    let surfaces: Vec<WlSurface> = app.server().objects().collect();
    for &this in &surfaces {
        let (mut above, mut levels) = (Some(this), 0);
        while let Some(surface) = above.filter(|_| levels < MAX_LEVELS) {
            above = parts::of(app, surface).and_then(|part| part.parent);
            levels += 1;
        }
        let waiting = app.server().data(this).map_or(Vec::new(), |state| state.waiting.clone());
        let is_parent = waiting.iter().all(|child| parts::of(app, *child).is_none_or(|part| part.parent == Some(this)));
        if above.is_some() || !is_parent {
            return Err(CarryError::Damaged { what: "a subsurface of no parent" });
        }
    }
    Ok(())
}

impl<A: Host> Module<WlSubcompositor, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: WlSubcompositor, request: wl_subcompositor::Request) -> HandlerResult {
        let wl_subcompositor::Request::GetSubsurface { id, surface, parent } = request else { return Ok(()) };
        let bad = |text: String| HandlerError::protocol(this, wl_subcompositor::Error::BAD_SURFACE, text);
        let child = app.server().data(surface)?;
        let (name, is_part) = (child.id, matches!(child.object, Object::Part(_)));
        if is_part {
            return Err(bad(format!("wl_surface#{} is a subsurface already", surface.id())));
        }
        let above = app.server().data(parent)?;
        if above.stack.len() > MAX_PARTS {
            return Err(HandlerError::internal(TreeError::Full.to_string()));
        }
        let above = above.id;
        assign::check_role(app, surface, Purpose::Part, bad)?;
        app.desktop().make_part(name, above).map_err(|error| match error {
            TreeError::Cycle => bad(error.to_string()),
            error => HandlerError::internal(error.to_string()),
        })?;
        assign::set_role(app, surface, (Purpose::Part, &Part), Object::Part(id), bad)?;
        *app.server().data(id)? = Subsurface { surface: Some(surface), parent: Some(parent), ..Subsurface::default() };
        next_stack(app, parent)?.push(surface);
        parts::wait(app, surface);
        Ok(())
    }
}

/// The stack of a surface as of its next commit.
fn next_stack<A: Host>(app: &mut A, parent: WlSurface) -> Result<&mut Vec<WlSurface>, HandlerError> {
    let state = app.server().data(parent)?;
    if state.stack.is_empty() {
        state.stack.push(parent);
    }
    state.stack_changed = true;
    Ok(&mut state.stack)
}

impl<A: Host> Module<WlSubsurface, A> for Wayland {
    type Data = Subsurface;

    fn request(app: &mut A, this: WlSubsurface, request: wl_subsurface::Request) -> HandlerResult {
        let state = app.server().data(this)?;
        match request {
            wl_subsurface::Request::Destroy => {}
            wl_subsurface::Request::SetPosition { x, y } => {
                state.next_position = (x, y);
                if let Some(surface) = state.surface {
                    parts::wait(app, surface);
                }
            }
            wl_subsurface::Request::PlaceAbove { sibling } => restack(app, this, sibling, true)?,
            wl_subsurface::Request::PlaceBelow { sibling } => restack(app, this, sibling, false)?,
            wl_subsurface::Request::SetSync => state.desynchronised = false,
            wl_subsurface::Request::SetDesync => {
                state.desynchronised = true;
                if let Some(surface) = state.surface
                    && !parts::is_synchronised(app, surface)
                {
                    commit::release_cached(app, surface)?;
                    app.settle();
                }
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: WlSubsurface, state: Subsurface) {
        let Some(surface) = state.surface else { return };
        leave(app, state.parent, surface);
        assign::drop_object(app, surface);
    }
}

fn restack<A: Host>(app: &mut A, this: WlSubsurface, sibling: WlSurface, above: bool) -> HandlerResult {
    // Without a parent there is nothing to be above of.
    let Subsurface { surface: Some(surface), parent: Some(parent), .. } = *app.server().data(this)? else {
        return Ok(());
    };
    let stack = next_stack(app, parent)?;
    let at = |wanted: WlSurface| stack.iter().position(|member| *member == wanted);
    let (Some(to), from) = (at(sibling).filter(|_| sibling != surface), at(surface)) else {
        let text = format!("wl_surface#{} is neither the parent nor a sibling", sibling.id());
        return Err(HandlerError::protocol(this, wl_subsurface::Error::BAD_SURFACE, text));
    };
    let to = to + usize::from(above);
    match from {
        Some(from) if from < to => stack[from..to].rotate_left(1),
        Some(from) => stack[to..=from].rotate_right(1),
        None => stack.insert(to, surface),
    }
    Ok(())
}

/// Takes a surface out of its parent at once.
fn leave<A: Host>(app: &mut A, parent: Option<WlSurface>, surface: WlSurface) {
    let Some(state) = parent.and_then(|parent| app.server().data(parent).ok()) else { return };
    for list in [&mut state.stack, &mut state.waiting] {
        if let Some(at) = list.iter().position(|member| *member == surface) {
            list.remove(at);
        }
    }
}

/// A surface is gone: those on it have no parent any more.
pub(crate) fn parent_destroyed<A: Host>(app: &mut A, this: WlSurface, stack: &[WlSurface]) {
    for child in stack.iter().copied().filter(|member| *member != this) {
        if let Some(state) = parts::of(app, child) {
            state.parent = None;
        }
    }
}
