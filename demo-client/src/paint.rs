//! `paint`: paper, a pointer and a keyboard.
//!
//! Shows input, and how little has to be sent when little changes: each commit names the rectangles that differ, and
//! only these are copied into the shared buffer. Two buffers take turns; each remembers what it has missed meanwhile.

use std::path::PathBuf;

use wayline::protocol::{WlCallback, wl_callback};
use wayline::{Client, EventHandler, Handled, HasClient, client};

use crate::easel::Easel;
use crate::error::Error;
use crate::files;
use crate::pages::{Busy, Page};
use crate::protocol::{WayBuffer, WayKeyboard, WayPointer, WaySeat, WayShm, WayWindow};
use crate::protocol::{way_buffer, way_keyboard, way_pointer, way_seat, way_shm, way_window};
use crate::session::{self, Tally};
use crate::size::Size;
use crate::window::{Window, WindowOptions, Wishes};

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

struct Paint {
    client: Client<Paint>,
    wishes: Wishes,
    easel: Easel,
    /// Whether the compositor is ready for another picture.
    frame_due: bool,
    pointer: Option<WayPointer>,
    keyboard: Option<WayKeyboard>,
}

impl HasClient for Paint {
    fn client(&mut self) -> &mut Client<Paint> {
        &mut self.client
    }
}

impl EventHandler<WaySeat> for Paint {
    type Data = ();

    fn event(&mut self, this: WaySeat, event: way_seat::Event<'_>) -> Handled {
        match event {
            way_seat::Event::Capabilities { capabilities } => {
                if capabilities.contains(way_seat::Capability::POINTER) && self.pointer.is_none() {
                    self.pointer = Some(this.get_pointer(&mut self.client)?);
                }
                if capabilities.contains(way_seat::Capability::KEYBOARD) && self.keyboard.is_none() {
                    self.keyboard = Some(this.get_keyboard(&mut self.client)?);
                }
            }
            way_seat::Event::Name { .. } => {}
        }
        Ok(())
    }
}

impl EventHandler<WayPointer> for Paint {
    type Data = ();

    fn event(&mut self, _: WayPointer, event: way_pointer::Event) -> Handled {
        match event {
            way_pointer::Event::Enter { x, y, .. } | way_pointer::Event::Motion { x, y, .. } => {
                self.easel.move_to((x.to_f64() as f32, y.to_f64() as f32));
            }
            way_pointer::Event::Leave { .. } => self.easel.press(false),
            way_pointer::Event::Button { button: BTN_LEFT, state, .. } => {
                self.easel.press(state == way_pointer::ButtonState::PRESSED);
            }
            way_pointer::Event::Axis { axis: way_pointer::Axis::VERTICAL, value, .. } => {
                self.easel.thicken((-value.to_f64() / CLICK) as f32);
            }
            way_pointer::Event::Button { .. } | way_pointer::Event::Axis { .. } | way_pointer::Event::Frame => {}
        }
        Ok(())
    }
}

impl EventHandler<WayKeyboard> for Paint {
    type Data = ();

    fn event(&mut self, _: WayKeyboard, event: way_keyboard::Event<'_>) -> Handled {
        match event {
            way_keyboard::Event::Key { key, state: way_keyboard::KeyState::PRESSED, .. } => match key {
                KEY_ESC | KEY_Q => self.wishes.close = true,
                KEY_C => self.easel.clear(),
                KEY_1..=KEY_0 => self.easel.choose((key - KEY_1) as usize),
                _ => {}
            },
            // Dropping the keymap closes its descriptor.
            way_keyboard::Event::Keymap { .. }
            | way_keyboard::Event::Key { .. }
            | way_keyboard::Event::Enter { .. }
            | way_keyboard::Event::Leave { .. }
            | way_keyboard::Event::Modifiers { .. }
            | way_keyboard::Event::RepeatInfo { .. } => {}
        }
        Ok(())
    }
}

impl EventHandler<WayWindow> for Paint {
    type Data = ();

