//! wlr-data-control: clipboards for programs that have no window, and so never the
//! keyboard. Served if its XML was there when this program was built.
//!
//! Knows the selection only. There is no primary selection here.

use wayline::{Fault, Handled, RequestHandler};

use super::data_device::MAX_TYPES;
use super::protocol::{
    ZwlrDataControlDeviceV1, ZwlrDataControlManagerV1, ZwlrDataControlOfferV1, ZwlrDataControlSourceV1,
    zwlr_data_control_device_v1, zwlr_data_control_manager_v1, zwlr_data_control_offer_v1, zwlr_data_control_source_v1,
};
use super::selection::{self, Holder};
use crate::app::App;

/// State of a `zwlr_data_control_source_v1`.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(super) types: Vec<String>,
    /// Whether it was used; it cannot be again.
    used: bool,
}

/// Tells all that manage clipboards what is there to paste.
pub(super) fn announce(app: &mut App) {
    for device in app.wayland.controls.clone() {
        tell(app, device);
    }
}

fn tell(app: &mut App, device: ZwlrDataControlDeviceV1) {
    let offer = app.wayland.selection.holder().and_then(|holder| make_offer(app, device, holder));
    // The client may be gone.
    let _ = device.selection(&mut app.server, offer);
}

/// Makes an offer of what somebody has; `None` if one of the two is gone.
fn make_offer(app: &mut App, device: ZwlrDataControlDeviceV1, holder: Holder) -> Option<ZwlrDataControlOfferV1> {
    let types = holder.types(app)?;
    let offer = device.data_offer(&mut app.server).ok()?;
    *app.server.data(offer).ok()? = Some(holder);
    for kind in types {
        offer.offer(&mut app.server, &kind).ok()?;
    }
    Some(offer)
}

impl RequestHandler<ZwlrDataControlManagerV1> for App {
    type Data = ();

    fn request(&mut self, _: ZwlrDataControlManagerV1, request: zwlr_data_control_manager_v1::Request) -> Handled {
        use zwlr_data_control_manager_v1::Request;

        match request {
            Request::Destroy | Request::CreateDataSource { .. } => {}
            Request::GetDataDevice { id, .. } => {
                self.wayland.controls.push(id);
                tell(self, id);
            }
        }
        Ok(())
    }
}

impl RequestHandler<ZwlrDataControlDeviceV1> for App {
    type Data = ();

    fn request(&mut self, this: ZwlrDataControlDeviceV1, request: zwlr_data_control_device_v1::Request) -> Handled {
        use zwlr_data_control_device_v1::{Error, Request};

        match request {
            Request::SetSelection { source } => {
                if let Some(source) = source
                    && std::mem::replace(&mut self.server.data(source)?.used, true)
                {
                    return Err(Fault::protocol(this, Error::USED_SOURCE, "the source was used before"));
                }
                selection::set(self, source.map(Holder::Control), None);
            }
            // Ignored where there is none.
            Request::SetPrimarySelection { .. } | Request::Destroy => {}
        }
        Ok(())
    }

    fn destroyed(&mut self, this: ZwlrDataControlDeviceV1, (): ()) {
        self.wayland.controls.retain(|device| *device != this);
    }
}

impl RequestHandler<ZwlrDataControlSourceV1> for App {
    type Data = Source;

    fn request(&mut self, this: ZwlrDataControlSourceV1, request: zwlr_data_control_source_v1::Request<'_>) -> Handled {
        use zwlr_data_control_source_v1::{Error, Request};

        let source = self.server.data(this)?;
        match request {
            Request::Destroy => {}
            Request::Offer { .. } if source.used => {
                return Err(Fault::protocol(this, Error::INVALID_OFFER, "a type after set_selection"));
            }
            Request::Offer { .. } if source.types.len() == MAX_TYPES => {
                return Err(Fault::internal(format!("more than {MAX_TYPES} types in one source")));
            }
            Request::Offer { mime_type } => source.types.push(mime_type.to_owned()),
        }
        Ok(())
    }

    fn destroyed(&mut self, this: ZwlrDataControlSourceV1, _: Source) {
        selection::forget(self, Holder::Control(this));
    }
}

impl RequestHandler<ZwlrDataControlOfferV1> for App {
    /// Who has the data.
    type Data = Option<Holder>;

    fn request(&mut self, this: ZwlrDataControlOfferV1, request: zwlr_data_control_offer_v1::Request<'_>) -> Handled {
        use zwlr_data_control_offer_v1::Request;

        let holder = *self.server.data(this)?;
        match request {
            Request::Destroy => {}
            Request::Receive { mime_type, fd } => {
                // Without anybody the descriptor is closed: the reader sees an end.
                if let Some(holder) = holder {
                    holder.send(self, mime_type, fd);
                }
            }
        }
        Ok(())
    }
}
