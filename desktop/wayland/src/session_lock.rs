//! ext-session-lock: while the session is locked, nothing but the surfaces of who has locked it is shown, and nothing else
//! gets input. That is the [desktop's](wayline_desktop::Desktop::lock) doing; here is who may lock and unlock.
//!
//! The lock outlives a client that goes without unlocking. Then another one may lock, and so unlock, as far as
//! [`Host::permits_lock`] lets it.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use crate::globals::module;
use crate::host::{Host, Wayland};
use crate::protocol::{
    ExtSessionLockManagerV1, ExtSessionLockSurfaceV1, ExtSessionLockV1, WlSurface, ext_session_lock_manager_v1,
    ext_session_lock_surface_v1, ext_session_lock_v1,
};
use crate::shell::configures::Configures;
use crate::state::Lock;
use crate::surface::assign;
use crate::surface::role::{Change, Object, Purpose, Role};

/// State of an `ext_session_lock_surface_v1`.
#[derive(Debug, Default)]
pub struct Cover {
    lock: Option<ExtSessionLockV1>,
    surface: Option<WlSurface>,
    /// The sizes that it was told.
    configures: Configures<(u32, u32)>,
}

wayline::carry!(struct Cover { lock, surface, configures });

/// The role of surfaces on a locked screen.
#[derive(Debug)]
struct LockRole;

fn state<A: Hosts>(app: &mut A, surface: WlSurface) -> Option<(ExtSessionLockSurfaceV1, &mut Cover)> {
    match app.server().data(surface).ok()?.object {
        Object::Lock(this) => Some((this, app.server().data(this).ok()?)),
        _ => None,
    }
}

/// Gives those that another process had their role.
fn restore<A: Hosts>(app: &mut A) {
    assign::restore(app, &LockRole, |object| matches!(object, Object::Lock(_)));
}

impl<A: Hosts> Role<A> for LockRole {
    fn check_commit(&self, app: &mut A, surface: WlSurface, content: Option<bool>) -> HandlerResult {
        use ext_session_lock_surface_v1::Error;

        let has = app.server().data(surface)?.current.attached.is_some();
        let Some((this, cover)) = state(app, surface) else { return Ok(()) };
        let text = || "a commit before the first ack_configure";
        HandlerError::unless(cover.configures.configured, this, Error::COMMIT_BEFORE_FIRST_ACK, text)?;
        HandlerError::unless(content.unwrap_or(has), this, Error::NULL_BUFFER, || "a commit without content")
    }

    fn before_apply(&self, app: &mut A, surface: WlSurface, _: Change) -> HandlerResult {
        use ext_session_lock_surface_v1::Error;

        let (width, height) = app.server().data(surface)?.current.size;
        let Some((this, cover)) = state(app, surface) else { return Ok(()) };
        let size = (width.unsigned_abs(), height.unsigned_abs());
        let is_agreed = cover.configures.acknowledged.is_none_or(|agreed| agreed == size);
        let text = || format!("{width}x{height} is not the size of the configuration");
        HandlerError::unless(is_agreed, this, Error::DIMENSIONS_MISMATCH, text)
    }
}

module! { ($) delegate_session_lock; global ExtSessionLockManagerV1 1; ExtSessionLockV1, ExtSessionLockSurfaceV1; restore }

/// A frame was drawn: whoever has locked the session hears that nothing else is shown.
pub(crate) fn drawn<A: Host>(app: &mut A) {
    if app.desktop().is_changed() {
        // What could not be read is left out with the next one.
        return;
    }
    let lock = &mut app.wayland().lock;
    if let Some(holder) = lock.holder.filter(|_| std::mem::take(&mut lock.pending)) {
        // The client may be gone.
        let _ = holder.locked(app.server());
    }
}

impl<A: Hosts> Module<ExtSessionLockManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        _: ExtSessionLockManagerV1,
        request: ext_session_lock_manager_v1::Request,
    ) -> HandlerResult {
        match request {
            ext_session_lock_manager_v1::Request::Destroy => Ok(()),
            ext_session_lock_manager_v1::Request::Lock { id } => lock(app, id),
        }
    }
}

/// Locks the session, unless somebody has who is there to unlock it.
fn lock<A: Hosts>(app: &mut A, this: ExtSessionLockV1) -> HandlerResult {
    let is_held = app.wayland().lock.holder.is_some();
    if is_held || !app.permits_lock(this.client()) {
        this.finished(app.server())?;
        return Ok(());
    }
    let took_over = app.desktop().is_locked();
    app.wayland().lock = Lock { holder: Some(this), pending: true, took_over };
    app.desktop().lock();
    app.settle();
    app.schedule();
    Ok(())
}

