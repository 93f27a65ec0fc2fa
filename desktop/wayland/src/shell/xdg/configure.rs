//! What windows and popups are told to be.

use wayline::{HandlerError, HandlerResult};

use super::state::{self, Base, Toplevel};
use crate::host::Host;
use crate::protocol::xdg_toplevel::State;
use crate::protocol::{XdgPopup, XdgSurface, XdgToplevel, xdg_toplevel, zxdg_toplevel_decoration_v1};
use wayline_desktop::{Rect, Shape};

/// Tells a window what it is to be, unless it waits for its first commit.
pub(crate) fn toplevel<A: Host>(app: &mut A, this: XdgToplevel) -> HandlerResult {
    let Toplevel { xdg, decoration, bounds, .. } = *app.server().data(this)?;
    let id = state::id(app, xdg)?;
    let Some(xdg) = may_configure(app, xdg)? else { return Ok(()) };
    let wanted = app.desktop().wanted(id);
    let usable = (wanted.usable.width() as i32, wanted.usable.height() as i32);
    if this.version() >= 4 && bounds != usable {
        app.server().data(this)?.bounds = usable;
        this.configure_bounds(app.server(), usable.0, usable.1)?;
    }
    // Older clients keep to their size if they are maximised.
    let tiled = wanted.tiled && this.version() >= 2;
    let states = [
        (wanted.maximised && !tiled, State::MAXIMIZED),
        (wanted.fullscreen, State::FULLSCREEN),
        (wanted.resizing, State::RESIZING),
        (wanted.activated, State::ACTIVATED),
        (tiled, State::TILED_LEFT),
        (tiled, State::TILED_RIGHT),
        (tiled, State::TILED_TOP),
        (tiled, State::TILED_BOTTOM),
    ];
    let states: Vec<u8> = states.iter().filter(|(is, _)| *is).flat_map(|(_, state)| state.0.to_ne_bytes()).collect();
    if let Some(decoration) = decoration {
        decoration.configure(app.server(), zxdg_toplevel_decoration_v1::Mode::CLIENT_SIDE)?;
    }
    this.configure(app.server(), wanted.size.0, wanted.size.1, &states)?;
    finish(app, xdg, wanted.shape(), wanted.fills)
}

/// Answers the first commit of a window.
pub(super) fn first<A: Host>(app: &mut A, this: XdgToplevel) -> HandlerResult {
    if this.version() >= 5 {
        let can = [xdg_toplevel::WmCapabilities::MAXIMIZE, xdg_toplevel::WmCapabilities::FULLSCREEN];
        let can: Vec<u8> = can.iter().flat_map(|capability| capability.0.to_ne_bytes()).collect();
        this.wm_capabilities(app.server(), &can)?;
    }
    app.server().data(this)?.bounds = (0, 0);
    toplevel(app, this)
}

/// Tells a popup its place if that is another one, since its window was moved.
pub(super) fn popup_if_moved<A: Host>(app: &mut A, this: XdgPopup) -> HandlerResult {
    if placed(app, this)? == app.server().data(this)?.place { Ok(()) } else { popup(app, this) }
}

/// Tells a popup its place, unless it waits for its first commit.
pub(super) fn popup<A: Host>(app: &mut A, this: XdgPopup) -> HandlerResult {
    let place = placed(app, this)?;
    let xdg = app.server().data(this)?.xdg;
    let id = state::id(app, xdg)?;
    let Some(xdg) = may_configure(app, xdg)? else { return Ok(()) };
    let popup = app.server().data(this)?;
    popup.place = place;
    let (reactive, token) = (popup.positioner.reactive, popup.token.take());
    app.desktop().set_reactive(id, reactive);
    if let Some(token) = token {
        this.repositioned(app.server(), token)?;
    }
    let (width, height) = (place.width() as i32, place.height() as i32);
    this.configure(app.server(), place.left(), place.top(), width, height)?;
    finish(app, xdg, Shape::Floating, place)
}

/// Where the positioner puts a popup while its parent is where it is.
fn placed<A: Host>(app: &mut A, this: XdgPopup) -> Result<Rect, HandlerError> {
    let popup = app.server().data(this)?;
    let (positioner, parent) = (popup.positioner.clone(), popup.parent);
    let parent = parent.and_then(|parent| Some(app.server().data(parent).ok()?.id));
    let (x, y) = parent.filter(|parent| app.desktop().is_shown(*parent)).map_or((0, 0), |parent| {
        let (origin, inside) = (app.desktop().origin(parent), app.desktop().geometry(parent));
        (origin.0.saturating_add(inside.left()), origin.1.saturating_add(inside.top()))
    });
    let screen = app.desktop().frame().bounds().translate(x.saturating_neg(), y.saturating_neg());
    Ok(positioner.place(screen))
}

/// The `xdg_surface`, if it can be told something now.
fn may_configure<A: Host>(app: &mut A, xdg: Option<XdgSurface>) -> Result<Option<XdgSurface>, HandlerError> {
    let Some(xdg) = xdg else { return Ok(None) };
    Ok(app.server().data(xdg)?.configures.may_send().then_some(xdg))
}

/// Ends a configuration whose parts were sent before.
fn finish<A: Host>(app: &mut A, xdg: XdgSurface, shape: Shape, place: Rect) -> HandlerResult {
    let serial = app.desktop().next_serial();
    app.server().data(xdg)?.configures.push(serial, (shape, place));
    xdg.configure(app.server(), serial)?;
    Ok(())
}

/// Asks a client whether it is still there.
pub(super) fn ping<A: Host>(app: &mut A, base: Base) {
    let serial = app.desktop().next_serial();
    let Some(state) = base.state(app.server()) else { return };
    if state.ping.is_some() {
        tracing::warn!("{base:?} does not answer");
        return;
    }
    state.ping = Some(serial);
    // The client may be gone.
    let _ = match base {
        Base::Stable(this) => this.ping(app.server(), serial),
        Base::V6(this) => this.ping(app.server(), serial),
    };
}
