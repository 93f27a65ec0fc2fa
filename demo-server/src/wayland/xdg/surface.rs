//! `xdg_surface`: window geometry, and the configurations that were sent and
//! acknowledged.

use std::collections::VecDeque;

use wayline::{Fault, Handled, RequestHandler};

use super::super::protocol::{WlSurface, XdgPopup, XdgSurface, XdgToplevel, xdg_surface, xdg_wm_base};
use super::super::surface::Role;
use super::toplevel::Shape;
use super::{popup, unmap, wm_base};
use crate::app::App;
use crate::scene::Rect;

/// Configurations kept that were not acknowledged; a client that is slower misses the oldest.
const MAX_SENT: usize = 256;

/// What an `xdg_surface` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Object {
    #[default]
    None,
    Toplevel(XdgToplevel),
    Popup(XdgPopup),
}

/// What a client was asked to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Configure {
    pub(super) serial: u32,
    pub(super) shape: Shape,
    /// Place of a popup in its parent, or on the screen of a window that fills it.
    pub(super) place: Rect,
}

/// State of an `xdg_surface`.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    pub(super) base: Option<wm_base::Base>,
    pub(super) surface: Option<WlSurface>,
    pub(super) role: Object,
    pub(super) geometry: Option<Rect>,
    pub(super) next_geometry: Option<Rect>,
    /// Whether the first commit was made, which asks for a configuration.
    pub(super) initial: bool,
    /// Whether one was acknowledged.
    pub(super) configured: bool,
    sent: VecDeque<Configure>,
    pub(super) acknowledged: Option<Configure>,
}

impl Surface {
    /// Whether a first configuration was sent.
    pub(super) fn was_configured(&self) -> bool {
        self.configured || !self.sent.is_empty()
    }

    /// Back to the state before the first commit.
    pub(super) fn start_again(&mut self) {
        self.initial = false;
        self.configured = false;
        self.acknowledged = None;
        self.sent.clear();
        self.geometry = None;
    }
}

/// Ends a configuration whose parts were sent before.
pub(super) fn configure(app: &mut App, this: XdgSurface, shape: Shape, place: Rect) -> Handled {
    let serial = app.serial();
    let state = app.server.data(this)?;
    if state.sent.len() == MAX_SENT {
        state.sent.pop_front();
    }
    state.sent.push_back(Configure { serial, shape, place });
    this.configure(&mut app.server, serial)?;
    Ok(())
}

/// The part of a surface that is its window: all of it, unless the client said otherwise.
pub(in crate::wayland) fn geometry(app: &mut App, surface: WlSurface) -> Rect {
    let Ok(state) = app.server.data(surface) else { return Rect::EMPTY };
    let ((width, height), xdg) = (state.current.size, state.xdg);
    let said = xdg.and_then(|xdg| app.server.data(xdg).ok()).and_then(|state| state.geometry);
    said.unwrap_or(Rect::new(0, 0, width, height))
}

impl RequestHandler<XdgSurface> for App {
    type Data = Surface;

    fn request(&mut self, this: XdgSurface, request: xdg_surface::Request) -> Handled {
        let state = self.server.data(this)?;
        let not_constructed = || {
            let text = "a request before get_toplevel or get_popup";
            Err(Fault::protocol(this, xdg_surface::Error::NOT_CONSTRUCTED, text))
        };
        match request {
            xdg_surface::Request::Destroy => {
                if state.role != Object::None {
                    let text = "its toplevel or popup must be destroyed first";
                    return Err(Fault::protocol(this, xdg_surface::Error::DEFUNCT_ROLE_OBJECT, text));
                }
            }
            xdg_surface::Request::GetToplevel { id } => {
                let surface = self.construct(this, Role::Toplevel)?;
                self.server.data(this)?.role = Object::Toplevel(id);
                let toplevel = self.server.data(id)?;
                toplevel.xdg = Some(this);
                toplevel.surface = Some(surface);
            }
            xdg_surface::Request::GetPopup { id, parent, positioner } => {
                let base = state.base;
                let positioner = self.server.data(positioner)?.clone();
                if !positioner.is_complete() {
                    let text = "the positioner has no size or no anchor rectangle";
                    return Err(wm_base::fault(base, xdg_wm_base::Error::INVALID_POSITIONER, text));
                }
                let surface = self.construct(this, Role::Popup)?;
                self.server.data(this)?.role = Object::Popup(id);
                popup::begin(self, id, (this, surface), parent, positioner)?;
            }
            xdg_surface::Request::SetWindowGeometry { x, y, width, height } => {
                if state.role == Object::None {
                    return not_constructed();
                }
                if width <= 0 || height <= 0 {
                    let text = format!("{width}x{height} is no size of a window");
                    return Err(Fault::protocol(this, xdg_surface::Error::INVALID_SIZE, text));
                }
                state.next_geometry = Some(Rect::new(x, y, width, height));
            }
            xdg_surface::Request::AckConfigure { serial } => {
                if state.role == Object::None {
                    return not_constructed();
                }
                let Some(at) = state.sent.iter().position(|configure| configure.serial == serial) else {
                    let text = format!("serial {serial} is not one to acknowledge");
                    return Err(Fault::protocol(this, xdg_surface::Error::INVALID_SERIAL, text));
                };
                state.acknowledged = state.sent.drain(..=at).next_back();
                state.configured = true;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, _: XdgSurface, state: Surface) {
        if let Some(base) = state.base.and_then(|base| base.state(&mut self.server)) {
            base.surfaces -= 1;
        }
        if let Some(surface) = state.surface
            && let Ok(data) = self.server.data(surface)
        {
            data.xdg = None;
            unmap(self, surface);
        }
    }
}

impl App {
    /// Gives an `xdg_surface` its role object.
    fn construct(&mut self, this: XdgSurface, role: Role) -> Result<WlSurface, Fault> {
        let state = self.server.data(this)?;
        let (base, surface) = (state.base, state.surface);
        if state.role != Object::None {
            let text = "it has a toplevel or popup already";
            return Err(Fault::protocol(this, xdg_surface::Error::ALREADY_CONSTRUCTED, text));
        }
        let Some(surface) = surface else {
            return Err(Fault::protocol(this, xdg_surface::Error::NOT_CONSTRUCTED, "its wl_surface was destroyed"));
        };
        if let Some(base) = base {
            base.give_role(self, surface, role)?;
        }
        Ok(surface)
    }
}

/// The role object is gone: a new one can be made.
pub(super) fn forget_role(app: &mut App, this: Option<XdgSurface>) {
    let Some(state) = this.and_then(|this| app.server.data(this).ok()) else { return };
    state.role = Object::None;
    state.start_again();
    if let Some(surface) = state.surface {
        unmap(app, surface);
    }
}
