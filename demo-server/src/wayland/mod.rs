//! The Wayland front end: core Wayland, xdg-shell and a few extensions on the
//! scene and the socket that the native protocol uses. One file per topic.
//!
//! Knows requests and their rules; what is on the screen is the scene's, who
//! has the focus is the seat's.

mod commit;
mod data_device;
mod decoration;
mod grab;
mod image;
mod keyboard;
mod output;
mod pointer;
mod presentation;
mod region;
mod seat;
mod shm;
mod subsurface;
mod surface;
mod tree;
mod viewport;
mod xdg;
mod xdg_output;

/// The messages, generated from the XML of the system.
pub(crate) mod protocol {
    wayline::include_protocol!("wayland");
}

use wayline::{Interface, Server};

use crate::app::App;
use protocol::{
    WlCompositor, WlDataDeviceManager, WlOutput, WlSeat, WlShm, WlSubcompositor, WpPresentation, WpViewporter,
    XdgWmBase, ZxdgDecorationManagerV1, ZxdgOutputManagerV1,
};

pub(crate) use data_device::Selection;
pub(crate) use grab::{grab_button, grab_motion};
pub(crate) use image::Picture;
pub(crate) use keyboard::press;
pub(crate) use pointer::point;
pub(crate) use presentation::present;
pub(crate) use protocol::WlSurface;
pub(crate) use surface::unreadable;
pub(crate) use tree::{keyboard_target, raise, takes_input};
pub(crate) use xdg::{activate, dismiss_popups};

/// What this front end keeps beside the state of its objects.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) keyboard: keyboard::Keyboard,
    keyboards: Vec<protocol::WlKeyboard>,
    pointers: Vec<protocol::WlPointer>,
    outputs: Vec<WlOutput>,
    devices: Vec<protocol::WlDataDevice>,
    selection: Selection,
    /// Popups that took the pointer and the keyboard, the topmost last.
    popups: Vec<protocol::XdgPopup>,
    grab: Option<grab::Grab>,
    feedback: Vec<presentation::Feedback>,
    frames: u64,
}

impl State {
    /// Whether the pointer moves a window, or data, instead of reaching clients.
    pub(crate) fn is_grabbed(&self) -> bool {
        self.grab.is_some()
    }
}

/// Announces the globals of Wayland, each in the version its XML was cut to. The
/// seat comes before what depends on it.
///
/// # Errors
/// None in practice: the versions are those of the generated code.
pub(crate) fn announce(server: &mut Server<App>) -> Result<(), wayline::server::GlobalError> {
    server.add_global::<WlCompositor>(WlCompositor::SPEC.version)?;
    server.add_global::<WlShm>(WlShm::SPEC.version)?;
    server.add_global::<WlSubcompositor>(WlSubcompositor::SPEC.version)?;
    server.add_global::<WlOutput>(WlOutput::SPEC.version)?;
    server.add_global::<WlSeat>(WlSeat::SPEC.version)?;
    server.add_global::<WlDataDeviceManager>(WlDataDeviceManager::SPEC.version)?;
    server.add_global::<XdgWmBase>(XdgWmBase::SPEC.version)?;
    server.add_global::<WpViewporter>(WpViewporter::SPEC.version)?;
    server.add_global::<WpPresentation>(WpPresentation::SPEC.version)?;
    server.add_global::<ZxdgDecorationManagerV1>(ZxdgDecorationManagerV1::SPEC.version)?;
    server.add_global::<ZxdgOutputManagerV1>(ZxdgOutputManagerV1::SPEC.version)?;
    Ok(())
}
