//! A picture of a screen by `wlr-screencopy`, the protocol of sway, phoc, cage and others based on wlroots.

use wayline::{EventHandler, HandlerResult};
use wayline_protocols::wlr_screencopy::{ZwlrScreencopyFrameV1, ZwlrScreencopyManagerV1, zwlr_screencopy_frame_v1};
use wayline_toolkit::Size;
use wayline_wayland::WlShm;

use super::wayland::{Wanted, screens};
use super::{Capture, Options, PATIENCE, Picture, choose, wait_until};
use crate::error::Error;

/// The global that offers it.
pub(super) const MANAGER: &str = "zwlr_screencopy_manager_v1";

/// What the compositor has said of the one frame that there is.
#[derive(Default)]
pub(super) struct State {
    /// What it wants to write into.
    wanted: Option<Wanted>,
    /// Rows are from bottom to top.
    inverted: bool,
    /// Whether the picture was taken.
    outcome: Option<bool>,
}

pub(super) fn take(app: &mut Capture, options: &Options) -> Result<Picture, Error> {
    let manager = app.client.bind::<ZwlrScreencopyManagerV1>(1)?;
    let shm = app.client.bind::<WlShm>(1)?;
    let (output, screen, size) = choose(screens(app)?, options)?;
    let client = &mut app.client;
    let frame = if options.size.is_none() && options.at == (0, 0) {
        manager.capture_output(client, 0, output)?
    } else {
        let [x, y, width, height] = [options.at.0, options.at.1, size.width, size.height].map(u32::cast_signed);
        manager.capture_output_region(client, 0, output, x, y, width, height)?
    };
    let said = |app: &mut Capture| app.screencopy.wanted.is_some() || app.screencopy.outcome.is_some();
    wait_until(app, said)?;
    let wanted = answer(app, |state| state.wanted)?;
    let (memory, buffer) = wanted.buffer(app, shm)?;
    frame.copy(&mut app.client, buffer)?;
    wait_until(app, |app| app.screencopy.outcome.is_some())?;
    answer(app, |state| state.outcome)?;
    let rgb = wanted.read(&memory, app.screencopy.inverted)?;
    Ok(Picture { screen, size: Size::new(wanted.width, wanted.height), rgb })
}

/// What the compositor has said, unless that is that it will not do it, or nothing.
fn answer<T>(app: &Capture, of: impl Fn(&State) -> Option<T>) -> Result<T, Error> {
    match app.screencopy.outcome {
        Some(false) => Err(Error::Capture { why: "it says no more than that".into() }),
        _ => of(&app.screencopy).ok_or(Error::Timeout { after: PATIENCE }),
    }
}

impl EventHandler<ZwlrScreencopyFrameV1> for Capture {
    type Data = ();

    fn event(&mut self, _: ZwlrScreencopyFrameV1, event: zwlr_screencopy_frame_v1::Event) -> HandlerResult {
        let state = &mut self.screencopy;
        match event {
            zwlr_screencopy_frame_v1::Event::Buffer { format, width, height, stride } => {
                state.wanted = Some(Wanted { format, width, height, stride });
            }
            zwlr_screencopy_frame_v1::Event::Flags { flags } => {
                state.inverted = flags.contains(zwlr_screencopy_frame_v1::Flags::Y_INVERT);
            }
            zwlr_screencopy_frame_v1::Event::Ready { .. } => state.outcome = Some(true),
            zwlr_screencopy_frame_v1::Event::Failed => state.outcome = Some(false),
            // Of versions that are not bound.
            zwlr_screencopy_frame_v1::Event::Damage { .. }
            | zwlr_screencopy_frame_v1::Event::LinuxDmabuf { .. }
            | zwlr_screencopy_frame_v1::Event::BufferDone => {}
        }
        Ok(())
    }
}
