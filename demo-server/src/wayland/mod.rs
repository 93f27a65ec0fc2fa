//! The Wayland front end: core Wayland, xdg-shell and a few extensions on the
//! scene and the socket that the native protocol uses. One file per topic.
//!
//! Knows requests and their rules; what is on the screen is the scene's, who
//! has the focus is the seat's.

mod commit;
mod cursor;
#[cfg(data_control)]
mod data_control;
mod data_device;
mod decoration;
mod drag;
mod grab;
mod image;
mod keyboard;
#[cfg(layer_shell)]
mod layer;
#[cfg(not(layer_shell))]
#[path = "no_layer.rs"]
mod layer;
mod output;
mod pointer;
mod presentation;
mod region;
mod seat;
mod selection;
mod serials;
mod shell;
mod shm;
mod subsurface;
mod surface;
mod touch;
mod tree;
mod viewport;
mod window;
mod xdg;
mod xdg_output;

/// The messages, generated from the XML of the system.
pub(crate) mod protocol {
    wayline::include_protocol!("wayland");
}

use wayline::{ClientId, Interface, Server};

use crate::app::App;
use crate::run::Failure;
use protocol::{
    WlCompositor, WlDataDeviceManager, WlOutput, WlSeat, WlShell, WlShm, WlSubcompositor, WpPresentation, WpViewporter,
    XdgWmBase, ZxdgDecorationManagerV1, ZxdgOutputManagerV1, ZxdgShellV6,
};

pub(crate) use cursor::{entered as pointer_entered, follow as follow_pointer};
pub(crate) use grab::{grab_button, grab_motion};
pub(crate) use image::Picture;
pub(crate) use keyboard::press;
pub(crate) use pointer::point;
pub(crate) use presentation::present;
pub(crate) use protocol::WlSurface;
pub(crate) use surface::unreadable;
pub(crate) use touch::touch;
pub(crate) use tree::{cover_panels, keyboard_target, raise, takes_input, takes_keyboard};
pub(crate) use window::{activate, dismiss_popups, place_window, title};
pub(crate) use xdg::close;

/// What this front end keeps beside the state of its objects.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) keyboard: keyboard::Keyboard,
    keyboards: Vec<protocol::WlKeyboard>,
    pointers: Vec<protocol::WlPointer>,
    seats: Vec<WlSeat>,
    touch: touch::Touchscreen,
    outputs: Vec<WlOutput>,
    devices: Vec<protocol::WlDataDevice>,
    selection: selection::Selection,
    #[cfg(data_control)]
    controls: Vec<protocol::ZwlrDataControlDeviceV1>,
    serials: serials::Serials,
    pub(crate) cursor: cursor::Cursor,
    /// Popups that took the pointer and the keyboard, the topmost last.
    popups: Vec<protocol::XdgPopup>,
    /// The same of `wl_shell`, which took the pointer only.
    shell_popups: Vec<protocol::WlShellSurface>,
    #[cfg_attr(not(layer_shell), expect(dead_code, reason = "stays empty"))]
    layers: Vec<layer::Handle>,
    /// The window that fills the screen and is above panels.
    covers_panels: Option<WlSurface>,
    grab: Option<grab::Grab>,
    /// What leads it.
    lead: grab::Lead,
    feedback: Vec<presentation::Feedback>,
    /// Whether a window may show a buffer before its first configuration. The
    /// specification says no; the clients of WLCS 1.5 rely on it.
    pub(crate) early_buffers: bool,
    frames: u64,
}

impl State {
    /// Whether the pointer or a finger moves a window, or data, instead of reaching clients.
    pub(crate) fn is_grabbed(&self) -> bool {
        self.grab.is_some()
    }
}

/// Tells a client that reads again where fingers and dragged data are; the seat
/// does so for the pointer.
pub(crate) fn catch_up(app: &mut App, client: ClientId) {
    touch::catch_up(app, client);
    drag::catch_up(app, client);
}

/// Announces the globals of Wayland: each in the version its XML was cut to, or
/// in the one that `limits` names, unless that is 0. The seat comes before what
/// depends on it; what is obsolete is announced only if it is named. Returns what
/// was announced.
///
/// # Errors
/// If a limit is for something that is not offered, or above its version.
pub(crate) fn announce(
    server: &mut Server<App>,
    limits: &[(String, u32)],
) -> Result<Vec<(&'static str, u32)>, Failure> {
    let mut offer = Offer { server, limits, used: 0, offered: Vec::new() };
    offer.global::<WlCompositor>()?;
    offer.global::<WlShm>()?;
    offer.global::<WlSubcompositor>()?;
    offer.global::<WlOutput>()?;
    offer.global::<WlSeat>()?;
    // Without a seat there is nothing to get a data device for, and clients crash that try.
    if !limits.iter().any(|(name, version)| name == WlSeat::SPEC.name && *version == 0) {
        offer.global::<WlDataDeviceManager>()?;
        #[cfg(data_control)]
        offer.global::<protocol::ZwlrDataControlManagerV1>()?;
    }
    offer.global::<XdgWmBase>()?;
    offer.global::<WpViewporter>()?;
    offer.global::<WpPresentation>()?;
    offer.global::<ZxdgDecorationManagerV1>()?;
    offer.global::<ZxdgOutputManagerV1>()?;
    #[cfg(layer_shell)]
    offer.global::<protocol::ZwlrLayerShellV1>()?;
    if limits.iter().any(|(name, _)| name == WlShell::SPEC.name) {
        offer.global::<WlShell>()?;
    }
    if limits.iter().any(|(name, _)| name == ZxdgShellV6::SPEC.name) {
        offer.global::<ZxdgShellV6>()?;
    }
    if offer.used == limits.len() {
        Ok(offer.offered)
    } else {
        let names: Vec<_> = limits.iter().map(|(name, _)| name.as_str()).collect();
        Err(format!("not all of these are offered, once each: {}", names.join(", ")).into())
    }
}

struct Offer<'a> {
    server: &'a mut Server<App>,
    limits: &'a [(String, u32)],
    /// How many of the limits were for something that exists.
    used: usize,
    offered: Vec<(&'static str, u32)>,
}

impl Offer<'_> {
    fn global<I: wayline::Dispatch<App, wayline::ServerRole<App>>>(&mut self) -> Result<(), wayline::GlobalError> {
        let limit = self.limits.iter().find(|(name, _)| name == I::SPEC.name);
        self.used += usize::from(limit.is_some());
        match limit.map_or(I::SPEC.version, |(_, version)| *version) {
            0 => Ok(()),
            version => {
                self.offered.push((I::SPEC.name, version));
                self.server.add_global::<I>(version).map(drop)
            }
        }
    }
}
