//! Bytes and rectangles of shared memory, by whichever way is open: a mapping,
//! or system calls.
//!
//! Both sides of shared memory work through a [`Span`]. It checks bounds, so
//! that the ways below it need not.

use std::ops::Range;
use std::os::fd::OwnedFd;

use rustix::fs::fstat;
use rustix::io::{pread, pwrite, retry_on_intr};
use wayline_pixels::{Layout, Rect};

use super::error::ShmError;
use super::map::Mapping;
use super::policy::Access;
use super::rows::Rows;
use super::window::Window;

/// How memory is reached.
#[derive(Debug)]
pub(super) enum Way {
    /// By loads and stores.
    Mapped(Mapping),
    /// Read by `pread`, which takes no memory for holes and waits for nobody.
    /// Written through the window, if there is one.
    Copied(Option<Window>),
    /// A file on a disk: read and written through the window.
    Disk(Window),
}

impl Way {
    /// Of memory of any kind: the fastest way there is.
    pub(super) fn to_memory(file: &OwnedFd, size: usize, access: Access) -> Way {
        Mapping::new(file, size, access).map_or_else(|_| Way::unmapped(file, size, access), Way::Mapped)
    }

    /// Of memory that is not to be mapped.
    pub(super) fn unmapped(file: &OwnedFd, size: usize, access: Access) -> Way {
        Way::Copied(match access {
            Access::ReadOnly => None,
            Access::ReadWrite => Window::new(file, size, access).ok(),
        })
    }
}

/// The first `size` bytes of a file, and the way to them.
#[derive(Clone, Copy)]
pub(super) struct Span<'a> {
    pub(super) file: &'a OwnedFd,
    pub(super) way: &'a Way,
    pub(super) size: usize,
}

impl Span<'_> {
    pub(super) fn read(self, at: usize, out: &mut [u8]) -> Result<(), ShmError> {
        self.check(at, out.len())?;
        match self.way {
            Way::Mapped(mapping) => mapping.read(at, out),
            Way::Disk(window) => window.read(at, out)?,
            Way::Copied(_) => read_file(self.file, at, out)?,
        }
        Ok(())
    }

    pub(super) fn write(self, at: usize, bytes: &[u8]) -> Result<(), ShmError> {
        self.check(at, bytes.len())?;
        match self.way {
            Way::Mapped(mapping) if mapping.write(at, bytes) => Ok(()),
            Way::Copied(Some(window)) | Way::Disk(window) => {
                self.check_backed(at + bytes.len())?;
                window.write(at, bytes)
            }
            _ => Err(ShmError::NotWritable),
        }
    }

    pub(super) fn fill(self, range: Range<usize>, byte: u8) -> Result<(), ShmError> {
        self.check(range.start, range.len())?;
        if let Way::Mapped(mapping) = self.way
            && mapping.fill(range.clone(), byte)
        {
            return Ok(());
        }
        let chunk = [byte; 4096];
        for start in range.clone().step_by(chunk.len()) {
            self.write(start, &chunk[..chunk.len().min(range.end - start)])?;
        }
        Ok(())
    }

    /// A peer that promised more than it has is told so: behind the end of the
    /// file, the rest of its last page would take what is written and lose it.
    fn check_backed(self, end: usize) -> Result<(), ShmError> {
        let size = fstat(self.file).map_err(|error| ShmError::io("write", error))?.st_size;
        if u64::try_from(size).is_ok_and(|size| size < end as u64) { Err(ShmError::Truncated { end }) } else { Ok(()) }
    }

    /// Copies a rectangle into `out`, whose rows are `out_stride` bytes apart.
    pub(super) fn read_rect(
        self,
        layout: &Layout,
        rect: Rect,
        out: &mut [u8],
        out_stride: usize,
    ) -> Result<(), ShmError> {
        let rows = Rows::new(layout, rect)?;
        check_private(rows.count(), rows.length(), out.len(), out_stride)?;
        if let Some(whole) = rows.contiguous()
            && (out_stride == rows.length() || rows.count() == 1)
        {
            return self.read(whole.start, &mut out[..whole.len()]);
        }
        // A stride of zero passed the check only if there are no rows.
        for (start, row) in rows.starts().zip(out.chunks_mut(out_stride.max(1))) {
            self.read(start, &mut row[..rows.length()])?;
        }
        Ok(())
    }

    /// Copies a rectangle from `bytes`, whose rows are `stride` bytes apart.
    pub(super) fn write_rect(self, layout: &Layout, rect: Rect, bytes: &[u8], stride: usize) -> Result<(), ShmError> {
        let rows = Rows::new(layout, rect)?;
        check_private(rows.count(), rows.length(), bytes.len(), stride)?;
        if let Some(whole) = rows.contiguous()
            && (stride == rows.length() || rows.count() == 1)
        {
            return self.write(whole.start, &bytes[..whole.len()]);
        }
        for (start, row) in rows.starts().zip(bytes.chunks(stride.max(1))) {
            self.write(start, &row[..rows.length()])?;
        }
        Ok(())
    }

    fn check(self, at: usize, length: usize) -> Result<(), ShmError> {
        let end = at.saturating_add(length);
        if end <= self.size { Ok(()) } else { Err(ShmError::OutOfBounds { start: at, end, size: self.size }) }
    }
}

/// Whether private memory of `size` bytes has room for the rows of a rectangle.
fn check_private(count: usize, length: usize, size: usize, stride: usize) -> Result<(), ShmError> {
    let Some(gaps) = count.checked_sub(1) else { return Ok(()) };
    let end = gaps.saturating_mul(stride).saturating_add(length);
    if end <= size && (stride >= length || gaps == 0) {
        Ok(())
    } else {
        Err(ShmError::OutOfBounds { start: 0, end, size })
    }
}

fn read_file(file: &OwnedFd, at: usize, out: &mut [u8]) -> Result<(), ShmError> {
    let end = at + out.len();
    let mut done = 0;
    while done < out.len() {
        let count = retry_on_intr(|| pread(file, &mut out[done..], (at + done) as u64));
        match count.map_err(|error| ShmError::io("read", error))? {
            0 => return Err(ShmError::Truncated { end }),
            count => done += count,
        }
    }
    Ok(())
}

/// Writes to a file of our own that nobody else has yet. With others, this could
/// wait for ever, or append.
pub(super) fn write_own_file(file: &OwnedFd, bytes: &[u8]) -> Result<(), ShmError> {
    let mut done = 0;
    while done < bytes.len() {
        let count = retry_on_intr(|| pwrite(file, &bytes[done..], done as u64));
        done += count.map_err(|error| ShmError::io("write", error))?;
    }
    Ok(())
}
