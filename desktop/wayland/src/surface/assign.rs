//! Gives surfaces their roles, and takes them away.

use wayline::{HandlerError, HandlerResult};

use super::commit::update_output;
use super::role::{Object, Purpose, Role};
use crate::host::Host;
use crate::protocol::WlSurface;
use crate::shm::release_buffer;
use wayline_desktop::SurfaceId;

/// Whether a surface may be used for something.
///
/// # Errors
/// The fault given if it is used for something else, or has an object already.
pub(crate) fn check_role<A: Host>(
    app: &mut A,
    this: WlSurface,
    purpose: Purpose,
    fault: impl FnOnce(String) -> HandlerError,
) -> HandlerResult {
    let surface = app.server().data(this)?;
    let id = this.id();
    match surface.purpose {
        Some(other) if other != purpose => {
            Err(fault(format!("wl_surface#{id} is a {other} already and cannot become a {purpose}")))
        }
        None if surface.object != Object::None => Err(fault(format!("wl_surface#{id} has a role already"))),
        _ => Ok(()),
    }
}

/// Gives a surface the object by which it has its role. Returns its name on the desktop.
///
/// # Errors
/// If the client is gone.
pub(crate) fn set_object<A: Host>(
    app: &mut A,
    this: WlSurface,
    role: &'static dyn Role<A>,
    object: Object,
) -> Result<SurfaceId, HandlerError> {
    let surface = app.server().data(this)?;
    (surface.role, surface.object) = (Some(role), object);
    let id = surface.id;
    update_output(app, this);
    Ok(id)
}

/// Gives a surface a role, which it keeps, and its object in one.
///
/// # Errors
/// The fault given if it is used for something else, or has an object already.
pub(crate) fn set_role<A: Host>(
    app: &mut A,
    this: WlSurface,
    (purpose, role): (Purpose, &'static dyn Role<A>),
    object: Object,
    fault: impl FnOnce(String) -> HandlerError,
) -> Result<SurfaceId, HandlerError> {
    check_role(app, this, purpose, fault)?;
    app.server().data(this)?.purpose = Some(purpose);
    set_object(app, this, role, object)
}

/// Gives all surfaces that have such an object its role again, which no other process could write down.
pub(crate) fn restore<A: Host>(app: &mut A, role: &'static dyn Role<A>, is_of: fn(Object) -> bool) {
    let surfaces: Vec<WlSurface> = app.server().objects().collect();
    for this in surfaces {
        if let Ok(surface) = app.server().data(this)
            && is_of(surface.object)
        {
            surface.role = Some(role);
        }
    }
}

/// The object of a surface's role is gone: it keeps its content, but is shown nowhere.
pub(crate) fn drop_object<A: Host>(app: &mut A, surface: WlSurface) {
    let Ok(data) = app.server().data(surface) else { return };
    (data.role, data.object) = (None, Object::None);
    let id = data.id;
    app.desktop().detach(id);
    update_output(app, surface);
    app.settle();
}

/// A window, popup or panel is gone: its surface loses its content as well.
pub(crate) fn unmap<A: Host>(app: &mut A, surface: WlSurface) {
    let Ok(data) = app.server().data(surface) else { return };
    let (attached, id) = (data.current.attached.take(), data.id);
    app.desktop().set_content(id, None, &[]);
    app.desktop().detach(id);
    update_output(app, surface);
    app.settle();
    if let Some(attached) = attached {
        release_buffer(app, &attached);
    }
}
