//! wlr-data-control: the clipboard and the primary selection for programs that have no window, and so never the keyboard.

use wayline::server::{Delegate, Module};
use wayline::{Fault, Handled, Server};

use crate::data::state::{Holder, Types, Which};
use crate::data::{offer, selection};
use crate::globals::{Offer, OfferError};
use crate::host::{Host, Wayland};
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

/// What an application has that serves `zwlr_data_control_manager_v1`: [`delegate_data_control!`](crate::delegate_data_control) writes it.
pub trait Hosts:
    Host
    + Delegate<ZwlrDataControlManagerV1, To = Wayland>
    + Delegate<ZwlrDataControlDeviceV1, To = Wayland>
    + Delegate<ZwlrDataControlSourceV1, To = Wayland>
    + Delegate<ZwlrDataControlOfferV1, To = Wayland>
{
}

impl<
    A: Host
        + Delegate<ZwlrDataControlManagerV1, To = Wayland>
        + Delegate<ZwlrDataControlDeviceV1, To = Wayland>
        + Delegate<ZwlrDataControlSourceV1, To = Wayland>
        + Delegate<ZwlrDataControlOfferV1, To = Wayland>,
> Hosts for A
{
}

/// Hands the interfaces of [`data_control`](crate::data_control) to this crate, for an application that implements [`Host`](crate::Host).
#[macro_export]
macro_rules! delegate_data_control {
    ($app:ty) => {
        $crate::delegate!(@ $app: ZwlrDataControlManagerV1, ZwlrDataControlDeviceV1, ZwlrDataControlSourceV1, ZwlrDataControlOfferV1);
    };
}

/// Announces `zwlr_data_control_manager_v1`.
///
/// # Errors
/// As [`Offer::global`].
pub fn announce<A: Hosts>(server: &mut Server<A>, offer: &mut Offer) -> Result<(), OfferError> {
    // Without a seat there is nothing to get a device for, and clients crash that try.
    if offer.limit("wl_seat") == Some(0) { Ok(()) } else { offer.global::<A, ZwlrDataControlManagerV1>(server, 2) }
}

impl<A: Hosts> Module<ZwlrDataControlManagerV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: ZwlrDataControlManagerV1, request: zwlr_data_control_manager_v1::Request) -> Handled {
        use zwlr_data_control_manager_v1::Request;

        match request {
            Request::Destroy | Request::CreateDataSource { .. } => {}
            Request::GetDataDevice { id, .. } => {
                if app.wayland().controls.devices.len() == MAX_DEVICES {
                    return Err(Fault::internal(format!("more than {MAX_DEVICES} programs manage the clipboard")));
                }
                let controls = &mut app.wayland().controls;
                controls.devices.push(id);
                controls.tell = Some(tell);
                selection::BOTH.into_iter().for_each(|which| tell(app, id, which));
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZwlrDataControlDeviceV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: ZwlrDataControlDeviceV1, request: zwlr_data_control_device_v1::Request) -> Handled {
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
    ) -> Handled {
        use zwlr_data_control_source_v1::{Error, Request};

        let source = app.server().data(this)?;
        match request {
            Request::Destroy => {}
            Request::Offer { .. } if source.used => {
                return Err(Fault::protocol(this, Error::INVALID_OFFER, "a type after set_selection"));
            }
            Request::Offer { mime_type } => {
                let kept = source.types.size();
                source.types.push(mime_type)?;
                let size = source.types.size();
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

    fn request(app: &mut A, this: ZwlrDataControlOfferV1, request: zwlr_data_control_offer_v1::Request<'_>) -> Handled {
        use zwlr_data_control_offer_v1::Request;

        let holder = *app.server().data(this)?;
        match request {
            Request::Destroy => {}
            Request::Receive { mime_type, fd } => {
                // Without anybody the descriptor is closed: the reader sees an end.
                if let Some(holder) = holder {
                    offer::ask(app, holder, mime_type, fd);
                }
            }
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
) -> Handled {
    let mut types = Types::default();
    if let Some(source) = source {
        let state = app.server().data(source)?;
        if std::mem::replace(&mut state.used, true) {
            let code = zwlr_data_control_device_v1::Error::USED_SOURCE;
            return Err(Fault::protocol(this, code, "the source was used before"));
        }
        types = state.types.clone();
    }
    selection::set(app, which, source.map(Holder::Control), types, None);
    Ok(())
}

/// Tells a program that manages clipboards what is there to paste.
fn tell<A: Hosts>(app: &mut A, device: ZwlrDataControlDeviceV1, which: Which) {
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

/// Makes an offer of what somebody has; `None` if one of the two is gone.
fn make_offer<A: Hosts>(
    app: &mut A,
    device: ZwlrDataControlDeviceV1,
    holder: Holder,
) -> Option<ZwlrDataControlOfferV1> {
    let types = offer::types(app, holder)?;
    let offer = device.data_offer(app.server()).ok()?;
    *app.server().data(offer).ok()? = Some(holder);
    for kind in types.names() {
        offer.offer(app.server(), kind).ok()?;
    }
    Some(offer)
}
