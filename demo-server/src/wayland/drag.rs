//! Drag and drop: data that follows the pointer, or a finger, from one client to
//! another. While it lasts that tells data devices, and no other, where it is.

use wayline::{ClientId, Fixed, Handled};

use super::commit;
use super::data_device::{Offer, offer_dragged};
use super::grab::{self, Grab};
use super::protocol::wl_data_device_manager::DndAction;
use super::protocol::{WlDataDevice, WlDataOffer, WlDataSource, WlSurface, wl_data_device};
use super::surface::Role;
use crate::app::{App, Target};
use crate::scene::ViewId;

/// What is dragged, and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drag {
    /// `None` drags within one client, which knows what.
    source: Option<WlDataSource>,
    origin: WlSurface,
    /// What is drawn at the pointer.
    pub(super) icon: Option<WlSurface>,
    /// What the data is over, and the offer made to it.
    over: Option<(WlSurface, Option<WlDataOffer>)>,
    /// The latest motion over it that its client, which is behind, was not told.
    late: Option<(Fixed, Fixed)>,
}

/// Starts a drag, if `serial` is that of the press on a surface of the client that goes on.
pub(super) fn start(
    app: &mut App,
    device: WlDataDevice,
    serial: u32,
    source: Option<WlDataSource>,
    origin: WlSurface,
    icon: Option<WlSurface>,
) -> Handled {
    if let Some(icon) = icon {
        commit::give_role(app, icon, Role::DragIcon, device, wl_data_device::Error::ROLE)?;
    }
    let Some(lead) = grab::lead(app, serial, |_, pressed| pressed.client() == device.client()) else {
        if let Some(source) = source {
            source.cancelled(&mut app.server)?;
        }
        return Ok(());
    };
    grab::start(app, lead, Grab::Drag(Drag { source, origin, icon, over: None, late: None }));
    if let Some(icon) = icon {
        commit::show(app, icon, &[]);
    }
    let (x, y) = grab::at(app, lead);
    motion(app, x, y);
    Ok(())
}

/// The drag that goes on.
pub(super) fn current(app: &mut App) -> Option<&mut Drag> {
    match &mut app.wayland.grab {
        Some(Grab::Drag(drag)) => Some(drag),
        _ => None,
    }
}

/// Where the icon of the drag belongs.
pub(super) fn place_icon(app: &mut App, view: ViewId) {
    let (x, y) = grab::at(app, app.wayland.lead);
    app.scene.set_position(view, (x as i32, y as i32));
    app.scene.set_level(view, i8::MAX);
    app.schedule();
}

/// The devices of the client of a surface.
fn devices(app: &App, surface: WlSurface) -> Vec<WlDataDevice> {
    app.wayland.devices.iter().copied().filter(|device| device.client() == surface.client()).collect()
}

/// The pointer moved.
pub(super) fn motion(app: &mut App, x: f64, y: f64) {
    let Some(&mut Drag { source, origin, icon, over, .. }) = current(app) else { return };
    if let Some(view) = icon.and_then(|icon| app.server.data(icon).ok()?.view) {
        place_icon(app, view);
    }
    let now = match app.target_at(x, y) {
        // Without a source only the client itself knows what is dragged.
        Some((Target::Wayland(surface), x, y)) if source.is_some() || surface.client() == origin.client() => {
            Some((surface, Fixed::from_f64(x), Fixed::from_f64(y)))
        }
        _ => None,
    };
    if over.map(|(surface, _)| surface) == now.map(|(surface, ..)| surface) {
        if let Some((surface, x, y)) = now {
            let is_behind = app.server.is_behind(surface.client());
            if let Some(drag) = current(app) {
                drag.late = Some((x, y));
            }
            if !is_behind {
                tell_motion(app);
            }
        }
        return;
    }
    leave(app, true);
    let Some((surface, x, y)) = now else { return };
    let mut offered = None;
    for device in devices(app, surface) {
        let offer = source.and_then(|source| offer_dragged(app, device, source));
        offered = offer.or(offered);
        let serial = app.serial();
        // The client may be gone.
        let _ = device.enter(&mut app.server, serial, surface, x, y, offer);
    }
    if let Some(drag) = current(app) {
        drag.over = Some((surface, offered));
    }
}

