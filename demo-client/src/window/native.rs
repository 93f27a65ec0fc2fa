//! A window by the native protocol.
//!
//! Shows explicit synchronisation. Each page has two eventfds that are made once and sent with every commit. A commit is
//! sent before its pixels exist, so that the compositor can prepare for it while they are drawn: the acquire fence says
//! when they are complete, the release fence when the page may be drawn into again.

use std::io;
use std::os::fd::OwnedFd;

use calloop::generic::Generic;
use calloop::{Interest, LoopHandle, Mode, PostAction};
use wayline::io::fence::Fence;
use wayline::io::shm::{Layout, Rect};
use wayline::{Client, EventHandler, Handled, SendError, words};

use super::{Configure, Event, PAGES, Setup, State};
use crate::error::Error;
use crate::protocol::{WayBuffer, WayCompositor, WayKeyboard, WayPointer, WaySeat, WayShm, WaySurface, WayWindow};
use crate::protocol::{way_buffer, way_keyboard, way_pointer, way_seat, way_shm, way_window};

/// A surface, its role, and what its buffers are made with.
pub(super) struct Surface {
    surface: WaySurface,
    role: WayWindow,
    shm: WayShm,
    fences: [Fences; PAGES],
    buffers: [Option<WayBuffer>; PAGES],
}

struct Fences {
    acquire: Fence,
    release: Fence,
}

impl Surface {
    pub(super) fn new(
        client: &mut Client<State>,
        events: &LoopHandle<'static, State>,
        setup: &Setup<'_>,
    ) -> Result<Surface, Error> {
        let compositor = client.bind::<WayCompositor>(1)?;
        let shm = client.bind::<WayShm>(1)?;
        if setup.input {
            // Its devices are asked for when it has said which there are.
            let _: Result<WaySeat, _> = client.bind(1);
        }
        let surface = compositor.create_surface(client)?;
        let role = compositor.create_window(client, surface)?;
        role.set_app_id(client, setup.app_id)?;
        role.set_title(client, setup.title)?;
        let fences = [Fences::new(events, 0)?, Fences::new(events, 1)?];
        Ok(Surface { surface, role, shm, fences, buffers: [None; PAGES] })
    }
}

impl Fences {
    /// Those of a page, which is marked as free whenever the compositor signals the release fence.
    fn new(events: &LoopHandle<'static, State>, page: usize) -> Result<Fences, Error> {
        let (acquire, release) = (Fence::new()?, Fence::new()?);
        let watch = Generic::new(release.try_clone()?, Interest::READ, Mode::Level);
        let signalled = move |_, fence: &mut calloop::generic::NoIoDrop<Fence>, state: &mut State| {
            if fence.take()?.is_some() {
                state.free[page] = true;
            }
            Ok(PostAction::Continue)
        };
        events.insert_source(watch, signalled).map_err(|error| error.error)?;
        Ok(Fences { acquire, release })
    }

    /// What goes along with a commit.
    fn share(&self) -> io::Result<(OwnedFd, OwnedFd)> {
        Ok((self.acquire.try_clone()?.into(), self.release.try_clone()?.into()))
    }
}

impl super::Surface for Surface {
    fn set_title(&self, client: &mut Client<State>, title: &str) -> Result<(), SendError> {
        self.role.set_title(client, title)
    }

    fn share(&mut self, client: &mut Client<State>, page: usize, fd: OwnedFd, layout: &Layout) -> Result<(), Error> {
        if let Some(old) = self.buffers[page].take() {
            old.destroy(client)?;
        }
        let args = layout.args();
        let pool = self.shm.create_pool(client, fd, args.stride * args.height)?;
        let format = way_shm::Format(args.format);
        self.buffers[page] =
            Some(pool.create_buffer(client, args.offset, args.width, args.height, args.stride, format)?);
        // The memory stays shared as long as the buffer is there.
        Ok(pool.destroy(client)?)
    }

    fn present(
        &mut self,
        client: &mut Client<State>,
        page: usize,
        damage: &[Rect],
        draw: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.surface.frame(client)?;
        self.surface.attach(client, self.buffers[page])?;
        for rect in damage {
            let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(u32::cast_signed);
            self.surface.damage(client, x, y, width, height)?;
        }
        let (acquire, release) = self.fences[page].share()?;
        self.surface.commit_fenced(client, acquire, release)?;
        client.flush();
        draw()?;
        Ok(self.fences[page].acquire.signal()?)
    }

