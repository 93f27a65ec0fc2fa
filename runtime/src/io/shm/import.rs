//! The receiving side: memory that a peer made and may change at any moment.

mod parts;

pub(crate) use parts::Parts;

use std::fmt;
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use memmap2::Mmap;
use rustix::fs::{FileType, OFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fcntl_getfl, fstat};
use rustix::io::fcntl_dupfd_cloexec;
use wayline_pixels::{Layout, Rect};

use super::budget::Share;
use super::error::ShmError;
use super::map;
use super::policy::{Access, Charge, Policy};
use super::rows::Rows;
use super::span::{Span, Way};
use super::window::Window;
use crate::io::{mount, stranger};

/// A pool of memory received from a peer. Clones are cheap and mean the same
/// pool: a buffer keeps one, and with it the memory, also after the protocol's
/// pool object is gone (M12).
///
/// Nothing the peer does with the memory can hurt this process. If the peer
/// sealed it against shrinking, or lets us ([`Policy::add_seal`]) (and it is long enough, and the [`Budget`](super::Budget)
/// has room), it is mapped when first used; otherwise each access is a system call. Both copy.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Shared>);

struct Shared {
    file: OwnedFd,
    kind: Kind,
    access: Access,
    require_sealed: bool,
    add_seal: bool,
    write_files: bool,
    state: Mutex<State>,
}

/// Where the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A memfd or a file of a tmpfs.
    Memory,
    /// An ordinary file.
    Disk,
}

struct State {
    size: usize,
    /// `None` if not used since the last resize. An `Arc`, so that a resize does
    /// not take it away from those who read at this moment.
    way: Option<Arc<Reached>>,
    charge: Charge,
}

/// The way to the memory, and what it may cost us.
struct Reached {
    way: Way,
    /// Empty as long as nothing of ours can get into holes of the memory.
    shares: OnceLock<[Share; 2]>,
}

impl Pool {
    /// Takes over a descriptor and the size that the peer claims it has, in
    /// bytes. Whether it has is seen when it is used: until then a peer may
    /// still enlarge it, and a pool costs no memory, whatever it claims.
    ///
    /// # Errors
    /// [`ShmError`]; those with a [`ShmError::wl_shm_code`] are the peer's
    /// fault. The descriptor is closed in all cases.
    pub fn import(file: OwnedFd, size: i32, access: Access, policy: &Policy) -> Result<Pool, ShmError> {
        let bytes = usize::try_from(size).ok().filter(|&bytes| bytes > 0);
        let bytes = bytes.ok_or(ShmError::Size { size: size.into() })?;
        let kind = match check_file(&file, access, policy) {
            Ok(kind) => kind,
            Err(error) => {
                stranger::dispose(file, None);
                return Err(error);
            }
        };
        if policy.require_sealed {
            check_sealed(&file, bytes)?;
        }
        let charge = policy.quota.charge(bytes)?;
        let state = Mutex::new(State { size: bytes, way: None, charge });
        let Policy { require_sealed, add_seal, write_files, .. } = *policy;
        Ok(Pool(Arc::new(Shared { file, kind, access, require_sealed, add_seal, write_files, state })))
    }

    /// Makes the pool larger. Seals and size are looked at again when the memory
    /// is next used. An equal size does nothing.
    ///
    /// # Errors
    /// [`ShmError::Shrinking`] for less than it has (M10),
    /// [`ShmError::Quota`]. The pool stays as it was.
    pub fn resize(&self, size: i32) -> Result<(), ShmError> {
        let mut state = self.lock();
        let bytes = usize::try_from(size).ok().filter(|&bytes| bytes >= state.size);
        let bytes = bytes.ok_or(ShmError::Shrinking { current: state.size, requested: size.into() })?;
        if bytes > state.size {
            if self.0.require_sealed {
                check_sealed(&self.0.file, bytes)?;
            }
            state.charge.grow_to(bytes)?;
            state.size = bytes;
            state.way = None;
        }
        Ok(())
    }

    /// The same memory to be written as well, as a pool of its own: it counts once more against the quota.
    ///
    /// # Errors
    /// [`ShmError::NotWritable`] if the peer's descriptor is for reading only, the memory is sealed, or it is an ordinary
    /// file without [`Policy::write_files`]. [`ShmError::Quota`]; or there is no descriptor left.
    pub fn to_writable(&self) -> Result<Pool, ShmError> {
        let (size, quota) = {
            let state = self.lock();
            (state.size, state.charge.quota())
        };
        let file = fcntl_dupfd_cloexec(&self.0.file, 0).map_err(|error| ShmError::io("duplicate", error))?;
        // It has been sealed already, if it may be.
        let Shared { require_sealed, write_files, .. } = *self.0;
        let policy = Policy { require_sealed, write_files, quota, ..Policy::default() };
        // It came from one.
        let size = i32::try_from(size).unwrap_or(i32::MAX);
        Pool::import(file, size, Access::ReadWrite, &policy)
    }

