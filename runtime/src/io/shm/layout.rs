//! Where the pixels of a buffer lie in a pool.
//!
//! Pure arithmetic on numbers that a client chose: everything is computed in 64
//! bits and refused if it does not fit (M05, M06). Does not touch memory.

use std::iter;
use std::ops::Range;

use super::error::{LayoutError, ShmError};

/// A pixel format as protocols name it: a number, and the size of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PixelFormat {
    /// The number on the wire. `wl_shm` uses 0 and 1 for the two mandatory
    /// formats, DRM's four-character codes for all others.
    pub code: u32,
    /// Bytes of one pixel, at least 1.
    pub bytes_per_pixel: u8,
}

impl PixelFormat {
    /// 32 bits per pixel, `0xAARRGGBB` in a little-endian word, colours
    /// multiplied by alpha. Every server has it.
    pub const ARGB8888: PixelFormat = PixelFormat { code: 0, bytes_per_pixel: 4 };
    /// As [`PixelFormat::ARGB8888`], the top byte ignored. Every server has it.
    pub const XRGB8888: PixelFormat = PixelFormat { code: 1, bytes_per_pixel: 4 };
}

/// The arguments of a `create_buffer` request, as they arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferArgs {
    /// First byte in the pool.
    pub offset: i32,
    /// Pixels per row.
    pub width: i32,
    /// Rows.
    pub height: i32,
    /// Bytes from one row to the next.
    pub stride: i32,
    /// Code of the pixel format.
    pub format: u32,
}

/// A rectangle inside a buffer, in pixels from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Pixels per row; an empty rectangle is fine.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A checked buffer: its pixels lie inside the pool it was checked against, and
/// go on doing so, since pools only grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    offset: u32,
    width: u32,
    height: u32,
    stride: u32,
    format: PixelFormat,
}

impl Layout {
    /// Checks the arguments of a `create_buffer` request against the formats
    /// that were advertised and the size of the pool in bytes.
    ///
    /// Stricter than libwayland in one point: a row must have room for its
    /// pixels in *bytes* (M07).
    ///
    /// # Errors
    /// [`LayoutError`] for the first rule that is broken.
    pub fn check(args: BufferArgs, pool_size: usize, formats: &[PixelFormat]) -> Result<Layout, LayoutError> {
        let format = formats.iter().find(|format| format.code == args.format);
        let format = *format.ok_or(LayoutError::Format { code: args.format })?;
        let BufferArgs { offset, width, height, stride, .. } = args;
        let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else {
            return Err(LayoutError::Dimensions { width, height });
        };
        if width == 0 || height == 0 {
            return Err(LayoutError::Dimensions { width: args.width, height: args.height });
        }
        let row = u64::from(width) * u64::from(format.bytes_per_pixel);
        let stride = u32::try_from(stride).ok().filter(|&stride| u64::from(stride) >= row);
        let stride = stride.ok_or(LayoutError::Stride { stride: args.stride, row })?;
        let size = u64::from(stride) * u64::from(height);
        if size > i32::MAX as u64 {
            return Err(LayoutError::TooLarge { size });
        }
        let Ok(offset) = u32::try_from(offset) else { return Err(LayoutError::Offset { offset }) };
        let end = u64::from(offset) + size;
        if end > pool_size as u64 {
            return Err(LayoutError::OutsidePool { end, pool_size });
        }
        Ok(Layout { offset, width, height, stride, format })
    }

    /// The layout of a new buffer whose rows follow each other without gaps,
    /// from byte `offset` on. [`Layout::end`] is the size of pool it needs.
    ///
    /// # Errors
    /// [`LayoutError`] if it has no pixels or more than 2³¹ - 1 bytes.
    pub fn packed(offset: i32, width: u32, height: u32, format: PixelFormat) -> Result<Layout, LayoutError> {
        let row = u64::from(width) * u64::from(format.bytes_per_pixel);
        let size = row.saturating_mul(height.into());
        let (Ok(width), Ok(height), Ok(stride)) = (width.try_into(), height.try_into(), row.try_into()) else {
            return Err(LayoutError::TooLarge { size });
        };
        let args = BufferArgs { offset, width, height, stride, format: format.code };
        let largest_pool = i32::MAX as usize;
        Layout::check(args, largest_pool, &[format])
    }

    /// The arguments that describe this buffer in a `create_buffer` request.
    #[must_use]
    pub fn args(&self) -> BufferArgs {
        // All five came from an `i32`.
        BufferArgs {
            offset: self.offset.cast_signed(),
            width: self.width.cast_signed(),
            height: self.height.cast_signed(),
            stride: self.stride.cast_signed(),
            format: self.format.code,
        }
    }

    /// Pixels per row, at least 1.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows, at least 1.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes from one row to the next.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.stride as usize
    }

    /// The pixel format.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The byte of the pool behind the last row.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset as usize + self.stride as usize * self.height as usize
    }

    /// The whole buffer.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// The part of a rectangle that lies inside the buffer; empty if none does.
    /// For damage, which clients give as any four numbers.
    #[must_use]
    pub fn clip(&self, x: i32, y: i32, width: i32, height: i32) -> Rect {
        let clip = |start: i32, length: i32, limit: u32| {
            let end = i64::from(start) + i64::from(length.max(0));
            let start = i64::from(start).clamp(0, limit.into());
            let end = end.clamp(start, limit.into());
            // Between 0 and a limit of 32 bits.
            (start as u32, (end - start) as u32)
        };
        let (x, width) = clip(x, width, self.width);
        let (y, height) = clip(y, height, self.height);
        Rect { x, y, width, height }
    }

    /// The bytes of the pool that hold `width` pixels of row `y` from column
    /// `x` on; `None` if they are not all inside the buffer.
    #[must_use]
    pub fn row(&self, x: u32, y: u32, width: u32) -> Option<Range<usize>> {
        if y >= self.height || x.checked_add(width)? > self.width {
            return None;
        }
        let pixel = usize::from(self.format.bytes_per_pixel);
        let start = self.offset as usize + y as usize * self.stride() + x as usize * pixel;
        Some(start..start + width as usize * pixel)
    }

    /// The rows of a rectangle, from the top.
    pub(super) fn rows(&self, rect: Rect) -> Result<Rows, ShmError> {
        let outside = || ShmError::OutOfBounds { start: rect.y as usize, end: usize::MAX, size: self.end() };
        let empty = rect.width == 0 || rect.height == 0;
        if !empty {
            let last = rect.y.checked_add(rect.height - 1).ok_or_else(outside)?;
            self.row(rect.x, last, rect.width).ok_or_else(outside)?;
        }
        let first = if empty { 0..0 } else { self.row(rect.x, rect.y, rect.width).ok_or_else(outside)? };
        let count = if empty { 0 } else { rect.height as usize };
        Ok(Rows { first, stride: self.stride(), count })
    }
}

/// The byte ranges of equally long rows in a pool.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    first: Range<usize>,
    stride: usize,
    count: usize,
}

impl Rows {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bytes of each.
    pub(super) fn length(&self) -> usize {
        self.first.len()
    }

    /// All rows as one range, if there is nothing between them.
    pub(super) fn contiguous(&self) -> Option<Range<usize>> {
        let whole = self.first.start..self.first.start + self.length() * self.count;
        (self.length() == self.stride || self.count == 1).then_some(whole)
    }

    /// Where each row starts.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> {
        iter::successors(Some(self.first.start), |start| start.checked_add(self.stride)).take(self.count)
    }
}

#[cfg(test)]
mod tests;
