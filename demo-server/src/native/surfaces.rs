//! `way_surface`: pending state, commits and their order, releases.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use calloop::generic::Generic;
use calloop::{Interest, Mode, PostAction, RegistrationToken};
use wayline::io::fence::Fence;
use wayline::{HandlerError, HandlerResult, RequestHandler, Resource, WlCallback};

use super::state::{AttachedBuffer, Release};
use crate::app::{App, Picture};
use crate::protocol::{WayBuffer, WaySurface, WayWindow, way_buffer, way_surface};
use wayline_desktop::{Content, Damage, Rect, SurfaceId};
use wayline_desktop_wayland::Host;

/// Most commits of one surface that may wait for their fences.
const MAX_WAITING: usize = 16;

/// State of a `way_surface`.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    pending: Pending,
    /// Commits in order, the first one waiting for its acquire fence.
    queue: VecDeque<Commit>,
    waiting: Option<RegistrationToken>,
    /// While it is a window.
    pub(super) shown_as: Option<SurfaceId>,
    pub(super) window: Option<WayWindow>,
    /// Whether the first configure was answered.
    pub(super) configured: bool,
    /// The buffer on display; it may be destroyed.
    shown: Option<WayBuffer>,
}

#[derive(Debug, Default)]
struct Pending {
    buffer: Option<Option<WayBuffer>>,
    damage: Damage,
    opaque: Option<Rect>,
    frames: Vec<WlCallback>,
}

#[derive(Debug)]
struct Commit {
    acquire: Option<Arc<Fence>>,
    content: Option<Option<AttachedBuffer>>,
    damage: Damage,
    opaque: Option<Rect>,
    frames: Vec<WlCallback>,
}

/// Frame callbacks one commit may ask for. A client has no use for a second one.
const MAX_FRAMES: usize = 64;

impl RequestHandler<WaySurface> for App {
    type Data = Surface;

