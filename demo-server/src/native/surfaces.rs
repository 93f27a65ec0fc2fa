//! `way_surface`: pending state, commits and their order, releases.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use calloop::generic::Generic;
use calloop::{Interest, LoopHandle, Mode, PostAction, RegistrationToken};
use wayline::io::fence::Fence;
use wayline::{HandlerError, HandlerResult, RequestHandler, Resource, WlCallback};

use crate::app::App;
use crate::protocol::way_surface::{Error, Request};
use crate::protocol::{WayBuffer, WaySurface, WayWindow, way_buffer};
use wayline_desktop::{Content, Damage, Rect, SurfaceId};
use wayline_desktop_wayland::{Host, Shared};

/// Most commits of one surface that may wait for their fences.
const MAX_WAITING: usize = 16;

/// Frame callbacks one commit may ask for. A client has no use for a second one.
const MAX_FRAMES: usize = 64;

/// State of a `way_surface`.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    pending: Commit,
    /// Commits in order, the first one waiting for its acquire fence.
    queue: VecDeque<Commit>,
    /// Its role, and what the desktop calls it.
    pub(super) window: Option<(WayWindow, SurfaceId)>,
    /// What is on display.
    shown: Option<Attached>,
}

/// What a commit changes.
#[derive(Debug, Default)]
struct Commit {
    acquire: Option<Arc<Fence>>,
    content: Option<Option<Attached>>,
    damage: Damage,
    opaque: Option<Rect>,
    frames: Vec<WlCallback>,
}

/// A use of a buffer. The memory outlives the object.
#[derive(Debug)]
struct Attached {
    buffer: WayBuffer,
    shared: Shared,
    /// How its client learns that it is free again, if not by an event.
    release: Option<Fence>,
}

wayline::carry!(struct Surface { pending, queue, window, shown });
wayline::carry!(struct Commit { acquire, content, damage, opaque, frames });
wayline::carry!(struct Attached { buffer, shared, release });

impl RequestHandler<WaySurface> for App {
    type Data = Surface;

