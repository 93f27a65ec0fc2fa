//! `wl_shm` as far as the cases about fds need it: pools that hold their file, buffers that are read with pread.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use wayland_server::protocol::wl_buffer::{self, WlBuffer};
use wayland_server::protocol::wl_shm::{self, Format, WlShm};
use wayland_server::protocol::wl_shm_pool::{self, WlShmPool};
use wayland_server::{Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New, Resource, WEnum};

use crate::App;

/// A pool: its file, and how large the client says it is.
pub(crate) struct Pool {
    file: Arc<OwnedFd>,
    size: Mutex<i32>,
}

/// A buffer: its file, where it begins and how long it is.
pub(crate) struct Buffer {
    file: Arc<OwnedFd>,
    offset: u64,
    length: u64,
}

impl Buffer {
    /// Copies bytes out. `None` if they are not the buffer's; fewer than asked for if the file has no more.
    pub(crate) fn read(&self, offset: u32, length: u32) -> Option<Vec<u8>> {
        if u64::from(offset) + u64::from(length) > self.length {
            return None;
        }
        let mut bytes = vec![0; length as usize];
        let read = rustix::io::pread(&self.file, &mut bytes, self.offset + u64::from(offset)).unwrap_or(0);
        bytes.truncate(read);
        Some(bytes)
    }
}

impl GlobalDispatch<WlShm, ()> for App {
    fn bind(_: &mut App, _: &DisplayHandle, _: &Client, new: New<WlShm>, (): &(), init: &mut DataInit<'_, App>) {
        let shm = init.init(new, ());
        shm.format(Format::Argb8888);
        shm.format(Format::Xrgb8888);
    }
}

impl Dispatch<WlShm, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        shm: &WlShm,
        request: wl_shm::Request,
        (): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, App>,
    ) {
        let wl_shm::Request::CreatePool { id, fd, size } = request else { return };
        let is_memory = rustix::fs::fcntl_get_seals(&fd).is_ok();
        init.init(id, Pool { file: Arc::new(fd), size: Mutex::new(size) });
        if size <= 0 {
            shm.post_error(wl_shm::Error::InvalidStride, format!("invalid size {size}"));
        } else if !is_memory {
            shm.post_error(wl_shm::Error::InvalidFd, "not a memfd");
        }
    }
}

impl Dispatch<WlShmPool, Pool> for App {
    fn request(
        _: &mut App,
        _: &Client,
        pool: &WlShmPool,
        request: wl_shm_pool::Request,
        data: &Pool,
        _: &DisplayHandle,
        init: &mut DataInit<'_, App>,
    ) {
        let mut size = data.size.lock().unwrap_or_else(PoisonError::into_inner);
        match request {
            wl_shm_pool::Request::CreateBuffer { id, offset, width, height, stride, format } => {
                let length = stride.checked_mul(height);
                let bounds = length.and_then(|length| Some((length, size.checked_sub(length)?)));
                let fits = bounds.is_some_and(|(_, last)| offset >= 0 && offset <= last);
                let sensible = width > 0 && height > 0 && width.checked_mul(4).is_some_and(|bytes| stride >= bytes);
                init.init(
                    id,
                    Buffer {
                        file: Arc::clone(&data.file),
                        offset: u64::from(offset.unsigned_abs()),
                        length: u64::from(length.unwrap_or(0).unsigned_abs()),
                    },
                );
                if !matches!(format, WEnum::Value(Format::Argb8888 | Format::Xrgb8888)) {
                    pool.post_error(wl_shm::Error::InvalidFormat, "a format that was not advertised");
                } else if !fits || !sensible {
                    pool.post_error(wl_shm::Error::InvalidStride, "a buffer that does not fit its pool");
                }
            }
            wl_shm_pool::Request::Resize { size: new } if new < *size => {
                pool.post_error(wl_shm::Error::InvalidFd, "a pool cannot shrink");
            }
            wl_shm_pool::Request::Resize { size: new } => *size = new,
            _ => {}
        }
    }
}

impl Dispatch<WlBuffer, Buffer> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlBuffer,
        _: wl_buffer::Request,
        _: &Buffer,
        _: &DisplayHandle,
        _: &mut DataInit<'_, App>,
    ) {
    }
}
