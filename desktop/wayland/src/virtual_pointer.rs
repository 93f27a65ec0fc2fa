//! `zwlr_virtual_pointer_manager_v1`: pointers that are programs. There is one pointer, which they move as the user does;
//! [`Host::permits_input`] says who may.
//!
//! What is asked for happens at once, and not with the frame; all scrolling is that of a wheel.

use wayline::server::{Delegate, Module};
use wayline::{ClientId, Fault, Handled, Server};
use wayline_desktop::Action;

use crate::globals::{Offer, OfferError};
use crate::host::{Host, Wayland};
use crate::protocol::{
    ZwlrVirtualPointerManagerV1, ZwlrVirtualPointerV1, wl_pointer, zwlr_virtual_pointer_manager_v1,
    zwlr_virtual_pointer_v1,
};
use crate::seat::played;

/// State of a `zwlr_virtual_pointer_v1`.
#[derive(Debug, Default)]
pub struct Pointer(played::Held);

/// What an application has that serves this: [`delegate_virtual_pointer!`](crate::delegate_virtual_pointer) writes it.
pub trait Hosts:
    Host + Delegate<ZwlrVirtualPointerManagerV1, To = Wayland> + Delegate<ZwlrVirtualPointerV1, To = Wayland>
{
}

impl<A: Host + Delegate<ZwlrVirtualPointerManagerV1, To = Wayland> + Delegate<ZwlrVirtualPointerV1, To = Wayland>> Hosts
    for A
{
}

/// Hands the interfaces of this module to it, for an application that implements [`Host`].
#[macro_export]
macro_rules! delegate_virtual_pointer {
    ($app:ty) => {
        $crate::delegate!(@ $app: ZwlrVirtualPointerManagerV1, ZwlrVirtualPointerV1);
    };
}

/// Announces this.
///
/// # Errors
/// As [`Offer::global`].
pub fn announce<A: Hosts>(server: &mut Server<A>, offer: &mut Offer) -> Result<(), OfferError> {
    // Without a seat there is none to be part of.
    if offer.limit("wl_seat") == Some(0) { Ok(()) } else { offer.global::<A, ZwlrVirtualPointerManagerV1>(server, 2) }
}

impl<A: Hosts> Module<ZwlrVirtualPointerManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        this: ZwlrVirtualPointerManagerV1,
        request: zwlr_virtual_pointer_manager_v1::Request,
    ) -> Handled {
        use zwlr_virtual_pointer_manager_v1::Request;

        match request {
            Request::Destroy => Ok(()),
            // There is one seat, and one screen.
            Request::CreateVirtualPointer { .. } | Request::CreateVirtualPointerWithOutput { .. } => {
                begin(app, this.client())
            }
        }
    }
}

/// The protocol has no error for who may not.
fn begin<A: Hosts>(app: &mut A, client: ClientId) -> Handled {
    if !app.permits_input(client) {
        return Err(Fault::internal("this client may not move the pointer"));
    }
    played::begin(app, client)
}

impl<A: Hosts> Module<ZwlrVirtualPointerV1, A> for Wayland {
    type Data = Pointer;

    fn request(app: &mut A, this: ZwlrVirtualPointerV1, request: zwlr_virtual_pointer_v1::Request) -> Handled {
        use zwlr_virtual_pointer_v1::{Error, Request};

        match request {
            Request::Destroy | Request::Frame => {}
            Request::Motion { dx, dy, .. } => {
                played::act(app, Action::MoveBy { dx: dx.to_f64(), dy: dy.to_f64() });
            }
            Request::MotionAbsolute { x, y, x_extent, y_extent, .. } => {
                let (width, height) = app.desktop().frame().size();
                if let (Some(x), Some(y)) = (place(x, x_extent, width), place(y, y_extent, height)) {
                    played::act(app, Action::Move { x, y });
                }
            }
            Request::Button { button, state, .. } => {
                if let Some(pressed) = app.server().data(this)?.0.takes(button, state.0) {
                    played::act(app, Action::Button { code: button, pressed });
                }
            }
            Request::Axis { axis, value, .. } | Request::AxisDiscrete { axis, value, .. } => {
                let horizontal = is_horizontal(this, axis)?;
                played::act(app, Action::Scroll { horizontal, distance: value.to_f64() });
            }
            Request::AxisStop { axis, .. } => drop(is_horizontal(this, axis)?),
            Request::AxisSource { axis_source } => {
                if axis_source.0 > wl_pointer::AxisSource::WHEEL_TILT.0 {
                    let text = format!("{} is no source of scrolling", axis_source.0);
                    return Err(Fault::protocol(this, Error::INVALID_AXIS_SOURCE, text));
                }
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwlrVirtualPointerV1, pointer: Pointer) {
        for code in pointer.0.codes() {
            played::act(app, Action::Button { code, pressed: false });
        }
        played::end(app, this.client());
    }
}

/// Where a part of an extent is on the screen; `None` if there is no extent.
fn place(part: u32, extent: u32, length: u32) -> Option<f64> {
    let at = f64::from(part) / f64::from(extent) * f64::from(length);
    (extent > 0).then_some(at.min(f64::from(length) - 1.0))
}

fn is_horizontal(this: ZwlrVirtualPointerV1, axis: wl_pointer::Axis) -> Result<bool, Fault> {
    match axis {
        wl_pointer::Axis::VERTICAL_SCROLL => Ok(false),
        wl_pointer::Axis::HORIZONTAL_SCROLL => Ok(true),
        other => {
            let text = format!("{} is no axis", other.0);
            Err(Fault::protocol(this, zwlr_virtual_pointer_v1::Error::INVALID_AXIS, text))
        }
    }
}
