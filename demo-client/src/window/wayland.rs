//! A window by the core protocol of Wayland and xdg-shell.
//!
//! There are no fences: pixels are complete when they are committed, and a page is free again when its buffer is released.

use std::os::fd::OwnedFd;

use wayline::io::shm::{Layout, Rect};
use wayline::{Client, EventHandler, Handled, SendError, words};

use super::{Configure, Event, PAGES, Setup};
use crate::error::Error;
use crate::protocol::wayland::{
    WlBuffer, WlCompositor, WlKeyboard, WlPointer, WlSeat, WlShm, WlSurface, XdgSurface, XdgToplevel, XdgWmBase,
    ZxdgDecorationManagerV1, ZxdgToplevelDecorationV1, wl_buffer, wl_keyboard, wl_pointer, wl_seat, wl_shm, wl_surface,
    xdg_surface, xdg_toplevel, xdg_wm_base, zxdg_toplevel_decoration_v1,
};

/// A surface, its role, and what its buffers are made with.
pub(super) struct Surface {
    surface: WlSurface,
    xdg: XdgSurface,
    role: XdgToplevel,
    decoration: Option<ZxdgToplevelDecorationV1>,
    shm: WlShm,
    buffers: [Option<WlBuffer>; PAGES],
}

/// What the handlers of this protocol keep.
#[derive(Default)]
pub(super) struct State {
    /// What `xdg_toplevel` has said and `xdg_surface` has not completed.
    proposed: Configure,
}

impl Surface {
    pub(super) fn new(client: &mut Client<super::State>, setup: &Setup<'_>) -> Result<Surface, Error> {
        let compositor = client.bind::<WlCompositor>(1)?;
        let shm = client.bind::<WlShm>(1)?;
        let shell = client.bind::<XdgWmBase>(1)?;
        if setup.input {
            // Its devices are asked for when it has said which there are. Since version 3 they can be given back.
            let _: Result<WlSeat, _> = client.bind(3);
        }
        let surface = compositor.create_surface(client)?;
        let xdg = shell.get_xdg_surface(client, surface)?;
        let role = xdg.get_toplevel(client)?;
        role.set_app_id(client, setup.app_id)?;
        role.set_title(client, setup.title)?;
        // Nothing here draws a title bar. Where the compositor does not either, the window has none.
        let decoration = match client.bind::<ZxdgDecorationManagerV1>(1) {
            Ok(manager) => {
                let decoration = manager.get_toplevel_decoration(client, role)?;
                decoration.set_mode(client, zxdg_toplevel_decoration_v1::Mode::SERVER_SIDE)?;
                Some(decoration)
            }
            Err(_) => None,
        };
        // Without a buffer: asks for the first configure.
        surface.commit(client)?;
        Ok(Surface { surface, xdg, role, decoration, shm, buffers: [None; PAGES] })
    }
}

impl super::Surface for Surface {
    fn set_title(&self, client: &mut Client<super::State>, title: &str) -> Result<(), SendError> {
        self.role.set_title(client, title)
    }

    fn share(
        &mut self,
        client: &mut Client<super::State>,
        page: usize,
        fd: OwnedFd,
        layout: &Layout,
    ) -> Result<(), Error> {
        if let Some(old) = self.buffers[page].take() {
            old.destroy(client)?;
        }
        let args = layout.args();
        let pool = self.shm.create_pool(client, fd, args.stride * args.height)?;
        // The two formats that are always there have numbers of their own in wl_shm, the same as here.
        let format = wl_shm::Format(args.format);
        let buffer = pool.create_buffer(client, args.offset, args.width, args.height, args.stride, format)?;
        *client.data(buffer)? = page;
        self.buffers[page] = Some(buffer);
        // The memory stays shared as long as the buffer is there.
        Ok(pool.destroy(client)?)
    }

    fn present(
        &mut self,
        client: &mut Client<super::State>,
        page: usize,
        damage: &[Rect],
        draw: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<(), Error> {
        draw()?;
        self.surface.frame(client)?;
        self.surface.attach(client, self.buffers[page], 0, 0)?;
        for rect in damage {
            let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(u32::cast_signed);
            self.surface.damage(client, x, y, width, height)?;
        }
        Ok(self.surface.commit(client)?)
    }

    fn commit(&self, client: &mut Client<super::State>) -> Result<(), SendError> {
        self.surface.commit(client)
    }

    fn destroy(&self, client: &mut Client<super::State>) -> Result<(), SendError> {
        if let Some(decoration) = self.decoration {
            decoration.destroy(client)?;
        }
        self.role.destroy(client)?;
        self.xdg.destroy(client)?;
        self.surface.destroy(client)
    }
}

impl EventHandler<XdgWmBase> for super::State {
    type Data = ();

    fn event(&mut self, this: XdgWmBase, event: xdg_wm_base::Event) -> Handled {
        let xdg_wm_base::Event::Ping { serial } = event;
        this.pong(&mut self.client, serial)?;
        Ok(())
    }
}

impl EventHandler<XdgToplevel> for super::State {
    type Data = ();

