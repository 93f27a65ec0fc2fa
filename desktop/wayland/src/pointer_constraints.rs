//! `zwp_pointer_constraints_v1`: surfaces that keep the pointer where it is, or inside of them. They do only while the
//! pointer is on them, and their window has the keyboard: the user can always go elsewhere by the keyboard, or by what
//! else the compositor has.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};
use wayline_desktop::{Constraint, Region};

use crate::globals::module;
use crate::host::{Host, Wayland};
use crate::protocol::{
    WlRegion, WlSurface, ZwpConfinedPointerV1, ZwpLockedPointerV1, ZwpPointerConstraintsV1, zwp_confined_pointer_v1,
    zwp_locked_pointer_v1, zwp_pointer_constraints_v1,
};
use crate::surface::holding::{bytes, end};
use crate::surface::state::{self, Holder, Holding};

module! {
    ($) delegate_pointer_constraints;
    seat_global ZwpPointerConstraintsV1 1;
    ZwpLockedPointerV1, ZwpConfinedPointerV1
}

impl<A: Hosts> Module<ZwpPointerConstraintsV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        this: ZwpPointerConstraintsV1,
        request: zwp_pointer_constraints_v1::Request,
    ) -> HandlerResult {
        use zwp_pointer_constraints_v1::Request;

        match request {
            Request::Destroy => Ok(()),
            Request::LockPointer { id, surface, region, lifetime, .. } => {
                *app.server().data(id)? = Some(surface);
                begin(app, this, surface, Holder::Lock(id), region, lifetime)
            }
            Request::ConfinePointer { id, surface, region, lifetime, .. } => {
                *app.server().data(id)? = Some(surface);
                begin(app, this, surface, Holder::Confinement(id), region, lifetime)
            }
        }
    }
}

/// A surface asks to hold the pointer. There is one seat, so it does not matter by which of the client's pointers.
fn begin<A: Hosts>(
    app: &mut A,
    manager: ZwpPointerConstraintsV1,
    surface: WlSurface,
    object: Holder,
    region: Option<WlRegion>,
    lifetime: zwp_pointer_constraints_v1::Lifetime,
) -> HandlerResult {
    use zwp_pointer_constraints_v1::{Error, Lifetime};

    let once = match lifetime {
        Lifetime::ONESHOT => true,
        Lifetime::PERSISTENT => false,
        other => return Err(HandlerError::internal(format!("{} is no lifetime of a constraint", other.0))),
    };
    let region = copy(app, region)?;
    let state = app.server().data(surface)?;
    let id = state.id;
    let text = || format!("wl_surface#{} has a constraint already", surface.id());
    HandlerError::unless(state.constraint.is_none(), manager, Error::ALREADY_CONSTRAINED, text)?;
    state.constraint = Some(Box::new(Holding { object, once, hint: None, bytes: bytes(region.as_ref()) }));
    state::charge(app, surface)?;
    let locks = matches!(object, Holder::Lock(_));
    app.desktop().set_constraint(id, Some(Constraint { locks, region, once }));
    app.settle();
    Ok(())
}

fn copy<A: Host>(app: &mut A, region: Option<WlRegion>) -> Result<Option<Region>, HandlerError> {
    Ok(region.map(|region| app.server().data(region).cloned()).transpose()?)
}

/// A region for the next commit; without its surface, or after it held once, a constraint does nothing.
fn set_region<A: Host>(
    app: &mut A,
    surface: Option<WlSurface>,
    object: Holder,
    region: Option<WlRegion>,
) -> HandlerResult {
    let region = copy(app, region)?;
    let Some(surface) = surface else { return Ok(()) };
    match app.server().data(surface) {
        Ok(state) if state.constraint.as_ref().is_some_and(|holding| holding.object == object) => {
            state.pending.constraint = Some(region);
            state::charge(app, surface)
        }
        _ => Ok(()),
    }
}

impl<A: Hosts> Module<ZwpLockedPointerV1, A> for Wayland {
    type Data = Option<WlSurface>;

    fn request(app: &mut A, this: ZwpLockedPointerV1, request: zwp_locked_pointer_v1::Request) -> HandlerResult {
        use zwp_locked_pointer_v1::Request;

        let surface = *app.server().data(this)?;
        match request {
            Request::Destroy => {}
            Request::SetRegion { region } => set_region(app, surface, Holder::Lock(this), region)?,
            Request::SetCursorPositionHint { surface_x, surface_y } => {
                if let Some(surface) = surface.and_then(|surface| app.server().data(surface).ok())
                    && surface.constraint.as_ref().is_some_and(|holding| holding.object == Holder::Lock(this))
                {
                    surface.pending.hint = Some((surface_x.to_f64(), surface_y.to_f64()));
                }
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwpLockedPointerV1, surface: Option<WlSurface>) {
        end(app, surface, Holder::Lock(this));
    }
}

impl<A: Hosts> Module<ZwpConfinedPointerV1, A> for Wayland {
    type Data = Option<WlSurface>;

    fn request(app: &mut A, this: ZwpConfinedPointerV1, request: zwp_confined_pointer_v1::Request) -> HandlerResult {
        use zwp_confined_pointer_v1::Request;

        let surface = *app.server().data(this)?;
        match request {
            Request::Destroy => {}
            Request::SetRegion { region } => set_region(app, surface, Holder::Confinement(this), region)?,
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwpConfinedPointerV1, surface: Option<WlSurface>) {
        end(app, surface, Holder::Confinement(this));
    }
}
