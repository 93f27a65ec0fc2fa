//! A window on a Wayland server: core protocol and xdg-shell, as a client sees them.

use wayline::client::{self, EventHandler};
use wayline::{Client, Error, Handled, HasClient, words};

use super::{BUFFERS, PATIENCE, Pages, Turn};
use crate::scene::{Frame, Rect};
use crate::script::Action;
use crate::wayland::protocol::{
    WlBuffer, WlCompositor, WlKeyboard, WlPointer, WlSeat, WlShm, WlSurface, XdgSurface, XdgToplevel, XdgWmBase,
    wl_buffer, wl_keyboard, wl_pointer, wl_seat, wl_shm, wl_surface, xdg_surface, xdg_toplevel, xdg_wm_base,
};

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
    surface: WlSurface,
    xdg: XdgSurface,
    toplevel: XdgToplevel,
    buffers: [WlBuffer; BUFFERS],
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
    /// If there is no server, or one without xdg-shell.
    pub(super) fn open(host: &str, size: (u32, u32)) -> Result<Nested, Error> {
        let client = Client::connect_to(host)?;
        let mut nested = Nested { client, window: None, configure: None, input: Vec::new(), closed: false };
        let client = &mut nested.client;
        let compositor: WlCompositor = client.bind(1)?;
        let shm: WlShm = client.bind(1)?;
        let shell: XdgWmBase = client.bind(1)?;
        // A host without a seat shows pictures all the same; its devices come by event.
        let _: Result<WlSeat, _> = client.bind(1);
        let window = Window::new(client, compositor, shm, shell, size)?;
        window.toplevel.set_title(client, "Wayline")?;
        window.toplevel.set_app_id(client, "wayline.demo-server")?;
        // Without a buffer: asks for the first configure.
        window.surface.commit(client)?;
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
            window.xdg.ack_configure(client, serial)?;
        }
        window.surface.attach(client, Some(window.buffers[page]), 0, 0)?;
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
        compositor: WlCompositor,
        shm: WlShm,
        shell: XdgWmBase,
        (width, height): (u32, u32),
    ) -> Result<Window, Error> {
        let pages = Pages::new((width, height))?;
        let (fd, size) = pages.share()?;
        let pool = shm.create_pool(client, fd, size)?;
        let (stride, format) = (pages.stride as i32, wl_shm::Format::XRGB8888);
        let mut buffer =
            |offset: usize| pool.create_buffer(client, offset as i32, width as i32, height as i32, stride, format);
        let buffers = [buffer(0)?, buffer(pages.size)?];
        pool.destroy(client)?;
        let surface = compositor.create_surface(client)?;
        let xdg = shell.get_xdg_surface(client, surface)?;
        let toplevel = xdg.get_toplevel(client)?;
        Ok(Window { surface, xdg, toplevel, buffers, pages })
    }
}

impl EventHandler<XdgWmBase> for Nested {
    type Data = ();

    fn event(&mut self, this: XdgWmBase, event: xdg_wm_base::Event) -> Handled {
        let xdg_wm_base::Event::Ping { serial } = event;
        this.pong(&mut self.client, serial)?;
        Ok(())
    }
}

impl EventHandler<XdgSurface> for Nested {
    type Data = ();

    fn event(&mut self, _: XdgSurface, event: xdg_surface::Event) -> Handled {
        let xdg_surface::Event::Configure { serial } = event;
        self.configure = Some(serial);
        Ok(())
    }
}

impl EventHandler<XdgToplevel> for Nested {
    type Data = ();

    fn event(&mut self, _: XdgToplevel, event: xdg_toplevel::Event<'_>) -> Handled {
        // The screen keeps its size, whatever the host would like.
        if let xdg_toplevel::Event::Close = event {
            self.closed = true;
        }
        Ok(())
    }
}

impl EventHandler<WlBuffer> for Nested {
    type Data = ();

    fn event(&mut self, this: WlBuffer, event: wl_buffer::Event) -> Handled {
        let wl_buffer::Event::Release = event;
        if let Some(window) = &mut self.window
            && let Some(index) = window.buffers.iter().position(|buffer| *buffer == this)
        {
            window.pages.released(index);
        }
        Ok(())
    }
}

impl EventHandler<WlShm> for Nested {
    type Data = ();

    fn event(&mut self, _: WlShm, _: wl_shm::Event) -> Handled {
        // XRGB8888 is always there.
        Ok(())
    }
}

impl EventHandler<WlSurface> for Nested {
    type Data = ();

    fn event(&mut self, _: WlSurface, _: wl_surface::Event) -> Handled {
        Ok(())
    }
}

/// The devices of a seat, as far as they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    pointer: Option<WlPointer>,
    keyboard: Option<WlKeyboard>,
}

impl EventHandler<WlSeat> for Nested {
    type Data = Devices;

    fn event(&mut self, this: WlSeat, event: wl_seat::Event<'_>) -> Handled {
        let wl_seat::Event::Capabilities { capabilities } = event else { return Ok(()) };
        let devices = self.client.data(this)?;
        let (pointer, keyboard) = (devices.pointer, devices.keyboard);
        if pointer.is_none() && capabilities.contains(wl_seat::Capability::POINTER) {
            let pointer = this.get_pointer(&mut self.client)?;
            self.client.data(this)?.pointer = Some(pointer);
        }
        if keyboard.is_none() && capabilities.contains(wl_seat::Capability::KEYBOARD) {
            let keyboard = this.get_keyboard(&mut self.client)?;
            self.client.data(this)?.keyboard = Some(keyboard);
        }
        Ok(())
    }
}

impl EventHandler<WlPointer> for Nested {
    type Data = ();

    fn event(&mut self, _: WlPointer, event: wl_pointer::Event) -> Handled {
        let action = match event {
            wl_pointer::Event::Enter { surface_x, surface_y, .. }
            | wl_pointer::Event::Motion { surface_x, surface_y, .. } => {
                Action::Move { x: surface_x.to_f64(), y: surface_y.to_f64() }
            }
            wl_pointer::Event::Button { button, state, .. } => {
                Action::Button { code: button, pressed: state == wl_pointer::ButtonState::PRESSED }
            }
            wl_pointer::Event::Axis { axis, value, .. } => {
                Action::Scroll { horizontal: axis == wl_pointer::Axis::HORIZONTAL_SCROLL, distance: value.to_f64() }
            }
            // What else there is only says more about these.
            _ => return Ok(()),
        };
        self.input.push(action);
        Ok(())
    }
}

impl EventHandler<WlKeyboard> for Nested {
    type Data = Vec<u32>;

    fn event(&mut self, this: WlKeyboard, event: wl_keyboard::Event<'_>) -> Handled {
        let held = self.client.data(this)?;
        match event {
            wl_keyboard::Event::Key { key, state, .. } => {
                let pressed = state == wl_keyboard::KeyState::PRESSED;
                held.retain(|code| *code != key);
                if pressed {
                    held.push(key);
                }
                self.input.push(Action::Key { code: key, pressed });
            }
            wl_keyboard::Event::Enter { keys, .. } => held.extend(words(keys)),
            // All keys count as released.
            wl_keyboard::Event::Leave { .. } => {
                let released = held.drain(..).map(|code| Action::Key { code, pressed: false });
                self.input.extend(released);
            }
            wl_keyboard::Event::Keymap { .. }
            | wl_keyboard::Event::Modifiers { .. }
            | wl_keyboard::Event::RepeatInfo { .. } => {}
        }
        Ok(())
    }
}
