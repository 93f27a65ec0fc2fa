//! What was copied last: who has it, and who is told. The client that has the
//! keyboard is, and whoever manages clipboards.

use wayline::ClientId;

use super::offer::{self, Origin};
use super::state::{Holder, Types};
use crate::host::Host;
use wayline_desktop::Owner as _;

/// The client that has the keyboard.
pub(crate) fn focus<A: Host>(app: &mut A) -> Option<ClientId> {
    let desktop = app.desktop();
    Some(desktop.owner(desktop.keyboard_focus()?)?.client())
}

/// Tells a client that has the keyboard, or is about to get it, what it could paste. One that is behind is told the
/// latest when it reads again.
pub(crate) fn tell<A: Host>(app: &mut A, client: ClientId) {
    let is_behind = app.server().is_behind(client);
    let Some(state) = app.wayland().clients.get_mut(&client) else { return };
    state.pending.selection = is_behind;
    if is_behind {
        return;
    }
    for device in state.data_devices.clone() {
        let holder = app.wayland().selection.holder;
        let offer = holder.and_then(|holder| offer::make(app, device, holder, Origin::Selection));
        // The client may be gone.
        let _ = device.selection(app.server(), offer);
    }
}

/// Tells a client that reads again what it could paste, if that is new to it and it has the keyboard.
pub(crate) fn catch_up<A: Host>(app: &mut A, client: ClientId) {
    let pending = app.wayland().clients.get(&client).is_some_and(|state| state.pending.selection);
    if pending && focus(app) == Some(client) {
        tell(app, client);
    }
}

/// Something else was copied, or nothing. `types` are those of a source that needs no keyboard; `serial` is that of the event it answers, if any.
pub(crate) fn set<A: Host>(app: &mut A, holder: Option<Holder>, types: Types, serial: Option<u32>) {
    let selection = &mut app.wayland().selection;
    selection.types = types;
    selection.serial = serial.or(selection.serial);
    // The one before is told; its source may be gone.
    match std::mem::replace(&mut selection.holder, holder) {
        Some(Holder::Source(source)) => drop(source.cancelled(app.server())),
        Some(Holder::Control(source)) => drop(source.cancelled(app.server())),
        None => {}
    }
    announce(app);
}

/// A source is gone.
pub(crate) fn forget<A: Host>(app: &mut A, holder: Holder) {
    if app.wayland().selection.holder.take_if(|current| *current == holder).is_some() {
        announce(app);
    }
}

fn announce<A: Host>(app: &mut A) {
    if let Some(client) = focus(app) {
        tell(app, client);
    }
    let controls = &app.wayland().controls;
    if let Some(tell) = controls.tell {
        controls.devices.clone().into_iter().for_each(|device| tell(app, device));
    }
}
