//! `view`: a picture from disk in a window.
//!
//! The plainest kind of client: it draws when it is configured and sleeps otherwise. One buffer at a time is enough,
//! because nothing is ever drawn into a buffer that the compositor has.

use std::path::PathBuf;

use image::RgbaImage;
use image::imageops::{self, FilterType};
use wayline::io::shm::PixelFormat;
use wayline::{Client, EventHandler, Handled, HasClient, client};

use crate::buffer::Buffer;
use crate::error::Error;
use crate::protocol::{WayBuffer, WayShm, WayWindow, way_buffer, way_shm, way_window};
use crate::session::{self, Tally};
use crate::size::Size;
use crate::window::{Configure, Window, WindowOptions, Wishes};
use crate::{files, picture};

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

struct View {
    client: Client<View>,
    wishes: Wishes,
}

impl HasClient for View {
    fn client(&mut self) -> &mut Client<View> {
        &mut self.client
    }
}

impl EventHandler<WayWindow> for View {
    type Data = ();

    fn event(&mut self, _: WayWindow, event: way_window::Event<'_>) -> Handled {
        self.wishes.note(&event);
        Ok(())
    }
}

impl EventHandler<WayShm> for View {
    type Data = ();

    /// Formats: the one that is used here is always there.
    fn event(&mut self, _: WayShm, _: way_shm::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WayBuffer> for View {
    type Data = ();

    /// A release: no buffer is used twice.
    fn event(&mut self, _: WayBuffer, _: way_buffer::Event) -> Handled {
        Ok(())
    }
}

pub(crate) fn run(socket: Option<&str>, options: &Options) -> Result<(), Error> {
    let picture = match &options.file {
        Some(path) => Picture::new(files::load(path)?),
        None => Picture::built_in(),
    };
    let mut tally = Tally::start();
    let mut app = View { client: session::connect(socket)?, wishes: Wishes::default() };
    let result = show(&mut app, &picture, options, &mut tally);
    session::finish(&app.client, &tally, result)
}

fn show(app: &mut View, picture: &Picture, options: &Options, tally: &mut Tally) -> Result<(), Error> {
    let name = options.file.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
    let title = options.window.title.as_deref().or(name.as_deref()).unwrap_or("A lake at dusk");
    let window = Window::open(&mut app.client, "wayline-view", title)?;
    let mut shown: Option<Buffer> = None;
    while !app.wishes.close {
        client::dispatch(app, None)?;
        let Some(configure) = app.wishes.configure.take() else { continue };
        let client = &mut app.client;
        window.acknowledge(client, configure)?;
        let frame = Frame::choose(picture.size(), options.window.size, configure);
        let mut old = None;
        if shown.as_ref().map(Buffer::size) != Some(frame.window) {
            let mut buffer = Buffer::new(client, window.shm, frame.window, PixelFormat::ARGB8888)?;
            picture.draw(&frame, &mut buffer)?;
            window.surface.attach(client, Some(buffer.object))?;
            if picture.opaque {
                let Size { width, height } = frame.window;
                window.surface.set_opaque(client, 0, 0, width as i32, height as i32)?;
            }
            tally.add(frame.window.pixels());
            old = shown.replace(buffer);
        }
        window.surface.commit(client)?;
        if let Some(old) = old {
            old.destroy(client)?;
        }
    }
    window.close(&mut app.client)?;
    Ok(client::roundtrip(app)?)
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
                let picture = own.shrunk_into(configure.size(MODEST));
                Frame { window: picture, picture }
            }
        }
    }

    fn exact(own: Size, window: Size) -> Frame {
        Frame { window, picture: own.scaled_into(window) }
    }
}

/// A picture, its colours multiplied with alpha: only so can pixels of different alpha be mixed when it is scaled.
struct Picture {
    image: RgbaImage,
    opaque: bool,
}

impl Picture {
    fn new(mut image: RgbaImage) -> Picture {
        let mut opaque = true;
        for pixel in image.pixels_mut() {
            let alpha = pixel.0[3];
            if alpha != u8::MAX {
                opaque = false;
                let multiply = |channel: u8| ((u32::from(channel) * u32::from(alpha) + 127) / 255) as u8;
                let [red, green, blue, _] = pixel.0;
                pixel.0 = [multiply(red), multiply(green), multiply(blue), alpha];
            }
        }
        Picture { image, opaque }
    }

    fn built_in() -> Picture {
        let image = RgbaImage::from_raw(picture::WIDTH, picture::HEIGHT, picture::draw());
        Picture::new(image.expect("the picture has as many pixels as it says"))
    }

    fn size(&self) -> Size {
        Size::new(self.image.width(), self.image.height())
    }

    /// Draws the picture, scaled, and bars around it.
    fn draw(&self, frame: &Frame, buffer: &mut Buffer) -> Result<(), Error> {
        let Size { width, height } = frame.picture;
        let scaled;
        let image = if frame.picture == self.size() {
            &self.image
        } else {
            scaled = imageops::resize(&self.image, width, height, FilterType::CatmullRom);
            &scaled
        };
        let (left, top) = ((frame.window.width - width) / 2, (frame.window.height - height) / 2);
        let stride = width as usize * 4;
        buffer.draw_all(|y, row| {
            let (pixels, _) = row.as_chunks_mut::<4>();
            pixels.fill(BARS);
            let Some(y) = y.checked_sub(top).filter(|&y| y < height) else { return };
            let source = image.as_raw()[y as usize * stride..][..stride].as_chunks::<4>().0;
            for (pixel, [red, green, blue, alpha]) in pixels[left as usize..].iter_mut().zip(source) {
                // Sharp scaling can overshoot: no colour may be larger than its alpha.
                *pixel = [*blue.min(alpha), *green.min(alpha), *red.min(alpha), *alpha];
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, MODEST, Size, Wishes, way_window};

    fn choose(own: Size, asked: Option<Size>, width: i32, height: i32, states: &[u8]) -> Frame {
        let mut wishes = Wishes::default();
        wishes.note(&way_window::Event::Configure { serial: 1, width, height, states });
        Frame::choose(own, asked, wishes.configure.unwrap())
    }

    #[test]
    fn a_window_takes_the_shape_of_its_picture() {
        let photo = Size::new(4000, 2000);
        let fit = |size| Frame { window: size, picture: size };
        assert_eq!(choose(photo, None, 0, 0, &[]), fit(Size::new(MODEST.width, MODEST.width / 2)));
        assert_eq!(choose(photo, None, 300, 0, &[]), fit(Size::new(300, 150)));
        let icon = Size::new(16, 16);
        assert_eq!(choose(icon, None, 300, 200, &[]), fit(icon), "nothing is enlarged unasked");
    }

    #[test]
    fn a_size_that_somebody_insists_on_is_filled() {
        let (icon, asked) = (Size::new(16, 16), Some(Size::new(300, 200)));
        let filled = Frame { window: Size::new(300, 200), picture: Size::new(200, 200) };
        assert_eq!(choose(icon, asked, 0, 0, &[]), filled);
        let maximized = way_window::State::MAXIMIZED.0.to_ne_bytes();
        assert_eq!(choose(icon, None, 300, 200, &maximized), filled);
        assert_eq!(choose(icon, asked, 300, 200, &[]).window, icon, "the compositor goes before the command line");
    }
}
