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
mod subsurface;
mod subsurface_state;

use wayline::io::shm::WlShmCode;
use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use crate::host::{Host, Wayland};
use crate::output;
use crate::protocol::{WlSurface, wl_surface};
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
                    if this.version() >= 5 {
                        let text = "an offset is given by wl_surface.offset";
                        return Err(HandlerError::protocol(this, wl_surface::Error::INVALID_OFFSET, text));
                    }
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
                if pending.frames.len() == MAX_CALLBACKS {
                    return Err(HandlerError::internal(format!("more than {MAX_CALLBACKS} frame callbacks wait")));
                }
                pending.frames.push(callback);
            }
            wl_surface::Request::SetOpaqueRegion { region } => {
                let opaque = match region {
                    Some(region) => app.server().data(region)?.core(),
                    None => Rect::EMPTY,
                };
                app.server().data(this)?.pending.opaque = Some(opaque);
            }
            wl_surface::Request::SetInputRegion { region } => {
                let region = region.map(|region| app.server().data(region).cloned()).transpose()?;
                app.server().data(this)?.pending.input = Some(region);
                state::charge(app, this)?;
            }
            wl_surface::Request::SetBufferTransform { transform } => {
                if !transform.is_valid(this.version()) {
                    let text = format!("{} is no transform", transform.0);
                    return Err(HandlerError::protocol(this, wl_surface::Error::INVALID_TRANSFORM, text));
                }
                pending.transform = Some(transform);
            }
            wl_surface::Request::SetBufferScale { scale } => {
                if scale < 1 {
                    let text = format!("{scale} is no scale");
                    return Err(HandlerError::protocol(this, wl_surface::Error::INVALID_SCALE, text));
                }
                pending.scale = Some(scale);
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
            role.destroyed(app, this, surface.object);
        }
        subsurface::parent_destroyed(app, this, &surface.stack);
        if surface.on_output {
            output::leave(app, this);
        }
        if let Some(cached) = surface.cached.take() {
            surface.pending.merge(cached.changes);
            if let Some(Some(attached)) = cached.content {
                release_buffer(app, &attached);
            }
        }
        if let Some(id) = surface.id {
            // Who had to leave it is told while it has a name.
            app.desktop().set_content(id, None, &[]);
            app.settle();
            app.desktop().remove(id);
        }
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
        match owner.into() {
            Some(surface) => unreadable(app, surface, &text),
            None => app.unreadable(owner, &text),
        }
    }
    composed.damage
}

/// The memory behind the view of a surface could not be read.
fn unreadable<A: Host>(app: &mut A, surface: WlSurface, text: &str) {
    let Some(attached) = app.server().data(surface).ok().and_then(|surface| surface.current.attached.as_ref()) else {
        return;
    };
    let buffer = attached.buffer;
    if app.server().is_alive(buffer) {
        app.server().post_error(buffer, WlShmCode::Fd, text);
    } else {
        app.server().disconnect(surface.client());
    }
}
