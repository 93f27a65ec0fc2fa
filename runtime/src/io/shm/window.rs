//! Mapped memory that this process never touches: only the kernel copies from
//! and to it.
//!
//! What a load would turn into `SIGBUS` is an error here. And unlike `pread` and
//! `pwrite`, nothing here waits for a lock of the file: a peer can hold that for
//! ever, by writing from memory that it never delivers.

use std::io;
use std::os::fd::OwnedFd;

use memmap2::{MmapOptions, MmapRaw};
use rustix::io::Errno;

use super::error::ShmError;
use super::policy::Access;
use crate::io::sys;

/// The first bytes of a file, there or not. Unmapped on drop.
#[derive(Debug)]
pub(super) struct Window(MmapRaw);

impl Window {
    /// # Errors
    /// What `mmap` says.
    pub(super) fn new(file: &OwnedFd, length: usize, access: Access) -> io::Result<Window> {
        let mut options = MmapOptions::new();
        options.len(length);
        Ok(Window(match access {
            Access::ReadOnly => options.map_raw_read_only(file)?,
            Access::ReadWrite => options.map_raw(file)?,
        }))
    }

    /// Copies the bytes from `at` on, which are inside of the window.
    pub(super) fn read(&self, at: usize, out: &mut [u8]) -> Result<(), ShmError> {
        let mut done = 0;
        while done < out.len() {
            done += copied(sys::read_mapping(&self.0, at + done, &mut out[done..]), "read", at + out.len())?;
        }
        Ok(())
    }

    /// Copies `bytes` to `at`, all inside of the window. The file never grows.
    pub(super) fn write(&self, at: usize, bytes: &[u8]) -> Result<(), ShmError> {
        let mut done = 0;
        while done < bytes.len() {
            done += copied(sys::write_mapping(&self.0, at + done, &bytes[done..]), "write", at + bytes.len())?;
        }
        Ok(())
    }
}

/// How many bytes were copied, at least one.
fn copied(result: io::Result<usize>, action: &'static str, end: usize) -> Result<usize, ShmError> {
    match result {
        Ok(0) => Err(ShmError::Truncated { end }),
        Ok(count) => Ok(count),
        Err(error) if error.raw_os_error() == Some(Errno::FAULT.raw_os_error()) => Err(ShmError::Truncated { end }),
        Err(error) => Err(ShmError::io(action, error)),
    }
}