    fn commit(&self, client: &mut Client<State>) -> Result<(), SendError> {
        self.surface.commit(client)
    }

    fn destroy(&self, client: &mut Client<State>) -> Result<(), SendError> {
        self.role.destroy(client)?;
        self.surface.destroy(client)
    }
}

impl EventHandler<WayWindow> for State {
    type Data = ();

    fn event(&mut self, this: WayWindow, event: way_window::Event<'_>) -> Handled {
        match event {
            way_window::Event::Configure { serial, width, height, states } => {
                // The application hears of it before it can commit anything else.
                this.ack_configure(&mut self.client, serial)?;
                let binding = [way_window::State::MAXIMIZED, way_window::State::FULLSCREEN];
                let binding = |state| binding.contains(&way_window::State(state));
                self.tell(Event::Configure(Configure::from_wire(width, height, states, binding)));
            }
            way_window::Event::Close => self.tell(Event::Close),
        }
        Ok(())
    }
}

impl EventHandler<WayShm> for State {
    type Data = ();

    /// Formats: those that are used here are always there.
    fn event(&mut self, _: WayShm, _: way_shm::Event) -> Handled {
        Ok(())
    }
}

impl EventHandler<WayBuffer> for State {
    type Data = ();

    /// A release: it never comes, since fences say the same sooner.
    fn event(&mut self, _: WayBuffer, _: way_buffer::Event) -> Handled {
        Ok(())
    }
}

/// The devices that a seat has. They come and go.
#[derive(Clone, Copy, Default)]
pub(super) struct Devices {
    pointer: Option<WayPointer>,
    keyboard: Option<WayKeyboard>,
}

impl EventHandler<WaySeat> for State {
    type Data = Devices;

    fn event(&mut self, this: WaySeat, event: way_seat::Event<'_>) -> Handled {
        let way_seat::Event::Capabilities { capabilities } = event else { return Ok(()) };
        let Devices { mut pointer, mut keyboard } = *self.client.data(this)?;
        match (capabilities.contains(way_seat::Capability::POINTER), pointer) {
            (true, None) => pointer = Some(this.get_pointer(&mut self.client)?),
            (false, Some(gone)) => {
                gone.destroy(&mut self.client)?;
                pointer = None;
                self.tell(Event::PointerLeft);
            }
            _ => {}
        }
        match (capabilities.contains(way_seat::Capability::KEYBOARD), keyboard) {
            (true, None) => keyboard = Some(this.get_keyboard(&mut self.client)?),
            (false, Some(gone)) => {
                gone.destroy(&mut self.client)?;
                keyboard = None;
                self.release_keys();
            }
            _ => {}
        }
        *self.client.data(this)? = Devices { pointer, keyboard };
        Ok(())
    }
}

impl EventHandler<WayPointer> for State {
    type Data = ();

    fn event(&mut self, _: WayPointer, event: way_pointer::Event) -> Handled {
        let event = match event {
            way_pointer::Event::Enter { x, y, .. } | way_pointer::Event::Motion { x, y, .. } => {
                Event::Pointer { x: x.to_f64(), y: y.to_f64() }
            }
            way_pointer::Event::Leave { .. } => Event::PointerLeft,
            way_pointer::Event::Button { button, state, .. } => {
                Event::Button { code: button, pressed: state == way_pointer::ButtonState::PRESSED }
            }
            way_pointer::Event::Axis { axis, value, .. } => {
                Event::Scroll { horizontal: axis == way_pointer::Axis::HORIZONTAL, distance: value.to_f64() }
            }
            way_pointer::Event::Frame => return Ok(()),
        };
        self.tell(event);
        Ok(())
    }
}

impl EventHandler<WayKeyboard> for State {
    type Data = ();

    fn event(&mut self, _: WayKeyboard, event: way_keyboard::Event<'_>) -> Handled {
        match event {
            way_keyboard::Event::Key { key, state, .. } => self.key(key, state == way_keyboard::KeyState::PRESSED),
            way_keyboard::Event::Enter { keys, .. } => self.hold_keys(words(keys)),
            way_keyboard::Event::Leave { .. } => self.release_keys(),
            // Dropping the keymap closes its descriptor: keys are meant by their place.
            way_keyboard::Event::Keymap { .. }
            | way_keyboard::Event::Modifiers { .. }
            | way_keyboard::Event::RepeatInfo { .. } => {}
        }
        Ok(())
    }
}
