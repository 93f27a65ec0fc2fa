//! A picture of a screen by `ext-image-copy-capture`, on which compositors have agreed.

use wayline::{EventHandler, HandlerResult};
use wayline_protocols::ext_image_capture_source::ExtOutputImageCaptureSourceManagerV1;
use wayline_protocols::ext_image_copy_capture::{
    ExtImageCopyCaptureFrameV1, ExtImageCopyCaptureManagerV1, ExtImageCopyCaptureSessionV1,
    ext_image_copy_capture_frame_v1, ext_image_copy_capture_manager_v1, ext_image_copy_capture_session_v1,
};
use wayline_toolkit::Size;
use wayline_wayland::{WlShm, wl_output, wl_shm};

use super::wayland::{Wanted, is_known, screens};
use super::{Capture, Options, PATIENCE, Picture, choose, wait_until};
use crate::error::Error;

/// The globals that offer it.
pub(super) const MANAGERS: [&str; 2] =
    ["ext_output_image_capture_source_manager_v1", "ext_image_copy_capture_manager_v1"];

/// What the compositor has said of the one session and its frame.
#[derive(Default)]
pub(super) struct State {
    size: Option<Size>,
    /// The first format that can be read.
    format: Option<wl_shm::Format>,
    /// Whether it has said all of that.
    done: bool,
    /// Whether the picture lies in the buffer in another way than on the screen.
    turned: bool,
    /// How it went: `None` within is success.
    outcome: Option<Option<&'static str>>,
}

pub(super) fn take(app: &mut Capture, options: &Options) -> Result<Picture, Error> {
    let sources = app.client.bind::<ExtOutputImageCaptureSourceManagerV1>(1)?;
    let manager = app.client.bind::<ExtImageCopyCaptureManagerV1>(1)?;
    let shm = app.client.bind::<WlShm>(1)?;
    let (output, screen, size) = choose(screens(app)?, options)?;
    let client = &mut app.client;
    let source = sources.create_source(client, output)?;
    let no_cursor = ext_image_copy_capture_manager_v1::Options(0);
    let session = manager.create_session(client, source, no_cursor)?;
    wait_until(app, |app| app.image_copy.done || app.image_copy.outcome.is_some())?;
    let (Some(whole), Some(format)) = answer(app, |state| state.done.then_some((state.size, state.format)))? else {
        return Err(Error::Capture { why: "it has no size, or no format that can be read".into() });
    };
    let Size { width, height } = whole;
    let wanted = Wanted { format, width, height, stride: width.saturating_mul(4) };
    let (memory, buffer) = wanted.buffer(app, shm)?;
    let client = &mut app.client;
    let frame = session.create_frame(client)?;
    frame.attach_buffer(client, buffer)?;
    frame.damage_buffer(client, 0, 0, width.cast_signed(), height.cast_signed())?;
    frame.capture(client)?;
    wait_until(app, |app| app.image_copy.outcome.is_some())?;
    answer(app, |state| state.outcome)?;
    if app.image_copy.turned {
        return Err(Error::Capture { why: "the screen is turned".into() });
    }
    part(&wanted.read(&memory, false)?, whole, options.at, size)
        .map_or(Err(Error::Outside { whole }), |rgb| Ok(Picture { screen, size, rgb }))
}

/// What the compositor has said, unless that is that it will not do it, or nothing.
fn answer<T>(app: &Capture, of: impl Fn(&State) -> Option<T>) -> Result<T, Error> {
    match app.image_copy.outcome {
        Some(Some(why)) => Err(Error::Capture { why: why.into() }),
        _ => of(&app.image_copy).ok_or(Error::Timeout { after: PATIENCE }),
    }
}

/// A part of a picture; `None` if it is not all inside of it.
fn part(rgb: &[u8], whole: Size, (left, top): (u32, u32), size: Size) -> Option<Vec<u8>> {
    let inside = left.checked_add(size.width)? <= whole.width && top.checked_add(size.height)? <= whole.height;
    let rows = rgb.chunks_exact(whole.width as usize * 3).skip(top as usize).take(size.height as usize);
    let from = left as usize * 3;
    inside.then(|| rows.flat_map(|row| &row[from..from + size.width as usize * 3]).copied().collect())
}

impl EventHandler<ExtImageCopyCaptureSessionV1> for Capture {
    type Data = ();

    fn event(
        &mut self,
        _: ExtImageCopyCaptureSessionV1,
        event: ext_image_copy_capture_session_v1::Event<'_>,
    ) -> HandlerResult {
        use ext_image_copy_capture_session_v1::Event;

        let state = &mut self.image_copy;
        match event {
            Event::BufferSize { width, height } => state.size = Some(Size::new(width, height)),
            Event::ShmFormat { format } => state.format = state.format.or(Some(format).filter(|it| is_known(*it))),
            Event::Done => state.done = true,
            Event::Stopped => state.outcome = Some(Some("it has ended the session")),
            Event::DmabufDevice { .. } | Event::DmabufFormat { .. } => {}
        }
        Ok(())
    }
}

impl EventHandler<ExtImageCopyCaptureFrameV1> for Capture {
    type Data = ();

    fn event(&mut self, _: ExtImageCopyCaptureFrameV1, event: ext_image_copy_capture_frame_v1::Event) -> HandlerResult {
        use ext_image_copy_capture_frame_v1::{Event, FailureReason};

        let state = &mut self.image_copy;
        match event {
            Event::Transform { transform } => state.turned = transform != wl_output::Transform::NORMAL,
            Event::Ready => state.outcome = Some(None),
            Event::Failed { reason } => {
                state.outcome = Some(Some(match reason {
                    FailureReason::BUFFER_CONSTRAINTS => "the screen is another one now",
                    FailureReason::STOPPED => "it has ended the session",
                    _ => "it says no more than that",
                }));
            }
            Event::Damage { .. } | Event::PresentationTime { .. } => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, part};

    #[test]
    fn a_part_is_all_inside_of_the_picture() {
        let rgb: Vec<u8> = (0..18).collect();
        let part = |at, width, height| part(&rgb, Size::new(3, 2), at, Size::new(width, height));
        assert_eq!(part((0, 0), 3, 2), Some(rgb.clone()));
        assert_eq!(part((1, 1), 2, 1), Some(vec![12, 13, 14, 15, 16, 17]));
        assert_eq!([part((1, 0), 3, 1), part((0, 1), 1, 2), part((u32::MAX, 0), 1, 1)], [None, None, None]);
    }
}
