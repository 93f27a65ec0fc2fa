//! `capture`: what is on a screen, as a PNG file.
//!
//! The other direction: the compositor writes into our buffer. One event says whether it did, one eventfd that it will
//! not touch the buffer again.

use std::path::PathBuf;
use std::time::Duration;

use wayline::io::fence::{Fence, Wait};
use wayline::io::shm::PixelFormat;
use wayline::{Client, Disconnect, EventHandler, Handled, HasClient, client};

use crate::buffer::Buffer;
use crate::error::Error;
use crate::files;
use crate::protocol::way_capture::{self, Reason};
use crate::protocol::{WayBuffer, WayCapture, WayCaptureManager, WayOutput, WayShm};
use crate::protocol::{way_buffer, way_output, way_shm};
use crate::session::{self, Tally};
use crate::size::Size;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The PNG file to write.
    file: PathBuf,

    /// The screen, by its name. Without it, the first one.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,

    /// Size of the part to capture. Without it, all that is right of and below its corner.
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    size: Option<Size>,

    /// Upper left corner of the part to capture.
    #[arg(long, value_name = "X,Y", default_value = "0,0", value_parser = corner)]
    at: (u32, u32),
}

/// How long the compositor may take. It answers with its next frame.
const PATIENCE: Duration = Duration::from_secs(5);

struct Capture {
    client: Client<Capture>,
    /// How the capture went.
    outcome: Option<Result<(), Reason>>,
}

/// What a screen says of itself.
#[derive(Default)]
struct Screen {
    name: String,
    size: Option<Size>,
}

impl HasClient for Capture {
    fn client(&mut self) -> &mut Client<Capture> {
        &mut self.client
    }
}

impl EventHandler<WayOutput> for Capture {
    type Data = Screen;

    fn event(&mut self, this: WayOutput, event: way_output::Event<'_>) -> Handled {
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

    fn event(&mut self, _: WayCapture, event: way_capture::Event) -> Handled {
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
    fn event(&mut self, _: WayShm, _: way_shm::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WayBuffer> for Capture {
    type Data = ();

    /// A release: only a commit has one.
    fn event(&mut self, _: WayBuffer, _: way_buffer::Event) -> Handled {
        Ok(())
    }
}

pub(crate) fn run(socket: Option<&str>, options: &Options) -> Result<(), Error> {
    let mut tally = Tally::start();
    let mut app = Capture { client: session::connect(socket)?, outcome: None };
    let result = capture(&mut app, options, &mut tally);
    session::finish(&app.client, &tally, result)
}

fn capture(app: &mut Capture, options: &Options, tally: &mut Tally) -> Result<(), Error> {
    let manager = app.client.bind::<WayCaptureManager>(1)?;
    let shm = app.client.bind::<WayShm>(1)?;
    let (output, name, size) = choose(app, options)?;

    let buffer = Buffer::new(&mut app.client, shm, size, PixelFormat::XRGB8888)?;
    let fence = Fence::new()?;
    let (x, y) = (options.at.0.cast_signed(), options.at.1.cast_signed());
    manager.capture_output(&mut app.client, output, x, y, buffer.object, fence.try_clone()?.into())?;
    let in_time = client::dispatch_until(app, PATIENCE, |app| app.outcome.is_some())?;
    let outcome = app.outcome.filter(|_| in_time).ok_or(Error::Timeout { after: PATIENCE })?;
    outcome.map_err(|reason| Error::Capture { reason })?;
    // The event and the fence come in any order.
    let connection = app.client.poll_fd().ok_or(Disconnect::Closed)?;
    match fence.wait(connection, Some(PATIENCE))? {
        Wait::Signalled(_) => {}
        Wait::PeerGone => return Err(Disconnect::Closed.into()),
        Wait::TimedOut => return Err(Error::Timeout { after: PATIENCE }),
    }

    let pixels = buffer.bytes()?;
    let rgb: Vec<u8> =
        pixels.as_chunks::<4>().0.iter().flat_map(|[blue, green, red, _]| [*red, *green, *blue]).collect();
    files::save(&options.file, size, &rgb)?;
    tally.add(size.pixels());
    session::say(format_args!("capture: {size} pixels of {name} are in {}", options.file.display()))
}

/// Finds the screen that is meant: its object, its name, and the size of the part to capture.
fn choose(app: &mut Capture, options: &Options) -> Result<(WayOutput, String, Size), Error> {
    let globals = app.client.globals().iter().filter(|global| global.interface == "way_output");
    let globals: Vec<_> = globals.map(|global| (global.name, global.version.min(2))).collect();
    let mut outputs = Vec::new();
    for (name, version) in globals {
        outputs.push(app.client.bind_name::<WayOutput>(name, version)?);
    }
    // Their descriptions follow at once.
    client::roundtrip(app)?;
    let mut known = Vec::new();
    for output in outputs {
        let Screen { name, size } = app.client.data(output)?;
        if options.output.as_ref().is_none_or(|wanted| wanted == name) {
            let whole = size.ok_or(Error::NoScreen)?;
            let (left, top) = options.at;
            let rest = Size::new(whole.width.saturating_sub(left), whole.height.saturating_sub(top));
            if rest.pixels() == 0 {
                return Err(Error::Outside { whole });
            }
            return Ok((output, name.clone(), options.size.unwrap_or(rest)));
        }
        known.push(name.clone());
    }
    match &options.output {
        Some(name) if !known.is_empty() => Err(Error::UnknownScreen { name: name.clone(), known }),
        _ => Err(Error::NoScreen),
    }
}

/// Two numbers that fit into an `int` of the wire.
fn corner(text: &str) -> Result<(u32, u32), String> {
    let number = |digits: &str| digits.parse().ok().filter(|number| i32::try_from(*number).is_ok());
    let (x, y) = text.split_once(',').ok_or("a corner is written as X,Y, such as 0,0")?;
    number(x).zip(number(y)).ok_or_else(|| format!("X and Y must be within 0 to {}", i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::corner;

    #[test]
    fn corners_are_two_numbers() {
        assert_eq!(corner("3,40"), Ok((3, 40)));
        for text in ["", "3", "3,", "-1,0", "3,2147483648", "3,4,5"] {
            assert!(corner(text).is_err(), "{text}");
        }
    }
}
