//! Bytes and rectangles of shared memory, by whichever way is open: a mapping,
//! or system calls on the file.
//!
//! Both sides of shared memory work through a [`Span`]. It checks bounds, so
//! that the two ways below it need not.

use std::ops::Range;
use std::os::fd::OwnedFd;

use rustix::fs::fstat;
use rustix::io::{Errno, pread, pwrite, retry_on_intr};

use super::error::ShmError;
use super::layout::{Layout, Rect};
use super::map::Mapping;

/// The first `size` bytes of a file, and perhaps a mapping of at least as many.
#[derive(Clone, Copy)]
pub(super) struct Span<'a> {
    pub(super) file: &'a OwnedFd,
    pub(super) mapping: Option<&'a Mapping>,
    pub(super) size: usize,
}

impl Span<'_> {
    pub(super) fn read(self, at: usize, out: &mut [u8]) -> Result<(), ShmError> {
        self.check(at, out.len())?;
        match self.mapping {
            Some(mapping) => mapping.read(at, out),
            None => read_file(self.file, at, out)?,
        }
        Ok(())
    }

    pub(super) fn write(self, at: usize, bytes: &[u8]) -> Result<(), ShmError> {
        self.check(at, bytes.len())?;
        match self.mapping {
            Some(mapping) if mapping.write(at, bytes) => Ok(()),
            Some(_) => Err(ShmError::NotWritable),
            None => write_file(self.file, at, bytes),
        }
    }

    pub(super) fn fill(self, range: Range<usize>, byte: u8) -> Result<(), ShmError> {
        self.check(range.start, range.len())?;
        match self.mapping {
            Some(mapping) if mapping.fill(range.clone(), byte) => Ok(()),
            Some(_) => Err(ShmError::NotWritable),
            None => {
                let chunk = [byte; 4096];
                for start in range.clone().step_by(chunk.len()) {
                    write_file(self.file, start, &chunk[..chunk.len().min(range.end - start)])?;
                }
                Ok(())
            }
        }
    }

    /// Copies a rectangle into `out`, whose rows are `out_stride` bytes apart.
    pub(super) fn read_rect(
        self,
        layout: &Layout,
        rect: Rect,
        out: &mut [u8],
        out_stride: usize,
    ) -> Result<(), ShmError> {
        let rows = layout.rows(rect)?;
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
        let rows = layout.rows(rect)?;
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

/// Writes what the file has room for already: a peer that promised more than
/// it has does not get its file enlarged.
fn write_file(file: &OwnedFd, at: usize, bytes: &[u8]) -> Result<(), ShmError> {
    let end = at + bytes.len();
    let size = fstat(file).map_err(|error| ShmError::io("write", error))?.st_size;
    if u64::try_from(size).is_ok_and(|size| size < end as u64) {
        return Err(ShmError::Truncated { end });
    }
    let mut done = 0;
    while done < bytes.len() {
        match retry_on_intr(|| pwrite(file, &bytes[done..], (at + done) as u64)) {
            Ok(0) => return Err(ShmError::Truncated { end }),
            Ok(count) => done += count,
            Err(Errno::PERM | Errno::BADF) => return Err(ShmError::NotWritable),
            Err(error) => return Err(ShmError::io("write", error)),
        }
    }
    Ok(())
}
