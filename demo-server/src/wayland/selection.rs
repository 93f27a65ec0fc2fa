//! What was copied last: who has it, and who is told. The client that has the
//! keyboard is, and whoever manages clipboards.
//!
//! Knows whom to ask for the data; which requests set it is the front ends' of
//! `data_device` and `data_control`.

use std::os::fd::OwnedFd;

#[cfg(data_control)]
use super::data_control;
use super::protocol::WlDataSource;
#[cfg(data_control)]
use super::protocol::ZwlrDataControlSourceV1;
use super::{data_device, serials};
use crate::app::App;

/// What was copied last.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    holder: Option<Holder>,
    /// The latest event that it was set for.
    serial: Option<u32>,
}

impl Selection {
    pub(super) fn holder(&self) -> Option<Holder> {
        self.holder
    }

    /// Whether it was set for an event after the one with this serial.
    pub(super) fn is_after(&self, serial: u32) -> bool {
        self.serial.is_some_and(|latest| !serials::is_not_before(serial, latest))
    }
}

/// Who has the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Source(WlDataSource),
    /// One that needs no keyboard.
    #[cfg(data_control)]
    Control(ZwlrDataControlSourceV1),
}

impl Holder {
    /// What it can be had as; `None` if the source is gone.
    pub(super) fn types(self, app: &mut App) -> Option<Vec<String>> {
        Some(match self {
            Holder::Source(source) => app.server.data(source).ok()?.types.clone(),
            #[cfg(data_control)]
            Holder::Control(source) => app.server.data(source).ok()?.types.clone(),
        })
    }

    /// Asks for the data. If the source is gone the descriptor is closed: the reader sees an end.
    pub(super) fn send(self, app: &mut App, kind: &str, fd: OwnedFd) {
        let _ = match self {
            Holder::Source(source) => source.send(&mut app.server, kind, fd),
            #[cfg(data_control)]
            Holder::Control(source) => source.send(&mut app.server, kind, fd),
        };
    }

    /// Says that something else was copied; the source may be gone.
    fn cancel(self, app: &mut App) {
        let _ = match self {
            Holder::Source(source) => source.cancelled(&mut app.server),
            #[cfg(data_control)]
            Holder::Control(source) => source.cancelled(&mut app.server),
        };
    }
}

/// Something else was copied, or nothing; `serial` is that of the event it answers, if any.
pub(super) fn set(app: &mut App, holder: Option<Holder>, serial: Option<u32>) {
    let selection = &mut app.wayland.selection;
    selection.serial = serial.or(selection.serial);
    if let Some(old) = std::mem::replace(&mut selection.holder, holder) {
        old.cancel(app);
    }
    announce(app);
}

/// A source is gone.
pub(super) fn forget(app: &mut App, holder: Holder) {
    if app.wayland.selection.holder.take_if(|current| *current == holder).is_some() {
        announce(app);
    }
}

fn announce(app: &mut App) {
    if let Some(target) = app.keyboard_focus() {
        data_device::focus(app, target.client());
    }
    #[cfg(data_control)]
    data_control::announce(app);
}
