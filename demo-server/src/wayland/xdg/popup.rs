//! `xdg_popup`: menus and the like, placed by their parent, with or without a
//! grab of the input.

use wayline::{Fault, Handled, RequestHandler};

use super::super::protocol::{WlSurface, XdgPopup, XdgSurface, xdg_popup, xdg_wm_base};
use super::super::tree;
use super::geometry;
use super::positioner::Positioner;
use super::surface::{self, Configure};
use super::toplevel::Shape;
use super::wm_base;
use crate::app::{App, Target};
use crate::scene::Rect;

/// Most popups on top of each other: whatever walks them is recursive.
const MAX_DEPTH: u32 = 32;

/// State of an `xdg_popup`.
#[derive(Debug, Default)]
pub(crate) struct Popup {
    xdg: Option<XdgSurface>,
    surface: Option<WlSurface>,
    parent: Option<WlSurface>,
    positioner: Positioner,
    /// In coordinates of the parent's geometry.
    place: Rect,
    grabs: bool,
    shown: bool,
}

/// The popup of a surface.
fn of(app: &mut App, surface: WlSurface) -> Option<XdgPopup> {
    let xdg = app.server.data(surface).ok()?.xdg?;
    match app.server.data(xdg).ok()?.role {
        surface::Object::Popup(popup) => Some(popup),
        _ => None,
    }
}

/// The parent of a popup's surface.
pub(in crate::wayland) fn parent(app: &mut App, surface: WlSurface) -> Option<WlSurface> {
    of(app, surface).and_then(|popup| parent_of(app, popup))
}

pub(super) fn parent_of(app: &mut App, this: XdgPopup) -> Option<WlSurface> {
    app.server.data(this).ok()?.parent
}

/// Where the surface of a popup is in the surface of its parent.
pub(in crate::wayland) fn offset(app: &mut App, parent: WlSurface, popup: WlSurface) -> Option<(i32, i32)> {
    let this = of(app, popup)?;
    let (outer, inner) = (geometry(app, parent), geometry(app, popup));
    let place = app.server.data(this).ok()?.place;
    let along = |at: i32, outer: i32, inner: i32| at.saturating_add(outer).saturating_sub(inner);
    Some((along(place.left(), outer.left(), inner.left()), along(place.top(), outer.top(), inner.top())))
}

/// Gives a new popup its parent and how it wants to be placed.
pub(super) fn begin(
    app: &mut App,
    this: XdgPopup,
    (xdg, surface): (XdgSurface, WlSurface),
    parent: Option<XdgSurface>,
    positioner: Positioner,
) -> Handled {
    let parent = match parent {
        Some(parent) => {
            let state = app.server.data(parent)?;
            if state.role == surface::Object::None || parent == xdg {
                let text = "the parent is neither a toplevel nor a popup";
                let base = app.server.data(xdg)?.base;
                return Err(wm_base::fault(base, xdg_wm_base::Error::INVALID_POPUP_PARENT, text));
            }
            state.surface
        }
        None => None,
    };
    let mut depth = 1;
    let mut above = parent;
    while let Some(at) = above {
        depth += 1;
        above = self::parent(app, at);
    }
    if depth > MAX_DEPTH {
        return Err(Fault::internal(format!("more than {MAX_DEPTH} popups on top of each other")));
    }
    if let Some(parent) = parent {
        app.server.data(parent)?.popups.push(surface);
    }
    let popup = app.server.data(this)?;
    *popup = Popup { xdg: Some(xdg), surface: Some(surface), parent, positioner, ..Popup::default() };
    Ok(())
}

/// Gives a popup that has no parent yet one of another shell.
#[cfg(layer_shell)]
pub(in crate::wayland) fn set_parent(app: &mut App, this: XdgPopup, parent: WlSurface) -> Handled {
    let popup = app.server.data(this)?;
    if popup.parent.is_none() && !popup.shown {
        popup.parent = Some(parent);
        if let Some(surface) = popup.surface {
            app.server.data(parent)?.popups.push(surface);
        }
    }
    Ok(())
}

/// Tells a popup its place.
pub(super) fn configure(app: &mut App, this: XdgPopup) -> Handled {
    let place = placed(app, this)?;
    let popup = app.server.data(this)?;
    let Some(xdg) = popup.xdg else { return Ok(()) };
    let (width, height) = (place.width() as i32, place.height() as i32);
    this.configure(&mut app.server, place.left(), place.top(), width, height)?;
    surface::configure(app, xdg, Shape::Floating, place)
}

/// Where the positioner puts a popup while its parent is where it is.
fn placed(app: &mut App, this: XdgPopup) -> Result<Rect, Fault> {
    let popup = app.server.data(this)?;
    let (positioner, parent) = (popup.positioner.clone(), popup.parent);
    let at = parent.and_then(|parent| {
        let view = app.server.data(parent).ok()?.view;
        let (x, y) = view.and_then(|view| app.scene.position(view))?;
        let inside = geometry(app, parent);
        Some((x.saturating_add(inside.left()), y.saturating_add(inside.top())))
    });
    let (x, y) = at.unwrap_or_default();
    let screen = app.scene.frame().bounds().translate(x.saturating_neg(), y.saturating_neg());
    Ok(positioner.place(screen))
}

