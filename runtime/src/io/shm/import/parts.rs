//! A pool as another process takes it over.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use rustix::fs::{FileType, fcntl_get_seals, fstat};

use super::{Kind, Pool, Shared, State};
use crate::io::shm::{Access, Quota, ShmError};

/// What a pool is made of, for another process that has the same one.
#[derive(Debug)]
pub(crate) struct Parts<F> {
    pub(crate) file: F,
    pub(crate) size: usize,
    pub(crate) write: bool,
    pub(crate) require_sealed: bool,
    pub(crate) add_seal: bool,
    pub(crate) write_files: bool,
    pub(crate) quota: Quota,
}

impl Pool {
    /// The pool that these are the parts of, in another process. What its peer can change at any time is not looked at.
    pub(crate) fn of_parts(parts: Parts<OwnedFd>) -> Result<Pool, ShmError> {
        let Parts { file, size, write, require_sealed, add_seal, write_files, quota } = parts;
        let stat = fstat(&file).map_err(|error| ShmError::io("look at", error))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(ShmError::NotSharedMemory);
        }
        let kind = if fcntl_get_seals(&file).is_ok() { Kind::Memory } else { Kind::Disk };
        let access = if write { Access::ReadWrite } else { Access::ReadOnly };
        if i32::try_from(size).is_err() || size == 0 {
            return Err(ShmError::Size { size: size as i64 });
        }
        let state = Mutex::new(State { size, way: None, charge: quota.charge_again(size) });
        Ok(Pool(Arc::new(Shared { file, kind, access, require_sealed, add_seal, write_files, state })))
    }

    /// What it is made of.
    pub(crate) fn parts(&self) -> Parts<&OwnedFd> {
        let Shared { file, access, require_sealed, add_seal, write_files, .. } = &*self.0;
        let write = *access == Access::ReadWrite;
        let (size, quota) = {
            let state = self.lock();
            (state.size, state.charge.quota())
        };
        let (require_sealed, add_seal, write_files) = (*require_sealed, *add_seal, *write_files);
        Parts { file, size, write, require_sealed, add_seal, write_files, quota }
    }

    /// Where it is: all clones are at the same place.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}