    fn event(&mut self, _: XdgToplevel, event: xdg_toplevel::Event<'_>) -> Handled {
        match event {
            xdg_toplevel::Event::Configure { width, height, states } => {
                let binding = [xdg_toplevel::State::MAXIMIZED, xdg_toplevel::State::FULLSCREEN];
                let binding = |state| binding.contains(&xdg_toplevel::State(state));
                self.wayland.proposed = Configure::from_wire(width, height, states, binding);
            }
            xdg_toplevel::Event::Close => self.tell(Event::Close),
            // Of versions that are not bound.
            xdg_toplevel::Event::ConfigureBounds { .. } | xdg_toplevel::Event::WmCapabilities { .. } => {}
        }
        Ok(())
    }
}

impl EventHandler<XdgSurface> for super::State {
    type Data = ();

    fn event(&mut self, this: XdgSurface, event: xdg_surface::Event) -> Handled {
        let xdg_surface::Event::Configure { serial } = event;
        // The application hears of it before it can commit anything else.
        this.ack_configure(&mut self.client, serial)?;
        self.tell(Event::Configure(self.wayland.proposed));
        Ok(())
    }
}

impl EventHandler<ZxdgToplevelDecorationV1> for super::State {
    type Data = ();

    /// Who draws the title bar: not us.
    fn event(&mut self, _: ZxdgToplevelDecorationV1, _: zxdg_toplevel_decoration_v1::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WlShm> for super::State {
    type Data = ();

    /// Formats: those that are used here are always there.
    fn event(&mut self, _: WlShm, _: wl_shm::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WlBuffer> for super::State {
    /// The page that it is of.
    type Data = usize;

    fn event(&mut self, this: WlBuffer, event: wl_buffer::Event) -> Handled {
        let wl_buffer::Event::Release = event;
        let page = *self.client.data(this)?;
        self.free[page] = true;
        Ok(())
    }
}

impl EventHandler<WlSurface> for super::State {
    type Data = ();

    /// Which screens it is on.
    fn event(&mut self, _: WlSurface, _: wl_surface::Event) -> Handled {
        Ok(())
    }
}

/// The devices that a seat has. They come and go.
#[derive(Clone, Copy, Default)]
pub(super) struct Devices {
    pointer: Option<WlPointer>,
    keyboard: Option<WlKeyboard>,
}

impl EventHandler<WlSeat> for super::State {
    type Data = Devices;

    fn event(&mut self, this: WlSeat, event: wl_seat::Event<'_>) -> Handled {
        let wl_seat::Event::Capabilities { capabilities } = event else { return Ok(()) };
        let Devices { mut pointer, mut keyboard } = *self.client.data(this)?;
        match (capabilities.contains(wl_seat::Capability::POINTER), pointer) {
            (true, None) => pointer = Some(this.get_pointer(&mut self.client)?),
            (false, Some(gone)) => {
                gone.release(&mut self.client)?;
                pointer = None;
                self.tell(Event::PointerLeft);
            }
            _ => {}
        }
        match (capabilities.contains(wl_seat::Capability::KEYBOARD), keyboard) {
            (true, None) => keyboard = Some(this.get_keyboard(&mut self.client)?),
            (false, Some(gone)) => {
                gone.release(&mut self.client)?;
                keyboard = None;
                self.release_keys();
            }
            _ => {}
        }
        *self.client.data(this)? = Devices { pointer, keyboard };
        Ok(())
    }
}

impl EventHandler<WlPointer> for super::State {
    type Data = ();

    fn event(&mut self, _: WlPointer, event: wl_pointer::Event) -> Handled {
        let event = match event {
            wl_pointer::Event::Enter { surface_x: x, surface_y: y, .. }
            | wl_pointer::Event::Motion { surface_x: x, surface_y: y, .. } => {
                Event::Pointer { x: x.to_f64(), y: y.to_f64() }
            }
            wl_pointer::Event::Leave { .. } => Event::PointerLeft,
            wl_pointer::Event::Button { button, state, .. } => {
                Event::Button { code: button, pressed: state == wl_pointer::ButtonState::PRESSED }
            }
            wl_pointer::Event::Axis { axis, value, .. } => {
                Event::Scroll { horizontal: axis == wl_pointer::Axis::HORIZONTAL_SCROLL, distance: value.to_f64() }
            }
            // Of versions that are not bound.
            _ => return Ok(()),
        };
        self.tell(event);
        Ok(())
    }
}

impl EventHandler<WlKeyboard> for super::State {
    type Data = ();

    fn event(&mut self, _: WlKeyboard, event: wl_keyboard::Event<'_>) -> Handled {
        match event {
            wl_keyboard::Event::Key { key, state, .. } => self.key(key, state == wl_keyboard::KeyState::PRESSED),
            wl_keyboard::Event::Enter { keys, .. } => self.hold_keys(words(keys)),
            wl_keyboard::Event::Leave { .. } => self.release_keys(),
            // Dropping the keymap closes its descriptor: keys are meant by their place.
            wl_keyboard::Event::Keymap { .. }
            | wl_keyboard::Event::Modifiers { .. }
            | wl_keyboard::Event::RepeatInfo { .. } => {}
        }
        Ok(())
    }
}
