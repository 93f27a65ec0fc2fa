//! `wl_shm`, `wl_shm_pool`, `wl_buffer`: memory of clients, and how often each
//! buffer is in use. A buffer is released when its last use ends.

use wayline::io::shm::{Access, BufferArgs, Pool};
use wayline::server::Module;
use wayline::{GlobalId, HandlerResult};

use crate::buffers::{Memory, Shared};
use crate::host::{Host, Wayland};
use crate::picture::Source;
use crate::protocol::{WlBuffer, WlShm, WlShmPool, wl_buffer, wl_shm, wl_shm_pool};
use crate::stored::shm_policy;
use wayline_desktop::{Content, Layout, PixelFormat};

/// State of a `wl_buffer`.
#[derive(Debug, Default)]
pub struct Buffer {
    pub(crate) content: Option<Content<Source>>,
    /// Commits that show it or wait to.
    uses: u32,
}

wayline::carry!(struct Buffer { content, uses });

impl Buffer {
    /// Its memory, and where in that its pixels are; `None` if they are in none that is shared.
    pub(crate) fn shared(&self) -> Option<(&Memory, Layout)> {
        let content = self.content.as_ref()?;
        Some((content.pixels.memory()?, content.layout))
    }
}

/// A use of a buffer; ends in [`App::release_buffer`]. The memory outlives the object.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) buffer: WlBuffer,
    pub(crate) content: Content<Source>,
}

wayline::carry!(struct Attached { buffer, content });

/// Starts a use of a buffer; `None` if it is gone.
pub(crate) fn acquire_buffer<A: Host>(app: &mut A, buffer: WlBuffer) -> Option<Attached> {
    let state = app.server().data(buffer).ok()?;
    let content = state.content.clone()?;
    state.uses = state.uses.saturating_add(1);
    Some(Attached { buffer, content })
}

/// Ends a use of a buffer.
pub(crate) fn release_buffer<A: Host>(app: &mut A, attached: &Attached) {
    let Ok(state) = app.server().data(attached.buffer) else { return };
    state.uses = state.uses.saturating_sub(1);
    if state.uses == 0 {
        // A client that is gone needs no answer.
        let _ = attached.buffer.release(app.server());
    }
}

impl<A: Host> Module<WlShm, A> for Wayland {
    type Data = ();

    fn bound(app: &mut A, this: WlShm, _: GlobalId) -> HandlerResult {
        for format in PixelFormat::KNOWN {
            this.format(app.server(), wl_shm::Format(format.code))?;
        }
        Ok(())
    }

    fn request(app: &mut A, this: WlShm, request: wl_shm::Request) -> HandlerResult {
        match request {
            wl_shm::Request::Release => {}
            wl_shm::Request::CreatePool { id, fd, size } => {
                let policy = shm_policy(app, this.client());
                let pool = Pool::import(fd, size, Access::ReadOnly, &policy)?;
                *app.server().data(id)? = Some(pool);
            }
        }
        Ok(())
    }
}

impl<A: Host> Module<WlShmPool, A> for Wayland {
    type Data = Option<Pool>;

    fn request(app: &mut A, this: WlShmPool, request: wl_shm_pool::Request) -> HandlerResult {
        // A pool has its memory from the request that made it.
        let Some(pool) = app.server().data(this)?.clone() else { return Ok(()) };
        match request {
            wl_shm_pool::Request::Destroy => {}
            wl_shm_pool::Request::CreateBuffer { id, offset, width, height, stride, format } => {
                let args = BufferArgs { offset, width, height, stride, format: format.0 };
                let Shared { memory, layout } = Shared::new(pool, args)?;
                app.server().data(id)?.content = Some(Content { pixels: Source::Memory(memory), layout });
            }
            wl_shm_pool::Request::Resize { size } => pool.resize(size)?,
        }
        Ok(())
    }
}

impl<A: Host> Module<WlBuffer, A> for Wayland {
    type Data = Buffer;

    fn request(_: &mut A, _: WlBuffer, wl_buffer::Request::Destroy: wl_buffer::Request) -> HandlerResult {
        Ok(())
    }
}
