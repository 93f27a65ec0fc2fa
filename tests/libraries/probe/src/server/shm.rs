//! `wl_shm` and the reading of its buffers.

use wayline::io::shm::{Access, BufferArgs, Layout, PixelFormat, Policy, Pool, ShmError};
use wayline::{GlobalId, HandlerError, HandlerResult, Interface, RequestHandler};

use super::App;
use super::api::{WlBuffer, WlShm, WlShmPool, WlcfProbe, wl_buffer, wl_shm, wl_shm_pool};
use super::orders::internal;

const FORMATS: [PixelFormat; 2] = [PixelFormat::ARGB8888, PixelFormat::XRGB8888];

/// The most that `wlcf_probe.read_buffer` is asked for.
const LONGEST: u32 = 1024;

impl RequestHandler<WlShm> for App {
    type Data = Policy;

    fn bound(&mut self, this: WlShm, _: GlobalId) -> HandlerResult {
        for format in FORMATS {
            this.format(&mut self.server, wl_shm::Format(format.code))?;
        }
        Ok(())
    }

    fn request(&mut self, this: WlShm, request: wl_shm::Request) -> HandlerResult {
        match request {
            wl_shm::Request::CreatePool { id, fd, size } => {
                let policy = self.server.data(this)?;
                let pool = Pool::import(fd, size, Access::ReadOnly, policy).map_err(|error| fault(this, &error))?;
                *self.server.data(id)? = Some(pool);
            }
        }
        Ok(())
    }
}

impl RequestHandler<WlShmPool> for App {
    type Data = Option<Pool>;

    fn request(&mut self, this: WlShmPool, request: wl_shm_pool::Request) -> HandlerResult {
        let Some(pool) = self.server.data(this)? else { return Err(internal("a pool without memory")) };
        match request {
            wl_shm_pool::Request::CreateBuffer { id, offset, width, height, stride, format } => {
                let args = BufferArgs { offset, width, height, stride, format: format.0 };
                let layout = Layout::check(args, pool.size(), &FORMATS).map_err(|error| fault(this, &error.into()))?;
                let buffer = Some((pool.clone(), layout));
                *self.server.data(id)? = buffer;
            }
            wl_shm_pool::Request::Destroy => {}
            wl_shm_pool::Request::Resize { size } => pool.resize(size).map_err(|error| fault(this, &error))?,
        }
        Ok(())
    }
}

impl RequestHandler<WlBuffer> for App {
    type Data = Option<(Pool, Layout)>;

    fn request(&mut self, _: WlBuffer, request: wl_buffer::Request) -> HandlerResult {
        match request {
            wl_buffer::Request::Destroy => Ok(()),
        }
    }
}

impl App {
    /// Carries out `wlcf_probe.read_buffer`.
    pub(crate) fn read_buffer(
        &mut self,
        probe: WlcfProbe,
        buffer: WlBuffer,
        offset: u32,
        length: u32,
    ) -> HandlerResult {
        let Some((pool, layout)) = self.server.data(buffer)? else { return Err(internal("a buffer without memory")) };
        let size = layout.stride() * layout.height() as usize;
        if length > LONGEST || u64::from(offset) + u64::from(length) > size as u64 {
            return Ok(probe.pixels(&mut self.server, 1, &[])?);
        }
        let mut bytes = [0; LONGEST as usize];
        let bytes = &mut bytes[..length as usize];
        let start = layout.end() - size;
        pool.read(start + offset as usize, bytes).map_err(|error| fault(buffer, &error))?;
        Ok(probe.pixels(&mut self.server, 0, bytes)?)
    }
}

/// Blames the client if it is to blame.
fn fault(object: impl Interface, error: &ShmError) -> HandlerError {
    match error.wl_shm_code() {
        Some(code) => HandlerError::protocol(object, code, error.to_string()),
        None => internal(error),
    }
}
