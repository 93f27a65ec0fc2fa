//! `zwp_relative_pointer_manager_v1`: how far the pointer was moved, also where it cannot go.
//!
//! There is no acceleration here: both distances are the same.

use wayline::HandlerResult;
use wayline::server::Module;

use crate::globals::module;
use crate::host::Wayland;
use crate::limits::register;
use crate::protocol::{
    ZwpRelativePointerManagerV1, ZwpRelativePointerV1, zwp_relative_pointer_manager_v1, zwp_relative_pointer_v1,
};

module! { ($) delegate_relative_pointer; seat_global ZwpRelativePointerManagerV1 1; ZwpRelativePointerV1 }

impl<A: Hosts> Module<ZwpRelativePointerManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        _: ZwpRelativePointerManagerV1,
        request: zwp_relative_pointer_manager_v1::Request,
    ) -> HandlerResult {
        use zwp_relative_pointer_manager_v1::Request;

        match request {
            Request::Destroy => {}
            Request::GetRelativePointer { id, .. } => {
                register(&mut app.wayland().client(id).relative_pointers, id)?;
                app.desktop().report_motion();
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZwpRelativePointerV1, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: ZwpRelativePointerV1, request: zwp_relative_pointer_v1::Request) -> HandlerResult {
        match request {
            zwp_relative_pointer_v1::Request::Destroy => Ok(()),
        }
    }

    fn destroyed(app: &mut A, this: ZwpRelativePointerV1, (): ()) {
        app.wayland().client(this).relative_pointers.retain(|other| *other != this);
    }
}
