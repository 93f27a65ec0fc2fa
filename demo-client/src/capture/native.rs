//! A picture of a screen by the native protocol: one event says whether the compositor has written it, one eventfd that it
//! will not touch the memory again.

use wayline::io::fence::{Fence, Wait};
use wayline::io::shm::{Layout, Memory, PixelFormat};
use wayline::{Disconnect, EventHandler, HandlerResult, client};
use wayline_toolkit::Size;
use wayline_toolkit::protocol::native::{
    WayBuffer, WayCapture, WayCaptureManager, WayOutput, WayShm, way_buffer, way_capture, way_output, way_shm,
};

use super::{Capture, Options, PATIENCE, Picture, Screen, choose, wait_until};
use crate::error::Error;

pub(super) fn take(app: &mut Capture, options: &Options) -> Result<Picture, Error> {
    let manager = app.client.bind::<WayCaptureManager>(1)?;
    let shm = app.client.bind::<WayShm>(1)?;
    let (output, screen, size) = choose(screens(app)?, options)?;

    let layout = Layout::packed(0, size.width, size.height, PixelFormat::XRGB8888);
    let layout = layout.map_err(|_| Error::TooLarge { size })?;
    let memory = Memory::create("wayline-capture", layout.end())?;
    let args = layout.args();
    let client = &mut app.client;
    let pool = shm.create_pool(client, memory.try_clone_fd()?, args.stride * args.height)?;
    let format = way_shm::Format(args.format);
    let buffer = pool.create_buffer(client, args.offset, args.width, args.height, args.stride, format)?;
    let fence = Fence::new()?;
    let (x, y) = (options.at.0.cast_signed(), options.at.1.cast_signed());
    manager.capture_output(client, output, x, y, buffer, fence.try_clone()?.into())?;

    wait_until(app, |app| app.outcome.is_some())?;
    let outcome = app.outcome.ok_or(Error::Timeout { after: PATIENCE })?;
    outcome.map_err(|reason| Error::Capture { why: text(reason) })?;
    // The event and the fence come in any order.
    let connection = app.client.socket().ok_or(Disconnect::Closed)?;
    match fence.wait(connection, Some(PATIENCE))? {
        Wait::Signalled(_) => {}
        Wait::PeerGone => return Err(Disconnect::Closed.into()),
        Wait::TimedOut => return Err(Error::Timeout { after: PATIENCE }),
    }

    let mut pixels = vec![0; layout.end()];
    memory.read(0, &mut pixels)?;
    let rgb = pixels.as_chunks::<4>().0.iter().flat_map(|[blue, green, red, _]| [*red, *green, *blue]).collect();
    Ok(Picture { screen, size, rgb })
}

/// All screens, in the order in which they were announced.
fn screens(app: &mut Capture) -> Result<Vec<(WayOutput, Screen)>, Error> {
    let globals = app.client.globals().iter().filter(|global| global.interface == "way_output");
    let globals: Vec<_> = globals.map(|global| (global.name, global.version.min(2))).collect();
    let mut outputs = Vec::new();
    for (name, version) in globals {
        outputs.push(app.client.bind_name::<WayOutput>(name, version)?);
    }
    // Their descriptions follow at once.
    client::roundtrip(app)?;
    outputs.into_iter().map(|output| Ok((output, app.client.data(output)?.clone()))).collect()
}

fn text(reason: way_capture::Reason) -> String {
    match reason {
        way_capture::Reason::BUFFER => "it cannot write into our buffer".into(),
        way_capture::Reason::OUTPUT => "the screen is gone, or shows nothing yet".into(),
        way_capture::Reason::DENIED => "it does not allow it".into(),
        way_capture::Reason(number) => format!("reason {number}"),
    }
}

impl EventHandler<WayOutput> for Capture {
    type Data = Screen;

    fn event(&mut self, this: WayOutput, event: way_output::Event<'_>) -> HandlerResult {
        let screen = self.client.data(this)?;
        match event {
            way_output::Event::Mode { flags, width, height, .. } if flags.contains(way_output::Mode::CURRENT) => {
                screen.size = u32::try_from(width).ok().zip(u32::try_from(height).ok()).map(|(w, h)| Size::new(w, h));
            }
            way_output::Event::Name { name } => name.clone_into(&mut screen.name),
            way_output::Event::Mode { .. }
            | way_output::Event::Geometry { .. }
            | way_output::Event::Scale { .. }
            | way_output::Event::Done => {}
        }
        Ok(())
    }
}

impl EventHandler<WayCapture> for Capture {
    type Data = ();

    fn event(&mut self, _: WayCapture, event: way_capture::Event) -> HandlerResult {
        self.outcome = Some(match event {
            way_capture::Event::Done { .. } => Ok(()),
            way_capture::Event::Failed { reason } => Err(reason),
        });
        Ok(())
    }
}

impl EventHandler<WayShm> for Capture {
    type Data = ();

    /// Formats: the one that is used here is always there.
    fn event(&mut self, _: WayShm, _: way_shm::Event) -> HandlerResult {
        Ok(())
    }
}

impl EventHandler<WayBuffer> for Capture {
    type Data = ();

    /// A release: only a commit has one.
    fn event(&mut self, _: WayBuffer, _: way_buffer::Event) -> HandlerResult {
        Ok(())
    }
}
