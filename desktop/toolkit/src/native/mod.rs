//! A window by the native protocol.
//!
//! Shows explicit synchronisation. Each buffer has two eventfds that are made once and sent with every commit. A commit is
//! sent before its pixels exist, so that the compositor can prepare for it while they are drawn: the acquire fence says
//! when they are complete, the release fence when the buffer may be drawn into again.

mod seat;

use std::io;
use std::os::fd::OwnedFd;

use calloop::generic::{Generic, NoIoDrop};
use calloop::{Interest, LoopHandle, Mode, PostAction, RegistrationToken};
use wayline::client::Module;
use wayline::io::fence::Fence;
use wayline::io::shm::{Layout, Rect};
use wayline::{BindError, Client, HandlerResult, ObjectError, SendError};

use crate::buffer::{BUFFERS, Shared};
use crate::error::Error;
use crate::event::{Configure, Event};
use crate::host::{FrameOf, Host, Toolkit, WindowId};
use crate::protocol::native::{WayBuffer, WayCompositor, WaySeat, WayShm, WaySurface, WayWindow};
use crate::protocol::native::{way_buffer, way_shm, way_window};
use crate::setup::Setup;
use crate::status::Status;

/// What windows are made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Globals {
    compositor: WayCompositor,
    shm: WayShm,
}

/// A surface that is a window, and its buffers.
#[derive(Debug)]
pub(crate) struct Role {
    surface: WaySurface,
    window: WayWindow,
    shm: WayShm,
    fences: [Fences; BUFFERS],
    buffers: [Option<WayBuffer>; BUFFERS],
}

#[derive(Debug)]
struct Fences {
    acquire: Fence,
    release: Fence,
    watch: RegistrationToken,
}

impl Globals {
    pub(crate) fn bind<A: Host>(client: &mut Client<A>) -> Result<Globals, BindError> {
        Ok(Globals { compositor: client.bind(1)?, shm: client.bind(1)? })
    }

    /// Its devices are asked for when it has said which there are.
    pub(crate) fn bind_seat<A: Host>(client: &mut Client<A>, name: u32) -> Result<(), SendError> {
        client.bind_name::<WaySeat>(name, 1).map(drop)
    }
}

impl Role {
    pub(crate) fn new<A: Host>(
        client: &mut Client<A>,
        globals: Globals,
        events: &LoopHandle<'static, A>,
        setup: &Setup<'_>,
    ) -> Result<Role, Error> {
        let surface = globals.compositor.create_surface(client)?;
        let window = globals.compositor.create_window(client, surface)?;
        client.data(window)?.id = Some(WindowId::of(surface.handle()));
        window.set_app_id(client, setup.app_id)?;
        window.set_title(client, setup.title)?;
        let fences = [Fences::new(events, window, 0)?, Fences::new(events, window, 1)?];
        Ok(Role { surface, window, shm: globals.shm, fences, buffers: [None; BUFFERS] })
    }

    pub(crate) fn id(&self) -> WindowId {
        WindowId::of(self.surface.handle())
    }

