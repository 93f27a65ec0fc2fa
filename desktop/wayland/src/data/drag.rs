//! Drag and drop: data that follows the pointer, or a finger, from one client to
//! another. While it lasts that tells data devices, and no other, where it is.

use wayline::{ClientId, Fixed, HandlerError, HandlerResult};

use super::offer;
use super::state::Drag;
use crate::host::{Host, Parts};
use crate::protocol::{WlDataDevice, WlDataSource, WlSurface, wl_data_device};
use crate::surface::assign;
use crate::surface::role::{Object, Purpose, Role};

/// The role of what is drawn at the data.
#[derive(Debug)]
struct Icon;

impl<A: Host> Role<A> for Icon {}

/// Gives those that another process had their role.
pub(crate) fn restore<A: Host>(app: &mut A) {
    assign::restore(app, &Icon, |object| object == Object::Icon);
}

/// Starts a drag, if `serial` is that of the press on a surface of the client that goes on.
pub(crate) fn start<A: Host>(
    app: &mut A,
    device: WlDataDevice,
    serial: u32,
    source: Option<WlDataSource>,
    origin: WlSurface,
    icon: Option<WlSurface>,
) -> HandlerResult {
    let fault = |text| HandlerError::protocol(device, wl_data_device::Error::ROLE, text);
    let set = |icon| assign::set_role(app, icon, (Purpose::Icon, &Icon), Object::Icon, fault);
    let icon = icon.map(set).transpose()?;
    // Without a source only the client itself knows what is dragged.
    if app.desktop().start_drag(origin.into(), serial, source.is_some(), icon) {
        app.wayland().drag = Some(Drag { source, over: Vec::new() });
    } else if let Some(source) = source {
        source.cancelled(app.server())?;
    }
    app.settle();
    Ok(())
}

/// The data is over a surface: the data devices of its client are told.
pub(crate) fn enter<A: Host>(app: &mut A, surface: WlSurface, serial: u32, (x, y): (f64, f64)) {
    let Some(&Drag { source, .. }) = app.wayland().drag.as_ref() else { return };
    let mut offers = Vec::new();
    for device in app.wayland().client(surface).data_devices.clone() {
        let offer = source.and_then(|source| offer::make_dragged(app, device, source));
        // The client may be gone.
        let _ = device.enter(app.server(), serial, surface, Fixed::from_f64(x), Fixed::from_f64(y), offer);
        offers.push((device, offer));
    }
    if let Some(drag) = &mut app.wayland().drag {
        drag.over = offers;
    }
}

/// The data is somewhere else on the surface.
pub(crate) fn move_to<A: Host>(app: &mut A, client: ClientId, (x, y): (f64, f64)) {
    let time = app.time();
    let Parts { server, wayland, .. } = app.parts();
    let Some(client) = wayland.clients.get(&client) else { return };
    for device in &client.data_devices {
        // The client may be gone.
        let _ = device.motion(server, time, Fixed::from_f64(x), Fixed::from_f64(y));
    }
}

/// The data is over nothing any more. An offer that was not dropped is of no use then.
pub(crate) fn leave<A: Host>(app: &mut A) {
    let over = app.wayland().drag.as_mut().map(|drag| std::mem::take(&mut drag.over));
    for (device, offer) in over.unwrap_or_default() {
        // The client may be gone.
        let _ = device.leave(app.server());
        if let Some(state) = offer.and_then(|offer| app.server().data(offer).ok())
            && !state.dropped
        {
            state.source = None;
        }
    }
}

/// The last button went up: what is accepted is dropped, all else is cancelled.
pub(crate) fn drop_here<A: Host>(app: &mut A) {
    let Some(Drag { source, over }) = app.wayland().drag.clone() else { return };
    let mut dropped = false;
    for (device, offer) in over {
        let state = offer.and_then(|offer| app.server().data(offer).ok());
        let accepts = match state {
            Some(state) => {
                state.dropped = state.is_accepted();
                state.dropped
            }
            // The client knows.
            None => source.is_none(),
        };
        if accepts {
            dropped = true;
            // The client may be gone.
            let _ = device.drop(app.server());
        }
    }
    if let Some(source) = source {
        if !dropped {
            let _ = source.cancelled(app.server());
        } else if source.version() >= 3 {
            let _ = source.dnd_drop_performed(app.server());
        }
    }
    leave(app);
    app.wayland().drag = None;
}

/// The data was let go over nothing.
pub(crate) fn cancel<A: Host>(app: &mut A) {
    if let Some(source) = app.wayland().drag.take().and_then(|drag| drag.source) {
        let _ = source.cancelled(app.server());
    }
}

/// The source is gone: so is the drag.
pub(crate) fn source_destroyed<A: Host>(app: &mut A, source: WlDataSource) {
    if let Some(drag) = &mut app.wayland().drag
        && drag.source == Some(source)
    {
        drag.source = None;
        app.desktop().stop_drag();
        app.settle();
        app.wayland().drag = None;
    }
}
