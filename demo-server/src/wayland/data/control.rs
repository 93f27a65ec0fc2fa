//! wlr-data-control: clipboards for programs that have no window, and so never the
//! keyboard. Served if its XML was there when this program was built.
//!
//! Knows the selection only. There is no primary selection here.

use wayline::{Fault, Handled, RequestHandler};

use super::super::protocol::{
    ZwlrDataControlDeviceV1, ZwlrDataControlManagerV1, ZwlrDataControlOfferV1, ZwlrDataControlSourceV1,
    zwlr_data_control_device_v1, zwlr_data_control_manager_v1, zwlr_data_control_offer_v1, zwlr_data_control_source_v1,
};
use super::super::state::MAX_DEVICES;
use super::state::{Holder, Types};
use super::{offer, selection};
use crate::app::App;

/// State of a `zwlr_data_control_source_v1`.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(super) types: Types,
    /// Whether it was used; it cannot be again.
    used: bool,
}

impl RequestHandler<ZwlrDataControlManagerV1> for App {
    type Data = ();

    fn request(&mut self, _: ZwlrDataControlManagerV1, request: zwlr_data_control_manager_v1::Request) -> Handled {
        use zwlr_data_control_manager_v1::Request;

        match request {
            Request::Destroy | Request::CreateDataSource { .. } => {}
            Request::GetDataDevice { id, .. } => {
                if self.wayland.controls.len() == MAX_DEVICES {
                    return Err(Fault::internal(format!("more than {MAX_DEVICES} programs manage the clipboard")));
                }
                self.wayland.controls.push(id);
                selection::tell_control(self, id);
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
            Request::Offer { mime_type } => source.types.push(mime_type)?,
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
                    offer::ask(self, holder, mime_type, fd);
                }
            }
        }
        Ok(())
    }
}
