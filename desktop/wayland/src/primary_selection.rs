//! `zwp_primary_selection_device_manager_v1`: what is selected, to be pasted with the middle button.

use wayline::server::Module;
use wayline::{ClientId, HandlerResult, Server};

use crate::data::state::{Holder, Types, Which};
use crate::data::{offer, selection};
use crate::globals::module;
use crate::host::Wayland;
use crate::limits::register;
use crate::protocol::{
    ZwpPrimarySelectionDeviceManagerV1, ZwpPrimarySelectionDeviceV1, ZwpPrimarySelectionOfferV1,
    ZwpPrimarySelectionSourceV1, zwp_primary_selection_device_manager_v1, zwp_primary_selection_device_v1,
    zwp_primary_selection_offer_v1, zwp_primary_selection_source_v1,
};
use crate::stored;

module! {
    ($) delegate_primary_selection;
    seat_global ZwpPrimarySelectionDeviceManagerV1 1;
    ZwpPrimarySelectionDeviceV1, ZwpPrimarySelectionSourceV1, ZwpPrimarySelectionOfferV1; restore
}

/// What has to be there again in another process.
fn restore<A: Hosts>(app: &mut A) {
    app.wayland().send_primary = Some(send_selection);
}

impl<A: Hosts> Module<ZwpPrimarySelectionDeviceManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        _: ZwpPrimarySelectionDeviceManagerV1,
        request: zwp_primary_selection_device_manager_v1::Request,
    ) -> HandlerResult {
        use zwp_primary_selection_device_manager_v1::Request;

        match request {
            Request::Destroy | Request::CreateSource { .. } => {}
            Request::GetDevice { id, .. } => {
                register(&mut app.wayland().client(id).primary_devices, id)?;
                app.wayland().send_primary = Some(send_selection);
                if selection::focus(app) == Some(id.client()) {
                    selection::send_selection(app, id.client(), Which::Primary);
                }
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZwpPrimarySelectionDeviceV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        this: ZwpPrimarySelectionDeviceV1,
        request: zwp_primary_selection_device_v1::Request,
    ) -> HandlerResult {
        use zwp_primary_selection_device_v1::Request;

        match request {
            Request::Destroy => {}
            Request::SetSelection { source, serial } => {
                let types = source.map(|source| app.server().data(source).cloned()).transpose()?;
                match selection::right(app, this.client(), Which::Primary, serial) {
                    Some(serial) => {
                        let holder = source.map(Holder::Primary);
                        selection::set(app, Which::Primary, holder, types.unwrap_or_default(), serial);
                    }
                    None => source.map_or(Ok(()), |source| source.cancelled(app.server()))?,
                }
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwpPrimarySelectionDeviceV1, (): ()) {
        app.wayland().client(this).primary_devices.retain(|other| *other != this);
    }
}

impl<A: Hosts> Module<ZwpPrimarySelectionSourceV1, A> for Wayland {
    /// Those named so far: what is selected keeps those that were named before.
    type Data = Types;

    fn request(
        app: &mut A,
        this: ZwpPrimarySelectionSourceV1,
        request: zwp_primary_selection_source_v1::Request<'_>,
    ) -> HandlerResult {
        use zwp_primary_selection_source_v1::Request;

        match request {
            Request::Destroy => {}
            Request::Offer { mime_type } => {
                let (kept, size) = app.server().data(this)?.push(mime_type)?;
                stored::keep(app, this.client(), kept, size)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwpPrimarySelectionSourceV1, types: Types) {
        stored::give_back(app, this.client(), types.size());
        selection::forget(app, Holder::Primary(this));
    }
}

impl<A: Hosts> Module<ZwpPrimarySelectionOfferV1, A> for Wayland {
    /// Who has the data.
    type Data = Option<Holder>;

    fn request(
        app: &mut A,
        this: ZwpPrimarySelectionOfferV1,
        request: zwp_primary_selection_offer_v1::Request<'_>,
    ) -> HandlerResult {
        use zwp_primary_selection_offer_v1::Request;

        let holder = *app.server().data(this)?;
        match request {
            Request::Destroy => {}
            Request::Receive { mime_type, fd } => offer::ask(app, holder, mime_type, fd),
        }
        Ok(())
    }
}

/// Tells a client that has the keyboard what is selected.
fn send_selection<A: Hosts>(app: &mut A, client: ClientId) {
    let Some(state) = app.wayland().clients.get(&client) else { return };
    for device in state.primary_devices.clone() {
        let holder = app.wayland().selection(Which::Primary).holder;
        let offer = holder.and_then(|holder| make_offer(app, device, holder));
        // The client may be gone.
        let _ = device.selection(app.server(), offer);
    }
}

/// Makes an offer; returns as [`offer::make`].
fn make_offer<A: Hosts>(
    app: &mut A,
    device: ZwpPrimarySelectionDeviceV1,
    holder: Holder,
) -> Option<ZwpPrimarySelectionOfferV1> {
    let new = |server: &mut Server<A>| {
        let offer = device.data_offer(server)?;
        *server.data(offer)? = Some(holder);
        Ok(offer)
    };
    offer::make(app, holder, new, ZwpPrimarySelectionOfferV1::offer)
}
