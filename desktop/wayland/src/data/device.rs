//! `wl_data_device_manager` and `wl_data_device`: who copies, and who drags.

use wayline::server::Module;
use wayline::{Fault, Handled};

use super::state::{Holder, Types};
use super::{drag, selection, source};
use crate::host::{Host, Wayland};
use crate::protocol::{WlDataDevice, WlDataDeviceManager, wl_data_device, wl_data_device_manager, wl_data_source};
use crate::state::MAX_DEVICES;

impl<A: Host> Module<WlDataDeviceManager, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: WlDataDeviceManager, request: wl_data_device_manager::Request) -> Handled {
        match request {
            wl_data_device_manager::Request::CreateDataSource { .. } | wl_data_device_manager::Request::Release => {
                Ok(())
            }
            wl_data_device_manager::Request::GetDataDevice { id, .. } => {
                let devices = &mut app.wayland().client(id).data_devices;
                if devices.len() == MAX_DEVICES {
                    return Err(Fault::internal(format!("more than {MAX_DEVICES} data devices")));
                }
                devices.push(id);
                if selection::focus(app) == Some(id.client()) {
                    selection::tell(app, id.client());
                }
                Ok(())
            }
        }
    }
}

impl<A: Host> Module<WlDataDevice, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: WlDataDevice, request: wl_data_device::Request) -> Handled {
        match request {
            wl_data_device::Request::Release => {}
            wl_data_device::Request::SetSelection { source, serial } => {
                if let Some(source) = source {
                    source::take(app, source)?;
                    if app.server().data(source)?.actions.is_some() {
                        let text = "a source for drags cannot be the selection";
                        return Err(Fault::protocol(source, wl_data_source::Error::INVALID_SOURCE, text));
                    }
                }
                let is_late = app.wayland().selection.is_after(serial);
                let answers = app.wayland().was_given(serial, this.client()) && !is_late;
                // Programs that have the keyboard may say 0 if they copy for another reason than input.
                let has_focus = selection::focus(app) == Some(this.client());
                if !answers && !has_focus {
                    if let Some(source) = source {
                        source.cancelled(app.server())?;
                    }
                    return Ok(());
                }
                selection::set(app, source.map(Holder::Source), Types::default(), answers.then_some(serial));
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
        app.wayland().client(this).data_devices.retain(|device| *device != this);
    }
}
