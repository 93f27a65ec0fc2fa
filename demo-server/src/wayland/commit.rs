//! Commits: when the pending state of a surface becomes its state, and what
//! follows for its view and its subsurfaces.

use wayline::{Fault, Handled, Interface};

use super::protocol::{WlSurface, wl_surface};
use super::shm::Attached;
use super::surface::{Changes, MAX_CALLBACKS, Role};
use super::{cursor, drag, image, layer, presentation, shell, subsurface, tree, viewport, window, xdg};
use crate::app::{App, Target};
use crate::scene::Rect;

/// What one commit, or several of a synchronised subsurface, change.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    /// A new buffer, or none any more.
    pub(super) content: Option<Option<Attached>>,
    pub(super) changes: Changes,
}

/// Takes the pending state; shows it unless it waits for the parent.
pub(super) fn commit(app: &mut App, this: WlSurface) -> Handled {
    let surface = app.server.data(this)?;
    let attach = surface.attach.take();
    let changes = std::mem::take(&mut surface.pending);
    let content = match attach {
        // A buffer that was destroyed since takes its attach back.
        Some(Some(buffer)) => app.hold(buffer).map(Some),
        Some(None) => Some(None),
        None => None,
    };
    let brings = content.as_ref().map(Option::is_some);
    xdg::check_commit(app, this, brings)?;
    layer::check_commit(app, this, brings)?;
    let later = Commit { content, changes };
    let commit = match app.server.data(this)?.cached.take() {
        Some(earlier) => merge(app, earlier, later),
        None => later,
    };
    if subsurface::is_synchronised(app, this) {
        if commit.changes.frames.len().max(commit.changes.feedback.len()) > MAX_CALLBACKS {
            return Err(Fault::internal(format!("more than {MAX_CALLBACKS} callbacks wait for the parent")));
        }
        app.server.data(this)?.cached = Some(commit);
        return Ok(());
    }
    apply(app, this, commit)?;
    tree::arrange(app, this);
    // What is under the pointer may have another size now, or take other input.
    app.repoint();
    Ok(())
}

/// Shows what a surface committed while it was synchronised, if anything, and
/// that of its subsurfaces. Called when it no longer is.
pub(super) fn release_cached(app: &mut App, this: WlSurface) -> Handled {
    if let Some(cached) = app.server.data(this)?.cached.take() {
        apply(app, this, cached)?;
    }
    for child in subsurface::children(app, this) {
        if !subsurface::is_synchronised(app, child) {
            release_cached(app, child)?;
        }
    }
    Ok(())
}

/// One commit on top of another that was never shown.
fn merge(app: &mut App, mut earlier: Commit, later: Commit) -> Commit {
    if let Some(content) = later.content
        && let Some(Some(unused)) = earlier.content.replace(content)
    {
        app.let_go(&unused);
    }
    for feedback in earlier.changes.feedback.drain(..) {
        feedback.discard(app);
    }
    earlier.changes.merge(later.changes);
    earlier
}

