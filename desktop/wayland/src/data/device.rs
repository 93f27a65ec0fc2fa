//! `wl_data_device_manager` and `wl_data_device`: who copies, and who drags.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::state::{Holder, Types, Which};
use super::{drag, selection, source};
use crate::host::{Host, Wayland};
use crate::limits::register;
use crate::protocol::{WlDataDevice, WlDataDeviceManager, wl_data_device, wl_data_device_manager, wl_data_source};

impl<A: Host> Module<WlDataDeviceManager, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: WlDataDeviceManager, request: wl_data_device_manager::Request) -> HandlerResult {
        match request {
            wl_data_device_manager::Request::CreateDataSource { .. } | wl_data_device_manager::Request::Release => {
                Ok(())
            }
            wl_data_device_manager::Request::GetDataDevice { id, .. } => {
                register(&mut app.wayland().client(id).data_devices, id)?;
                if selection::focus(app) == Some(id.client()) {
                    selection::send_selection(app, id.client(), Which::Clipboard);
                }
                Ok(())
            }
        }
    }
}

impl<A: Host> Module<WlDataDevice, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: WlDataDevice, request: wl_data_device::Request) -> HandlerResult {
        match request {
            wl_data_device::Request::Release => {}
            wl_data_device::Request::SetSelection { source, serial } => {
                if let Some(source) = source {
                    source::take(app, source)?;
                    let is_plain = app.server().data(source)?.actions.is_none();
                    let text = || "a source for drags cannot be the selection";
                    HandlerError::unless(is_plain, source, wl_data_source::Error::INVALID_SOURCE, text)?;
                }
                match selection::right(app, this.client(), Which::Clipboard, serial) {
                    Some(serial) => {
                        let holder = source.map(Holder::Source);
                        selection::set(app, Which::Clipboard, holder, Types::default(), serial);
                    }
                    None => source.map_or(Ok(()), |source| source.cancelled(app.server()))?,
                }
            }
            wl_data_device::Request::StartDrag { source, origin, icon, serial } => {
                if let Some(source) = source {
                    source::take(app, source)?;
                }
                drag::start(app, this, serial, source, origin, icon)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlDataDevice, (): ()) {
        app.wayland().client(this).data_devices.retain(|other| *other != this);
    }
}
