//! xdg-shell: windows and popups of the desktop. One file per interface.

mod placing;
mod popup;
mod positioner;
mod surface;
mod toplevel;
mod wm_base;

use wayline::{Fault, Handled};

use super::protocol::{WlSurface, xdg_surface, xdg_wm_base};
use super::surface::Surface;
use super::tree;
use crate::app::App;
use crate::scene::Decoration;

#[cfg(layer_shell)]
pub(super) use placing::free_changed;
pub(super) use placing::{children, is_fullscreen, move_to, origin, position, resize, start_resize};
#[cfg(layer_shell)]
pub(super) use popup::set_parent as set_popup_parent;
pub(super) use popup::{dismiss as dismiss_popups, grabbing_popup, offset as popup_offset, parent as popup_parent};
pub(super) use surface::geometry;
pub(super) use toplevel::{activate, configure, is_initial, title};

pub(crate) use toplevel::close;

/// Whether a commit is allowed. `content` says whether it brings a buffer, or
/// takes the one there was.
pub(super) fn check_commit(app: &mut App, this: WlSurface, content: Option<bool>) -> Handled {
    let Some(xdg) = app.server.data(this)?.xdg else { return Ok(()) };
    let state = app.server.data(xdg)?;
    match state.role {
        surface::Object::None => {
            let text = "a commit before get_toplevel or get_popup";
            return Err(Fault::protocol(xdg, xdg_surface::Error::NOT_CONSTRUCTED, text));
        }
        surface::Object::Toplevel(toplevel) => toplevel::check_commit(app, toplevel)?,
        surface::Object::Popup(popup) => {
            if popup::parent_of(app, popup).is_none() && !app.server.data(xdg)?.was_configured() {
                let base = app.server.data(xdg)?.base;
                let text = "a popup without parent";
                return Err(wm_base::fault(base, xdg_wm_base::Error::INVALID_POPUP_PARENT, text));
            }
        }
    }
    if content == Some(true) && !app.server.data(xdg)?.configured && !app.wayland.early_buffers {
        let text = "a buffer before the first ack_configure";
        return Err(Fault::protocol(xdg, xdg_surface::Error::UNCONFIGURED_BUFFER, text));
    }
    Ok(())
}

/// Whether a buffer may be attached: not to what cannot show it yet. From when
/// there is a toplevel or a popup on, it is looked at when it is committed.
pub(super) fn check_attach(app: &mut App, this: WlSurface) -> Handled {
    let Some(xdg) = app.server.data(this)?.xdg else { return Ok(()) };
    if app.server.data(xdg)?.role == surface::Object::None {
        let text = "a buffer before get_toplevel or get_popup";
        return Err(Fault::protocol(xdg, xdg_surface::Error::UNCONFIGURED_BUFFER, text));
    }
    Ok(())
}

/// Applies what the commit of a surface means for its window, before it is shown.
pub(super) fn before_show(app: &mut App, this: WlSurface, had: bool, has: bool, offset: (i32, i32)) -> Handled {
    let Some(xdg) = app.server.data(this)?.xdg else { return Ok(()) };
    let state = app.server.data(xdg)?;
    state.geometry = state.next_geometry.take().or(state.geometry);
    let (role, acknowledged) = (state.role, state.acknowledged.take());
    match role {
        surface::Object::None => Ok(()),
        surface::Object::Toplevel(toplevel) => {
            placing::before_show(app, this, toplevel, acknowledged, offset, has && !had)
        }
        surface::Object::Popup(popup) => popup::before_show(app, popup, acknowledged),
    }
}

/// What follows once a commit is shown: a first configuration, the keyboard for
/// a new window, a fresh start for one that was taken away.
pub(super) fn after_show(app: &mut App, this: WlSurface, had: bool, has: bool) -> Handled {
    let Some(xdg) = app.server.data(this)?.xdg else { return Ok(()) };
    let state = app.server.data(xdg)?;
    let role = state.role;
    if had && !has {
        state.start_again();
        return Ok(());
    }
    let first = !std::mem::replace(&mut state.initial, true);
    match role {
        surface::Object::None => {}
        surface::Object::Toplevel(toplevel) => {
            if first {
                toplevel::first_configure(app, toplevel)?;
            }
            toplevel::after_show(app, this, toplevel, has && !had)?;
        }
        surface::Object::Popup(popup) => {
            if first {
                popup::configure(app, popup)?;
            }
            popup::after_show(app, this, popup, has && !had)?;
        }
    }
    Ok(())
}

/// What the compositor draws around a new window: nothing, if it draws its own
/// frame and shadow beyond its geometry.
pub(super) fn frame(app: &mut App, this: WlSurface) -> Decoration {
    let Ok(state) = app.server.data(this) else { return Decoration::None };
    let (xdg, size) = (state.xdg, state.current.size);
    let geometry = xdg.and_then(|xdg| app.server.data(xdg).ok()).and_then(|state| state.geometry);
    match geometry {
        Some(rect) if i64::from(rect.width()) < size.0.into() || i64::from(rect.height()) < size.1.into() => {
            Decoration::None
        }
        _ => Decoration::Shadow,
    }
}

/// The `wl_surface` of an `xdg_surface` was destroyed.
pub(super) fn surface_destroyed(app: &mut App, data: &Surface) {
    if let Some(state) = data.xdg.and_then(|xdg| app.server.data(xdg).ok()) {
        state.surface = None;
    }
    for popup in &data.popups {
        popup::orphan(app, *popup);
    }
}

/// The role object of a surface was destroyed: it is no window any more.
pub(super) fn unmap(app: &mut App, surface: WlSurface) {
    let Ok(state) = app.server.data(surface) else { return };
    let attached = state.current.attached.take();
    if let Some(view) = state.view.take() {
        tree::remove(app, surface, view);
    }
    if let Some(attached) = attached {
        app.let_go(&attached);
    }
    tree::arrange(app, surface);
}
