//! `paint`: paper, a pointer and a keyboard.
//!
//! Shows input, and how little has to be sent when little changes: each commit names the rectangles that differ, and
//! only these are copied into the shared memory.

use std::path::PathBuf;

use wayline_toolkit::{Event, PixelFormat, Rect, Setup, Size, StandaloneWindow};

use crate::error::Error;
use crate::files;
use crate::options::WindowOptions;
use crate::paint_model::PaintModel;
use crate::session::{self, Host, Tally};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write the picture to a PNG file at the end.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    #[command(flatten)]
    window: WindowOptions,
}

const DEFAULT_SIZE: Size = Size::new(640, 420);

/// Codes of linux/input-event-codes.h. Keys are meant by their place on the keyboard, so that no keymap is needed.
const BTN_LEFT: u32 = 0x110;
const KEY_ESC: u32 = 1;
const KEY_1: u32 = 2;
const KEY_0: u32 = 11;
const KEY_Q: u32 = 16;
const KEY_C: u32 = 46;

/// What a click of the wheel is on the wire.
const CLICK: f64 = 15.0;

pub(crate) fn run(host: Host<'_>, options: &Options) -> Result<(), Error> {
    let mut tally = Tally::start();
    let title = options.window.title.as_deref();
    let setup = Setup { app_id: "wayline-paint", title: title.unwrap_or("Paint"), format: PixelFormat::XRGB8888 };
    let mut window = host.open(&setup)?;
    window.listen_to_input()?;
    let mut paint_model = PaintModel::new(options.window.size.unwrap_or(DEFAULT_SIZE));
    let result = paint(&mut window, &mut paint_model, title.is_none(), &mut tally);
    let canvas = paint_model.canvas();
    let saved = match &options.save {
        // Whether or not the compositor is still there.
        Some(path) if tally.has_shown() => files::save(path, canvas.size(), &canvas.to_rgb()),
        _ => Ok(()),
    };
    session::finish(window.stats(), window.ended(), &tally, result).and(saved)
}

fn paint(
    window: &mut StandaloneWindow,
    paint_model: &mut PaintModel,
    name_colours: bool,
    tally: &mut Tally,
) -> Result<(), Error> {
    let (mut configured, mut due, mut titled) = (false, true, "");
    loop {
        let mut configure = None;
        for event in window.wait(None)? {
            match event {
                Event::Configure(latest) => configure = Some(latest),
                Event::Close | Event::Key { code: KEY_ESC | KEY_Q, pressed: true } => return Ok(window.close()?),
                Event::Frame => due = true,
                event => take(paint_model, event),
            }
        }
        if name_colours && titled != paint_model.colour() {
            titled = paint_model.colour();
            window.set_title(&format!("Paint with {titled}"))?;
        }
        if let Some(configure) = configure {
            configured = true;
            let size = configure.size(paint_model.canvas().size());
            if size != paint_model.canvas().size() {
                paint_model.resize(size);
            }
        }
        let canvas = paint_model.canvas();
        let draw = |rect: Rect, y, row: &mut [u8]| {
            row.copy_from_slice(&canvas.row(rect.left().cast_unsigned(), y)[..row.len()]);
        };
        if configured
            && due
            && paint_model.has_changed()
            && window.present(canvas.size(), paint_model.damage(), draw)?
        {
            tally.add(paint_model.take_damage().pixels());
            due = false;
        } else if configure.is_some() {
            // Nothing to draw now, but the configuration shall be in force.
            window.commit()?;
        }
    }
}

/// Does what pointer and keyboard ask for.
fn take(paint_model: &mut PaintModel, event: Event) {
    match event {
        Event::Pointer { x, y } => paint_model.move_to((x as f32, y as f32)),
        Event::PointerLeft => paint_model.press(false),
        Event::Button { code: BTN_LEFT, pressed } => paint_model.press(pressed),
        Event::Scroll { horizontal: false, distance } => paint_model.thicken((-distance / CLICK) as f32),
        Event::Key { code: KEY_C, pressed: true } => paint_model.clear(),
        Event::Key { code: code @ KEY_1..=KEY_0, pressed: true } => paint_model.choose((code - KEY_1) as usize),
        _ => {}
    }
}
