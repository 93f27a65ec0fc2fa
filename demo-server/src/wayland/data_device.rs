//! `wl_data_device_manager`: copy and paste. What is copied goes from client to
//! client; the compositor only passes the descriptor on.

use wayline::{ClientId, Fault, Handled, Interface, RequestHandler};

use super::commit;
use super::protocol::{
    WlDataDevice, WlDataDeviceManager, WlDataOffer, WlDataSource, wl_data_device, wl_data_device_manager,
    wl_data_offer, wl_data_source,
};
use super::surface::Role;
use crate::app::App;

/// Types one source may offer. Office programs offer some dozen.
const MAX_TYPES: usize = 256;

/// What was copied last.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    source: Option<WlDataSource>,
}

/// State of a `wl_data_source`.
#[derive(Debug, Default)]
pub(crate) struct Source {
    types: Vec<String>,
    /// Whether it was used; it cannot be again.
    used: bool,
}

/// Tells a client that gets the keyboard what it could paste.
pub(super) fn focus(app: &mut App, client: ClientId) {
    let devices: Vec<_> = app.wayland.devices.iter().copied().filter(|device| device.client() == client).collect();
    for device in devices {
        // The client may be gone.
        let _ = offer(app, device);
    }
}

/// Sends the selection to one device.
fn offer(app: &mut App, device: WlDataDevice) -> Handled {
    let source = app.wayland.selection.source;
    let types = source.and_then(|source| app.server.data(source).ok()).map(|source| source.types.clone());
    let (Some(source), Some(types)) = (source, types) else {
        device.selection(&mut app.server, None)?;
        return Ok(());
    };
    let offer = device.data_offer(&mut app.server)?;
    *app.server.data(offer)? = Some(source);
    for kind in types {
        offer.offer(&mut app.server, &kind)?;
    }
    device.selection(&mut app.server, Some(offer))?;
    Ok(())
}

/// Tells the client that has the keyboard of a change.
fn announce(app: &mut App) {
    if let Some(target) = app.keyboard_focus() {
        focus(app, target.client());
    }
}

impl RequestHandler<WlDataDeviceManager> for App {
    type Data = ();

    fn request(&mut self, _: WlDataDeviceManager, request: wl_data_device_manager::Request) -> Handled {
        match request {
            wl_data_device_manager::Request::CreateDataSource { .. } => Ok(()),
            wl_data_device_manager::Request::GetDataDevice { id, .. } => {
                self.wayland.devices.push(id);
                if self.keyboard_focus().is_some_and(|target| target.client() == id.client()) {
                    offer(self, id)?;
                }
                Ok(())
            }
        }
    }
}

impl RequestHandler<WlDataDevice> for App {
    type Data = ();

    fn request(&mut self, this: WlDataDevice, request: wl_data_device::Request) -> Handled {
        match request {
            wl_data_device::Request::Release => {}
            wl_data_device::Request::SetSelection { source, .. } => {
                if let Some(source) = source {
                    let state = self.server.data(source)?;
                    if std::mem::replace(&mut state.used, true) {
                        let text = "the source was used before";
                        return Err(Fault::protocol(source, wl_data_source::Error::INVALID_SOURCE, text));
                    }
                }
                let old = std::mem::replace(&mut self.wayland.selection.source, source);
                if let Some(old) = old.filter(|old| self.server.is_alive(*old)) {
                    old.cancelled(&mut self.server)?;
                }
                announce(self);
            }
            // Nothing is dragged here: the drag ends at once.
            wl_data_device::Request::StartDrag { source, icon, .. } => {
                if let Some(icon) = icon {
                    commit::give_role(self, icon, Role::DragIcon, this, wl_data_device::Error::ROLE)?;
                }
                if let Some(source) = source {
                    source.cancelled(&mut self.server)?;
                }
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlDataDevice, (): ()) {
        self.wayland.devices.retain(|device| *device != this);
    }
}

impl RequestHandler<WlDataSource> for App {
    type Data = Source;

    fn request(&mut self, this: WlDataSource, request: wl_data_source::Request<'_>) -> Handled {
        let source = self.server.data(this)?;
        match request {
            wl_data_source::Request::Destroy => {}
            wl_data_source::Request::Offer { mime_type } => {
                if source.types.len() == MAX_TYPES {
                    return Err(Fault::internal(format!("more than {MAX_TYPES} types in one source")));
                }
                source.types.push(mime_type.to_owned());
            }
            wl_data_source::Request::SetActions { dnd_actions } => {
                let known = wl_data_device_manager::DndAction::COPY
                    | wl_data_device_manager::DndAction::MOVE
                    | wl_data_device_manager::DndAction::ASK;
                if dnd_actions.0 & !known.0 != 0 {
                    let text = format!("{:#x} are not all actions", dnd_actions.0);
                    return Err(Fault::protocol(this, wl_data_source::Error::INVALID_ACTION_MASK, text));
                }
                if std::mem::replace(&mut source.used, true) {
                    let text = "actions of a source that is no drag";
                    return Err(Fault::protocol(this, wl_data_source::Error::INVALID_SOURCE, text));
                }
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlDataSource, _: Source) {
        if self.wayland.selection.source == Some(this) {
            self.wayland.selection.source = None;
            announce(self);
        }
    }
}

impl RequestHandler<WlDataOffer> for App {
    /// Where the data comes from.
    type Data = Option<WlDataSource>;

    fn request(&mut self, this: WlDataOffer, request: wl_data_offer::Request<'_>) -> Handled {
        match request {
            wl_data_offer::Request::Destroy | wl_data_offer::Request::Accept { .. } => {}
            wl_data_offer::Request::Receive { mime_type, fd } => {
                // Without a source the descriptor is closed: the reader sees an end.
                if let Some(source) = *self.server.data(this)? {
                    // Its client may be gone.
                    let _ = source.send(&mut self.server, mime_type, fd);
                }
            }
            wl_data_offer::Request::Finish => {
                let text = "an offer of the clipboard cannot be finished";
                return Err(Fault::protocol(this, wl_data_offer::Error::INVALID_FINISH, text));
            }
            wl_data_offer::Request::SetActions { .. } => {
                let text = "an offer of the clipboard has no actions";
                return Err(Fault::protocol(this, wl_data_offer::Error::INVALID_OFFER, text));
            }
        }
        Ok(())
    }
}
