//! Gives surfaces their roles, and takes them away.

use wayline::{HandlerError, HandlerResult, Interface};

use super::commit;
use super::role::{Object, Role};
use crate::host::Host;
use crate::protocol::WlSurface;
use crate::shm::release_buffer;
use wayline_desktop::SurfaceId;

/// The name of a surface on the desktop.
pub(crate) fn id<A: Host>(app: &mut A, surface: WlSurface) -> Option<SurfaceId> {
    app.server().data(surface).ok()?.id
}

/// Whether a surface may be used for something.
///
/// # Errors
/// The code given if it is used for something else, or has an object already.
pub(crate) fn check_role<A: Host>(
    app: &mut A,
    this: WlSurface,
    name: &'static str,
    error_object: impl Interface,
    code: impl Into<u32> + Copy,
) -> HandlerResult {
    check_name(app, this, name, error_object, code)?;
    let surface = app.server().data(this)?;
    if surface.role_name.is_none() && surface.object != Object::None {
        let text = format!("wl_surface#{} has a role already", this.id());
        return Err(HandlerError::protocol(error_object, code, text));
    }
    Ok(())
}

fn check_name<A: Host>(
    app: &mut A,
    this: WlSurface,
    name: &'static str,
    error_object: impl Interface,
    code: impl Into<u32>,
) -> HandlerResult {
    match app.server().data(this)?.role_name {
        Some(other) if other != name => {
            let text = format!("wl_surface#{} is a {other} already and cannot become a {name}", this.id());
            Err(HandlerError::protocol(error_object, code, text))
        }
        _ => Ok(()),
    }
}

/// Marks a surface as used for something, which it stays.
///
/// # Errors
/// The code given if it is used for something else.
pub(crate) fn set_role_name<A: Host>(
    app: &mut A,
    this: WlSurface,
    name: &'static str,
    error_object: impl Interface,
    code: impl Into<u32>,
) -> HandlerResult {
    check_name(app, this, name, error_object, code)?;
    app.server().data(this)?.role_name = Some(name);
    Ok(())
}

/// What a surface is for, if that is decided.
pub(crate) fn role_name<A: Host>(app: &mut A, surface: WlSurface) -> Option<&'static str> {
    app.server().data(surface).ok()?.role_name
}

/// Gives a surface the object by which it has its role, and a name on the desktop, which is returned.
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
    let id = commit::name(app, this)?;
    commit::update_output(app, this);
    Ok(id)
}

/// Gives a surface a role and its object in one.
///
/// # Errors
/// The code given if it is used for something else, or has an object already.
pub(crate) fn set_role<A: Host>(
    app: &mut A,
    this: WlSurface,
    (name, role): (&'static str, &'static dyn Role<A>),
    object: Object,
    error_object: impl Interface,
    code: impl Into<u32> + Copy,
) -> Result<SurfaceId, HandlerError> {
    check_role(app, this, name, error_object, code)?;
    app.server().data(this)?.role_name = Some(name);
    set_object(app, this, role, object)
}

/// The object of a surface's role is gone: it keeps its content, but is shown nowhere.
pub(crate) fn drop_object<A: Host>(app: &mut A, surface: WlSurface) {
    let Ok(data) = app.server().data(surface) else { return };
    (data.role, data.object) = (None, Object::None);
    if let Some(id) = data.id {
        app.desktop().detach(id);
    }
    commit::update_output(app, surface);
    app.settle();
}

/// A window, popup or panel is gone: its surface loses its content as well.
pub(crate) fn unmap<A: Host>(app: &mut A, surface: WlSurface) {
    let Ok(data) = app.server().data(surface) else { return };
    let attached = data.current.attached.take();
    if let Some(id) = data.id {
        app.desktop().set_content(id, None, &[]);
        app.desktop().detach(id);
    }
    commit::update_output(app, surface);
    app.settle();
    if let Some(attached) = attached {
        release_buffer(app, &attached);
    }
}
