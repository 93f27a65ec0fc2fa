//! Where windows are, and how large: what moves, resizes, maximised states and
//! commits come to.

use wayline::Handled;

use super::super::protocol::{WlSurface, XdgToplevel, xdg_toplevel};
use super::geometry;
use super::surface::Configure;
use super::toplevel::{Shape, of, reconfigure};
use crate::app::{App, Target};

/// Where the surface of a window is on the screen; `None` if it is no window.
pub(in crate::wayland) fn origin(app: &mut App, surface: WlSurface) -> Option<(i32, i32)> {
    let toplevel = of(app, surface)?;
    let geometry = geometry(app, surface);
    let (x, y) = app.server.data(toplevel).ok()?.position;
    Some((x.saturating_sub(geometry.left()), y.saturating_sub(geometry.top())))
}

/// The windows on the screen whose parent is one of these, without these.
pub(in crate::wayland) fn children(app: &mut App, family: &[WlSurface]) -> Vec<WlSurface> {
    let mut windows: Vec<_> = app.targets.iter().map(|(view, target)| (*view, *target)).collect();
    windows.sort_unstable_by_key(|(view, _)| *view);
    let mut found = Vec::new();
    for (_, target) in windows {
        let Target::Wayland(surface) = target else { continue };
        let parent = of(app, surface)
            .and_then(|toplevel| app.server.data(toplevel).ok()?.parent)
            .and_then(|parent| app.server.data(parent).ok()?.surface);
        if parent.is_some_and(|parent| family.contains(&parent)) && !family.contains(&surface) {
            found.push(surface);
        }
    }
    found
}

/// Notes that edges of a window are being moved.
pub(in crate::wayland) fn start_resize(app: &mut App, surface: WlSurface, edges: xdg_toplevel::ResizeEdge) {
    let geometry = geometry(app, surface);
    let Some(toplevel) = of(app, surface).and_then(|this| app.server.data(this).ok()) else { return };
    toplevel.edges = Some((edges, (geometry.width(), geometry.height())));
}

/// Asks a window for another size, within its own limits; `None` ends the resize.
pub(in crate::wayland) fn resize(app: &mut App, surface: WlSurface, size: Option<(i32, i32)>) {
    let Some(this) = of(app, surface) else { return };
    let Ok(toplevel) = app.server.data(this) else { return };
    toplevel.resizing = size.is_some();
    if let Some((width, height)) = size {
        let limit = |n: i32, min: i32, max: i32| n.min(if max > 0 { max } else { i32::MAX }).max(min).max(1);
        let (min, max) = (toplevel.min, toplevel.max);
        toplevel.size = (limit(width, min.0, max.0), limit(height, min.1, max.1));
    }
    reconfigure(app, this);
}

/// A commit took effect: the window is what it acknowledged, where it belongs.
pub(super) fn before_show(
    app: &mut App,
    surface: WlSurface,
    this: XdgToplevel,
    acknowledged: Option<Configure>,
    offset: (i32, i32),
    appears: bool,
) -> Handled {
    let window = geometry(app, surface);
    let size = (window.width(), window.height());
    let place = place(app, this, size);
    let toplevel = app.server.data(this)?;
    // A window that comes back is where it was.
    if appears && !std::mem::replace(&mut toplevel.placed, true) {
        toplevel.position = place;
    }
    let (x, y) = toplevel.position;
    if let Some(Configure { shape, place: fills, .. }) = acknowledged {
        match (toplevel.shape == Shape::Floating, shape == Shape::Floating) {
            (true, false) if !appears => toplevel.floating = Some((x, y)),
            (false, true) => toplevel.position = toplevel.floating.take().unwrap_or(place),
            _ => {}
        }
        (toplevel.shape, toplevel.fills) = (shape, fills);
    }
    if toplevel.shape != Shape::Floating {
        toplevel.position = (toplevel.fills.left(), toplevel.fills.top());
    } else if offset != (0, 0) {
        toplevel.position = (x.saturating_add(offset.0), y.saturating_add(offset.1));
    }
    // The edges that are not being moved stay where they are.
    if let Some((edges, before)) = toplevel.edges.filter(|_| toplevel.shape == Shape::Floating) {
        let grown = |now: u32, before: u32| (i64::from(now) - i64::from(before)) as i32;
        if edges.0 & xdg_toplevel::ResizeEdge::LEFT.0 != 0 {
            toplevel.position.0 = toplevel.position.0.saturating_sub(grown(size.0, before.0));
        }
        if edges.0 & xdg_toplevel::ResizeEdge::TOP.0 != 0 {
            toplevel.position.1 = toplevel.position.1.saturating_sub(grown(size.1, before.1));
        }
        toplevel.edges = if acknowledged.is_some() && !toplevel.resizing { None } else { Some((edges, size)) };
    }
    Ok(())
}

/// Where a new window goes: into the middle of its parent, or where there is room.
fn place(app: &mut App, this: XdgToplevel, size: (u32, u32)) -> (i32, i32) {
    let parent = app.server.data(this).ok().and_then(|toplevel| toplevel.parent);
    let parent = parent.and_then(|parent| {
        let parent = app.server.data(parent).ok()?;
        Some((parent.surface?, parent.position))
    });
    let Some((surface, (left, top))) = parent else { return app.scene.place(size) };
    let above = geometry(app, surface);
    let middle = |at: i32, outer: u32, inner: u32| at.saturating_add(outer as i32 / 2 - inner as i32 / 2).max(0);
    (middle(left, above.width(), size.0), middle(top, above.height(), size.1))
}

/// Tells a window what room there is for it.
pub(super) fn bounds(app: &mut App, this: XdgToplevel) -> Handled {
    let free = app.scene.free();
    if this.version() >= 4 {
        this.configure_bounds(&mut app.server, free.width() as i32, free.height() as i32)?;
    }
    Ok(())
}

/// The room for windows is another one: those on the screen are told, and fill it if they are maximised.
#[cfg(layer_shell)]
pub(in crate::wayland) fn free_changed(app: &mut App) {
    let windows: Vec<_> = app.targets.values().copied().collect();
    for target in windows {
        if let Target::Wayland(surface) = target
            && let Some(this) = of(app, surface)
        {
            // Its client may be gone.
            let _ = bounds(app, this);
            reconfigure(app, this);
        }
    }
}

/// Whether a window fills all of the screen.
pub(in crate::wayland) fn is_fullscreen(app: &mut App, surface: WlSurface) -> bool {
    of(app, surface).and_then(|this| app.server.data(this).ok()).is_some_and(|state| state.shape == Shape::Fullscreen)
}

/// Moves the window of a surface.
pub(in crate::wayland) fn move_to(app: &mut App, surface: WlSurface, position: (i32, i32)) {
    if let Some(toplevel) = of(app, surface).and_then(|this| app.server.data(this).ok())
        && toplevel.shape == Shape::Floating
    {
        toplevel.position = position;
    }
}

/// Where the window of a surface is.
pub(in crate::wayland) fn position(app: &mut App, surface: WlSurface) -> Option<(i32, i32)> {
    of(app, surface).and_then(|this| app.server.data(this).ok()).map(|toplevel| toplevel.position)
}