    pub(crate) fn status<'a, A: Host>(&self, client: &'a mut Client<A>) -> Result<&'a mut Status, ObjectError> {
        client.data(self.window)
    }

    pub(crate) fn set_title<A: Host>(&self, client: &mut Client<A>, title: &str) -> Result<(), SendError> {
        self.window.set_title(client, title)
    }

    /// Makes the memory behind `fd` the buffer `index`, which nobody reads; the buffer that was there is destroyed.
    pub(crate) fn share<A: Host>(
        &mut self,
        client: &mut Client<A>,
        index: usize,
        (fd, bytes): Shared,
        layout: &Layout,
    ) -> Result<(), SendError> {
        if let Some(old) = self.buffers[index].take() {
            old.destroy(client)?;
        }
        let args = layout.args();
        let pool = self.shm.create_pool(client, fd, bytes)?;
        let format = way_shm::Format(args.format);
        self.buffers[index] =
            Some(pool.create_buffer(client, args.offset, args.width, args.height, args.stride, format)?);
        // The memory stays shared as long as the buffer is there.
        pool.destroy(client)
    }

    /// Shows a buffer. The pixels are complete when `draw` has returned, which is called once.
    pub(crate) fn present<A: Host>(
        &mut self,
        client: &mut Client<A>,
        index: usize,
        damage: &[Rect],
        draw: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let callback = self.surface.frame(client)?;
        *client.data(callback)? = FrameOf::Native(self.window);
        self.surface.attach(client, self.buffers[index])?;
        for rect in damage {
            let [width, height] = [rect.width(), rect.height()].map(u32::cast_signed);
            self.surface.damage(client, rect.left(), rect.top(), width, height)?;
        }
        let (acquire, release) = self.fences[index].share()?;
        self.surface.commit_fenced(client, acquire, release)?;
        client.flush();
        draw()?;
        Ok(self.fences[index].acquire.signal()?)
    }

    pub(crate) fn commit<A: Host>(&self, client: &mut Client<A>) -> Result<(), SendError> {
        self.surface.commit(client)
    }

    pub(crate) fn destroy<A: Host>(
        &self,
        client: &mut Client<A>,
        events: &LoopHandle<'static, A>,
    ) -> Result<(), SendError> {
        for fences in &self.fences {
            events.remove(fences.watch);
        }
        for buffer in self.buffers.iter().flatten() {
            buffer.destroy(client)?;
        }
        self.window.destroy(client)?;
        self.surface.destroy(client)
    }
}

impl Fences {
    /// Those of a buffer, which is free again whenever the compositor signals the release fence.
    fn new<A: Host>(events: &LoopHandle<'static, A>, window: WayWindow, index: usize) -> Result<Fences, Error> {
        let (acquire, release) = (Fence::new()?, Fence::new()?);
        let source = Generic::new(release.try_clone()?, Interest::READ, Mode::Level);
        let signalled = move |_, fence: &mut NoIoDrop<Fence>, app: &mut A| {
            if fence.take()?.is_some()
                && let Ok(status) = app.client().data(window)
            {
                status.busy[index] = false;
            }
            Ok(PostAction::Continue)
        };
        let watch = events.insert_source(source, signalled).map_err(|error| error.error)?;
        Ok(Fences { acquire, release, watch })
    }

    /// What goes along with a commit.
    fn share(&self) -> io::Result<(OwnedFd, OwnedFd)> {
        Ok((self.acquire.try_clone()?.into(), self.release.try_clone()?.into()))
    }
}

impl<A: Host> Module<WayWindow, A> for Toolkit {
    type Data = Status;

    fn event(app: &mut A, this: WayWindow, event: way_window::Event<'_>) -> HandlerResult {
        let status = app.client().data(this)?;
        // Only the toolkit makes windows.
        let Some(id) = status.id else { return Ok(()) };
        match event {
            way_window::Event::Configure { serial, width, height, states } => {
                status.configured = true;
                // The application hears of it before it can commit anything else.
                this.ack_configure(app.client(), serial)?;
                let binding = [way_window::State::MAXIMIZED, way_window::State::FULLSCREEN];
                let binding = |state| binding.contains(&way_window::State(state));
                app.event(id, Event::Configure(Configure::from_wire(width, height, states, binding)));
            }
            way_window::Event::Close => app.event(id, Event::Close),
        }
        Ok(())
    }
}

impl<A: Host> Module<WayShm, A> for Toolkit {
    type Data = ();

    /// Formats: those that are used here are always there.
    fn event(_: &mut A, _: WayShm, _: way_shm::Event) -> HandlerResult {
        Ok(())
    }
}

impl<A: Host> Module<WayBuffer, A> for Toolkit {
    type Data = ();

    /// A release: it never comes, since fences say the same sooner.
    fn event(_: &mut A, _: WayBuffer, _: way_buffer::Event) -> HandlerResult {
        Ok(())
    }
}
