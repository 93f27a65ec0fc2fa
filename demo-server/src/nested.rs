//! The screen as a window of another server, through our own client side.
//!
//! Knows the native protocol as a client sees it; the pictures it shows and
//! the input it hands on mean nothing to it.

use std::time::Duration;

use wayline::client::{self, EventHandler};
use wayline::io::shm::Memory;
use wayline::{Client, Error, Handled, HasClient, WlCallback, words};

use crate::protocol::{
    WayBuffer, WayCompositor, WayKeyboard, WayPointer, WaySeat, WayShm, WaySurface, WayWindow, way_buffer,
    way_keyboard, way_pointer, way_seat, way_shm, way_window,
};
use crate::scene::{Frame, Rect};
use crate::script::Action;

/// Two, so that one can be drawn while the host shows the other.
const BUFFERS: usize = 2;

/// Longest wait for the host's first configure.
const PATIENCE: Duration = Duration::from_secs(5);

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
    memory: Memory,
    buffers: [WayBuffer; BUFFERS],
    /// Whether the host reads the buffer.
    busy: [bool; BUFFERS],
    /// What changed since each buffer was drawn last.
    stale: [Vec<Rect>; BUFFERS],
    stride: usize,
    /// A frame came while no buffer was free.
    late: bool,
}

impl HasClient for Nested {
    fn client(&mut self) -> &mut Client<Nested> {
        &mut self.client
    }
}

/// What the user and the host did.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) input: Vec<Action>,
    /// The host has a buffer free for a frame that was left out.
    pub(crate) redraw: bool,
    pub(crate) closed: bool,
}

impl Nested {
    /// Opens a window of `size` pixels on the server at `host`.
    ///
    /// # Errors
    /// If there is no server, or one that does not speak the native protocol.
    pub(crate) fn open(host: &str, size: (u32, u32)) -> Result<Nested, Error> {
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
    pub(crate) fn source(&mut self) -> std::io::Result<wayline::Source> {
        self.client.source()
    }

    /// Handles what the host sent.
    ///
    /// # Errors
    /// Once the connection has ended.
    pub(crate) fn turn(&mut self) -> Result<Turn, Error> {
        client::turn(self)?;
        let free = |window: &mut Window| std::mem::take(&mut window.late) && window.busy.contains(&false);
        let redraw = self.window.as_mut().is_some_and(free);
        Ok(Turn { input: std::mem::take(&mut self.input), redraw, closed: self.closed })
    }

    /// Puts a frame into the window, unless the host still reads both buffers;
    /// then [`Turn::redraw`] asks for it later.
    pub(crate) fn show(&mut self, frame: &Frame, damage: &[Rect]) {
        let Some(window) = &mut self.window else { return };
        for stale in &mut window.stale {
            stale.extend_from_slice(damage);
        }
        let Some(index) = window.busy.iter().position(|busy| !busy) else {
            window.late = true;
            return;
        };
        if let Some(serial) = self.configure.take()
            && let Err(error) = window.object.ack_configure(&mut self.client, serial)
        {
            tracing::warn!("the host's window: {error}");
        }
        if let Err(error) = window.draw(&mut self.client, frame, index) {
            tracing::warn!("the host's window: {error}");
        }
        // The host is told at once: nothing else may happen for a while.
        self.client.flush();
    }
}

impl Window {
    fn new(
        client: &mut Client<Nested>,
        compositor: WayCompositor,
        shm: WayShm,
        (width, height): (u32, u32),
    ) -> Result<Window, Error> {
        let stride = width as usize * 4;
        let size = stride * height as usize;
        let memory = Memory::create("wayline-nested", size * BUFFERS).map_err(std::io::Error::other)?;
        let fd = memory.try_clone_fd().map_err(std::io::Error::other)?;
        let pool = shm.create_pool(client, fd, (size * BUFFERS) as i32)?;
        let format = way_shm::Format::XRGB8888;
        let mut buffer = |index: usize| {
            pool.create_buffer(client, (index * size) as i32, width as i32, height as i32, stride as i32, format)
        };
        let buffers = [buffer(0)?, buffer(1)?];
        pool.destroy(client)?;
        let surface = compositor.create_surface(client)?;
        let object = compositor.create_window(client, surface)?;
        let all = vec![Rect::of_size((width, height))];
        let stale = [all.clone(), all];
        Ok(Window { surface, object, memory, buffers, busy: [false; BUFFERS], stale, stride, late: false })
    }

    /// Copies what is stale into a buffer and commits it.
    fn draw(&mut self, client: &mut Client<Nested>, frame: &Frame, index: usize) -> Result<(), Error> {
        let start = index * self.stride * frame.size().1 as usize;
        self.surface.attach(client, Some(self.buffers[index]))?;
        let mut bytes = Vec::new();
        for rect in std::mem::take(&mut self.stale[index]) {
            let rect = rect.intersect(frame.bounds());
            for y in rect.top()..rect.bottom() {
                bytes.clear();
                bytes.extend(frame.row(y, rect.left(), rect.right()).iter().flat_map(|pixel| pixel.to_le_bytes()));
                let offset = start + y as usize * self.stride + rect.left() as usize * 4;
                self.memory.write(offset, &bytes).map_err(std::io::Error::other)?;
            }
            let (width, height) = (rect.width() as i32, rect.height() as i32);
            self.surface.damage(client, rect.left(), rect.top(), width, height)?;
        }
        self.surface.commit(client)?;
        self.busy[index] = true;
        Ok(())
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
            window.busy[index] = false;
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
