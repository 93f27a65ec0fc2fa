//! `wl_shm`, `wl_shm_pool`, `wl_buffer`: memory of clients, and how often each
//! buffer is in use. A buffer is released when its last use ends.

use wayline::io::shm::{Access, BufferArgs, Pool, ShmError};
use wayline::{Fault, GlobalId, Handled, Interface, ProtocolError, RequestHandler};

use super::protocol::{WlBuffer, WlShm, WlShmPool, wl_buffer, wl_shm, wl_shm_pool};
use crate::app::App;
use crate::buffers::{self, Shared};
use wayline_desktop::Format;

/// State of a `wl_buffer`.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    shared: Option<Shared>,
    /// Commits that show it or wait to.
    uses: u32,
}

/// A use of a buffer; ends in [`App::release_buffer`]. The memory outlives the object.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(super) buffer: WlBuffer,
    pub(super) shared: Shared,
}

impl App {
    /// Starts a use of a buffer; `None` if it is gone.
    pub(super) fn acquire_buffer(&mut self, buffer: WlBuffer) -> Option<Attached> {
        let state = self.server.data(buffer).ok()?;
        let shared = state.shared.clone()?;
        state.uses += 1;
        Some(Attached { buffer, shared })
    }

    /// Ends a use of a buffer.
    pub(super) fn release_buffer(&mut self, attached: &Attached) {
        let Ok(state) = self.server.data(attached.buffer) else { return };
        state.uses = state.uses.saturating_sub(1);
        if state.uses == 0 {
            // A client that is gone needs no answer.
            let _ = attached.buffer.release(&mut self.server);
        }
    }
}

/// Whose fault it is that memory cannot be used, in the words of `wl_shm`.
fn fault(object: impl Interface, error: &ShmError) -> Fault {
    let text = error.to_string();
    match (error.wl_shm_code(), error) {
        (Some(code), _) => Fault::protocol(object, code, text),
        // `wl_display.error.no_memory`.
        (None, ShmError::Quota { .. }) => {
            ProtocolError { object: 1, interface: Some("wl_display"), code: 2, message: text }.into()
        }
        (None, _) => Fault::internal(text),
    }
}

impl RequestHandler<WlShm> for App {
    type Data = ();

    fn bound(&mut self, this: WlShm, _: GlobalId) -> Handled {
        for format in Format::ALL {
            this.format(&mut self.server, wl_shm::Format(format.code()))?;
        }
        Ok(())
    }

    fn request(&mut self, this: WlShm, request: wl_shm::Request) -> Handled {
        match request {
            wl_shm::Request::Release => {}
            wl_shm::Request::CreatePool { id, fd, size } => {
                let policy = self.quotas.entry(this.client()).or_insert_with(buffers::policy);
                let pool = Pool::import(fd, size, Access::ReadOnly, policy).map_err(|error| fault(this, &error))?;
                *self.server.data(id)? = Some(pool);
            }
        }
        Ok(())
    }
}

impl RequestHandler<WlShmPool> for App {
    type Data = Option<Pool>;

    fn request(&mut self, this: WlShmPool, request: wl_shm_pool::Request) -> Handled {
        // A pool has its memory from the request that made it.
        let Some(pool) = self.server.data(this)?.clone() else { return Ok(()) };
        match request {
            wl_shm_pool::Request::Destroy => {}
            wl_shm_pool::Request::CreateBuffer { id, offset, width, height, stride, format } => {
                let args = BufferArgs { offset, width, height, stride, format: format.0 };
                let shared = buffers::buffer(pool, args)
                    .map_err(|error| Fault::protocol(this, error.wl_shm_code(), error.to_string()))?;
                self.server.data(id)?.shared = Some(shared);
            }
            wl_shm_pool::Request::Resize { size } => pool.resize(size).map_err(|error| fault(this, &error))?,
        }
        Ok(())
    }
}

impl RequestHandler<WlBuffer> for App {
    type Data = Buffer;

    fn request(&mut self, _: WlBuffer, request: wl_buffer::Request) -> Handled {
        match request {
            wl_buffer::Request::Destroy => Ok(()),
        }
    }
}
