//! A window by the core protocol of Wayland and xdg-shell.
//!
//! There are no fences: pixels are complete when they are committed, and a buffer is free again when it is released.

mod seat;

use wayline::client::Module;
use wayline::io::shm::{Layout, Rect};
use wayline::{BindError, Client, HandlerResult, ObjectError, SendError};

use crate::buffer::{BUFFERS, Shared};
use crate::error::Error;
use crate::event::{Configure, Event};
use crate::host::{FrameOf, Host, Toolkit, WindowId};
use crate::protocol::wayland::{
    WlBuffer, WlCompositor, WlSeat, WlShm, WlSurface, XdgSurface, XdgToplevel, XdgWmBase, ZxdgDecorationManagerV1,
    ZxdgToplevelDecorationV1, wl_buffer, wl_shm, wl_surface, xdg_surface, xdg_toplevel, xdg_wm_base,
    zxdg_toplevel_decoration_v1,
};
use crate::setup::Setup;
use crate::status::Status;

/// What windows are made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Globals {
    compositor: WlCompositor,
    shm: WlShm,
    shell: XdgWmBase,
    /// Nothing here draws a title bar. Where the compositor does not either, windows have none.
    decorations: Option<ZxdgDecorationManagerV1>,
}

/// A surface that is a window, and its buffers.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) surface: WlSurface,
    xdg: XdgSurface,
    pub(crate) toplevel: XdgToplevel,
    decoration: Option<ZxdgToplevelDecorationV1>,
    shm: WlShm,
    buffers: [Option<WlBuffer>; BUFFERS],
}

/// The state of an `xdg_surface`.
#[derive(Debug, Default)]
pub struct Shell {
    surface: Option<WlSurface>,
    /// What `xdg_toplevel` has said and `xdg_surface` has not completed.
    proposed: Configure,
}

impl Globals {
    pub(crate) fn bind<A: Host>(client: &mut Client<A>) -> Result<Globals, BindError> {
        Ok(Globals {
            compositor: client.bind(1)?,
            shm: client.bind(1)?,
            shell: client.bind(1)?,
            decorations: client.bind(1).ok(),
        })
    }

    /// Its devices are asked for when it has said which there are. Since version 3 they can be given back.
    pub(crate) fn bind_seat<A: Host>(client: &mut Client<A>, name: u32, version: u32) -> Result<(), SendError> {
        client.bind_name::<WlSeat>(name, version.min(3)).map(drop)
    }
}

impl Role {
    pub(crate) fn new<A: Host>(client: &mut Client<A>, globals: Globals, setup: &Setup<'_>) -> Result<Role, SendError> {
        let surface = globals.compositor.create_surface(client)?;
        client.data(surface)?.id = Some(WindowId::of(surface.handle()));
        let xdg = globals.shell.get_xdg_surface(client, surface)?;
        client.data(xdg)?.surface = Some(surface);
        let toplevel = xdg.get_toplevel(client)?;
        *client.data(toplevel)? = Some(xdg);
        toplevel.set_app_id(client, setup.app_id)?;
        toplevel.set_title(client, setup.title)?;
        let decoration = match globals.decorations {
            Some(manager) => {
                let decoration = manager.get_toplevel_decoration(client, toplevel)?;
                decoration.set_mode(client, zxdg_toplevel_decoration_v1::Mode::SERVER_SIDE)?;
                Some(decoration)
            }
            None => None,
        };
        // Without a buffer: asks for the first configure.
        surface.commit(client)?;
        Ok(Role { surface, xdg, toplevel, decoration, shm: globals.shm, buffers: [None; BUFFERS] })
    }

    pub(crate) fn id(&self) -> WindowId {
        WindowId::of(self.surface.handle())
    }