    fn event(&mut self, _: WayWindow, event: way_window::Event<'_>) -> Handled {
        self.wishes.note(&event);
        Ok(())
    }
}

impl EventHandler<WlCallback> for Paint {
    type Data = ();

    fn event(&mut self, _: WlCallback, _: wl_callback::Event) -> Handled {
        self.frame_due = true;
        Ok(())
    }
}

impl EventHandler<WayBuffer> for Paint {
    type Data = Busy;

    fn event(&mut self, this: WayBuffer, event: way_buffer::Event) -> Handled {
        match event {
            way_buffer::Event::Release => *self.client.data(this)? = Busy(false),
        }
        Ok(())
    }
}

impl EventHandler<WayShm> for Paint {
    type Data = ();

    /// Formats: the one that is used here is always there.
    fn event(&mut self, _: WayShm, _: way_shm::Event) -> Handled {
        Ok(())
    }
}

pub(crate) fn run(socket: Option<&str>, options: &Options) -> Result<(), Error> {
    let mut tally = Tally::start();
    let mut app = Paint {
        client: session::connect(socket)?,
        wishes: Wishes::default(),
        easel: Easel::new(options.window.size.unwrap_or(DEFAULT_SIZE)),
        frame_due: true,
        pointer: None,
        keyboard: None,
    };
    let result = paint(&mut app, options.window.title.as_deref(), &mut tally);
    let canvas = app.easel.canvas();
    let saved = match &options.save {
        // Whether or not the compositor is still there.
        Some(path) if tally.has_shown() => files::save(path, canvas.size(), &canvas.to_rgb()),
        _ => Ok(()),
    };
    session::finish(&app.client, &tally, result).and(saved)
}

fn paint(app: &mut Paint, title: Option<&str>, tally: &mut Tally) -> Result<(), Error> {
    app.client.bind::<WaySeat>(1)?;
    let window = Window::open(&mut app.client, "wayline-paint", title.unwrap_or("Paint"))?;
    let mut pages = [Page::default(), Page::default()];
    let (mut configured, mut titled) = (false, "");
    while !app.wishes.close {
        client::dispatch(app, None)?;
        if title.is_none() && titled != app.easel.colour() {
            titled = app.easel.colour();
            window.set_title(&mut app.client, &format!("Paint with {titled}"))?;
        }
        let configure = app.wishes.configure.take();
        if let Some(configure) = configure {
            configured = true;
            window.acknowledge(&mut app.client, configure)?;
            let size = configure.size(app.easel.canvas().size());
            if size != app.easel.canvas().size() {
                app.easel.resize(size);
                for page in &mut pages {
                    page.discard(&mut app.client)?;
                }
            }
        }
        if configured && app.frame_due && app.easel.has_changed() {
            present(app, &window, &mut pages, tally)?;
        } else if configure.is_some() {
            // Nothing to draw now, but the configuration shall be in force.
            window.surface.commit(&mut app.client)?;
        }
    }
    window.close(&mut app.client)?;
    Ok(client::roundtrip(app)?)
}

/// Commits what has changed, unless the compositor still has both pages: then its next release leads here again.
fn present(app: &mut Paint, window: &Window, pages: &mut [Page; 2], tally: &mut Tally) -> Result<(), Error> {
    let client = &mut app.client;
    let Some(free) = pages.iter().position(|page| page.is_free(client)) else { return Ok(()) };
    let damage = app.easel.take_damage();
    for page in pages.iter_mut() {
        page.miss(&damage);
    }
    let buffer = pages[free].catch_up(client, window.shm, app.easel.canvas())?;
    window.surface.frame(client)?;
    window.surface.attach(client, Some(buffer))?;
    for rect in damage.rects() {
        let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(u32::cast_signed);
        window.surface.damage(client, x, y, width, height)?;
    }
    window.surface.commit(client)?;
    *client.data(buffer)? = Busy(true);
    app.frame_due = false;
    tally.add(damage.pixels());
    Ok(())
}
