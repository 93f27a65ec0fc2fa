//! Where pixels come from and where they go. Knows the layout of a picture in some memory; refuses to know what
//! kind of memory that is.
//!
//! Memory that another process can write or take away is never a slice (M14, M15): it is copied out in pieces,
//! and each copy can fail.

use super::format::Format;

/// Largest width and height of a buffer, as in `way_pool.create_buffer`. Keeps all later arithmetic far from overflow.
pub(super) const MAX_SIZE: i32 = 16384;

/// For [`Pixels::block`]: of memory that is mapped.
pub const SMALL_BLOCK: usize = 8 << 10;

/// For [`Pixels::block`]: of memory that is read by system calls.
pub const LARGE_BLOCK: usize = 128 << 10;

/// The memory does not hold what it promised: its file was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len} bytes at offset {offset} of the shared memory cannot be accessed")]
pub struct AccessError {
    /// First byte of the failed access.
    pub offset: usize,
    /// Its length in bytes.
    pub len: usize,
}

/// Memory that pixels can be copied out of.
pub trait Pixels {
    /// Copy the bytes from `offset` on into all of `into`. After an error its contents are unspecified.
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError>;

    /// How many bytes to ask for at once, as far as there are so many in rows that follow each other; 0 for one row at a
    /// time, which is for pixels that are computed.
    ///
    /// What is read is drawn at once, so pieces are good that stay in the fastest cache, if a read costs nothing but the
    /// copy. Where it is a system call, fewer and larger ones are better.
    fn block(&self) -> usize {
        SMALL_BLOCK
    }
}

/// Memory that pixels can be copied into.
pub trait PixelsMut {
    /// Copy all of `from` to the bytes from `offset` on.
    fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), AccessError>;
}

impl Pixels for Vec<u8> {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        let error = AccessError { offset, len: into.len() };
        let end = offset.checked_add(into.len()).ok_or(error)?;
        into.copy_from_slice(self.get(offset..end).ok_or(error)?);
        Ok(())
    }
}

impl PixelsMut for Vec<u8> {
    fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), AccessError> {
        let error = AccessError { offset, len: from.len() };
        let end = offset.checked_add(from.len()).ok_or(error)?;
        self.get_mut(offset..end).ok_or(error)?.copy_from_slice(from);
        Ok(())
    }
}

/// Why a layout was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// Width or height out of range.
    #[error("size {width}x{height} is not within 1 to {MAX_SIZE}")]
    Size {
        /// As the peer sent it.
        width: i32,
        /// As the peer sent it.
        height: i32,
    },
    /// Offset below 0.
    #[error("offset {offset} is negative")]
    Offset {
        /// As the peer sent it.
        offset: i32,
    },
    /// A row is longer than the distance of two rows.
    #[error("stride {stride} is less than the {row} bytes of a row")]
    Stride {
        /// As the peer sent it.
        stride: i32,
        /// Bytes of the pixels of a row.
        row: usize,
    },
    /// The last row ends after the memory does.
    #[error("the buffer ends at byte {end} of a pool of {pool} bytes")]
    End {
        /// First byte after the buffer.
        end: u64,
        /// Size of the pool in bytes.
        pool: usize,
    },
}

/// A picture in memory. A value of this type fits the pool it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    offset: usize,
    width: u32,
    height: u32,
    stride: usize,
    format: Format,
}

impl Layout {
    /// Check numbers that a peer sent against a pool of `pool` bytes.
    pub fn new(
        offset: i32,
        (width, height): (i32, i32),
        stride: i32,
        format: Format,
        pool: usize,
    ) -> Result<Self, LayoutError> {
        let in_range = |n: i32| u32::try_from(n).ok().filter(|_| (1..=MAX_SIZE).contains(&n));
        let (Some(w), Some(h)) = (in_range(width), in_range(height)) else {
            return Err(LayoutError::Size { width, height });
        };
        let start = usize::try_from(offset).map_err(|_| LayoutError::Offset { offset })?;
        let row = w as usize * format.bytes_per_pixel();
        let step = usize::try_from(stride).ok().filter(|s| *s >= row).ok_or(LayoutError::Stride { stride, row })?;
        let end = start as u64 + step as u64 * u64::from(h);
        if end > pool as u64 {
            return Err(LayoutError::End { end, pool });
        }
        Ok(Self { offset: start, width: w, height: h, stride: step, format })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// How its pixels are written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Bytes from one row to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Offset of a pixel in bytes; the pixel must be inside the picture.
    pub fn offset_of(&self, x: u32, y: u32) -> usize {
        debug_assert!(x < self.width && y < self.height);
        self.offset + y as usize * self.stride + x as usize * self.format.bytes_per_pixel()
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Layout, LayoutError, MAX_SIZE};

    #[test]
    fn m05_a_buffer_may_fill_its_pool_and_not_a_byte_more() {
        let layout = |offset, pool| Layout::new(offset, (4, 3), 16, Format::Argb8888, pool);
        assert_eq!(layout(0, 48).map(|l| l.offset_of(3, 2)), Ok(44));
        assert_eq!(layout(1, 48), Err(LayoutError::End { end: 49, pool: 48 }));
        assert_eq!(layout(16, 48), Err(LayoutError::End { end: 64, pool: 48 }));
    }

    #[test]
    fn m06_m07_each_bad_number_is_named() {
        let layout = |offset, size, stride, format| Layout::new(offset, size, stride, format, 1 << 30).unwrap_err();
        let argb = Format::Argb8888;
        assert_eq!(layout(-4, (1, 1), 4, argb), LayoutError::Offset { offset: -4 });
        for size in [(0, 1), (1, 0), (1, -1), (i32::MIN, i32::MAX), (MAX_SIZE + 1, 1)] {
            assert_eq!(layout(0, size, i32::MAX, argb), LayoutError::Size { width: size.0, height: size.1 });
        }
        assert_eq!(layout(0, (32, 1), 127, argb), LayoutError::Stride { stride: 127, row: 128 });
        assert_eq!(layout(0, (32, 1), -128, argb), LayoutError::Stride { stride: -128, row: 128 });
        assert_eq!(layout(0, (32, 1), 63, Format::Rgb565), LayoutError::Stride { stride: 63, row: 64 });
        let end = i32::MAX as u64 * (1 + MAX_SIZE as u64);
        assert_eq!(layout(i32::MAX, (1, MAX_SIZE), i32::MAX, argb), LayoutError::End { end, pool: 1 << 30 });
    }
}
