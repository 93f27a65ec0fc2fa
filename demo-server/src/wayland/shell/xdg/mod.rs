//! xdg-shell: windows and popups. One file per interface; what a commit means for them is in `role`, what they are told in
//! `configure`.

mod configure;
mod decoration;
mod popup;
mod positioner;
mod role;
mod state;
mod surface;
mod toplevel;
mod wm_base;

pub(super) use popup::set_parent as set_popup_parent;

use super::super::protocol::WlSurface;
use crate::app::App;
use wayline_desktop::Effect;

/// Tells the client of a surface what has become of its window or popup.
pub(super) fn deliver(app: &mut App, surface: WlSurface, effect: Effect) {
    match state::of(app, surface) {
        Some(state::RoleObject::Toplevel(this)) => toplevel::deliver(app, this, effect),
        // The client may be gone.
        Some(state::RoleObject::Popup(this)) => match effect {
            Effect::Dismissed => drop(this.popup_done(&mut app.server)),
            Effect::Moved => drop(configure::popup_if_moved(app, this)),
            _ => {}
        },
        _ => {}
    }
}
