//! The state of windows, popups and what they are made with.

use std::collections::VecDeque;

use wayline::{ClientId, Fault, Server};

use super::positioner::Positioner;
use crate::host::Host;
use crate::protocol::{
    WlSurface, XdgPopup, XdgSurface, XdgToplevel, XdgWmBase, ZxdgShellV6, ZxdgToplevelDecorationV1, xdg_wm_base,
};
use wayline_desktop::{Rect, Shape, SurfaceId};

/// Most configurations that a client is sent before it acknowledges one. What changes until then is told afterwards.
const MAX_UNANSWERED: usize = 16;

/// Most configurations that are remembered for clients that may acknowledge them late.
const MAX_SENT: usize = 1024;

/// What an `xdg_surface` was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Stable(XdgWmBase),
    /// xdg-shell v6; the errors have the same numbers.
    V6(ZxdgShellV6),
}

/// State of an `xdg_wm_base`.
#[derive(Debug, Default)]
pub struct BaseState {
    /// Its `xdg_surface`s that are alive.
    pub(crate) surfaces: u32,
    /// Serial of the ping that was not answered yet.
    pub(crate) ping: Option<u32>,
}

impl Base {
    pub(crate) fn state<A: Host>(self, server: &mut Server<A>) -> Option<&mut BaseState> {
        match self {
            Base::Stable(this) => server.data(this).ok(),
            Base::V6(this) => server.data(this).ok(),
        }
    }

    pub(crate) fn client(self) -> ClientId {
        match self {
            Base::Stable(this) => this.client(),
            Base::V6(this) => this.client(),
        }
    }

    pub(crate) fn fault(self, code: xdg_wm_base::Error, text: impl Into<String>) -> Fault {
        match self {
            Base::Stable(this) => Fault::protocol(this, code, text),
            Base::V6(this) => Fault::protocol(this, code, text),
        }
    }
}

/// The error of a request of an `xdg_surface` or its role that is raised on what made it.
pub(crate) fn fault<A: Host>(app: &mut A, xdg: Option<XdgSurface>, code: xdg_wm_base::Error, text: &str) -> Fault {
    let base = xdg.and_then(|xdg| app.server().data(xdg).ok()).and_then(|state| state.base);
    base.map_or_else(|| Fault::internal(text), |base| base.fault(code, text))
}

/// What an `xdg_surface` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RoleObject {
    #[default]
    None,
    Toplevel(XdgToplevel),
    Popup(XdgPopup),
}

/// What a client was asked to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Configure {
    pub(crate) serial: u32,
    pub(crate) shape: Shape,
    /// Place of a popup in its parent, or on the screen of a window that fills it.
    pub(crate) place: Rect,
    /// Which life of the surface it was for: each ends when it is unmapped.
    life: u32,
}

/// State of an `xdg_surface`.
#[derive(Debug, Default)]
pub struct XdgState {
    pub(crate) base: Option<Base>,
    pub(crate) surface: Option<WlSurface>,
    pub(crate) role: RoleObject,
    pub(crate) geometry: Option<Rect>,
    pub(crate) next_geometry: Option<Rect>,
    /// Whether the first commit was made, which asks for a configuration.
    pub(crate) initial: bool,
    /// Whether one was acknowledged.
    pub(crate) configured: bool,
    pub(crate) acknowledged: Option<Configure>,
    sent: VecDeque<Configure>,
    unanswered: usize,
    /// Whether a configuration is owed that was not sent, because too many are unanswered.
    pub(crate) is_owed: bool,
    life: u32,
}

impl XdgState {
    /// Whether a first configuration was sent.
    pub(crate) fn was_configured(&self) -> bool {
        self.configured || self.unanswered > 0
    }

    /// Whether another configuration may be sent; if not, it is owed.
    pub(crate) fn may_configure(&mut self) -> bool {
        self.is_owed = self.unanswered >= MAX_UNANSWERED;
        !self.is_owed
    }

    pub(crate) fn push(&mut self, serial: u32, shape: Shape, place: Rect) {
        if self.sent.len() == MAX_SENT {
            self.sent.pop_front();
        }
        self.unanswered += 1;
        self.sent.push_back(Configure { serial, shape, place, life: self.life });
    }

    /// A client acknowledges a configuration. Those before it are answered as well; one of an earlier life means
    /// nothing any more. Returns false if there is no such serial to acknowledge.
    pub(crate) fn acknowledge(&mut self, serial: u32) -> bool {
        let Some(at) = self.sent.iter().position(|configure| configure.serial == serial) else { return false };
        for configure in self.sent.drain(..=at) {
            if configure.life == self.life {
                self.unanswered -= 1;
                self.configured = true;
                self.acknowledged = Some(configure);
            }
        }
        true
    }

    /// Back to the state before the first commit.
    pub(crate) fn start_again(&mut self) {
        self.life += 1;
        (self.unanswered, self.is_owed) = (0, false);
        (self.initial, self.configured) = (false, false);
        (self.acknowledged, self.geometry) = (None, None);
    }
}

/// State of an `xdg_toplevel`.
#[derive(Debug, Default)]
pub struct Toplevel {
    pub(crate) xdg: Option<XdgSurface>,
    pub(crate) surface: Option<WlSurface>,
    pub(crate) id: Option<SurfaceId>,
    /// Bytes of its title, as they are charged.
    pub(crate) title: u64,
    pub(crate) min: (i32, i32),
    pub(crate) max: (i32, i32),
    /// The room for windows that it was told of.
    pub(crate) bounds: (i32, i32),
    pub(crate) decoration: Option<ZxdgToplevelDecorationV1>,
}

/// State of an `xdg_popup`.
#[derive(Debug, Default)]
pub struct Popup {
    pub(crate) xdg: Option<XdgSurface>,
    pub(crate) surface: Option<WlSurface>,
    pub(crate) id: Option<SurfaceId>,
    pub(crate) parent: Option<WlSurface>,
    pub(crate) positioner: Positioner,
    /// The place that it was told last.
    pub(crate) place: Rect,
    /// The token of a reposition that is answered with the next configuration.
    pub(crate) token: Option<u32>,
}

/// Whether the first commit was made.
pub(super) fn is_initial<A: Host>(app: &mut A, xdg: Option<XdgSurface>) -> bool {
    xdg.and_then(|xdg| app.server().data(xdg).ok()).is_some_and(|state| state.initial)
}

/// The role object is gone: a new one can be made.
pub(crate) fn forget_role<A: Host>(app: &mut A, this: Option<XdgSurface>) -> Option<WlSurface> {
    let state = this.and_then(|this| app.server().data(this).ok())?;
    state.role = RoleObject::None;
    state.start_again();
    state.surface
}
