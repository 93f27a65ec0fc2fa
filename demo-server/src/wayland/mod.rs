//! The Wayland front end: core Wayland, xdg-shell and a few extensions on the
//! scene and the socket that the native protocol uses. One file per topic.
//!
//! Knows requests and their rules; what is on the screen is the scene's, who
//! has the focus is the seat's.

mod data;
mod output;
pub(crate) mod picture;
pub(crate) mod protocol;
mod seat;
mod shell;
mod shm;
pub(crate) mod state;
mod surface;

use wayline::{ClientId, Interface, Server};

use crate::app::{App, Failure, FrontEnd, Owner, Tick};
use protocol::{
    WlCompositor, WlDataDeviceManager, WlOutput, WlSeat, WlShell, WlShm, WlSubcompositor, WpPresentation, WpViewporter,
    XdgWmBase, ZwlrDataControlManagerV1, ZwlrLayerShellV1, ZxdgDecorationManagerV1, ZxdgOutputManagerV1, ZxdgShellV6,
};
use wayline_desktop::Effect;

/// This front end.
pub(crate) struct Wayland;

impl FrontEnd for Wayland {
    fn deliver(&self, app: &mut App, owner: Owner, effect: Effect) {
        let Owner::Wayland(surface) = owner else { return };
        match effect {
            Effect::PointerEnter { .. }
            | Effect::PointerLeave { .. }
            | Effect::PointerMotion { .. }
            | Effect::Button { .. }
            | Effect::Scroll { .. } => seat::pointer::deliver(app, surface, effect),
            Effect::KeyboardEnter { .. } | Effect::KeyboardLeave { .. } | Effect::Key { .. } => {
                seat::keyboard::deliver(app, surface, effect);
            }
            Effect::TouchDown { .. }
            | Effect::TouchMotion { .. }
            | Effect::TouchUp { .. }
            | Effect::TouchTaken { .. }
            | Effect::TouchCancel => seat::touch::deliver(app, surface, effect),
            Effect::DragEnter { .. }
            | Effect::DragMotion { .. }
            | Effect::DragLeave
            | Effect::DragDrop
            | Effect::DragCancel => data::drag::deliver(app, surface, effect),
            Effect::Activated(_) | Effect::Configure | Effect::Moved | Effect::Dismissed | Effect::Close => {
                shell::deliver(app, surface, effect);
            }
        }
    }

    fn presented(&self, app: &mut App, tick: Tick) {
        surface::presentation::presented(app, tick);
    }

    fn unreadable(&self, app: &mut App, owner: Owner, text: &str) {
        if let Owner::Wayland(surface) = owner {
            surface::unreadable(app, surface, text);
        }
    }

    fn caught_up(&self, app: &mut App, client: ClientId) {
        seat::pointer::catch_up(app, client);
        seat::touch::catch_up(app, client);
        data::drag::catch_up(app, client);
        data::selection::catch_up(app, client);
    }

    fn disconnected(&self, app: &mut App, client: ClientId) {
        app.wayland.clients.remove(&client);
    }

    fn key(&self, app: &mut App, code: u32, pressed: bool) {
        seat::keyboard::key(app, code, pressed);
    }

    fn touch_plugged(&self, app: &mut App) {
        seat::tell_capabilities(app);
    }
}

/// Moves the window that the surface of this client and this id is part of.
/// Returns whether it is on the screen.
pub(crate) fn place_window(app: &mut App, client: ClientId, id: u32, position: (i32, i32)) -> bool {
    let is_meant = |owner| matches!(owner, Owner::Wayland(surface) if surface.client() == client && surface.id() == id);
    let Some(found) = app.desktop.find(is_meant) else { return false };
    let window = app.desktop.root(found);
    app.desktop.move_window(window, position);
    app.desktop.refresh();
    app.settle();
    true
}

/// Announces the globals of Wayland: each in the newest version that is served, or
/// in the one that `limits` names, unless that is 0. The seat comes before what
/// depends on it; what is obsolete, or of no use, is announced only if it is named. Returns what
/// was announced.
///
/// # Errors
/// If a limit is for something that is not offered, or above its version.
pub(crate) fn announce(
    server: &mut Server<App>,
    limits: &[(String, u32)],
) -> Result<Vec<(&'static str, u32)>, Failure> {
    let mut offer = Offer { server, limits, used: 0, offered: Vec::new() };
    offer.global::<WlCompositor>(5)?;
    offer.global::<WlShm>(1)?;
    offer.global::<WlSubcompositor>(1)?;
    offer.global::<WlSeat>(8)?;
    // Without a seat there is nothing to get a data device for, and clients crash that try.
    if !limits.iter().any(|(name, version)| name == WlSeat::SPEC.name && *version == 0) {
        offer.global::<WlDataDeviceManager>(3)?;
        offer.global::<ZwlrDataControlManagerV1>(2)?;
    }
    offer.global::<XdgWmBase>(5)?;
    offer.global::<WpViewporter>(1)?;
    offer.global::<WpPresentation>(2)?;
    offer.global::<ZxdgOutputManagerV1>(3)?;
    offer.global::<ZwlrLayerShellV1>(4)?;
    offer.if_named::<WlShell>(1)?;
    offer.if_named::<ZxdgShellV6>(1)?;
    // Without it programs know that their frames are theirs, and some that are told so forget their windows.
    offer.if_named::<ZxdgDecorationManagerV1>(1)?;
    // Clients want to know all that describes the screen when they hear of it.
    offer.global::<WlOutput>(4)?;
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
    /// Offers an interface in this version, which is the newest that is served, unless another one is asked for.
    fn global<I: wayline::Dispatch<App, wayline::ServerRole<App>>>(&mut self, newest: u32) -> Result<(), Failure> {
        let limit = self.limits.iter().find(|(name, _)| name == I::SPEC.name);
        self.used += usize::from(limit.is_some());
        match limit.map_or(newest, |(_, version)| *version) {
            0 => Ok(()),
            version if version > newest => {
                Err(format!("{} is served up to version {newest}, not {version}", I::SPEC.name).into())
            }
            version => {
                self.offered.push((I::SPEC.name, version));
                self.server.add_global::<I>(version)?;
                Ok(())
            }
        }
    }

    /// Offers an interface only if it is asked for.
    fn if_named<I: wayline::Dispatch<App, wayline::ServerRole<App>>>(&mut self, newest: u32) -> Result<(), Failure> {
        if self.limits.iter().any(|(name, _)| name == I::SPEC.name) { self.global::<I>(newest) } else { Ok(()) }
    }
}
