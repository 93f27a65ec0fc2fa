//! What it means for a commit that a surface is a window or a popup.

use wayline::{HandlerError, HandlerResult};

use super::state::{self, Popup, RoleObject, Toplevel};
use super::{configure, popup, toplevel};
use crate::host::Host;
use crate::protocol::{WlSurface, XdgSurface, xdg_surface, xdg_toplevel, xdg_wm_base};
use crate::surface::assign;
use crate::surface::role::{Change, Object, Role};
use wayline_desktop::{Decoration, Effect, Rect, SurfaceId};

/// What follows from an `xdg_surface`.
#[derive(Debug)]
pub(super) struct XdgRole;

/// The `xdg_surface` of a surface, and what it is.
fn of<A: Host>(app: &mut A, surface: WlSurface) -> Option<(XdgSurface, RoleObject)> {
    let Object::Xdg(xdg) = app.server().data(surface).ok()?.object else { return None };
    Some((xdg, app.server().data(xdg).ok()?.role))
}

impl<A: Host> Role<A> for XdgRole {
    /// Not to what cannot show it yet. From when there is a toplevel or a popup on, it is looked at when it is committed.
    fn check_attach(&self, app: &mut A, surface: WlSurface) -> HandlerResult {
        match of(app, surface) {
            Some((xdg, RoleObject::None)) => {
                let text = "a buffer before get_toplevel or get_popup";
                Err(HandlerError::protocol(xdg, xdg_surface::Error::UNCONFIGURED_BUFFER, text))
            }
            _ => Ok(()),
        }
    }

    fn check_commit(&self, app: &mut A, surface: WlSurface, content: Option<bool>) -> HandlerResult {
        let Some((xdg, role)) = of(app, surface) else { return Ok(()) };
        match role {
            RoleObject::None => {
                let text = "a commit before get_toplevel or get_popup";
                return Err(HandlerError::protocol(xdg, xdg_surface::Error::NOT_CONSTRUCTED, text));
            }
            RoleObject::Toplevel(this) => {
                let Toplevel { min, max, .. } = *app.server().data(this)?;
                if (max.0 > 0 && min.0 > max.0) || (max.1 > 0 && min.1 > max.1) {
                    let text = format!("the smallest size {min:?} is above the largest {max:?}");
                    return Err(HandlerError::protocol(this, xdg_toplevel::Error::INVALID_SIZE, text));
                }
            }
            RoleObject::Popup(this) => {
                let is_orphan = app.server().data(this)?.parent.is_none();
                if is_orphan && !app.server().data(xdg)?.configures.was_configured() {
                    let text = "a popup without parent";
                    return Err(state::fault(app, Some(xdg), xdg_wm_base::Error::INVALID_POPUP_PARENT, text));
                }
            }
        }
        if content == Some(true) && !app.server().data(xdg)?.configures.configured && !app.wayland().early_buffers {
            let text = "a buffer before the first ack_configure";
            return Err(HandlerError::protocol(xdg, xdg_surface::Error::UNCONFIGURED_BUFFER, text));
        }
        Ok(())
    }