/// Makes a commit the state of its surface, and with it those of the
/// subsurfaces that waited for this one.
fn apply(app: &mut App, this: WlSurface, commit: Commit) -> Handled {
    let Commit { content, changes } = commit;
    let surface = app.server.data(this)?;
    let current = &mut surface.current;
    let had_content = current.attached.is_some();
    let new_content = content.is_some();
    let old = content.and_then(|content| std::mem::replace(&mut current.attached, content));
    let Changes { offset, damage, frames, feedback, opaque, input, scale, transform, source, destination } = changes;
    if let Some(opaque) = opaque {
        current.opaque = opaque;
    }
    if let Some(input) = input {
        current.input = input;
    }
    current.scale = scale.unwrap_or(current.scale);
    current.transform = transform.unwrap_or(current.transform);
    current.source = source.unwrap_or(current.source);
    current.destination = destination.unwrap_or(current.destination);
    let size = image::size(current);
    let viewport = surface.viewport;
    let size = match size {
        Ok(size) => size,
        Err(image::SizeError::Scale { width, height, scale }) => {
            let text = format!("a buffer of {width}x{height} is no multiple of the scale {scale}");
            return Err(Fault::protocol(this, wl_surface::Error::INVALID_SIZE, text));
        }
        Err(image::SizeError::Viewport(code, text)) => return Err(viewport::fault(this, viewport, code, text)),
    };
    let surface = app.server.data(this)?;
    surface.current.size = size;
    let has_content = surface.current.attached.is_some();
    if let Some(stack) = surface.next_stack.take() {
        surface.stack = stack;
    }
    window::before_show(app, this, had_content, has_content, offset)?;
    if offset != (0, 0) {
        cursor::shift(app, this, offset);
    }
    let redraw = new_content || !damage.is_empty() || scale.is_some() || transform.is_some();
    if redraw || source.is_some() || destination.is_some() {
        // Damage only counts where nothing else changed.
        let plain = scale.is_none() && transform.is_none() && source.is_none() && destination.is_none();
        show(app, this, if plain { &damage } else { &[] });
    }
    set_opaque(app, this);
    // The client may now draw a third time: it must find the first buffer free.
    if let Some(old) = old {
        app.let_go(&old);
    }
    for child in subsurface::children(app, this) {
        subsurface::take_position(app, child);
        if subsurface::is_synchronised(app, child)
            && let Some(cached) = app.server.data(child)?.cached.take()
        {
            apply(app, child, cached)?;
        }
    }
    app.frames.extend(frames);
    presentation::wait(app, this, feedback, new_content);
    app.schedule();
    window::after_show(app, this, had_content, has_content)
}

/// Gives the view of a surface its content, or takes the view away.
pub(super) fn show(app: &mut App, this: WlSurface, damage: &[Rect]) {
    let pointing = cursor::is_drawn(app, this);
    let of_shell = shell::is_shown(app, this);
    let dragged = drag::current(app).is_some_and(|drag| drag.icon == Some(this));
    let Ok(surface) = app.server.data(this) else { return };
    let on_screen = match surface.role {
        Some(Role::Toplevel | Role::Popup | Role::Subsurface) => true,
        Some(Role::Shell) => of_shell,
        #[cfg(layer_shell)]
        Some(Role::Layer) => true,
        Some(Role::DragIcon) => dragged,
        Some(Role::Cursor) => pointing,
        None => false,
    };
    let content = if on_screen { image::content(&surface.current) } else { None };
    let is_plain = image::is_plain(&surface.current);
    let (view, role) = (surface.view, surface.role);
    let Some(content) = content else {
        if let Some(view) = view {
            surface.view = None;
            tree::remove(app, this, view);
        }
        return;
    };
    let (width, height) = content.layout.size();
    app.tally.frames += 1;
    app.tally.pixels_shared += u64::from(width) * u64::from(height);
    let view = view.unwrap_or_else(|| {
        let decoration = window::frame(app, this, role);
        let view = app.scene.add((0, 0), decoration);
        // What is at the pointer has no target: it takes no input.
        if dragged {
            drag::place_icon(app, view);
        } else if !pointing {
            app.targets.insert(view, Target::Wayland(this));
        }
        if let Ok(surface) = app.server.data(this) {
            surface.view = Some(view);
        }
        super::output::enter(app, this);
        if pointing {
            cursor::follow(app);
        }
        view
    });
    app.scene.set_content(view, Some(content), if is_plain { damage } else { &[] });
    if window::is_toplevel(app, this, role) {
        let window = xdg::geometry(app, this);
        app.scene.set_window(view, window);
    }
}

/// Tells the scene which pixels are surely opaque.
fn set_opaque(app: &mut App, this: WlSurface) {
    let Ok(surface) = app.server.data(this) else { return };
    if let Some(view) = surface.view {
        let core = surface.current.opaque.as_ref().map_or(Rect::EMPTY, super::region::Region::core);
        app.scene.set_opaque(view, core);
    }
}

/// Marks a surface as used for something, which it stays.
///
/// # Errors
/// The code given if it is used for something else.
pub(super) fn give_role(
    app: &mut App,
    this: WlSurface,
    role: Role,
    blame: impl Interface,
    code: impl Into<u32>,
) -> Handled {
    let surface = app.server.data(this)?;
    match surface.role {
        Some(other) if other != role => {
            let text = format!("wl_surface#{} is a {other:?} already and cannot become a {role:?}", this.id());
            Err(Fault::protocol(blame, code, text))
        }
        _ => {
            surface.role = Some(role);
            Ok(())
        }
    }
}
