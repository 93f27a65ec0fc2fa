//! A window on a server that speaks protocol.xml.

use wayline::client::{self, EventHandler};
use wayline::{Client, Error, Handled, HasClient, WlCallback, words};

use super::{BUFFERS, PATIENCE, Pages, Turn};
use crate::protocol::{
    WayBuffer, WayCompositor, WayKeyboard, WayPointer, WaySeat, WayShm, WaySurface, WayWindow, way_buffer,
    way_keyboard, way_pointer, way_seat, way_shm, way_window,
};
use crate::scene::{Frame, Rect};
use crate::script::Action;

/// A window that shows our screen.
#[derive(Debug)]
pub(crate) struct Nested {
    client: Client<Nested>,
    window: Option<Window>,
    /// Serial of a configure that is to be acknowledged.
    configure: Option<u32>,
    /// What the user did in the window since it was asked last.
    input: Vec<Action>,
    closed: bool,
}

#[derive(Debug)]
struct Window {
    surface: WaySurface,
    object: WayWindow,
    buffers: [WayBuffer; BUFFERS],
    pages: Pages,
}

impl HasClient for Nested {
    fn client(&mut self) -> &mut Client<Nested> {
        &mut self.client
    }
}

impl Nested {
    /// Opens a window of `size` pixels on the server at `host`.
    ///
    /// # Errors
    /// If there is no server, or one that does not speak the native protocol.
    pub(super) fn open(host: &str, size: (u32, u32)) -> Result<Nested, Error> {
        let client = Client::connect_to(host)?;
        let mut nested = Nested { client, window: None, configure: None, input: Vec::new(), closed: false };
        let compositor: WayCompositor = nested.client.bind(1)?;
        let shm: WayShm = nested.client.bind(1)?;
        // A host without a seat shows pictures all the same.
        let seat: Result<WaySeat, _> = nested.client.bind(1);
        if let Ok(seat) = seat {
            client::roundtrip(&mut nested)?;
            let capabilities = *nested.client.data(seat).map_err(wayline::SendError::from)?;
            if capabilities.contains(way_seat::Capability::POINTER) {
                seat.get_pointer(&mut nested.client)?;
            }
            if capabilities.contains(way_seat::Capability::KEYBOARD) {
                seat.get_keyboard(&mut nested.client)?;
            }
        }
        let window = Window::new(&mut nested.client, compositor, shm, size)?;
        window.object.set_title(&mut nested.client, "Wayline")?;
        window.object.set_app_id(&mut nested.client, "wayline.demo-server")?;
        nested.window = Some(window);
        client::dispatch_until(&mut nested, PATIENCE, |nested| nested.configure.is_some())?;
        Ok(nested)
    }

    /// The connection to the host, for the event loop.
    pub(super) fn source(&mut self) -> std::io::Result<wayline::Source> {
        self.client.source()
    }

    /// Handles what the host sent.
    ///
    /// # Errors
    /// Once the connection has ended.
    pub(super) fn turn(&mut self) -> Result<Turn, Error> {
        client::turn(self)?;
        let redraw = self.window.as_mut().is_some_and(|window| window.pages.is_late());
        Ok(Turn { input: std::mem::take(&mut self.input), redraw, closed: self.closed })
    }

    /// Puts a frame into the window if a page is free.
    ///
    /// # Errors
    /// If the requests cannot be queued.
    pub(super) fn show(&mut self, frame: &Frame, damage: &[Rect]) -> Result<(), Error> {
        let Some(window) = &mut self.window else { return Ok(()) };
        let Some(page) = window.pages.begin(damage) else { return Ok(()) };
        let client = &mut self.client;
        if let Some(serial) = self.configure.take() {
            window.object.ack_configure(client, serial)?;
        }
        window.surface.attach(client, Some(window.buffers[page]))?;
        for rect in window.pages.draw(page, frame)? {
            window.surface.damage(client, rect.left(), rect.top(), rect.width() as i32, rect.height() as i32)?;
        }
        window.surface.commit(client)?;
        // The host is told at once: nothing else may happen for a while.
        client.flush();
        Ok(())
    }
}

