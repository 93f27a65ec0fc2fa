//! `zxdg_output_manager_v1`: where the screen is in the coordinates of windows.

use wayline::server::{Delegate, Module};
use wayline::{Handled, Server};

use crate::globals::{Offer, OfferError};
use crate::host::{Host, Wayland};
use crate::output::{DESCRIPTION, NAME};
use crate::protocol::{ZxdgOutputManagerV1, ZxdgOutputV1, zxdg_output_manager_v1, zxdg_output_v1};

/// What an application has that serves `zxdg_output_manager_v1`: [`delegate_xdg_output!`](crate::delegate_xdg_output) writes it.
pub trait Hosts: Host + Delegate<ZxdgOutputManagerV1, To = Wayland> + Delegate<ZxdgOutputV1, To = Wayland> {}

impl<A: Host + Delegate<ZxdgOutputManagerV1, To = Wayland> + Delegate<ZxdgOutputV1, To = Wayland>> Hosts for A {}

/// Hands the interfaces of [`xdg_output`](crate::xdg_output) to this crate, for an application that implements [`Host`](crate::Host).
#[macro_export]
macro_rules! delegate_xdg_output {
    ($app:ty) => {
        $crate::delegate!(@ $app: ZxdgOutputManagerV1, ZxdgOutputV1);
    };
}

/// Announces `zxdg_output_manager_v1`.
///
/// # Errors
/// As [`Offer::global`].
pub fn announce<A: Hosts>(server: &mut Server<A>, offer: &mut Offer) -> Result<(), OfferError> {
    offer.global::<A, ZxdgOutputManagerV1>(server, 3)
}

impl<A: Hosts> Module<ZxdgOutputManagerV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: ZxdgOutputManagerV1, request: zxdg_output_manager_v1::Request) -> Handled {
        match request {
            zxdg_output_manager_v1::Request::Destroy => {}
            zxdg_output_manager_v1::Request::GetXdgOutput { id, output } => {
                let (width, height) = app.desktop().frame().size();
                let server = app.server();
                id.logical_position(server, 0, 0)?;
                id.logical_size(server, width as i32, height as i32)?;
                if id.version() >= 2 {
                    id.name(server, NAME)?;
                    id.description(server, DESCRIPTION)?;
                }
                if id.version() < 3 {
                    id.done(server)?;
                } else if output.version() >= 2 {
                    output.done(server)?;
                }
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZxdgOutputV1, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: ZxdgOutputV1, request: zxdg_output_v1::Request) -> Handled {
        match request {
            zxdg_output_v1::Request::Destroy => Ok(()),
        }
    }
}
