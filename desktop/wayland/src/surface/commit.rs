//! Commits: when the pending state of a surface becomes its state, and what
//! follows for its content and its subsurfaces.

use wayline::HandlerResult;

use super::role::{Change, Object};
use super::state::{Changes, Commit, MAX_CALLBACKS};
use super::{feedback, holding, size, state, subsurface_state as parts};
use crate::host::Host;
use crate::limits::check_number;
use crate::output;
use crate::protocol::WlSurface;
use crate::shm::{acquire_buffer, release_buffer};
use wayline_desktop::{Content, Rect};

/// Takes the pending state; shows it unless it waits for the parent.
pub(crate) fn commit<A: Host>(app: &mut A, this: WlSurface) -> HandlerResult {
    let surface = app.server().data(this)?;
    let attach = surface.attach.take();
    let changes = std::mem::take(&mut surface.pending);
    let (view, role) = (surface.view, surface.role);
    let content = match attach {
        // A buffer that was destroyed since takes its attach back.
        Some(Some(buffer)) => acquire_buffer(app, buffer).map(Some),
        Some(None) => Some(None),
        None => None,
    };
    if let Some(role) = role {
        let brings = content.as_ref().map(Option::is_some);
        role.check_commit(app, this, brings)?;
    }
    let later = Commit { content, view, changes };
    let commit = match app.server().data(this)?.cached.take() {
        Some(earlier) => merge(app, *earlier, later),
        None => later,
    };
    if parts::is_synchronised(app, this) {
        let callbacks = commit.changes.frames.len().max(commit.changes.feedback.len());
        check_number(callbacks, MAX_CALLBACKS + 1, "callbacks of a subsurface")?;
        app.server().data(this)?.cached = Some(Box::new(commit));
        parts::wait(app, this);
        return Ok(());
    }
    apply(app, this, commit)?;
    app.settle();
    Ok(())
}

/// Shows what a surface committed while it was synchronised, if anything, and
/// that of its subsurfaces. Called when it no longer is.
pub(crate) fn release_cached<A: Host>(app: &mut A, this: WlSurface) -> HandlerResult {
    if let Some(cached) = app.server().data(this)?.cached.take() {
        apply(app, this, *cached)?;
    }
    for child in app.server().data(this)?.waiting.clone() {
        if !parts::is_synchronised(app, child) {
            release_cached(app, child)?;
        }
    }
    Ok(())
}

/// One commit on top of another that was never shown.
fn merge<A: Host>(app: &mut A, mut earlier: Commit, later: Commit) -> Commit {
    if let Some(content) = later.content
        && let Some(Some(unused)) = earlier.content.replace(content)
    {
        release_buffer(app, &unused);
    }
    feedback::discard(app, std::mem::take(&mut earlier.changes.feedback));
    earlier.view = later.view;
    earlier.changes.merge(later.changes);
    earlier
}

/// Makes a commit the state of its surface, and with it those of the
/// subsurfaces that waited for this one.
fn apply<A: Host>(app: &mut A, this: WlSurface, commit: Commit) -> HandlerResult {
    let Commit { content, view, changes } = commit;
    let Changes { offset, damage, frames, feedback, opaque, input, constraint, hint } = changes;
    let surface = app.server().data(this)?;
    let current = &mut surface.current;
    let had = current.attached.is_some();
    let new_content = content.is_some();
    let old = content.and_then(|content| std::mem::replace(&mut current.attached, content));
    let new_view = std::mem::replace(&mut current.view, view) != view;
    let new_regions = input.is_some() || constraint.is_some();
    if let Some(input) = &input {
        current.input.clone_from(input);
    }
    current.size = size::size(this, surface.viewport, current)?;
    let (size, has, role, id) = (current.size, current.attached.is_some(), surface.role, surface.id);
    app.desktop().set_size(id, size);
    if let Some(opaque) = opaque {
        app.desktop().set_opaque(id, opaque);
    }
    if let Some(input) = input {
        app.desktop().set_input(id, input);
    }
    holding::apply(app, this, constraint, hint);
    if new_regions {
        state::charge(app, this)?;
    }
    apply_parts(app, this)?;
    let change = Change { had, has, offset };
    if let Some(role) = role {
        role.before_apply(app, this, change)?;
    }
    if new_content || new_view || !damage.is_empty() {
        // Damage only counts where nothing else changed.
        show(app, this, if new_view { &[] } else { damage.rects() });
    }
    // The client may now draw a third time: it must find the first buffer free.
    if let Some(old) = old {
        release_buffer(app, &old);
    }
    app.wayland().frames.extend(frames);
    feedback::wait(app, this, feedback, new_content);
    app.schedule();
    match role {
        Some(role) if change.vanishes() => role.unmap(app, this),
        Some(role) => role.after_apply(app, this, change)?,
        None => {}
    }
    Ok(())
}

/// Applies what subsurfaces did that waited for a commit of this surface.
fn apply_parts<A: Host>(app: &mut A, this: WlSurface) -> HandlerResult {
    let surface = app.server().data(this)?;
    let waiting = std::mem::take(&mut surface.waiting);
    if std::mem::take(&mut surface.stack_changed) {
        let (stack, id) = (surface.stack.clone(), surface.id);
        let at = stack.iter().position(|member| *member == this).unwrap_or(stack.len());
        let mut ids = |members: &[WlSurface]| -> Vec<_> {
            members.iter().filter_map(|member| Some(app.server().data(*member).ok()?.id)).collect()
        };
        let (below, above) = (ids(&stack[..at]), ids(stack.get(at + 1..).unwrap_or_default()));
        app.desktop().set_order(id, &below, &above);
    }
    for child in waiting {
        // It is where it was last asked to be.
        if let Some(position) = parts::of(app, child).map(|part| part.next_position) {
            let id = app.server().data(child)?.id;
            app.desktop().set_offset(id, position);
        }
        let is_synchronised = parts::is_synchronised(app, child);
        let Ok(state) = app.server().data(child) else { continue };
        if is_synchronised && let Some(cached) = state.cached.take() {
            apply(app, child, *cached)?;
        }
        // One of its own may still wait for it.
        if app.server().data(child).is_ok_and(|state| !state.waiting.is_empty() || state.cached.is_some()) {
            app.server().data(this)?.waiting.push(child);
        } else if let Some(part) = parts::of(app, child) {
            part.waits = false;
        }
    }
    Ok(())
}

/// Gives the desktop what a surface shows now.
fn show<A: Host>(app: &mut A, this: WlSurface, damage: &[Rect]) {
    let Ok(surface) = app.server().data(this) else { return };
    let (id, is_plain) = (surface.id, size::is_plain(&surface.current));
    let content = size::picture(&surface.current);
    if let Some(content) = &content {
        app.buffer_shown(content.layout.size());
    }
    let content = content.map(|Content { pixels, layout }| Content { pixels: pixels.into(), layout });
    app.desktop().set_content(id, content, if is_plain { damage } else { &[] });
    update_output(app, this);
}

/// Tells a client whether a surface is on the screen, if that is new.
pub(crate) fn update_output<A: Host>(app: &mut A, this: WlSurface) {
    let Ok(surface) = app.server().data(this) else { return };
    let shown = surface.current.attached.is_some() && surface.object != Object::None;
    if std::mem::replace(&mut surface.on_output, shown) != shown {
        output::set_shown(app, this, shown);
    }
}