    pub(crate) fn status<'a, A: Host>(&self, client: &'a mut Client<A>) -> Result<&'a mut Status, ObjectError> {
        client.data(self.surface)
    }

    pub(crate) fn set_title<A: Host>(&self, client: &mut Client<A>, title: &str) -> Result<(), SendError> {
        self.toplevel.set_title(client, title)
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
        // The two formats that are always there have numbers of their own in wl_shm, the same as here.
        let format = wl_shm::Format(args.format);
        let buffer = pool.create_buffer(client, args.offset, args.width, args.height, args.stride, format)?;
        *client.data(buffer)? = Some((self.surface, index));
        self.buffers[index] = Some(buffer);
        // The memory stays shared as long as the buffer is there.
        pool.destroy(client)
    }

    /// Shows a buffer, whose pixels are complete when `draw` has returned.
    pub(crate) fn present<A: Host>(
        &mut self,
        client: &mut Client<A>,
        index: usize,
        damage: &[Rect],
        draw: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        draw()?;
        let callback = self.surface.frame(client)?;
        *client.data(callback)? = FrameOf::Wayland(self.surface);
        self.surface.attach(client, self.buffers[index], 0, 0)?;
        for rect in damage {
            let [width, height] = [rect.width(), rect.height()].map(u32::cast_signed);
            self.surface.damage(client, rect.left(), rect.top(), width, height)?;
        }
        Ok(self.surface.commit(client)?)
    }

    pub(crate) fn commit<A: Host>(&self, client: &mut Client<A>) -> Result<(), SendError> {
        self.surface.commit(client)
    }

    pub(crate) fn destroy<A: Host>(&self, client: &mut Client<A>) -> Result<(), SendError> {
        if let Some(decoration) = self.decoration {
            decoration.destroy(client)?;
        }
        self.toplevel.destroy(client)?;
        self.xdg.destroy(client)?;
        self.surface.destroy(client)?;
        self.buffers.iter().flatten().try_for_each(|buffer| buffer.destroy(client))
    }
}

impl<A: Host> Module<XdgWmBase, A> for Toolkit {
    type Data = ();

    fn event(app: &mut A, this: XdgWmBase, event: xdg_wm_base::Event) -> HandlerResult {
        let xdg_wm_base::Event::Ping { serial } = event;
        this.pong(app.client(), serial)?;
        Ok(())
    }
}

impl<A: Host> Module<XdgToplevel, A> for Toolkit {
    type Data = Option<XdgSurface>;

    fn event(app: &mut A, this: XdgToplevel, event: xdg_toplevel::Event<'_>) -> HandlerResult {
        // Only the toolkit's are known.
        let Some(xdg) = *app.client().data(this)? else { return Ok(()) };
        let shell = app.client().data(xdg)?;
        match event {
            xdg_toplevel::Event::Configure { width, height, states } => {
                let binding = [xdg_toplevel::State::MAXIMIZED, xdg_toplevel::State::FULLSCREEN];
                let binding = |state| binding.contains(&xdg_toplevel::State(state));
                shell.proposed = Configure::from_wire(width, height, states, binding);
            }
            xdg_toplevel::Event::Close => {
                if let Some(surface) = shell.surface {
                    app.event(WindowId::of(surface.handle()), Event::Close);
                }
            }
            // Of versions that are not bound.
            xdg_toplevel::Event::ConfigureBounds { .. } | xdg_toplevel::Event::WmCapabilities { .. } => {}
        }
        Ok(())
    }
}

impl<A: Host> Module<XdgSurface, A> for Toolkit {
    type Data = Shell;

    fn event(app: &mut A, this: XdgSurface, event: xdg_surface::Event) -> HandlerResult {
        let xdg_surface::Event::Configure { serial } = event;
        // The application hears of it before it can commit anything else.
        this.ack_configure(app.client(), serial)?;
        let Shell { surface: Some(surface), proposed } = *app.client().data(this)? else { return Ok(()) };
        app.client().data(surface)?.configured = true;
        app.event(WindowId::of(surface.handle()), Event::Configure(proposed));
        Ok(())
    }
}

impl<A: Host> Module<ZxdgToplevelDecorationV1, A> for Toolkit {
    type Data = ();

    /// Who draws the title bar: not us.
    fn event(_: &mut A, _: ZxdgToplevelDecorationV1, _: zxdg_toplevel_decoration_v1::Event) -> HandlerResult {
        Ok(())
    }
}

impl<A: Host> Module<WlShm, A> for Toolkit {
    type Data = ();

    /// Formats: those that are used here are always there.
    fn event(_: &mut A, _: WlShm, _: wl_shm::Event) -> HandlerResult {
        Ok(())
    }
}

impl<A: Host> Module<WlBuffer, A> for Toolkit {
    /// The window that it belongs to, and its place there.
    type Data = Option<(WlSurface, usize)>;

    fn event(app: &mut A, this: WlBuffer, event: wl_buffer::Event) -> HandlerResult {
        let wl_buffer::Event::Release = event;
        match *app.client().data(this)? {
            Some((surface, index)) => app.client().data(surface)?.busy[index] = false,
            None => app.released(this),
        }
        Ok(())
    }
}

impl<A: Host> Module<WlSurface, A> for Toolkit {
    type Data = Status;

    /// Which screens it is on.
    fn event(_: &mut A, _: WlSurface, _: wl_surface::Event) -> HandlerResult {
        Ok(())
    }
}
