//! wlr-data-control: the clipboard and the primary selection for programs that have no window, and so never the keyboard.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult, Server};

use crate::data::state::{Holder, Types, Which};
use crate::data::{offer, selection};
use crate::globals::module;
use crate::host::Wayland;
use crate::limits::{MAX_DEVICES, check_number};
use crate::protocol::{
    ZwlrDataControlDeviceV1, ZwlrDataControlManagerV1, ZwlrDataControlOfferV1, ZwlrDataControlSourceV1,
    zwlr_data_control_device_v1 as device, zwlr_data_control_manager_v1 as manager,
    zwlr_data_control_offer_v1 as data_offer, zwlr_data_control_source_v1 as source,
};
use crate::stored;

/// State of a `zwlr_data_control_source_v1`.
#[derive(Debug, Default)]
pub struct Source {
    pub(super) types: Types,
    /// Whether it was used; it cannot be again.
    used: bool,
}

wayline::carry!(struct Source { types, used });

module! {
    ($) delegate_data_control;
    seat_global ZwlrDataControlManagerV1 2;
    ZwlrDataControlDeviceV1, ZwlrDataControlSourceV1, ZwlrDataControlOfferV1; restore
}

/// What has to be there again in another process.
fn restore<A: Hosts>(app: &mut A) {
    app.wayland().send_to_control = Some(send_selection);
}

impl<A: Hosts> Module<ZwlrDataControlManagerV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: ZwlrDataControlManagerV1, request: manager::Request) -> HandlerResult {
        match request {
            manager::Request::Destroy | manager::Request::CreateDataSource { .. } => {}
            manager::Request::GetDataDevice { id, .. } => {
                let state = app.wayland();
                check_number(state.controls.len(), MAX_DEVICES, "programs that manage the clipboard")?;
                state.controls.push(id);
                state.send_to_control = Some(send_selection);
                selection::BOTH.into_iter().for_each(|which| send_selection(app, id, which));
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZwlrDataControlDeviceV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: ZwlrDataControlDeviceV1, request: device::Request) -> HandlerResult {
        match request {
            device::Request::SetSelection { source } => set(app, this, Which::Clipboard, source)?,
            device::Request::SetPrimarySelection { source } => set(app, this, Which::Primary, source)?,
            device::Request::Destroy => {}
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwlrDataControlDeviceV1, (): ()) {
        app.wayland().controls.retain(|device| *device != this);
    }
}

impl<A: Hosts> Module<ZwlrDataControlSourceV1, A> for Wayland {
    type Data = Source;

    fn request(app: &mut A, this: ZwlrDataControlSourceV1, request: source::Request<'_>) -> HandlerResult {
        let state = app.server().data(this)?;
        match request {
            source::Request::Destroy => {}
            source::Request::Offer { mime_type } => {
                let text = || "a type after set_selection";
                HandlerError::unless(!state.used, this, source::Error::INVALID_OFFER, text)?;
                let (kept, size) = state.types.push(mime_type)?;
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

    fn request(app: &mut A, this: ZwlrDataControlOfferV1, request: data_offer::Request<'_>) -> HandlerResult {
        let holder = *app.server().data(this)?;
        match request {
            data_offer::Request::Destroy => {}
            data_offer::Request::Receive { mime_type, fd } => offer::ask(app, holder, mime_type, fd),
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
        let used = std::mem::replace(&mut state.used, true);
        HandlerError::unless(!used, this, device::Error::USED_SOURCE, || "the source was used before")?;
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
