//! The one place that turns a mapping into something to read and write.
//!
//! A [`Mapping`] exists only of memory that cannot fault, and gives it out only
//! as atomic words. Both facts are established here and nowhere else.

use std::fs;
use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::slice;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

use memmap2::{Mmap, MmapOptions, MmapRaw};
use rustix::fs::{SealFlags, fcntl_get_seals, fstat, fstatfs};

use super::policy::Access;
use super::words::{self, WORD};

/// What `fstatfs` says of a memfd; one of huge pages says something else.
const TMPFS_MAGIC: u64 = 0x0102_1994;

/// The first bytes of a memfd, mapped. Unmapped on drop.
#[derive(Debug)]
pub(super) struct Mapping {
    raw: MmapRaw,
    length: usize,
    writable: bool,
}

impl Mapping {
    /// Maps the first `length` bytes, which must be at least one.
    ///
    /// # Errors
    /// `Unsupported` for memory that could fault, otherwise what `mmap` says. In
    /// both cases the caller goes on with `pread` and `pwrite`.
    pub(super) fn new(file: &OwnedFd, length: usize, access: Access) -> io::Result<Mapping> {
        check_faultless(file, length)?;
        let mut options = MmapOptions::new();
        // Whole words. A page holds whole words, so these are the same pages.
        options.len(length.checked_next_multiple_of(WORD).ok_or(io::ErrorKind::OutOfMemory)?);
        let (raw, writable) = match access {
            Access::ReadOnly => (options.map_raw_read_only(file)?, false),
            Access::ReadWrite => (options.map_raw(file)?, true),
        };
        Ok(Mapping { raw, length, writable })
    }

    /// Copies the bytes from `at` on.
    ///
    /// # Panics
    /// If they are not all inside the mapping; callers check.
    pub(super) fn read(&self, at: usize, out: &mut [u8]) {
        self.assert_inside(at, out.len());
        words::read(self.words(), at, out);
    }

    /// Copies `bytes` to `at`. `false`, and nothing written, if the mapping is read-only.
    ///
    /// # Panics
    /// If they are not all inside the mapping; callers check.
    #[must_use]
    pub(super) fn write(&self, at: usize, bytes: &[u8]) -> bool {
        self.assert_inside(at, bytes.len());
        if self.writable {
            words::write(self.words(), at, bytes);
        }
        self.writable
    }

    /// Sets a range of bytes. `false`, and nothing written, if the mapping is read-only.
    ///
    /// # Panics
    /// If they are not all inside the mapping; callers check.
    #[must_use]
    pub(super) fn fill(&self, range: Range<usize>, byte: u8) -> bool {
        self.assert_inside(range.start, range.len());
        if self.writable {
            words::fill(self.words(), range.start, range.len(), byte);
        }
        self.writable
    }

    fn assert_inside(&self, at: usize, length: usize) {
        let end = at.checked_add(length);
        assert!(end.is_some_and(|end| end <= self.length), "access outside of a mapping");
    }

    /// The mapping as words. Those of a read-only mapping must only be loaded:
    /// `write` and `fill` see to it.
    fn words(&self) -> &[AtomicUsize] {
        let start = self.raw.as_mut_ptr().cast::<AtomicUsize>();
        // SAFETY: `raw` maps this many whole words at a page boundary, until it
        // is dropped, which the borrow of `self` prevents; it is never moved or
        // resized. Each page is backed by the file: `check_faultless` saw that
        // the file reaches this far and is sealed against shrinking, so the
        // pages stay readable. Atomics need no exclusiveness: nothing in this
        // process makes a plain reference to these bytes, and what other
        // processes write shows up in the loads. Any bytes are a valid word.
        #[expect(unsafe_code, reason = "a mapping is only an address")]
        unsafe {
            slice::from_raw_parts(start, self.raw.len() / WORD)
        }
    }
}

/// A view of memory that nobody can change any more; `None` if that is not
/// proven by `F_SEAL_WRITE` and `F_SEAL_SHRINK` of this very descriptor, or if
/// the kernel does not map write-sealed memory (before Linux 6.7).
pub(super) fn immutable(file: &OwnedFd, length: usize) -> Option<Mmap> {
    check_faultless(file, length).ok()?;
    MmapOptions::new().len(length).map_if_safe(file).ok()
}

/// Whether touching any of the first `length` bytes of a mapping can raise `SIGBUS`:
///
/// - The file must reach that far, and `F_SEAL_SHRINK` must keep it so. Seals are
///   never taken back, so both stay true. Holes can still be punched; they read
///   as zeros, for which the kernel needs a page when they are touched.
/// - Such a page must not be refused. Memory of huge pages has a pool that can
///   run dry, and strict accounting (`vm.overcommit_memory` 2) a limit; neither
///   is mapped. Ordinary memfds have no size limit, unlike a mounted tmpfs.
///
/// What remains is failing hardware.
fn check_faultless(file: &OwnedFd, length: usize) -> io::Result<()> {
    let sealed = fcntl_get_seals(file)?.contains(SealFlags::SHRINK);
    // The order matters: a size seen before the seal proves nothing.
    let long_enough = u64::try_from(fstat(file)?.st_size).is_ok_and(|size| size >= length as u64);
    let ordinary = u64::try_from(fstatfs(file)?.f_type).is_ok_and(|magic| magic == TMPFS_MAGIC);
    if sealed && long_enough && ordinary && !has_strict_accounting() {
        Ok(())
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn has_strict_accounting() -> bool {
    static STRICT: OnceLock<bool> = OnceLock::new();
    *STRICT.get_or_init(|| fs::read("/proc/sys/vm/overcommit_memory").is_ok_and(|mode| mode.starts_with(b"2")))
}

#[cfg(test)]
mod tests;
