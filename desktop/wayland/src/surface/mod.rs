//! `wl_surface`: what clients say about a surface until they commit it. What a commit does is in `commit`, what a
//! surface is for in `role`.

pub(super) mod assign;
pub(super) mod commit;
pub(crate) mod feedback;
pub(crate) mod holding;
mod region;
pub(super) mod role;
mod size;
pub(super) mod state;
pub(super) mod subsurface;
mod subsurface_state;
mod view;

use wayline::io::shm::WlShmCode;
use wayline::server::Module;
use wayline::{HandlerError, HandlerResult, ObjectError};

use crate::host::{Host, Wayland};
use crate::limits::check_number;
use crate::output;
use crate::protocol::{WlSurface, wl_surface, wl_surface::Error};
use crate::shm::release_buffer;
use crate::stored;
use state::{MAX_CALLBACKS, Surface};
use wayline_desktop::Rect;

impl<A: Host> Module<WlSurface, A> for Wayland {
    type Data = Surface<A>;

    fn request(app: &mut A, this: WlSurface, request: wl_surface::Request) -> HandlerResult {
        let surface = app.server().data(this)?;
        let pending = &mut surface.pending;
        match request {
            wl_surface::Request::Destroy => {}
            wl_surface::Request::Attach { buffer, x, y } => {
                if (x, y) != (0, 0) {
                    let text = || "an offset is given by wl_surface.offset";
                    HandlerError::unless(this.version() < 5, this, Error::INVALID_OFFSET, text)?;
                    pending.offset = (x, y);
                }
                surface.attach = Some(buffer);
                if let Some(role) = surface.role.filter(|_| buffer.is_some()) {
                    role.check_attach(app, this)?;
                }
            }
            wl_surface::Request::Offset { x, y } => pending.offset = (x, y),
            // Both kinds of damage are the same where buffer and surface have the same
            // coordinates; elsewhere all of the surface is drawn.
            wl_surface::Request::Damage { x, y, width, height }
            | wl_surface::Request::DamageBuffer { x, y, width, height } => {
                pending.damage.add(Rect::new(x, y, width, height));
            }
            wl_surface::Request::Frame { callback } => {
                check_number(pending.frames.len(), MAX_CALLBACKS, "frame callbacks")?;
                pending.frames.push(callback);
            }
            wl_surface::Request::SetOpaqueRegion { region } => {
                let opaque =
                    region.map(|region| Ok::<_, ObjectError>(app.server().data(region)?.core())).transpose()?;
                app.server().data(this)?.pending.opaque = Some(opaque.unwrap_or(Rect::EMPTY));
            }
            wl_surface::Request::SetInputRegion { region } => {
                let region = region.map(|region| app.server().data(region).cloned()).transpose()?;
                app.server().data(this)?.pending.input = Some(region);
                state::charge(app, this)?;
            }
            wl_surface::Request::SetBufferTransform { transform } => {
                let text = || format!("{} is no transform", transform.0);
                HandlerError::unless(transform.is_valid(this.version()), this, Error::INVALID_TRANSFORM, text)?;
                surface.view.transform = transform;
            }
            wl_surface::Request::SetBufferScale { scale } => {
                HandlerError::unless(scale > 0, this, Error::INVALID_SCALE, || format!("{scale} is no scale"))?;
                surface.view.scale = scale;
            }
            // Of a version that is not offered.
            wl_surface::Request::GetRelease { .. } => return Err(HandlerError::internal("get_release is not served")),
            wl_surface::Request::Commit => commit::commit(app, this)?,
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlSurface, mut surface: Surface<A>) {
        stored::give_back(app, this.client(), surface.kept);
        if let Some(role) = surface.role {
            role.destroyed(app, this, surface.object, surface.id);
        }
        subsurface::parent_destroyed(app, this, &surface.stack);
        if surface.on_output {
            output::set_shown(app, this, false);
        }
        if let Some(cached) = surface.cached.take() {
            surface.pending.merge(cached.changes);
            if let Some(Some(attached)) = cached.content {
                release_buffer(app, &attached);
            }
        }
        // Who had to leave it is told while it has a name.
        app.desktop().set_content(surface.id, None, &[]);
        app.settle();
        app.desktop().remove(surface.id);
        if let Some(attached) = surface.current.attached.take() {
            release_buffer(app, &attached);
        }
        // What asked to be told is told; its content is not coming.
        app.wayland().frames.append(&mut surface.pending.frames);
        surface.pending.feedback.append(&mut surface.feedback);
        feedback::discard(app, surface.pending.feedback);
        app.schedule();
        app.settle();
    }
}

/// Brings the picture up to date. Who has shown what cannot be read is told.
pub(crate) fn compose<A: Host>(app: &mut A) -> Vec<Rect> {
    let (composed, broken) = app.desktop().compose();
    for (owner, error) in broken {
        let text = error.to_string();
        let Some(surface) = owner.into() else {
            app.unreadable(owner, &text);
            continue;
        };
        let Ok(state) = app.server().data(surface) else { continue };
        match state.current.attached.as_ref().map(|attached| attached.buffer) {
            Some(buffer) if app.server().is_alive(buffer) => app.server().post_error(buffer, WlShmCode::Fd, text),
            Some(_) => app.server().disconnect(surface.client()),
            None => {}
        }
    }
    composed.damage
}
