//! `wl_surface`: what clients say about a surface until they commit it, and the
//! state of a surface. What a commit does is in `commit`.

use wayline::io::shm::WlShmCode;
use wayline::{Fault, Handled, RequestHandler, WlCallback};

use super::presentation::Feedback;
use super::protocol::{
    WlBuffer, WlShellSurface, WlSubsurface, WlSurface, WpViewport, XdgSurface, wl_output, wl_surface,
};
use super::region::Region;
use super::shm::Attached;
use super::viewport::Crop;
use super::{commit, cursor, drag, layer, shell, subsurface, tree, xdg};
use crate::app::App;
use crate::scene::{Rect, ViewId};

/// Damage rectangles kept for one commit; beyond that everything is damaged.
const MAX_DAMAGE: usize = 64;

/// Frame callbacks and feedbacks that may wait at one surface. A client has no use for a second one.
pub(super) const MAX_CALLBACKS: usize = 256;

/// What a surface is for. It stays so for the life of the surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Toplevel,
    Popup,
    /// A window, a transient or a popup of `wl_shell`.
    Shell,
    #[cfg(layer_shell)]
    Layer,
    Subsurface,
    Cursor,
    DragIcon,
}

/// State of a `wl_surface`.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    /// The buffer attached since the last commit.
    pub(super) attach: Option<Option<WlBuffer>>,
    pub(super) pending: Changes,
    /// What a synchronised subsurface committed and its parent did not yet.
    pub(super) cached: Option<commit::Commit>,
    pub(super) current: Current,
    pub(super) role: Option<Role>,
    pub(super) xdg: Option<XdgSurface>,
    pub(super) layer: Option<layer::Handle>,
    pub(super) shell: Option<WlShellSurface>,
    pub(super) subsurface: Option<WlSubsurface>,
    pub(super) viewport: Option<WpViewport>,
    pub(super) view: Option<ViewId>,
    /// The surface and its subsurfaces from bottom to top; empty without any.
    pub(super) stack: Vec<WlSurface>,
    /// The stack as of the next commit, if it changes.
    pub(super) next_stack: Option<Vec<WlSurface>>,
    /// Popups and transients whose parent this is, the oldest first.
    pub(super) popups: Vec<WlSurface>,
    /// Of a window: the views of its tree as they were last put on each other.
    pub(super) order: Vec<ViewId>,
}

/// Changes to the state of a surface.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(super) offset: (i32, i32),
    pub(super) damage: Vec<Rect>,
    pub(super) frames: Vec<WlCallback>,
    pub(super) feedback: Vec<Feedback>,
    pub(super) opaque: Option<Option<Region>>,
    pub(super) input: Option<Option<Region>>,
    pub(super) scale: Option<i32>,
    pub(super) transform: Option<wl_output::Transform>,
    pub(super) source: Option<Option<Crop>>,
    pub(super) destination: Option<Option<(i32, i32)>>,
}

impl Changes {
    /// Puts later changes on top.
    pub(super) fn merge(&mut self, later: Changes) {
        self.offset.0 = self.offset.0.saturating_add(later.offset.0);
        self.offset.1 = self.offset.1.saturating_add(later.offset.1);
        for rect in later.damage {
            self.damage(rect);
        }
        self.frames.extend(later.frames);
        self.feedback.extend(later.feedback);
        self.opaque = later.opaque.or(self.opaque.take());
        self.input = later.input.or(self.input.take());
        self.scale = later.scale.or(self.scale);
        self.transform = later.transform.or(self.transform);
        self.source = later.source.or(self.source);
        self.destination = later.destination.or(self.destination);
    }

    fn damage(&mut self, rect: Rect) {
        let everything = Rect::from_edges(i32::MIN, i32::MIN, i32::MAX, i32::MAX);
        if self.damage.len() == MAX_DAMAGE {
            self.damage.clear();
            self.damage.push(everything);
        } else if self.damage.first() != Some(&everything) {
            self.damage.push(rect);
        }
    }
}

/// The state of a surface as of its last commit.
#[derive(Debug)]
pub(crate) struct Current {
    pub(super) attached: Option<Attached>,
    pub(super) opaque: Option<Region>,
    /// `None` is everywhere.
    pub(super) input: Option<Region>,
    pub(super) scale: i32,
    pub(super) transform: wl_output::Transform,
    pub(super) source: Option<Crop>,
    pub(super) destination: Option<(i32, i32)>,
    /// Size in surface coordinates; 0x0 without a buffer.
    pub(super) size: (i32, i32),
}

