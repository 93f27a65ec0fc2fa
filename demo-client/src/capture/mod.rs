//! `capture`: what is on a screen, as a PNG file.
//!
//! The other direction: the compositor writes into our memory. How it is asked to is in `native` (protocol.xml),
//! `image_copy` (ext-image-copy-capture) and `screencopy` (that of compositors based on wlroots). The core of Wayland has
//! nothing for it.

mod image_copy;
mod native;
mod screencopy;
mod wayland;

use std::path::PathBuf;
use std::time::Duration;

use wayline::{Client, HasClient, client};

use crate::error::Error;
use crate::session::{self, Host, Tally};
use crate::{files, size};
use wayline_toolkit::Size;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The PNG file to write.
    file: PathBuf,

    /// The screen, by its name. Without it, the first one.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,

    /// Size of the part to capture. Without it, all that is right of and below its corner.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size::parse)]
    size: Option<Size>,

    /// Upper left corner of the part to capture.
    #[arg(long, value_name = "X,Y", default_value = "0,0", value_parser = corner)]
    at: (u32, u32),
}

/// How long the compositor may take. It answers with its next frame.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until `done` says so.
fn wait_until(app: &mut Capture, done: impl FnMut(&mut Capture) -> bool) -> Result<(), Error> {
    match client::dispatch_until(app, PATIENCE, done) {
        Err(wayline::Error::TimedOut) => Err(Error::Timeout { after: PATIENCE }),
        result => Ok(result?),
    }
}

struct Capture {
    client: Client<Capture>,
    /// How the capture went, as the native protocol says it.
    outcome: Option<Result<(), wayline_toolkit::protocol::native::way_capture::Reason>>,
    screencopy: screencopy::State,
    image_copy: image_copy::State,
}

impl HasClient for Capture {
    fn client(&mut self) -> &mut Client<Capture> {
        &mut self.client
    }
}

/// What a screen says of itself.
#[derive(Clone, Default)]
struct Screen {
    name: String,
    size: Option<Size>,
}

/// What is on a screen, or on a part of it.
struct Picture {
    screen: String,
    size: Size,
    /// Red, green and blue of each pixel.
    rgb: Vec<u8>,
}

pub(crate) fn run(host: Host<'_>, options: &Options) -> Result<(), Error> {
    let mut tally = Tally::start();
    let (screencopy, image_copy) = Default::default();
    let mut app = Capture { client: host.connect()?, outcome: None, screencopy, image_copy };
    let result = capture(&mut app, host, options, &mut tally);
    session::finish(app.client.stats(), app.client.ended(), &tally, result)
}

fn capture(app: &mut Capture, host: Host<'_>, options: &Options, tally: &mut Tally) -> Result<(), Error> {
    let Picture { screen, size, rgb } =
        if host.protocol().is_native(&app.client) { native::take(app, options)? } else { foreign(app, options)? };
    files::save(&options.file, size, &rgb)?;
    tally.add(size.pixels());
    session::say(format_args!("capture: {size} pixels of {screen} are in {}", options.file.display()))
}

/// Takes the picture by a protocol of somebody else.
fn foreign(app: &mut Capture, options: &Options) -> Result<Picture, Error> {
    let is_offered = |name: &str| app.client.globals().iter().any(|global| global.interface == name);
    if image_copy::MANAGERS.into_iter().all(is_offered) {
        image_copy::take(app, options)
    } else if is_offered(screencopy::MANAGER) {
        screencopy::take(app, options)
    } else {
        Err(Error::NoCapture)
    }
}

/// Finds the screen that is meant among those that there are, and the size of the part to capture.
fn choose<O>(screens: Vec<(O, Screen)>, options: &Options) -> Result<(O, String, Size), Error> {
    let mut known = Vec::new();
    for (output, Screen { name, size }) in screens {
        if options.output.as_ref().is_none_or(|wanted| *wanted == name) {
            let whole = size.ok_or(Error::NoScreen)?;
            let (left, top) = options.at;
            let rest = Size::new(whole.width.saturating_sub(left), whole.height.saturating_sub(top));
            if rest.pixels() == 0 {
                return Err(Error::Outside { whole });
            }
            return Ok((output, name, options.size.unwrap_or(rest)));
        }
        known.push(name);
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