pub(super) fn before_show(app: &mut App, this: XdgPopup, acknowledged: Option<Configure>) -> Handled {
    if let Some(configure) = acknowledged {
        app.server.data(this)?.place = configure.place;
    }
    Ok(())
}

pub(super) fn after_show(app: &mut App, surface: WlSurface, this: XdgPopup, appears: bool) -> Handled {
    if appears {
        let popup = app.server.data(this)?;
        popup.shown = true;
        if popup.grabs {
            app.focus(Some(Target::Wayland(surface)));
        }
    }
    Ok(())
}

/// The topmost popup that took the keyboard.
pub(in crate::wayland) fn grabbing_popup(app: &mut App) -> Option<WlSurface> {
    let this = *app.wayland.popups.last()?;
    let popup = app.server.data(this).ok()?;
    popup.surface.filter(|_| popup.shown)
}

/// A button was pressed over something: popups of other clients that grab the input close.
pub(in crate::wayland) fn dismiss(app: &mut App, over: Option<Target>) {
    let client = over.map(Target::client);
    if app.wayland.popups.first().is_none_or(|popup| Some(popup.client()) == client) {
        return;
    }
    while let Some(popup) = app.wayland.popups.pop() {
        close(app, popup);
    }
}

/// Tells a client that its popup was closed, and hides it.
fn close(app: &mut App, this: XdgPopup) {
    // The client may be gone.
    let _ = this.popup_done(&mut app.server);
    let Ok(popup) = app.server.data(this) else { return };
    popup.shown = false;
    if let Some(surface) = popup.surface
        && let Some(view) = app.server.data(surface).ok().and_then(|data| data.view.take())
    {
        tree::remove(app, surface, view);
        tree::arrange(app, surface);
    }
}

/// The parent of a popup is gone.
pub(super) fn orphan(app: &mut App, surface: WlSurface) {
    if let Some(popup) = of(app, surface) {
        if let Ok(popup) = app.server.data(popup) {
            popup.parent = None;
        }
        close(app, popup);
    }
}

impl RequestHandler<XdgPopup> for App {
    type Data = Popup;

    fn request(&mut self, this: XdgPopup, request: xdg_popup::Request) -> Handled {
        let popup = self.server.data(this)?;
        let (parent, surface) = (popup.parent, popup.surface);
        match request {
            xdg_popup::Request::Destroy => {
                let data = surface.and_then(|surface| self.server.data(surface).ok());
                let above = data.map(|data| data.popups.clone()).unwrap_or_default();
                if above.into_iter().any(|above| of(self, above).is_some()) {
                    let xdg = self.server.data(this)?.xdg;
                    let base = xdg.and_then(|xdg| self.server.data(xdg).ok()).and_then(|state| state.base);
                    let text = "a popup on top of it was not destroyed first";
                    return Err(wm_base::fault(base, xdg_wm_base::Error::NOT_THE_TOPMOST_POPUP, text));
                }
            }
            xdg_popup::Request::Grab { serial, .. } => {
                let invalid = |text: &str| Err(Fault::protocol(this, xdg_popup::Error::INVALID_GRAB, text));
                if popup.shown {
                    return invalid("a grab after the popup was shown");
                }
                let below = parent.and_then(|parent| of(self, parent));
                let latest = self.wayland.popups.last().copied().filter(|popup| popup.client() == this.client());
                match below {
                    Some(below) if Some(below) != latest => return invalid("the parent is not the topmost grab"),
                    // It is not for anything that the user did.
                    _ if !self.wayland.serials.was_given(serial, this.client()) => {
                        close(self, this);
                        return Ok(());
                    }
                    // Grabs of another client end.
                    _ if latest.is_none() => dismiss(self, None),
                    _ => {}
                }
                self.server.data(this)?.grabs = true;
                self.wayland.popups.push(this);
            }
            xdg_popup::Request::Reposition { positioner, token } => {
                let positioner = self.server.data(positioner)?.clone();
                self.server.data(this)?.positioner = positioner;
                this.repositioned(&mut self.server, token)?;
                configure(self, this)?;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: XdgPopup, popup: Popup) {
        self.wayland.popups.retain(|grabbing| *grabbing != this);
        let parent = popup.parent.filter(|parent| self.server.is_alive(*parent));
        if let Some(parent) = parent {
            if let Ok(data) = self.server.data(parent) {
                data.popups.retain(|child| Some(*child) != popup.surface);
            }
            let focused = popup.surface.map(Target::Wayland);
            if focused.is_some() && self.keyboard_focus() == focused {
                self.focus(Some(Target::Wayland(parent)));
            }
        }
        surface::forget_role(self, popup.xdg);
        if let Some(parent) = parent {
            tree::arrange(self, parent);
        }
    }
}
