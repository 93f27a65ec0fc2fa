//! xdg-shell: windows and popups. One file per interface; what a commit means for them is in `role`, what they are told in
//! `configure`.

pub(crate) mod configure;
mod popup;
mod positioner;
mod role;
mod state;
mod surface;
mod toplevel;
mod wm_base;

pub(crate) use popup::set_parent as set_popup_parent;
pub(crate) use role::restore;