    /// The size the peer claims, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.lock().size
    }

    /// Whether the memory is (or now becomes) mapped, the faster of the two ways.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        self.with_span(|span| Ok(matches!(span.way, Way::Mapped(_)))).unwrap_or(false)
    }

    /// Copies the bytes from `offset` on into `out`.
    ///
    /// # Errors
    /// [`ShmError::Truncated`] if the peer promised more than there is (post it
    /// on the buffer, M13), [`ShmError::OutOfBounds`] past the claimed size.
    pub fn read(&self, offset: usize, out: &mut [u8]) -> Result<(), ShmError> {
        self.with_span(|span| span.read(offset, out))
    }

    /// Copies a rectangle of a buffer into `out`, whose rows are `stride` bytes apart.
    ///
    /// # Errors
    /// As [`Pool::read`]; also if `out` is too short.
    pub fn read_rect(&self, layout: &Layout, rect: Rect, out: &mut [u8], stride: usize) -> Result<(), ShmError> {
        self.with_span(|span| span.read_rect(layout, rect, out, stride))
    }

    /// Hands a rectangle of a buffer to `each`, row by row: the number of the
    /// row and a private copy of its pixels. `scratch` holds that copy, so that
    /// a caller who keeps it does not allocate.
    ///
    /// # Errors
    /// As [`Pool::read`].
    pub fn for_each_row(
        &self,
        layout: &Layout,
        rect: Rect,
        scratch: &mut Vec<u8>,
        mut each: impl FnMut(u32, &[u8]),
    ) -> Result<(), ShmError> {
        let rows = Rows::new(layout, rect)?;
        scratch.resize(rows.length(), 0);
        self.with_span(|span| {
            rows.numbered().try_for_each(|(start, y)| {
                span.read(start, scratch)?;
                each(y, scratch);
                Ok(())
            })
        })
    }

    /// A copy of everything.
    ///
    /// # Errors
    /// As [`Pool::read`]; nothing is allocated for bytes that do not exist.
    pub fn to_vec(&self) -> Result<Vec<u8>, ShmError> {
        self.with_span(|span| {
            let actual = fstat(span.file).map_err(|error| ShmError::io("read", error))?.st_size;
            if u64::try_from(actual).is_ok_and(|actual| actual < span.size as u64) {
                return Err(ShmError::Truncated { end: span.size });
            }
            let mut bytes = vec![0; span.size];
            span.read(0, &mut bytes)?;
            Ok(bytes)
        })
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Errors
    /// As [`Pool::read`]; [`ShmError::NotWritable`] for a read-only pool,
    /// [`ShmError::Budget`] if it could cost us more memory than it may.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<(), ShmError> {
        self.with_span_to_write(|span| span.write(offset, bytes))
    }

    /// Copies a rectangle of a buffer from `pixels`, whose rows are `stride` bytes apart.
    ///
    /// # Errors
    /// As [`Pool::write`]; also if `pixels` is too short.
    pub fn write_rect(&self, layout: &Layout, rect: Rect, pixels: &[u8], stride: usize) -> Result<(), ShmError> {
        self.with_span_to_write(|span| span.write_rect(layout, rect, pixels, stride))
    }

    /// The bytes themselves, without a copy, if nobody can change them any more:
    /// only if the peer sealed the memory against writing and shrinking and it
    /// is as long as it claims, and the budget has room. Linux before 6.7 does not map such memory; then,
    /// and for all other memory, use [`Pool::to_vec`].
    ///
    /// There is no such view of memory that can change:
    ///
    /// ```compile_fail
    /// fn view(pool: &wayline::io::shm::Pool) -> &[u8] {
    ///     pool.as_slice()
    /// }
    /// ```
    #[must_use]
    pub fn immutable(&self) -> Option<Immutable> {
        let state = self.lock();
        let shares = state.charge.take_memory().ok()?;
        map::immutable(&self.0.file, state.size).map(|map| Immutable(Arc::new((map, shares))))
    }

    fn with_span<T>(&self, act: impl FnOnce(Span<'_>) -> Result<T, ShmError>) -> Result<T, ShmError> {
        let (reached, size) = self.reach(false)?;
        act(Span { file: &self.0.file, way: &reached.way, size })
    }

    fn with_span_to_write<T>(&self, act: impl FnOnce(Span<'_>) -> Result<T, ShmError>) -> Result<T, ShmError> {
        if self.0.access == Access::ReadOnly {
            return Err(ShmError::NotWritable);
        }
        let (reached, size) = self.reach(true)?;
        act(Span { file: &self.0.file, way: &reached.way, size })
    }

    /// Decides how the memory is reached, if that is still open.
    fn reach(&self, to_write: bool) -> Result<(Arc<Reached>, usize), ShmError> {
        let mut state = self.lock();
        let reached = match &state.way {
            Some(reached) => Arc::clone(reached),
            None => {
                let reached = Arc::new(self.choose(&state)?);
                state.way = Some(Arc::clone(&reached));
                reached
            }
        };
        if to_write && reached.shares.get().is_none() {
            // Nobody else sets it: the state is locked.
            let _ = reached.shares.set(state.charge.take_memory()?);
        }
        Ok((reached, state.size))
    }

    fn choose(&self, state: &State) -> Result<Reached, ShmError> {
        let Shared { file, kind, access, add_seal, .. } = &*self.0;
        let size = state.size;
        let (way, shares) = match (kind, state.charge.take_memory()) {
            (Kind::Disk, _) => {
                let window = Window::new(file, size, *access).map_err(|error| ShmError::io("map", error))?;
                (Way::Disk(window), None)
            }
            (Kind::Memory, Err(_)) => (Way::unmapped(file, size, *access), None),
            (Kind::Memory, Ok(shares)) => {
                if *add_seal {
                    // Whether it worked is asked anyway before anything is mapped.
                    let _ = fcntl_add_seals(file, SealFlags::SHRINK);
                }
                let way = Way::to_memory(file, size, *access);
                let is_mapped = matches!(way, Way::Mapped(_));
                (way, is_mapped.then_some(shares))
            }
        };
        Ok(Reached { way, shares: shares.map_or_else(OnceLock::new, OnceLock::from) })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("file", &self.file).field("access", &self.access).finish_non_exhaustive()
    }
}

/// Bytes that the kernel lets nobody change: a mapping of sealed memory.
#[derive(Clone, Debug)]
pub struct Immutable(Arc<(Mmap, [Share; 2])>);

impl Deref for Immutable {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.0
    }
}

