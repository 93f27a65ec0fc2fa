//! `way_shm`, `way_pool`, `way_buffer`: memory that clients share.

use wayline::io::shm::{Access, BufferArgs, LayoutError, Policy, Pool, ShmError};
use wayline::{GlobalId, HandlerError, HandlerResult, RequestHandler};

use crate::app::App;
use crate::protocol::{WayBuffer, WayPool, WayShm, way_buffer, way_pool, way_shm};
use wayline_desktop::PixelFormat;
use wayline_desktop_wayland::{Shared, shm_policy};

impl RequestHandler<WayShm> for App {
    type Data = ();

    fn bound(&mut self, this: WayShm, _: GlobalId) -> HandlerResult {
        for format in PixelFormat::KNOWN {
            this.format(&mut self.server, way_shm::Format(format.code))?;
        }
        Ok(())
    }

    fn request(&mut self, this: WayShm, request: way_shm::Request) -> HandlerResult {
        match request {
            way_shm::Request::Destroy => {}
            way_shm::Request::CreatePool { id, fd, size } => {
                let policy = Policy { write_files: false, ..shm_policy(self, this.client()) };
                // Read-write if the client left it so, for captures into it.
                let pool = Pool::import(fd, size, Access::ReadWrite, &policy).map_err(|error| {
                    let is_size = matches!(error, ShmError::Size { .. });
                    let code = if is_size { way_shm::Error::INVALID_SIZE } else { way_shm::Error::INVALID_FD };
                    HandlerError::protocol(this, code, error.to_string())
                })?;
                *self.server.data(id)? = Some(pool);
            }
        }
        Ok(())
    }
}

impl RequestHandler<WayPool> for App {
    type Data = Option<Pool>;

    fn request(&mut self, this: WayPool, request: way_pool::Request) -> HandlerResult {
        // A pool has its memory from the request that made it.
        let Some(pool) = self.server.data(this)?.clone() else { return Ok(()) };
        match request {
            way_pool::Request::Destroy => {}
            way_pool::Request::CreateBuffer { id, offset, width, height, stride, format } => {
                let args = BufferArgs { offset, width, height, stride, format: format.0 };
                let shared = Shared::new(pool, args).map_err(|error| {
                    let code = match error {
                        LayoutError::Format { .. } => way_pool::Error::INVALID_FORMAT,
                        _ => way_pool::Error::INVALID_LAYOUT,
                    };
                    HandlerError::protocol(this, code, error.to_string())
                })?;
                *self.server.data(id)? = Some(shared);
            }
            way_pool::Request::Resize { size } => {
                pool.resize(size).map_err(|error| {
                    let is_size = matches!(error, ShmError::Shrinking { .. });
                    let code = if is_size { way_pool::Error::INVALID_SIZE } else { way_pool::Error::INVALID_FD };
                    HandlerError::protocol(this, code, error.to_string())
                })?;
            }
        }
        Ok(())
    }
}

impl RequestHandler<WayBuffer> for App {
    type Data = Option<Shared>;

    fn request(&mut self, _: WayBuffer, way_buffer::Request::Destroy: way_buffer::Request) -> HandlerResult {
        Ok(())
    }
}
