//! What was copied or selected last: who has it, and who is told. The client that has the keyboard is, and whoever manages
//! clipboards.

use wayline::ClientId;

use super::offer;
use super::state::{Holder, Types, Which};
use crate::host::{Host, keyboard_focus};

pub(crate) const BOTH: [Which; 2] = [Which::Clipboard, Which::Primary];

/// The client that has the keyboard.
pub(crate) fn focus<A: Host>(app: &mut A) -> Option<ClientId> {
    Some(keyboard_focus(app)?.client())
}

/// Tells a client that has the keyboard, or is about to get it, what it could paste. One that is behind is told the
/// latest when it reads again.
pub(crate) fn send_selection<A: Host>(app: &mut A, client: ClientId, which: Which) {
    let is_behind = app.server().is_behind(client);
    let Some(state) = app.wayland().clients.get_mut(&client) else { return };
    state.pending.pastes[which as usize] = is_behind;
    match which {
        _ if is_behind => {}
        Which::Clipboard => send_clipboard(app, client),
        Which::Primary => {
            if let Some(send_selection) = app.wayland().send_primary {
                send_selection(app, client);
            }
        }
    }
}

fn send_clipboard<A: Host>(app: &mut A, client: ClientId) {
    let Some(state) = app.wayland().clients.get(&client) else { return };
    for device in state.data_devices.clone() {
        let holder = app.wayland().selection(Which::Clipboard).holder;
        let offer = holder.and_then(|holder| offer::make_plain(app, device, holder, false));
        // The client may be gone.
        let _ = device.selection(app.server(), offer);
    }
}

/// Tells a client that reads again what it could paste, if that is new to it and it has the keyboard.
pub(crate) fn catch_up<A: Host>(app: &mut A, client: ClientId) {
    for which in BOTH {
        let pending = app.wayland().clients.get_mut(&client).is_some_and(|state| state.pending.pastes[which as usize]);
        if pending && focus(app) == Some(client) {
            send_selection(app, client, which);
        }
    }
}

/// By what right a client says what there is to paste: the serial of an event that it was told, or nothing but that it
/// has the keyboard, which may hold 0 for a serial. `None` if it comes too late, or has none.
pub(crate) fn right<A: Host>(app: &mut A, client: ClientId, which: Which, serial: u32) -> Option<Option<u32>> {
    let is_late = app.wayland().selection(which).is_after(serial);
    let answers = app.wayland().was_given(serial, client) && !is_late;
    // Programs that have the keyboard may say 0 if they copy for another reason than input.
    (answers || focus(app) == Some(client)).then_some(answers.then_some(serial))
}

/// There is something else to paste, or nothing. `types` are those of a source that does not keep them itself; `serial`
/// is that of the event it answers, if any.
pub(crate) fn set<A: Host>(app: &mut A, which: Which, holder: Option<Holder>, types: Types, serial: Option<u32>) {
    let selection = app.wayland().selection(which);
    selection.types = types;
    selection.serial = serial.or(selection.serial);
    let before = std::mem::replace(&mut selection.holder, holder);
    // The one before is told; its source may be gone.
    match before.filter(|_| before != holder) {
        Some(Holder::Source(source)) => drop(source.cancelled(app.server())),
        Some(Holder::Primary(source)) => drop(source.cancelled(app.server())),
        Some(Holder::Control(source)) => drop(source.cancelled(app.server())),
        None => {}
    }
    send_to_all(app, which);
}

/// A source is gone.
pub(crate) fn forget<A: Host>(app: &mut A, holder: Holder) {
    for which in BOTH {
        if app.wayland().selection(which).holder.take_if(|current| *current == holder).is_some() {
            send_to_all(app, which);
        }
    }
}

fn send_to_all<A: Host>(app: &mut A, which: Which) {
    if let Some(client) = focus(app) {
        send_selection(app, client, which);
    }
    if let Some(send_selection) = app.wayland().send_to_control {
        app.wayland().controls.clone().into_iter().for_each(|device| send_selection(app, device, which));
    }
}