/// Whether the descriptor is of a kind that never makes us wait, and open for
/// what we want to do. Asks nothing that another process would have to answer.
fn check_file(file: &OwnedFd, access: Access, policy: &Policy) -> Result<Kind, ShmError> {
    // An O_PATH descriptor cannot be asked for seals, but for flags it can.
    let flags = fcntl_getfl(file).map_err(|_| ShmError::NotSharedMemory)?;
    if flags.contains(OFlags::PATH) {
        return Err(ShmError::NotSharedMemory);
    }
    // Only memory has seals.
    let seals = fcntl_get_seals(file).ok();
    if seals.is_none() {
        check_disk(file, policy)?;
    }
    if flags.contains(OFlags::APPEND) {
        return Err(ShmError::Appending);
    }
    let mode = flags & OFlags::RWMODE;
    if mode == OFlags::WRONLY {
        return Err(ShmError::NotReadable);
    }
    let closed = match seals {
        Some(seals) => seals.intersects(SealFlags::WRITE | SealFlags::FUTURE_WRITE),
        None => !policy.write_files,
    };
    if access == Access::ReadWrite && (mode != OFlags::RDWR || closed) {
        return Err(ShmError::NotWritable);
    }
    Ok(if seals.is_some() { Kind::Memory } else { Kind::Disk })
}

fn check_disk(file: &OwnedFd, policy: &Policy) -> Result<(), ShmError> {
    let (kind, stat) = mount::look(file).map_err(|_| ShmError::NotSharedMemory)?;
    if policy.require_shared_memory || kind != FileType::RegularFile {
        return Err(ShmError::NotSharedMemory);
    }
    mount::check_local(&stat).map_err(|name| ShmError::FileSystem { name })
}

fn check_sealed(file: &OwnedFd, size: usize) -> Result<(), ShmError> {
    if !fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SealFlags::SHRINK)) {
        return Err(ShmError::NotSealed);
    }
    let actual = fstat(file).map_err(|error| ShmError::io("read", error))?.st_size;
    if u64::try_from(actual).is_ok_and(|actual| actual < size as u64) {
        return Err(ShmError::Truncated { end: size });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