impl Default for Current {
    fn default() -> Self {
        Self {
            attached: None,
            opaque: None,
            input: None,
            scale: 1,
            transform: wl_output::Transform::NORMAL,
            source: None,
            destination: None,
            size: (0, 0),
        }
    }
}

impl RequestHandler<WlSurface> for App {
    type Data = Surface;

    fn request(&mut self, this: WlSurface, request: wl_surface::Request) -> Handled {
        let surface = self.server.data(this)?;
        let pending = &mut surface.pending;
        match request {
            wl_surface::Request::Destroy => {}
            wl_surface::Request::Attach { buffer, x, y } => {
                if (x, y) != (0, 0) {
                    if this.version() >= 5 {
                        let text = "an offset is given by wl_surface.offset";
                        return Err(Fault::protocol(this, wl_surface::Error::INVALID_OFFSET, text));
                    }
                    pending.offset = (x, y);
                }
                surface.attach = Some(buffer);
                if buffer.is_some() {
                    xdg::check_attach(self, this)?;
                }
            }
            wl_surface::Request::Offset { x, y } => pending.offset = (x, y),
            // Both kinds of damage are the same where buffer and surface have the same
            // coordinates; elsewhere all of the surface is drawn.
            wl_surface::Request::Damage { x, y, width, height }
            | wl_surface::Request::DamageBuffer { x, y, width, height } => {
                let rect = Rect::new(x, y, width, height);
                if !rect.is_empty() {
                    pending.damage(rect);
                }
            }
            wl_surface::Request::Frame { callback } => {
                if pending.frames.len() == MAX_CALLBACKS {
                    return Err(Fault::internal(format!("more than {MAX_CALLBACKS} frame callbacks wait")));
                }
                pending.frames.push(callback);
            }
            wl_surface::Request::SetOpaqueRegion { region } => {
                let region = region.map(|region| self.server.data(region).cloned()).transpose()?;
                self.server.data(this)?.pending.opaque = Some(region);
            }
            wl_surface::Request::SetInputRegion { region } => {
                let region = region.map(|region| self.server.data(region).cloned()).transpose()?;
                self.server.data(this)?.pending.input = Some(region);
            }
            wl_surface::Request::SetBufferTransform { transform } => {
                if !transform.is_valid(this.version()) {
                    let text = format!("{} is no transform", transform.0);
                    return Err(Fault::protocol(this, wl_surface::Error::INVALID_TRANSFORM, text));
                }
                pending.transform = Some(transform);
            }
            wl_surface::Request::SetBufferScale { scale } => {
                if scale < 1 {
                    let text = format!("{scale} is no scale");
                    return Err(Fault::protocol(this, wl_surface::Error::INVALID_SCALE, text));
                }
                pending.scale = Some(scale);
            }
            wl_surface::Request::Commit => commit::commit(self, this)?,
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlSurface, mut surface: Surface) {
        xdg::surface_destroyed(self, &surface);
        shell::surface_destroyed(self, this, &surface);
        layer::surface_destroyed(self, surface.layer);
        subsurface::surface_destroyed(self, this, &surface);
        drag::surface_destroyed(self, this);
        cursor::surface_destroyed(self, this);
        if let Some(cached) = surface.cached.take() {
            surface.pending.merge(cached.changes);
            if let Some(Some(attached)) = cached.content {
                self.let_go(&attached);
            }
        }
        if let Some(attached) = surface.current.attached.take() {
            self.let_go(&attached);
        }
        if let Some(view) = surface.view.take() {
            tree::remove(self, this, view);
        }
        // What asked to be told is told; its content is not coming.
        self.frames.append(&mut surface.pending.frames);
        for feedback in surface.pending.feedback {
            feedback.discard(self);
        }
        self.schedule();
    }
}

/// The memory behind the view of a surface could not be read (M13).
pub(crate) fn unreadable(app: &mut App, surface: WlSurface, text: &str) {
    let Some(attached) = app.server.data(surface).ok().and_then(|surface| surface.current.attached.as_ref()) else {
        return;
    };
    let buffer = attached.buffer;
    if app.server.is_alive(buffer) {
        app.server.post_error(buffer, WlShmCode::Fd, text);
    } else {
        app.server.disconnect(surface.client());
    }
}