    fn request(&mut self, this: WaySurface, request: way_surface::Request) -> HandlerResult {
        match request {
            way_surface::Request::Destroy => {
                if self.server.data(this)?.window.is_some() {
                    let text = "destroy its window first";
                    return Err(HandlerError::protocol(this, way_surface::Error::HAS_ROLE, text));
                }
            }
            way_surface::Request::Attach { buffer } => self.server.data(this)?.pending.buffer = Some(buffer),
            way_surface::Request::Damage { x, y, width, height } => {
                let rect = rect(this, x, y, width, height)?;
                self.server.data(this)?.pending.damage.add(rect);
            }
            way_surface::Request::SetOpaque { x, y, width, height } => {
                let rect = rect(this, x, y, width, height)?;
                self.server.data(this)?.pending.opaque = Some(rect);
            }
            way_surface::Request::Frame { callback } => {
                let frames = &mut self.server.data(this)?.pending.frames;
                if frames.len() == MAX_FRAMES {
                    return Err(HandlerError::internal(format!(
                        "more than {MAX_FRAMES} frame callbacks in one commit"
                    )));
                }
                frames.push(callback);
            }
            way_surface::Request::Commit => commit(self, this, None)?,
            way_surface::Request::CommitFenced { acquire, release } => {
                let fence = |fd: OwnedFd| {
                    Fence::from_fd(fd).map_err(|error| {
                        HandlerError::protocol(this, way_surface::Error::INVALID_FENCE, error.to_string())
                    })
                };
                self.server.charge(this.client(), Resource::Fds, 2)?;
                commit(self, this, Some((fence(acquire)?, fence(release)?)))?;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WaySurface, mut surface: Surface) {
        let frames = std::mem::take(&mut surface.pending.frames);
        clear(self, this, &mut surface);
        answer_frames(self, frames);
    }
}

fn rect(this: WaySurface, x: i32, y: i32, width: i32, height: i32) -> Result<Rect, HandlerError> {
    if width < 0 || height < 0 {
        let text = format!("{width}x{height} is no size");
        return Err(HandlerError::protocol(this, way_surface::Error::INVALID_RECT, text));
    }
    Ok(Rect::new(x, y, width, height))
}

/// Takes the pending state, and shows it if nothing has to be waited for.
fn commit(app: &mut App, this: WaySurface, fences: Option<(Fence, Fence)>) -> HandlerResult {
    let surface = app.server.data(this)?;
    let is_window = surface.window.is_some();
    let unconfigured = is_window && !surface.configured;
    let Pending { buffer, damage, opaque, frames } = std::mem::take(&mut surface.pending);
    let content = match buffer {
        // A buffer that was destroyed since takes its attach back.
        Some(Some(buffer)) => {
            let shared = app.server.data(buffer).ok().and_then(|shared| shared.clone());
            shared.map(|shared| Some((buffer, shared)))
        }
        Some(None) => Some(None),
        None => None,
    };
    if unconfigured && matches!(content, Some(Some(_))) {
        let text = "a buffer before the first ack_configure";
        return Err(HandlerError::protocol(this, way_surface::Error::UNCONFIGURED, text));
    }
    let (acquire, release) = match fences {
        Some((acquire, release)) if matches!(content, Some(Some(_))) => {
            (Some(Arc::new(acquire)), Release::Fence(release))
        }
        Some(_) => {
            let text = "fences for a commit without a new buffer";
            return Err(HandlerError::protocol(this, way_surface::Error::NO_BUFFER, text));
        }
        None => (None, Release::Event),
    };
    let content = content.map(|content| content.map(|(buffer, shared)| AttachedBuffer { shared, buffer, release }));
    advance(app, this);
    let surface = app.server.data(this)?;
    if surface.queue.len() >= MAX_WAITING {
        let text = format!("more than {MAX_WAITING} commits wait for their fences");
        return Err(HandlerError::protocol(this, way_surface::Error::TOO_MANY_COMMITS, text));
    }
    surface.queue.push_back(Commit { acquire, content, damage, opaque, frames });
    advance(app, this);
    Ok(())
}

/// Shows the commits whose turn has come, and waits for the fence of the next.
fn advance(app: &mut App, this: WaySurface) {
    while let Ok(surface) = app.server.data(this) {
        let Some(first) = surface.queue.front() else { break };
        if let Some(acquire) = &first.acquire {
            match acquire.take() {
                Ok(Some(_)) => {}
                Ok(None) => {
                    if surface.waiting.is_none() {
                        let fence = Arc::clone(acquire);
                        let token = wait(app, this, fence);
                        if let Ok(surface) = app.server.data(this) {
                            surface.waiting = token;
                        }
                    }
                    break;
                }
                Err(error) => {
                    app.server.post_error(this, way_surface::Error::INVALID_FENCE, error.to_string());
                    break;
                }
            }
        }
        let Some(commit) = surface.queue.pop_front() else { break };
        show(app, this, commit);
    }
}

/// Comes back to the surface when the fence is signalled. Costs a source of the
/// loop only for fences that are not signalled when they arrive.
fn wait(app: &mut App, this: WaySurface, fence: Arc<Fence>) -> Option<RegistrationToken> {
    let source = Generic::new(fence, Interest::READ, Mode::Level);
    let inserted = app.events.insert_source(source, move |_, _, app: &mut App| {
        if let Ok(surface) = app.server.data(this) {
            surface.waiting = None;
            advance(app, this);
        }
        Ok(PostAction::Remove)
    });
    inserted.ok()
}

/// Makes a commit visible.
fn show(app: &mut App, this: WaySurface, commit: Commit) {
    let Commit { acquire, content, damage, opaque, frames } = commit;
    if acquire.is_some() {
        app.server.release(this.client(), Resource::Fds, 1);
    }
    let Ok(surface) = app.server.data(this) else { return };
    let id = surface.shown_as;
    if let Some(Some(attached)) = &content {
        let size = attached.shared.layout.size();
        surface.shown = Some(attached.buffer);
        app.buffer_shown(size);
        if let Some(id) = id {
            app.desktop.set_size(id, (size.0 as i32, size.1 as i32));
        }
    }
    if let (Some(id), Some(opaque)) = (id, opaque) {
        app.desktop.set_opaque(id, opaque);
    }
    if let Some(content) = content {
        let old = match id {
            Some(id) => {
                let content = content.map(|attached| {
                    let layout = attached.shared.layout;
                    Content { pixels: Picture::Native(attached), layout }
                });
                app.desktop.set_content(id, content, damage.rects())
            }
            // A surface without a role is not shown; its buffers come back at once.
            None => content.map(Picture::Native),
        };
        if let Some(old) = old {
            release(app, old);
        }
    }
    app.native.frames.extend(frames);
    app.settle();
    app.schedule();
}

/// Gives a buffer back to its client.
fn release(app: &mut App, picture: Picture) {
    let Picture::Native(attached) = picture else { return };
    match attached.release {
        // The client may have destroyed the buffer or be gone; then nobody waits.
        Release::Event => drop(attached.buffer.release(&mut app.server)),
        Release::Fence(fence) => app.native.done.push((attached.buffer.client(), fence)),
    }
}

/// Drops all that a surface holds: its window, its waiting commits.
pub(super) fn clear(app: &mut App, this: WaySurface, surface: &mut Surface) {
    if let Some(token) = surface.waiting.take() {
        app.events.remove(token);
    }
    let mut frames = Vec::new();
    for commit in std::mem::take(&mut surface.queue) {
        if commit.acquire.is_some() {
            app.server.release(this.client(), Resource::Fds, 1);
        }
        if let Some(Some(attached)) = commit.content {
            release(app, Picture::Native(attached));
        }
        frames.extend(commit.frames);
    }
    if let Some(id) = surface.shown_as.take() {
        // Who had to leave it is told while it has a name.
        let shown = app.desktop.set_content(id, None, &[]);
        app.settle();
        app.desktop.remove(id);
        if let Some(shown) = shown {
            release(app, shown);
        }
    }
    answer_frames(app, frames);
    app.settle();
}

/// Answers frame callbacks.
pub(super) fn answer_frames(app: &mut App, frames: Vec<WlCallback>) {
    let time = app.time();
    for callback in frames {
        // The client may be gone.
        let _ = callback.done(&mut app.server, time);
    }
}

/// The memory behind the view of a surface could not be read.
pub(crate) fn unreadable(app: &mut App, surface: WaySurface, text: &str) {
    let Some(buffer) = app.server.data(surface).ok().and_then(|surface| surface.shown) else { return };
    if app.server.is_alive(buffer) {
        app.server.post_error(buffer, way_buffer::Error::UNREADABLE, text);
    } else {
        app.server.disconnect(surface.client());
    }
}