    fn request(&mut self, this: WaySurface, request: Request) -> HandlerResult {
        let surface = self.server.data(this)?;
        match request {
            Request::Destroy => {
                let is_free = surface.window.is_none();
                HandlerError::unless(is_free, this, Error::HAS_ROLE, || "destroy its window first")?;
            }
            Request::Attach { buffer: None } => surface.pending.content = Some(None),
            Request::Attach { buffer: Some(buffer) } => {
                // A buffer has its memory from the request that made it.
                let shared = self.server.data(buffer)?.clone();
                let attached = shared.map(|shared| Attached { buffer, shared, release: None });
                self.server.data(this)?.pending.content = Some(attached);
            }
            Request::Damage { x, y, width, height } => surface.pending.damage.add(rect(this, x, y, width, height)?),
            Request::SetOpaque { x, y, width, height } => {
                surface.pending.opaque = Some(rect(this, x, y, width, height)?);
            }
            Request::Frame { .. } if surface.pending.frames.len() == MAX_FRAMES => {
                let text = format!("more than {MAX_FRAMES} frame callbacks in one commit");
                return Err(HandlerError::internal(text));
            }
            Request::Frame { callback } => surface.pending.frames.push(callback),
            Request::Commit => commit(self, this, None)?,
            Request::CommitFenced { acquire, release } => {
                let invalid = |error| HandlerError::protocol(this, Error::INVALID_FENCE, format!("{error}"));
                let fence = |fd: OwnedFd| Fence::from_fd(fd).map_err(invalid);
                self.server.charge(this.client(), Resource::Fds, 2)?;
                commit(self, this, Some((fence(acquire)?, fence(release)?)))?;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WaySurface, surface: Surface) {
        clear(self, this, surface);
    }
}

fn rect(this: WaySurface, x: i32, y: i32, width: i32, height: i32) -> Result<Rect, HandlerError> {
    let text = || format!("{width}x{height} is no size");
    HandlerError::unless(width >= 0 && height >= 0, this, Error::INVALID_RECT, text)?;
    Ok(Rect::new(x, y, width, height))
}

/// Takes the pending state, and shows it if nothing has to be waited for.
fn commit(app: &mut App, this: WaySurface, fences: Option<(Fence, Fence)>) -> HandlerResult {
    let surface = app.server.data(this)?;
    let mut commit = std::mem::take(&mut surface.pending);
    let window = surface.window;
    // A buffer that was destroyed since takes its attach back.
    commit.content.take_if(|content| content.as_ref().is_some_and(|new| !app.server.is_alive(new.buffer)));
    let new = commit.content.as_mut().and_then(Option::as_mut);
    let is_ready = window.is_none_or(|(window, _)| app.server.data(window).is_ok_and(|w| w.is_configured()));
    let text = || "a buffer before the first ack_configure";
    HandlerError::unless(is_ready || new.is_none(), this, Error::UNCONFIGURED, text)?;
    if let Some((acquire, release)) = fences {
        let Some(new) = new else {
            return Err(HandlerError::protocol(this, Error::NO_BUFFER, "fences for a commit without a new buffer"));
        };
        new.release = Some(release);
        commit.acquire = Some(Arc::new(acquire));
    }
    advance(app, this);
    let surface = app.server.data(this)?;
    let text = || format!("more than {MAX_WAITING} commits wait for their fences");
    HandlerError::unless(surface.queue.len() < MAX_WAITING, this, Error::TOO_MANY_COMMITS, text)?;
    surface.queue.push_back(commit);
    advance(app, this);
    Ok(())
}

/// Shows the commits whose turn has come, and waits for the fence of the next.
pub(super) fn advance(app: &mut App, this: WaySurface) {
    while let Ok(surface) = app.server.data(this) {
        let Some(first) = surface.queue.front() else { return };
        if let Some(acquire) = &first.acquire {
            match acquire.take() {
                Ok(Some(_)) => {}
                Ok(None) => {
                    if !app.native.waiting.contains_key(&this)
                        && let Some(token) = wait(&app.events, this, Arc::clone(acquire))
                    {
                        app.native.waiting.insert(this, token);
                    }
                    return;
                }
                Err(error) => return app.server.post_error(this, Error::INVALID_FENCE, error.to_string()),
            }
        }
        let Some(commit) = surface.queue.pop_front() else { return };
        show(app, this, commit);
    }
}

/// Comes back to the surface when the fence is signalled. Costs a source of the
/// loop only for fences that are not signalled when they arrive.
fn wait(events: &LoopHandle<'static, App>, this: WaySurface, fence: Arc<Fence>) -> Option<RegistrationToken> {
    let source = Generic::new(fence, Interest::READ, Mode::Level);
    let inserted = events.insert_source(source, move |_, _, app: &mut App| {
        app.native.waiting.remove(&this);
        advance(app, this);
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
    let id = surface.window.map(|(_, id)| id);
    if let (Some(id), Some(opaque)) = (id, opaque) {
        app.desktop.set_opaque(id, opaque);
    }
    if let Some(new) = content {
        let shared = new.as_ref().map(|new| new.shared.clone());
        // A surface without a role is not shown; its buffers come back at once.
        let free = if id.is_some() { std::mem::replace(&mut surface.shown, new) } else { new };
        if let Some(shared) = &shared {
            app.buffer_shown(shared.layout.size());
        }
        if let Some(id) = id {
            if let Some((width, height)) = shared.as_ref().map(|shared| shared.layout.size()) {
                app.desktop.set_size(id, (width as i32, height as i32));
            }
            let content = shared.map(|shared| Content { layout: shared.layout, pixels: shared.into() });
            app.desktop.set_content(id, content, damage.rects());
        }
        if let Some(free) = free {
            release(app, free);
        }
    }
    app.wayland.frames.extend(frames);
    app.settle();
    app.schedule();
}

/// Gives a buffer back to its client.
fn release(app: &mut App, attached: Attached) {
    match attached.release {
        // The client may have destroyed the buffer or be gone; then nobody waits.
        None => drop(attached.buffer.release(&mut app.server)),
        Some(fence) => app.native.done.push((attached.buffer.client(), fence)),
    }
}

/// Drops all that a surface had: its window, its waiting commits.
pub(super) fn clear(app: &mut App, this: WaySurface, surface: Surface) {
    let Surface { pending, queue, window, shown } = surface;
    if let Some(token) = app.native.waiting.remove(&this) {
        app.events.remove(token);
    }
    let mut frames = Vec::new();
    for commit in queue {
        if commit.acquire.is_some() {
            app.server.release(this.client(), Resource::Fds, 1);
        }
        if let Some(Some(attached)) = commit.content {
            release(app, attached);
        }
        frames.extend(commit.frames);
    }
    if let Some((_, id)) = window {
        // Who had to leave it is told while it has a name.
        app.desktop.set_content(id, None, &[]);
        app.settle();
        app.desktop.remove(id);
    }
    if let Some(shown) = shown {
        release(app, shown);
    }
    let time = app.time();
    for callback in frames.into_iter().chain(pending.frames) {
        // The client may be gone.
        let _ = callback.done(&mut app.server, time);
    }
    app.settle();
}

/// The memory behind the view of a surface could not be read.
pub(crate) fn unreadable(app: &mut App, surface: WaySurface, text: &str) {
    let shown = app.server.data(surface).ok().and_then(|surface| surface.shown.as_ref());
    let Some(buffer) = shown.map(|shown| shown.buffer) else { return };
    if app.server.is_alive(buffer) {
        app.server.post_error(buffer, way_buffer::Error::UNREADABLE, text);
    } else {
        app.server.disconnect(surface.client());
    }
}