impl Window {
    fn new(
        client: &mut Client<Nested>,
        compositor: WayCompositor,
        shm: WayShm,
        (width, height): (u32, u32),
    ) -> Result<Window, Error> {
        let pages = Pages::new((width, height))?;
        let (fd, size) = pages.share()?;
        let pool = shm.create_pool(client, fd, size)?;
        let (stride, format) = (pages.stride as i32, way_shm::Format::XRGB8888);
        let mut buffer =
            |offset: usize| pool.create_buffer(client, offset as i32, width as i32, height as i32, stride, format);
        let buffers = [buffer(0)?, buffer(pages.size)?];
        pool.destroy(client)?;
        let surface = compositor.create_surface(client)?;
        let object = compositor.create_window(client, surface)?;
        Ok(Window { surface, object, buffers, pages })
    }
}

impl EventHandler<WayWindow> for Nested {
    type Data = ();

    fn event(&mut self, _: WayWindow, event: way_window::Event<'_>) -> Handled {
        match event {
            way_window::Event::Configure { serial, .. } => self.configure = Some(serial),
            way_window::Event::Close => self.closed = true,
        }
        Ok(())
    }
}

impl EventHandler<WayBuffer> for Nested {
    type Data = ();

    fn event(&mut self, this: WayBuffer, event: way_buffer::Event) -> Handled {
        let way_buffer::Event::Release = event;
        if let Some(window) = &mut self.window
            && let Some(index) = window.buffers.iter().position(|buffer| *buffer == this)
        {
            window.pages.released(index);
        }
        Ok(())
    }
}

impl EventHandler<WayShm> for Nested {
    type Data = ();

    fn event(&mut self, _: WayShm, _: way_shm::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WlCallback> for Nested {
    type Data = ();

    fn event(&mut self, _: WlCallback, _: wayline::protocol::wl_callback::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WaySeat> for Nested {
    type Data = way_seat::Capability;

    fn event(&mut self, this: WaySeat, event: way_seat::Event<'_>) -> Handled {
        if let way_seat::Event::Capabilities { capabilities } = event {
            *self.client.data(this)? = capabilities;
        }
        Ok(())
    }
}

impl EventHandler<WayPointer> for Nested {
    type Data = ();

    fn event(&mut self, _: WayPointer, event: way_pointer::Event) -> Handled {
        let action = match event {
            way_pointer::Event::Enter { x, y, .. } | way_pointer::Event::Motion { x, y, .. } => {
                Action::Move { x: x.to_f64(), y: y.to_f64() }
            }
            way_pointer::Event::Button { button, state, .. } => {
                Action::Button { code: button, pressed: state == way_pointer::ButtonState::PRESSED }
            }
            way_pointer::Event::Axis { axis, value, .. } => {
                Action::Scroll { horizontal: axis == way_pointer::Axis::HORIZONTAL, distance: value.to_f64() }
            }
            way_pointer::Event::Leave { .. } | way_pointer::Event::Frame => return Ok(()),
        };
        self.input.push(action);
        Ok(())
    }
}

impl EventHandler<WayKeyboard> for Nested {
    type Data = Vec<u32>;

    fn event(&mut self, this: WayKeyboard, event: way_keyboard::Event<'_>) -> Handled {
        let held = self.client.data(this)?;
        match event {
            way_keyboard::Event::Key { key, state, .. } => {
                let pressed = state == way_keyboard::KeyState::PRESSED;
                held.retain(|code| *code != key);
                if pressed {
                    held.push(key);
                }
                self.input.push(Action::Key { code: key, pressed });
            }
            way_keyboard::Event::Enter { keys, .. } => held.extend(words(keys)),
            // All keys count as released.
            way_keyboard::Event::Leave { .. } => {
                let released = held.drain(..).map(|code| Action::Key { code, pressed: false });
                self.input.extend(released);
            }
            way_keyboard::Event::Keymap { .. }
            | way_keyboard::Event::Modifiers { .. }
            | way_keyboard::Event::RepeatInfo { .. } => {}
        }
        Ok(())
    }
}