/// Ends the lock of the session.
fn unlock<A: Hosts>(app: &mut A) {
    app.wayland().lock = Lock::default();
    app.desktop().unlock();
    app.settle();
}

/// Whether an object holds the lock, and whether its client knows.
fn holds<A: Hosts>(app: &mut A, this: ExtSessionLockV1) -> Option<bool> {
    let lock = &app.wayland().lock;
    (lock.holder == Some(this)).then_some(!lock.pending)
}

impl<A: Hosts> Module<ExtSessionLockV1, A> for Wayland {
    /// Its surface on the one screen there is.
    type Data = Option<ExtSessionLockSurfaceV1>;

    fn request(app: &mut A, this: ExtSessionLockV1, request: ext_session_lock_v1::Request) -> HandlerResult {
        use ext_session_lock_v1::{Error, Request};

        match request {
            Request::GetLockSurface { id, surface, .. } => cover(app, this, id, surface)?,
            Request::Destroy => match holds(app, this) {
                Some(true) => {
                    let text = "the session is locked by this, and has to be unlocked";
                    return Err(HandlerError::protocol(this, Error::INVALID_DESTROY, text));
                }
                // Too soon to have hidden anything, unless it was locked before.
                Some(false) if !app.wayland().lock.took_over => unlock(app),
                Some(false) | None => {}
            },
            Request::UnlockAndDestroy => {
                let holds = holds(app, this) == Some(true);
                HandlerError::unless(holds, this, Error::INVALID_UNLOCK, || "the session is not locked by this")?;
                unlock(app);
            }
        }
        Ok(())
    }

    /// The session stays as it is; somebody else may come to unlock it.
    fn destroyed(app: &mut A, this: ExtSessionLockV1, cover: Option<ExtSessionLockSurfaceV1>) {
        let lock = &mut app.wayland().lock;
        if lock.holder == Some(this) {
            *lock = Lock::default();
        }
        // Its surface is not shown when the session is locked again.
        let surface = cover.and_then(|cover| app.server().data(cover).ok()?.surface);
        if let Some(surface) = surface.and_then(|surface| app.server().data(surface).ok()) {
            let id = surface.id;
            app.desktop().detach(id);
            app.settle();
        }
    }
}

/// Makes a surface the one that is shown while the session is locked.
fn cover<A: Hosts>(
    app: &mut A,
    lock: ExtSessionLockV1,
    this: ExtSessionLockSurfaceV1,
    surface: WlSurface,
) -> HandlerResult {
    use ext_session_lock_v1::Error;

    let fault = |text| HandlerError::protocol(lock, Error::ROLE, text);
    assign::check_role(app, surface, Purpose::Lock, fault)?;
    let has_buffer = app.server().data(surface)?.has_buffer();
    let text = || format!("wl_surface#{} has a buffer", surface.id());
    HandlerError::unless(!has_buffer, lock, Error::ALREADY_CONSTRUCTED, text)?;
    let before = app.server().data(lock)?.replace(this);
    let text = || "the output has a surface of this lock already";
    HandlerError::unless(before.is_none(), lock, Error::DUPLICATE_OUTPUT, text)?;
    let id = assign::set_role(app, surface, (Purpose::Lock, &LockRole), Object::Lock(this), fault)?;
    let size = app.desktop().frame().size();
    // The surfaces of a lock that is not in force are shown at no time.
    if holds(app, lock).is_some() {
        app.desktop().make_lock(id);
    }
    let serial = app.desktop().next_serial();
    let cover = app.server().data(this)?;
    (cover.lock, cover.surface) = (Some(lock), Some(surface));
    cover.configures.push(serial, size);
    this.configure(app.server(), serial, size.0, size.1)?;
    app.settle();
    Ok(())
}

impl<A: Hosts> Module<ExtSessionLockSurfaceV1, A> for Wayland {
    type Data = Cover;

    fn request(
        app: &mut A,
        this: ExtSessionLockSurfaceV1,
        request: ext_session_lock_surface_v1::Request,
    ) -> HandlerResult {
        use ext_session_lock_surface_v1::{Error, Request};

        match request {
            Request::Destroy => {}
            Request::AckConfigure { serial } => {
                let is_one = app.server().data(this)?.configures.acknowledge(serial).is_some();
                let text = || format!("serial {serial} is not one to acknowledge");
                HandlerError::unless(is_one, this, Error::INVALID_SERIAL, text)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ExtSessionLockSurfaceV1, cover: Cover) {
        if let Some(lock) = cover.lock.and_then(|lock| app.server().data(lock).ok()) {
            lock.take_if(|cover| *cover == this);
        }
        if let Some(surface) = cover.surface {
            assign::unmap(app, surface);
            assign::drop_object(app, surface);
        }
    }
}
