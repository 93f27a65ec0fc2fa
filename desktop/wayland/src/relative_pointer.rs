//! `zwp_relative_pointer_manager_v1`: how far the pointer was moved, also where it cannot go.
//!
//! There is no acceleration here: both distances are the same.

use wayline::server::{Delegate, Module};
use wayline::{Handled, Server};

use crate::globals::{Offer, OfferError};
use crate::host::{Host, Wayland};
use crate::protocol::{
    ZwpRelativePointerManagerV1, ZwpRelativePointerV1, zwp_relative_pointer_manager_v1, zwp_relative_pointer_v1,
};
use crate::seat::check_number;

/// What an application has that serves this: [`delegate_relative_pointer!`](crate::delegate_relative_pointer) writes it.
pub trait Hosts:
    Host + Delegate<ZwpRelativePointerManagerV1, To = Wayland> + Delegate<ZwpRelativePointerV1, To = Wayland>
{
}

impl<A: Host + Delegate<ZwpRelativePointerManagerV1, To = Wayland> + Delegate<ZwpRelativePointerV1, To = Wayland>> Hosts
    for A
{
}

/// Hands the interfaces of this module to it, for an application that implements [`Host`].
#[macro_export]
macro_rules! delegate_relative_pointer {
    ($app:ty) => {
        $crate::delegate!(@ $app: ZwpRelativePointerManagerV1, ZwpRelativePointerV1);
    };
}

/// Announces this.
///
/// # Errors
/// As [`Offer::global`].
pub fn announce<A: Hosts>(server: &mut Server<A>, offer: &mut Offer) -> Result<(), OfferError> {
    // Without a seat there is no pointer to ask about.
    if offer.limit("wl_seat") == Some(0) { Ok(()) } else { offer.global::<A, ZwpRelativePointerManagerV1>(server, 1) }
}

impl<A: Hosts> Module<ZwpRelativePointerManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        _: ZwpRelativePointerManagerV1,
        request: zwp_relative_pointer_manager_v1::Request,
    ) -> Handled {
        use zwp_relative_pointer_manager_v1::Request;

        match request {
            Request::Destroy => {}
            Request::GetRelativePointer { id, .. } => {
                let pointers = &mut app.wayland().client(id).relative_pointers;
                check_number(pointers.len())?;
                pointers.push(id);
                app.desktop().report_motion();
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZwpRelativePointerV1, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: ZwpRelativePointerV1, request: zwp_relative_pointer_v1::Request) -> Handled {
        match request {
            zwp_relative_pointer_v1::Request::Destroy => Ok(()),
        }
    }

    fn destroyed(app: &mut A, this: ZwpRelativePointerV1, (): ()) {
        app.wayland().client(this).relative_pointers.retain(|pointer| *pointer != this);
    }
}
