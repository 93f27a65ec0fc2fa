//! wlr-data-control: the clipboard and the primary selection for programs that have no window, and so never the keyboard.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult, Server};

use crate::data::state::{Holder, Types, Which};
use crate::data::{offer, selection};
use crate::globals::module;
use crate::host::Wayland;
use crate::protocol::{
    ZwlrDataControlDeviceV1, ZwlrDataControlManagerV1, ZwlrDataControlOfferV1, ZwlrDataControlSourceV1,
    zwlr_data_control_device_v1, zwlr_data_control_manager_v1, zwlr_data_control_offer_v1, zwlr_data_control_source_v1,
};
use crate::state::MAX_DEVICES;
use crate::stored;

/// State of a `zwlr_data_control_source_v1`.
#[derive(Debug, Default)]
pub struct Source {
    pub(super) types: Types,
    /// Whether it was used; it cannot be again.
    used: bool,
}

module! {
    ($) delegate_data_control;
    seat_global ZwlrDataControlManagerV1 2;
    ZwlrDataControlDeviceV1, ZwlrDataControlSourceV1, ZwlrDataControlOfferV1
}

impl<A: Hosts> Module<ZwlrDataControlManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        _: ZwlrDataControlManagerV1,
        request: zwlr_data_control_manager_v1::Request,
    ) -> HandlerResult {
        use zwlr_data_control_manager_v1::Request;

        match request {
            Request::Destroy | Request::CreateDataSource { .. } => {}
            Request::GetDataDevice { id, .. } => {
                if app.wayland().controls.devices.len() == MAX_DEVICES {
                    return Err(HandlerError::internal(format!(
                        "more than {MAX_DEVICES} programs manage the clipboard"
                    )));
                }
                let controls = &mut app.wayland().controls;
                controls.devices.push(id);
                controls.send_selection = Some(send_selection);
                selection::BOTH.into_iter().for_each(|which| send_selection(app, id, which));
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZwlrDataControlDeviceV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        this: ZwlrDataControlDeviceV1,
        request: zwlr_data_control_device_v1::Request,
    ) -> HandlerResult {
        use zwlr_data_control_device_v1::Request;

        match request {
            Request::SetSelection { source } => set(app, this, Which::Clipboard, source)?,
            Request::SetPrimarySelection { source } => set(app, this, Which::Primary, source)?,
            Request::Destroy => {}
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwlrDataControlDeviceV1, (): ()) {
        app.wayland().controls.devices.retain(|device| *device != this);
    }
}

impl<A: Hosts> Module<ZwlrDataControlSourceV1, A> for Wayland {
    type Data = Source;

    fn request(
        app: &mut A,
        this: ZwlrDataControlSourceV1,
        request: zwlr_data_control_source_v1::Request<'_>,
    ) -> HandlerResult {
        use zwlr_data_control_source_v1::{Error, Request};

        let source = app.server().data(this)?;
        match request {
            Request::Destroy => {}
            Request::Offer { .. } if source.used => {
                return Err(HandlerError::protocol(this, Error::INVALID_OFFER, "a type after set_selection"));
            }
            Request::Offer { mime_type } => {
                let (kept, size) = source.types.push(mime_type)?;
                stored::keep(app, this.client(), kept, size)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwlrDataControlSourceV1, source: Source) {
        stored::give_back(app, this.client(), source.types.size());
        selection::forget(app, Holder::Control(this));
    }
}

impl<A: Hosts> Module<ZwlrDataControlOfferV1, A> for Wayland {
    /// Who has the data.
    type Data = Option<Holder>;

    fn request(
        app: &mut A,
        this: ZwlrDataControlOfferV1,
        request: zwlr_data_control_offer_v1::Request<'_>,
    ) -> HandlerResult {
        use zwlr_data_control_offer_v1::Request;

        let holder = *app.server().data(this)?;
        match request {
            Request::Destroy => {}
            Request::Receive { mime_type, fd } => offer::ask(app, holder, mime_type, fd),
        }
        Ok(())
    }
}

/// There is something else to paste, or nothing.
fn set<A: Hosts>(
    app: &mut A,
    this: ZwlrDataControlDeviceV1,
    which: Which,
    source: Option<ZwlrDataControlSourceV1>,
) -> HandlerResult {
    let mut types = Types::default();
    if let Some(source) = source {
        let state = app.server().data(source)?;
        if std::mem::replace(&mut state.used, true) {
            let code = zwlr_data_control_device_v1::Error::USED_SOURCE;
            return Err(HandlerError::protocol(this, code, "the source was used before"));
        }
        types = state.types.clone();
    }
    selection::set(app, which, source.map(Holder::Control), types, None);
    Ok(())
}

/// Tells a program that manages clipboards what is there to paste.
fn send_selection<A: Hosts>(app: &mut A, device: ZwlrDataControlDeviceV1, which: Which) {
    if which == Which::Primary && device.version() < 2 {
        return;
    }
    let offer = app.wayland().selection(which).holder.and_then(|holder| make_offer(app, device, holder));
    // The client may be gone.
    let _ = match which {
        Which::Clipboard => device.selection(app.server(), offer),
        Which::Primary => device.primary_selection(app.server(), offer),
    };
}

/// Makes an offer; returns as [`offer::make`].
fn make_offer<A: Hosts>(
    app: &mut A,
    device: ZwlrDataControlDeviceV1,
    holder: Holder,
) -> Option<ZwlrDataControlOfferV1> {
    let new = |server: &mut Server<A>| {
        let offer = device.data_offer(server)?;
        *server.data(offer)? = Some(holder);
        Ok(offer)
    };
    offer::make(app, holder, new, ZwlrDataControlOfferV1::offer)
}