/// Tells the client of the surface that the data is over where on it that is, if it was not yet told.
fn tell_motion(app: &mut App) {
    let Some(drag) = current(app) else { return };
    let (Some((x, y)), Some((surface, _))) = (drag.late.take(), drag.over) else { return };
    let time = app.time();
    for device in devices(app, surface) {
        // The client may be gone.
        let _ = device.motion(&mut app.server, time, x, y);
    }
}

/// Tells a client that reads again where the data is.
pub(super) fn catch_up(app: &mut App, client: ClientId) {
    if current(app).and_then(|drag| drag.over).is_some_and(|(surface, _)| surface.client() == client) {
        tell_motion(app);
    }
}

/// The data is over nothing any more. An offer that was not dropped is of no use then.
pub(super) fn leave(app: &mut App, forget: bool) {
    tell_motion(app);
    let Some((surface, offer)) = current(app).and_then(|drag| drag.over.take()) else { return };
    for device in devices(app, surface) {
        // The client may be gone.
        let _ = device.leave(&mut app.server);
    }
    if forget && let Some(offer) = offer.and_then(|offer| app.server.data(offer).ok()) {
        offer.source = None;
    }
}

/// The last button went up: what is accepted is dropped, all else is cancelled.
pub(super) fn end(app: &mut App) {
    tell_motion(app);
    let Some(&mut Drag { source, icon, over, .. }) = current(app) else { return };
    let offer = over.and_then(|(_, offer)| app.server.data(offer?).ok().map(|state| (offer, &*state)));
    let accepted = match (source, offer) {
        (Some(_), Some((_, state))) => state.is_accepted(),
        (Some(_), None) => false,
        // The client knows.
        (None, _) => over.is_some(),
    };
    if accepted && let Some((surface, offer)) = over {
        if let Some(state) = offer.and_then(|offer| app.server.data(offer).ok()) {
            state.dropped = true;
        }
        for device in devices(app, surface) {
            // The client may be gone.
            let _ = device.drop(&mut app.server);
        }
        if let Some(source) = source.filter(|source| source.version() >= 3) {
            let _ = source.dnd_drop_performed(&mut app.server);
        }
    } else if let Some(source) = source {
        let _ = source.cancelled(&mut app.server);
    }
    leave(app, !accepted);
    app.wayland.grab = None;
    if let Some(icon) = icon {
        commit::show(app, icon, &[]);
    }
}

/// The source is gone: so is the drag.
pub(super) fn source_destroyed(app: &mut App, source: WlDataSource) {
    let Some(drag) = current(app).filter(|drag| drag.source == Some(source)) else { return };
    drag.source = None;
    let icon = drag.icon;
    leave(app, true);
    app.wayland.grab = None;
    if let Some(icon) = icon {
        commit::show(app, icon, &[]);
    }
    app.repoint();
}

/// A surface is gone, and with it what was over it.
pub(super) fn surface_destroyed(app: &mut App, surface: WlSurface) {
    if let Some(drag) = current(app) {
        drag.over = drag.over.filter(|(over, _)| *over != surface);
        drag.icon = drag.icon.filter(|icon| *icon != surface);
    }
}

/// What is to be done with the data, as far as both sides agree.
pub(super) fn negotiate(source: DndAction, offer: &Offer) -> DndAction {
    let both = DndAction(source.0 & offer.actions.0);
    let order = [offer.preferred, DndAction::COPY, DndAction::MOVE, DndAction::ASK];
    order.into_iter().find(|action| action.0 & both.0 != 0).unwrap_or(DndAction::NONE)
}
