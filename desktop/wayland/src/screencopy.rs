//! wlr-screencopy: pictures of the screen, as grim, wf-recorder and many others ask for them. Who may have them is
//! [`Host::permits_capture`](crate::Host::permits_capture)'s decision: whoever finds the global can see what all others show.
//!
//! A picture is copied with a frame of the screen, and never larger than it. A buffer in a file on a disk may make that
//! wait for the disk; wf-recorder's are such where `/tmp` is on one.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};
use wayline_desktop::Rect;

use crate::capture::{self, Asker, FORMAT, Key, Outcome, Wanted};
use crate::globals::module;
use crate::host::Wayland;
use crate::protocol::{
    WlBuffer, ZwlrScreencopyFrameV1, ZwlrScreencopyManagerV1, wl_shm, zwlr_screencopy_frame_v1,
    zwlr_screencopy_manager_v1,
};

/// State of a `zwlr_screencopy_frame_v1`.
#[derive(Debug, Default)]
pub struct Picture {
    manager: Option<ZwlrScreencopyManagerV1>,
    /// The part of the screen; empty if there is to be no picture.
    area: Rect,
    cursor: bool,
    used: bool,
    /// Whether the client wants to know what has changed.
    with_damage: bool,
    /// The copy, while it waits.
    waits: Option<Key>,
}

wayline::carry!(struct Picture { manager, area, cursor, used, with_damage, waits });

module! { ($) delegate_screencopy; global ZwlrScreencopyManagerV1 3; ZwlrScreencopyFrameV1; restore }

/// What has to be there again in another process.
fn restore<A: Hosts>(app: &mut A) {
    app.wayland().answer_screencopy = Some(answer);
}

impl<A: Hosts> Module<ZwlrScreencopyManagerV1, A> for Wayland {
    /// The frame of the screen that it copied last.
    type Data = Option<u64>;

    fn request(
        app: &mut A,
        this: ZwlrScreencopyManagerV1,
        request: zwlr_screencopy_manager_v1::Request,
    ) -> HandlerResult {
        use zwlr_screencopy_manager_v1::Request;

        let screen = app.desktop().frame().bounds();
        match request {
            Request::Destroy => Ok(()),
            Request::CaptureOutput { frame, overlay_cursor, .. } => begin(app, this, frame, overlay_cursor, screen),
            Request::CaptureOutputRegion { frame, overlay_cursor, x, y, width, height, .. } => {
                begin(app, this, frame, overlay_cursor, Rect::new(x, y, width, height).intersect(screen))
            }
        }
    }
}

/// Says what a buffer must be like.
fn begin<A: Hosts>(
    app: &mut A,
    manager: ZwlrScreencopyManagerV1,
    this: ZwlrScreencopyFrameV1,
    cursor: i32,
    area: Rect,
) -> HandlerResult {
    if area.is_empty() || !app.permits_capture(this.client()) {
        this.failed(app.server())?;
        return Ok(());
    }
    let server = app.server();
    *server.data(this)? = Picture { manager: Some(manager), area, cursor: cursor != 0, ..Picture::default() };
    let stride = area.width() * u32::from(FORMAT.bytes_per_pixel);
    this.buffer(server, wl_shm::Format(FORMAT.code), area.width(), area.height(), stride)?;
    if this.version() >= 3 {
        this.buffer_done(server)?;
    }
    Ok(())
}

impl<A: Hosts> Module<ZwlrScreencopyFrameV1, A> for Wayland {
    type Data = Picture;

    fn request(app: &mut A, this: ZwlrScreencopyFrameV1, request: zwlr_screencopy_frame_v1::Request) -> HandlerResult {
        use zwlr_screencopy_frame_v1::Request;

        match request {
            Request::Destroy => Ok(()),
            Request::Copy { buffer } => copy(app, this, buffer, false),
            Request::CopyWithDamage { buffer } => copy(app, this, buffer, true),
        }
    }

    fn destroyed(app: &mut A, _: ZwlrScreencopyFrameV1, picture: Picture) {
        if let Some(key) = picture.waits {
            capture::cancel(app, key);
        }
    }
}

fn copy<A: Hosts>(app: &mut A, this: ZwlrScreencopyFrameV1, buffer: WlBuffer, with_damage: bool) -> HandlerResult {
    use zwlr_screencopy_frame_v1::Error;

    let picture = app.server().data(this)?;
    let used = std::mem::replace(&mut picture.used, true);
    picture.with_damage = with_damage;
    let (area, cursor, manager) = (picture.area, picture.cursor, picture.manager);
    HandlerError::unless(!used, this, Error::ALREADY_USED, || "the frame was used before")?;
    if area.is_empty() {
        // The client was told that there is no picture.
        return Ok(());
    }
    let layout = capture::layout(app, buffer);
    let stride = area.width() as usize * usize::from(FORMAT.bytes_per_pixel);
    let (width, height) = (area.width(), area.height());
    let is = layout.map(|layout| (layout.size(), layout.stride(), layout.format()));
    let text = || format!("the buffer is not {width}x{height}, {stride} bytes a row, in format {}", FORMAT.code);
    HandlerError::unless(is == Some(((width, height), stride, FORMAT)), this, Error::INVALID_BUFFER, text)?;
    let seen = manager.and_then(|manager| *app.server().data(manager).ok()?);
    let since = seen.filter(|_| with_damage);
    app.wayland().answer_screencopy = Some(answer);
    match capture::begin(app, buffer, Wanted { area, cursor, since, asker: Asker::Screencopy(this) }) {
        Ok(key) => app.server().data(this)?.waits = Some(key),
        Err(_) => this.failed(app.server())?,
    }
    Ok(())
}

/// Tells the client what has become of a copy.
fn answer<A: Hosts>(app: &mut A, this: ZwlrScreencopyFrameV1, outcome: Outcome) {
    // It may be gone.
    let _ = send_outcome(app, this, outcome);
}

fn send_outcome<A: Hosts>(app: &mut A, this: ZwlrScreencopyFrameV1, outcome: Outcome) -> HandlerResult {
    let server = app.server();
    let picture = server.data(this)?;
    picture.waits = None;
    let (manager, with_damage) = (picture.manager, picture.with_damage);
    let Outcome::Copied { changes, frame, shown } = outcome else {
        this.failed(server)?;
        return Ok(());
    };
    if let Some(manager) = manager.and_then(|manager| server.data(manager).ok()) {
        *manager = Some(frame);
    }
    this.flags(server, zwlr_screencopy_frame_v1::Flags(0))?;
    for rect in changes.into_iter().filter(|_| with_damage) {
        let (x, y) = (rect.left().unsigned_abs(), rect.top().unsigned_abs());
        this.damage(server, x, y, rect.width(), rect.height())?;
    }
    let (hi, lo, nanoseconds) = shown.time();
    this.ready(server, hi, lo, nanoseconds)?;
    Ok(())
}
