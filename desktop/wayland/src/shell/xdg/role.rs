//! What it means for a commit that a surface is a window or a popup.

use wayline::{HandlerError, HandlerResult};

use super::state::{self, RoleObject, Toplevel};
use super::{configure, popup, toplevel};
use crate::host::Host;
use crate::protocol::{WlSurface, XdgSurface, xdg_surface, xdg_toplevel, xdg_wm_base};
use crate::surface::assign;
use crate::surface::role::{Change, Object, Role};
use crate::surface::state::Surface;
use wayline_desktop::{Decoration, Effect, Rect, SurfaceId};

/// What follows from an `xdg_surface`.
#[derive(Debug)]
pub(super) struct XdgRole;

/// Gives those that another process had their role.
pub(crate) fn restore<A: Host>(app: &mut A) {
    assign::restore(app, &XdgRole, |object| matches!(object, Object::Xdg(_)));
}

/// The `xdg_surface` of a surface, and what it is.
fn of<A: Host>(app: &mut A, surface: WlSurface) -> Option<(XdgSurface, RoleObject)> {
    let Object::Xdg(xdg) = app.server().data(surface).ok()?.object else { return None };
    Some((xdg, app.server().data(xdg).ok()?.role))
}

impl<A: Host> Role<A> for XdgRole {
    /// Not to what cannot show it yet. From when there is a toplevel or a popup on, it is looked at when it is committed.
    fn check_attach(&self, app: &mut A, surface: WlSurface) -> HandlerResult {
        let Some((xdg, role)) = of(app, surface) else { return Ok(()) };
        let text = || "a buffer before get_toplevel or get_popup";
        HandlerError::unless(role != RoleObject::None, xdg, xdg_surface::Error::UNCONFIGURED_BUFFER, text)
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
                let is_range = (max.0 == 0 || min.0 <= max.0) && (max.1 == 0 || min.1 <= max.1);
                let text = || format!("the smallest size {min:?} is above the largest {max:?}");
                HandlerError::unless(is_range, this, xdg_toplevel::Error::INVALID_SIZE, text)?;
            }
            RoleObject::Popup(this) => {
                let has_parent = app.server().data(this)?.parent.is_some();
                let is_old = app.server().data(xdg)?.configures.was_configured();
                let (base, _) = state::made(app, Some(xdg))?;
                let text = || "a popup without parent";
                base.unless(has_parent || is_old, xdg_wm_base::Error::INVALID_POPUP_PARENT, text)?;
            }
        }
        let is_ready = app.server().data(xdg)?.configures.configured || app.wayland().early_buffers;
        let text = || "a buffer before the first ack_configure";
        HandlerError::unless(content != Some(true) || is_ready, xdg, xdg_surface::Error::UNCONFIGURED_BUFFER, text)
    }

    fn before_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let Some((xdg, role)) = of(app, surface) else { return Ok(()) };
        let Surface { id, current, .. } = app.server().data(surface)?;
        let (id, size) = (*id, current.size);
        if let Some(wanted) = app.server().data(xdg)?.next_geometry.take() {
            let geometry = clamp(app, id, wanted);
            let text = || format!("the window geometry {wanted:?} is outside of the surface");
            HandlerError::unless(!geometry.is_empty() || !change.has, xdg, xdg_surface::Error::INVALID_SIZE, text)?;
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
                    // Those that draw a frame and a shadow of their own do so beyond their geometry.
                    let is_framed = geometry.is_some_and(|rect| {
                        i64::from(rect.width()) < size.0.into() || i64::from(rect.height()) < size.1.into()
                    });
                    let decoration = if is_framed { Decoration::None } else { Decoration::Shadow };
                    app.desktop().set_decoration(id, decoration);
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
        if let RoleObject::Toplevel(_) = role {
            let id = app.server().data(surface)?.id;
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
        if let Some((xdg, _)) = of(app, surface) {
            state::start_again(app, xdg);
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

    fn destroyed(&self, app: &mut A, _: WlSurface, object: Object, id: SurfaceId) {
        let Object::Xdg(xdg) = object else { return };
        let Ok(state) = app.server().data(xdg) else { return };
        match state.role {
            RoleObject::Toplevel(_) if state.configures.initial => app.window_removed(id),
            RoleObject::Popup(this) => {
                let parent = app.server().data(this).ok().and_then(|popup| popup.parent.take());
                popup::leave(app, parent);
            }
            _ => {}
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