    fn before_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let (Some((xdg, role)), Some(id)) = (of(app, surface), app.server().data(surface)?.id) else { return Ok(()) };
        if let Some(wanted) = app.server().data(xdg)?.next_geometry.take() {
            let geometry = clamp(app, id, wanted);
            if geometry.is_empty() && change.has {
                let text = format!("the window geometry {wanted:?} is outside of the surface");
                return Err(HandlerError::protocol(xdg, xdg_surface::Error::INVALID_SIZE, text));
            }
            app.server().data(xdg)?.geometry = Some(if geometry.is_empty() { wanted } else { geometry });
        }
        let state = app.server().data(xdg)?;
        let (geometry, acknowledged) = (state.geometry, state.configures.acknowledged.take());
        app.desktop().set_geometry(id, geometry);
        match role {
            RoleObject::None => {}
            RoleObject::Toplevel(this) => {
                let Toplevel { min, max, .. } = *app.server().data(this)?;
                app.desktop().set_limits(id, min, max);
                if change.appears() {
                    let frame = frame(app, surface, geometry)?;
                    app.desktop().set_decoration(id, frame);
                }
                app.desktop().settle_window(id, acknowledged, change.offset);
            }
            RoleObject::Popup(_) => {
                if let Some((_, place)) = acknowledged {
                    app.desktop().set_offset(id, (place.left(), place.top()));
                }
            }
        }
        Ok(())
    }

    fn after_apply(&self, app: &mut A, surface: WlSurface, _: Change) -> HandlerResult {
        let Some((xdg, role)) = of(app, surface) else { return Ok(()) };
        if app.server().data(xdg)?.configures.initial {
            return Ok(());
        }
        if let (RoleObject::Toplevel(_), Some(id)) = (role, assign::id(app, surface)) {
            app.window_added(id);
            // What it is to be from then on is told once, below.
            app.settle();
        }
        app.server().data(xdg)?.configures.initial = true;
        match role {
            RoleObject::None => Ok(()),
            RoleObject::Toplevel(this) => configure::first(app, this),
            RoleObject::Popup(this) => configure::popup(app, this),
        }
    }

    fn unmap(&self, app: &mut A, surface: WlSurface) {
        // What it is told while it goes belongs to the life that ends.
        app.settle();
        let Some((xdg, role)) = of(app, surface) else { return };
        if let (RoleObject::Toplevel(_), true, Some(id)) =
            (role, state::is_initial(app, Some(xdg)), assign::id(app, surface))
        {
            app.window_removed(id);
        }
        if let Ok(state) = app.server().data(xdg) {
            state.start_again();
        }
    }

    fn deliver(&self, app: &mut A, surface: WlSurface, effect: Effect) {
        match of(app, surface) {
            Some((_, RoleObject::Toplevel(this))) => toplevel::deliver(app, this, effect),
            // The client may be gone.
            Some((_, RoleObject::Popup(this))) => match effect {
                Effect::Dismissed => drop(this.popup_done(app.server())),
                Effect::Moved => drop(configure::popup_if_moved(app, this)),
                _ => {}
            },
            _ => {}
        }
    }

    fn destroyed(&self, app: &mut A, _: WlSurface, object: Object) {
        let Object::Xdg(xdg) = object else { return };
        let Ok(state) = app.server().data(xdg) else { return };
        state.surface = None;
        match state.role {
            RoleObject::None => {}
            RoleObject::Toplevel(this) => {
                let initial = state.configures.initial;
                let Ok(Toplevel { surface, id, .. }) = app.server().data(this) else { return };
                *surface = None;
                if let Some(id) = id.take().filter(|_| initial) {
                    app.window_removed(id);
                }
            }
            RoleObject::Popup(this) => {
                let Ok(Popup { surface, id, parent, .. }) = app.server().data(this) else { return };
                (*surface, *id) = (None, None);
                let parent = parent.take();
                popup::leave(app, parent);
            }
        }
    }
}

/// A window geometry as far as there is surface: its own, or a subsurface's.
fn clamp<A: Host>(app: &mut A, id: SurfaceId, wanted: Rect) -> Rect {
    let (width, height) = app.desktop().size(id);
    let own = Rect::new(0, 0, width, height);
    if wanted.intersect(own) == wanted {
        return wanted;
    }
    app.desktop().extent(id).map_or(wanted, |extent| wanted.intersect(extent))
}

/// What the compositor draws around a new window: nothing, if it draws its own
/// frame and shadow beyond its geometry.
fn frame<A: Host>(app: &mut A, surface: WlSurface, geometry: Option<Rect>) -> Result<Decoration, HandlerError> {
    let size = app.server().data(surface)?.current.size;
    Ok(match geometry {
        Some(rect) if i64::from(rect.width()) < size.0.into() || i64::from(rect.height()) < size.1.into() => {
            Decoration::None
        }
        _ => Decoration::Shadow,
    })
}
