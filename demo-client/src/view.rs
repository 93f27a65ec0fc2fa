//! `view`: a picture from disk in a window.
//!
//! The plainest kind of client: it draws when it is configured and sleeps otherwise.

use std::borrow::Cow;
use std::path::PathBuf;

use resize::Pixel::RGBA8;
use resize::Type::Catrom;
use rgb::RGBA;
use wayline_toolkit::{Configure, Damage, Event, PixelFormat, Setup, Size, StandaloneWindow};

use crate::error::Error;
use crate::files::Image;
use crate::options::WindowOptions;
use crate::session::{self, Host, Tally};
use crate::{files, picture, size};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// A PNG or JPEG file. Without it, a picture that the program draws.
    file: Option<PathBuf>,

    #[command(flatten)]
    window: WindowOptions,
}

/// The largest window that opens unasked; larger pictures are scaled down to it.
const MODEST: Size = Size::new(800, 600);

/// What surrounds a picture in a window of another shape: blue, green, red, alpha.
const BARS: [u8; 4] = [20, 18, 18, 255];

pub(crate) fn run(host: Host<'_>, options: &Options) -> Result<(), Error> {
    let picture = match &options.file {
        Some(path) => Picture::new(files::load(path)?),
        None => Picture::built_in(),
    };
    let name = options.file.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
    let title = options.window.title.as_deref().or(name.as_deref()).unwrap_or("A lake at dusk");
    let format = if picture.opaque { PixelFormat::XRGB8888 } else { PixelFormat::ARGB8888 };
    let mut tally = Tally::start();
    let mut window = host.open(&Setup { app_id: "wayline-view", title, format })?;
    let result = show(&mut window, &picture, options.window.size, &mut tally);
    session::finish(window.stats(), window.ended(), &tally, result)
}

fn show(window: &mut StandaloneWindow, picture: &Picture, asked: Option<Size>, tally: &mut Tally) -> Result<(), Error> {
    let mut shown = None;
    let mut wanted = None;
    loop {
        for event in window.wait(None)? {
            match event {
                Event::Configure(configure) => wanted = Some(Frame::choose(picture.size(), asked, configure)),
                Event::Close => return Ok(window.close()?),
                _ => {}
            }
        }
        let Some(frame) = wanted else { continue };
        if shown == Some(frame.window) {
            // The same pixels will do, but the configuration shall be in force.
            window.commit()?;
            wanted = None;
            continue;
        }
        let image = picture.scaled(frame.picture)?;
        let draw = |_, y, row: &mut [u8]| draw_row(&image, &frame, y, row);
        if window.present(frame.window, &Damage::default(), draw)? {
            tally.add(frame.window.pixels());
            shown = Some(frame.window);
            wanted = None;
        }
    }
}

/// How a picture lies in its window: in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    window: Size,
    picture: Size,
}

impl Frame {
    /// A window takes the shape of its picture, and never enlarges it, unless somebody insists on a size.
    fn choose(own: Size, asked: Option<Size>, configure: Configure) -> Frame {
        let free = configure.width.is_none() && configure.height.is_none();
        match asked {
            _ if configure.obey => Frame::exact(own, configure.size(asked.unwrap_or(MODEST))),
            Some(size) if free => Frame::exact(own, size),
            _ => {
                let picture = size::shrunk_into(own, configure.size(MODEST));
                Frame { window: picture, picture }
            }
        }
    }

    fn exact(own: Size, window: Size) -> Frame {
        Frame { window, picture: size::scaled_into(own, window) }
    }
}

/// A picture, its colours multiplied with alpha: only so can pixels of different alpha be mixed when it is scaled.
struct Picture {
    image: Image,
    opaque: bool,
}

impl Picture {
    fn new(mut image: Image) -> Picture {
        let mut opaque = true;
        for pixel in &mut image.pixels {
            let [red, green, blue, alpha] = *pixel;
            if alpha != u8::MAX {
                opaque = false;
                let multiply = |channel: u8| ((u32::from(channel) * u32::from(alpha) + 127) / 255) as u8;
                *pixel = [multiply(red), multiply(green), multiply(blue), alpha];
            }
        }
        Picture { image, opaque }
    }

    fn built_in() -> Picture {
        let size = Size::new(picture::WIDTH, picture::HEIGHT);
        Picture::new(Image { size, pixels: picture::draw().as_chunks().0.to_vec() })
    }

    fn size(&self) -> Size {
        self.image.size
    }

    /// The picture in another size.
    fn scaled(&self, size: Size) -> Result<Cow<'_, Image>, Error> {
        if size == self.size() {
            return Ok(Cow::Borrowed(&self.image));
        }
        let [from, to] = [self.size(), size].map(|size| (size.width as usize, size.height as usize));
        let source: Vec<_> = self.image.pixels.iter().map(|&pixel| RGBA::from(pixel)).collect();
        let mut scaled = vec![RGBA::from([0; 4]); to.0 * to.1];
        let resized = resize::new(from.0, from.1, to.0, to.1, RGBA8, Catrom)
            .and_then(|mut resizer| resizer.resize(&source, &mut scaled));
        resized.map_err(|_| Error::TooLarge { size })?;
        Ok(Cow::Owned(Image { size, pixels: scaled.into_iter().map(Into::into).collect() }))
    }
}

/// Draws one row of a picture, as wide as `frame` says, and bars around it.
fn draw_row(image: &Image, frame: &Frame, y: u32, row: &mut [u8]) {
    let Size { width, height } = frame.picture;
    let (left, top) = ((frame.window.width - width) / 2, (frame.window.height - height) / 2);
    let (pixels, _) = row.as_chunks_mut::<4>();
    pixels.fill(BARS);
    let Some(y) = y.checked_sub(top).filter(|&y| y < height) else { return };
    let source = &image.pixels[y as usize * width as usize..][..width as usize];
    for (pixel, [red, green, blue, alpha]) in pixels[left as usize..].iter_mut().zip(source) {
        // Sharp scaling can overshoot: no colour may be larger than its alpha.
        *pixel = [*blue.min(alpha), *green.min(alpha), *red.min(alpha), *alpha];
    }
}

#[cfg(test)]
mod tests {
    use super::{Configure, Frame, MODEST, Size};

    fn choose(own: Size, asked: Option<Size>, width: u32, height: u32, obey: bool) -> Frame {
        let side = |length| (length > 0).then_some(length);
        Frame::choose(own, asked, Configure { width: side(width), height: side(height), obey })
    }

    #[test]
    fn a_window_takes_the_shape_of_its_picture() {
        let photo = Size::new(4000, 2000);
        let fit = |size| Frame { window: size, picture: size };
        assert_eq!(choose(photo, None, 0, 0, false), fit(Size::new(MODEST.width, MODEST.width / 2)));
        assert_eq!(choose(photo, None, 300, 0, false), fit(Size::new(300, 150)));
        let icon = Size::new(16, 16);
        assert_eq!(choose(icon, None, 300, 200, false), fit(icon), "nothing is enlarged unasked");
    }

    #[test]
    fn a_size_that_somebody_insists_on_is_filled() {
        let (icon, asked) = (Size::new(16, 16), Some(Size::new(300, 200)));
        let filled = Frame { window: Size::new(300, 200), picture: Size::new(200, 200) };
        assert_eq!(choose(icon, asked, 0, 0, false), filled);
        assert_eq!(choose(icon, None, 300, 200, true), filled);
        assert_eq!(choose(icon, asked, 300, 200, false).window, icon, "the compositor goes before the command line");
    }
}
