//! `wl_data_device_manager` and `wl_data_device`: who copies, and who drags.

use wayline::{Fault, Handled, RequestHandler};

use super::super::protocol::{
    WlDataDevice, WlDataDeviceManager, wl_data_device, wl_data_device_manager, wl_data_source,
};
use super::super::state::MAX_DEVICES;
use super::state::Holder;
use super::{drag, selection, source};
use crate::app::App;

impl RequestHandler<WlDataDeviceManager> for App {
    type Data = ();

    fn request(&mut self, _: WlDataDeviceManager, request: wl_data_device_manager::Request) -> Handled {
        match request {
            wl_data_device_manager::Request::CreateDataSource { .. } | wl_data_device_manager::Request::Release => {
                Ok(())
            }
            wl_data_device_manager::Request::GetDataDevice { id, .. } => {
                let devices = &mut self.wayland.client(id).data_devices;
                if devices.len() == MAX_DEVICES {
                    return Err(Fault::internal(format!("more than {MAX_DEVICES} data devices")));
                }
                devices.push(id);
                if selection::focus(self) == Some(id.client()) {
                    selection::tell(self, id.client());
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
            wl_data_device::Request::SetSelection { source, serial } => {
                if let Some(source) = source {
                    source::take(self, source)?;
                    if self.server.data(source)?.actions.is_some() {
                        let text = "a source for drags cannot be the selection";
                        return Err(Fault::protocol(source, wl_data_source::Error::INVALID_SOURCE, text));
                    }
                }
                let is_late = self.wayland.selection.is_after(serial);
                let answers = self.wayland.was_given(serial, this.client()) && !is_late;
                // Programs that have the keyboard may say 0 if they copy for another reason than input.
                let has_focus = selection::focus(self) == Some(this.client());
                if !answers && !has_focus {
                    if let Some(source) = source {
                        source.cancelled(&mut self.server)?;
                    }
                    return Ok(());
                }
                selection::set(self, source.map(Holder::Source), answers.then_some(serial));
            }
            wl_data_device::Request::StartDrag { source, origin, icon, serial } => {
                if let Some(source) = source {
                    source::take(self, source)?;
                }
                drag::start(self, this, serial, source, origin, icon)?;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlDataDevice, (): ()) {
        self.wayland.client(this).data_devices.retain(|device| *device != this);
    }
}
