//! ext-image-copy-capture, of sources by ext-image-capture-source: pictures of the screen, one or a stream of them. Who may
//! have them is [`Host::permits_capture`](crate::Host::permits_capture)'s decision: whoever finds the globals can see what
//! all others show.
//!
//! The source is always the screen. Of the pointer alone there are no pictures: such a session has stopped from the start,
//! and where the pointer is, is not told. Buffers are copied to as a whole, with a frame of the screen; one in a file on a
//! disk may make that wait for the disk.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};
use wayline_desktop::PixelFormat;

use crate::capture::{self, Asker, Key, Outcome, Refusal, Wanted};
use crate::globals::module;
use crate::host::Wayland;
use crate::protocol::ext_image_copy_capture_frame_v1::FailureReason;
use crate::protocol::{
    ExtImageCaptureSourceV1, ExtImageCopyCaptureCursorSessionV1, ExtImageCopyCaptureFrameV1,
    ExtImageCopyCaptureManagerV1, ExtImageCopyCaptureSessionV1, ExtOutputImageCaptureSourceManagerV1, WlBuffer,
    ext_image_capture_source_v1, ext_image_copy_capture_cursor_session_v1, ext_image_copy_capture_frame_v1,
    ext_image_copy_capture_manager_v1, ext_image_copy_capture_session_v1, ext_output_image_capture_source_manager_v1,
    wl_output, wl_shm,
};

/// State of an `ext_image_copy_capture_session_v1`.
#[derive(Debug, Default)]
pub struct Session {
    /// What is in its pictures: the pointer, or not. `None` is that there are none.
    cursor: Option<bool>,
    /// The frame that there is, of which there is one at a time.
    frame: Option<ExtImageCopyCaptureFrameV1>,
    /// The frame of the screen that was copied last.
    seen: Option<u64>,
}

wayline::carry!(struct Session { cursor, frame, seen });

/// State of an `ext_image_copy_capture_frame_v1`.
#[derive(Debug, Default)]
pub struct Picture {
    cursor: Option<bool>,
    session: Option<ExtImageCopyCaptureSessionV1>,
    buffer: Option<WlBuffer>,
    captured: bool,
    /// The copy, while it waits.
    waits: Option<Key>,
}

wayline::carry!(struct Picture { cursor, session, buffer, captured, waits });

module! {
    ($) delegate_image_copy;
    global ExtOutputImageCaptureSourceManagerV1 1, global ExtImageCopyCaptureManagerV1 1;
    ExtImageCaptureSourceV1, ExtImageCopyCaptureSessionV1, ExtImageCopyCaptureFrameV1,
        ExtImageCopyCaptureCursorSessionV1; restore
}

/// What has to be there again in another process.
fn restore<A: Hosts>(app: &mut A) {
    app.wayland().answer_image_copy = Some(answer);
}

impl<A: Hosts> Module<ExtOutputImageCaptureSourceManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        _: &mut A,
        _: ExtOutputImageCaptureSourceManagerV1,
        request: ext_output_image_capture_source_manager_v1::Request,
    ) -> HandlerResult {
        use ext_output_image_capture_source_manager_v1::Request;

        match request {
            Request::CreateSource { .. } | Request::Destroy => Ok(()),
        }
    }
}

impl<A: Hosts> Module<ExtImageCaptureSourceV1, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: ExtImageCaptureSourceV1, request: ext_image_capture_source_v1::Request) -> HandlerResult {
        match request {
            ext_image_capture_source_v1::Request::Destroy => Ok(()),
        }
    }
}

impl<A: Hosts> Module<ExtImageCopyCaptureManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        this: ExtImageCopyCaptureManagerV1,
        request: ext_image_copy_capture_manager_v1::Request,
    ) -> HandlerResult {
        use ext_image_copy_capture_manager_v1::{Error, Options, Request};

        match request {
            Request::CreateSession { session, options, .. } => {
                let text = || format!("{:#x} are not all options", options.0);
                HandlerError::unless(options.is_valid(this.version()), this, Error::INVALID_OPTION, text)?;
                let cursor = options.contains(Options::PAINT_CURSORS);
                let permitted = app.permits_capture(this.client());
                begin(app, session, permitted.then_some(cursor))
            }
            Request::CreatePointerCursorSession { .. } | Request::Destroy => Ok(()),
        }
    }
}

/// Says what buffers must be like.
fn begin<A: Hosts>(app: &mut A, this: ExtImageCopyCaptureSessionV1, cursor: Option<bool>) -> HandlerResult {
    let (width, height) = app.desktop().frame().size();
    let server = app.server();
    server.data(this)?.cursor = cursor;
    if cursor.is_none() {
        this.stopped(server)?;
        return Ok(());
    }
    this.buffer_size(server, width, height)?;
    for format in PixelFormat::KNOWN {
        this.shm_format(server, wl_shm::Format(format.code))?;
    }
    this.done(server)?;
    Ok(())
}

impl<A: Hosts> Module<ExtImageCopyCaptureSessionV1, A> for Wayland {
    type Data = Session;

