//! What was copied last: who has it, and who is told. The client that has the
//! keyboard is, and whoever manages clipboards.

use wayline::ClientId;

use super::super::protocol::{ZwlrDataControlDeviceV1, ZwlrDataControlOfferV1};
use super::offer::{self, Origin};
use super::state::Holder;
use crate::app::App;
use wayline_desktop::Owner as _;

/// The client that has the keyboard.
pub(super) fn focus(app: &App) -> Option<ClientId> {
    Some(app.desktop.owner(app.desktop.keyboard_focus()?)?.client())
}

/// Tells a client that has the keyboard, or is about to get it, what it could paste. One that is behind is told the
/// latest when it reads again.
pub(in crate::wayland) fn tell(app: &mut App, client: ClientId) {
    let is_behind = app.server.is_behind(client);
    let Some(state) = app.wayland.clients.get_mut(&client) else { return };
    state.pending.selection = is_behind;
    if is_behind {
        return;
    }
    for device in state.data_devices.clone() {
        let holder = app.wayland.selection.holder;
        let offer = holder.and_then(|holder| offer::make(app, device, holder, Origin::Selection));
        // The client may be gone.
        let _ = device.selection(&mut app.server, offer);
    }
}

/// Tells a client that reads again what it could paste, if that is new to it and it has the keyboard.
pub(in crate::wayland) fn catch_up(app: &mut App, client: ClientId) {
    let pending = app.wayland.clients.get(&client).is_some_and(|state| state.pending.selection);
    if pending && focus(app) == Some(client) {
        tell(app, client);
    }
}

/// Something else was copied, or nothing; `serial` is that of the event it answers, if any.
pub(super) fn set(app: &mut App, holder: Option<Holder>, serial: Option<u32>) {
    let selection = &mut app.wayland.selection;
    selection.serial = serial.or(selection.serial);
    // The one before is told; its source may be gone.
    match std::mem::replace(&mut selection.holder, holder) {
        Some(Holder::Source(source)) => drop(source.cancelled(&mut app.server)),
        Some(Holder::Control(source)) => drop(source.cancelled(&mut app.server)),
        None => {}
    }
    announce(app);
}

/// A source is gone.
pub(super) fn forget(app: &mut App, holder: Holder) {
    if app.wayland.selection.holder.take_if(|current| *current == holder).is_some() {
        announce(app);
    }
}

fn announce(app: &mut App) {
    if let Some(client) = focus(app) {
        tell(app, client);
    }
    for device in app.wayland.controls.clone() {
        tell_control(app, device);
    }
}

/// Tells a program that manages clipboards what is there to paste.
pub(super) fn tell_control(app: &mut App, device: ZwlrDataControlDeviceV1) {
    let offer = app.wayland.selection.holder.and_then(|holder| offer_control(app, device, holder));
    // The client may be gone.
    let _ = device.selection(&mut app.server, offer);
}

/// Makes an offer of what somebody has; `None` if one of the two is gone.
fn offer_control(app: &mut App, device: ZwlrDataControlDeviceV1, holder: Holder) -> Option<ZwlrDataControlOfferV1> {
    let types = offer::types(app, holder)?;
    let offer = device.data_offer(&mut app.server).ok()?;
    *app.server.data(offer).ok()? = Some(holder);
    for kind in types.names() {
        offer.offer(&mut app.server, kind).ok()?;
    }
    Some(offer)
}
