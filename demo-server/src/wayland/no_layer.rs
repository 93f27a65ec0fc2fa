//! What stands for `layer` where the XML of wlr-layer-shell was not there when
//! this program was built: there are no such surfaces.

use wayline::Handled;

use super::protocol::WlSurface;
use crate::app::App;

/// Names one of these surfaces.
pub(crate) type Handle = std::convert::Infallible;

/// How far above windows panels would be.
pub(super) const PANELS: i8 = 1;

pub(super) fn position(_: &mut App, _: WlSurface) -> Option<(i32, i32)> {
    None
}

pub(super) fn move_to(_: &mut App, _: WlSurface, _: (i32, i32)) {}

pub(super) fn keeps_keyboard(_: &mut App) -> Option<WlSurface> {
    None
}

pub(super) fn takes_keyboard(_: &mut App, _: WlSurface) -> bool {
    true
}

pub(super) fn check_commit(_: &mut App, _: WlSurface, _: Option<bool>) -> Handled {
    Ok(())
}

pub(super) fn before_show(_: &mut App, _: WlSurface, _: bool, _: bool) -> Handled {
    Ok(())
}

pub(super) fn after_show(_: &mut App, _: WlSurface, _: bool) {}

pub(super) fn surface_destroyed(_: &mut App, _: Option<Handle>) {}