    fn request(
        app: &mut A,
        this: ExtImageCopyCaptureSessionV1,
        request: ext_image_copy_capture_session_v1::Request,
    ) -> HandlerResult {
        use ext_image_copy_capture_session_v1::{Error, Request};

        match request {
            Request::Destroy => {}
            Request::CreateFrame { frame } => {
                let session = app.server().data(this)?;
                let is_first = session.frame.replace(frame).is_none();
                let text = || "the session has a frame that was not destroyed";
                HandlerError::unless(is_first, this, Error::DUPLICATE_FRAME, text)?;
                let cursor = session.cursor;
                *app.server().data(frame)? = Picture { cursor, session: Some(this), ..Picture::default() };
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ExtImageCopyCaptureFrameV1, A> for Wayland {
    type Data = Picture;

    fn request(
        app: &mut A,
        this: ExtImageCopyCaptureFrameV1,
        request: ext_image_copy_capture_frame_v1::Request,
    ) -> HandlerResult {
        use ext_image_copy_capture_frame_v1::{Error, Request};

        let picture = app.server().data(this)?;
        if picture.captured && !matches!(request, Request::Destroy) {
            return Err(HandlerError::protocol(this, Error::ALREADY_CAPTURED, "the frame was captured before"));
        }
        match request {
            Request::Destroy => {}
            Request::AttachBuffer { buffer } => picture.buffer = Some(buffer),
            Request::DamageBuffer { x, y, width, height } => {
                let is_part = x >= 0 && y >= 0 && width > 0 && height > 0;
                let text = || format!("{x}, {y}, {width}x{height} is no part of a buffer");
                HandlerError::unless(is_part, this, Error::INVALID_BUFFER_DAMAGE, text)?;
            }
            Request::Capture => {
                let Some(buffer) = picture.buffer else {
                    return Err(HandlerError::protocol(this, Error::NO_BUFFER, "no buffer is attached"));
                };
                picture.captured = true;
                capture(app, this, buffer)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: ExtImageCopyCaptureFrameV1, picture: Picture) {
        if let Some(key) = picture.waits {
            capture::cancel(app, key);
        }
        if let Some(session) = picture.session.and_then(|session| app.server().data(session).ok()) {
            session.frame = None;
        }
    }
}

/// Copies the screen once there is something new.
fn capture<A: Hosts>(app: &mut A, this: ExtImageCopyCaptureFrameV1, buffer: WlBuffer) -> HandlerResult {
    let picture = app.server().data(this)?;
    let (cursor, session) = (picture.cursor, picture.session);
    let Some(cursor) = cursor else {
        this.failed(app.server(), FailureReason::STOPPED)?;
        return Ok(());
    };
    let screen = app.desktop().frame().bounds();
    let size = capture::layout(app, buffer).map(|layout| layout.size());
    if size != Some((screen.width(), screen.height())) {
        this.failed(app.server(), FailureReason::BUFFER_CONSTRAINTS)?;
        return Ok(());
    }
    let since = session.and_then(|session| app.server().data(session).ok()?.seen);
    app.wayland().answer_image_copy = Some(answer);
    match capture::begin(app, buffer, Wanted { area: screen, cursor, since, asker: Asker::ImageCopy(this) }) {
        Ok(key) => app.server().data(this)?.waits = Some(key),
        Err(Refusal::Many) => this.failed(app.server(), FailureReason::UNKNOWN)?,
        Err(Refusal::Memory) => this.failed(app.server(), FailureReason::BUFFER_CONSTRAINTS)?,
    }
    Ok(())
}

/// Tells the client what has become of a copy.
fn answer<A: Hosts>(app: &mut A, this: ExtImageCopyCaptureFrameV1, outcome: Outcome) {
    // It may be gone.
    let _ = send_outcome(app, this, outcome);
}

fn send_outcome<A: Hosts>(app: &mut A, this: ExtImageCopyCaptureFrameV1, outcome: Outcome) -> HandlerResult {
    let server = app.server();
    let picture = server.data(this)?;
    picture.waits = None;
    let session = picture.session;
    let Outcome::Copied { changes, frame, shown } = outcome else {
        this.failed(server, FailureReason::BUFFER_CONSTRAINTS)?;
        return Ok(());
    };
    if let Some(session) = session.and_then(|session| server.data(session).ok()) {
        session.seen = Some(frame);
    }
    this.transform(server, wl_output::Transform::NORMAL)?;
    for rect in changes {
        this.damage(server, rect.left(), rect.top(), rect.width() as i32, rect.height() as i32)?;
    }
    let (hi, lo, nanoseconds) = shown.time();
    this.presentation_time(server, hi, lo, nanoseconds)?;
    this.ready(server)?;
    Ok(())
}

impl<A: Hosts> Module<ExtImageCopyCaptureCursorSessionV1, A> for Wayland {
    /// Whether its session was asked for.
    type Data = bool;

    fn request(
        app: &mut A,
        this: ExtImageCopyCaptureCursorSessionV1,
        request: ext_image_copy_capture_cursor_session_v1::Request,
    ) -> HandlerResult {
        use ext_image_copy_capture_cursor_session_v1::{Error, Request};

        match request {
            Request::Destroy => Ok(()),
            Request::GetCaptureSession { session } => {
                let used = std::mem::replace(app.server().data(this)?, true);
                let text = || "the session was asked for before";
                HandlerError::unless(!used, this, Error::DUPLICATE_SESSION, text)?;
                begin(app, session, None)
            }
        }
    }
}
