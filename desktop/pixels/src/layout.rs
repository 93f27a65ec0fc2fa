//! Where the pixels of a buffer lie in a pool.
//!
//! Pure arithmetic on numbers that a client chose: everything is computed in 64
//! bits and refused if it does not fit (M05, M06). Does not touch memory.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use super::format::PixelFormat;
use super::rect::Rect;

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
    /// that were advertised and the size of the pool in bytes. A format with no
    /// bytes per pixel is none.
    ///
    /// Stricter than libwayland in one point: a row must have room for its
    /// pixels in *bytes* (M07).
    ///
    /// # Errors
    /// [`LayoutError`] for the first rule that is broken.
    pub fn check(args: BufferArgs, pool_size: usize, formats: &[PixelFormat]) -> Result<Layout, LayoutError> {
        let format = formats.iter().find(|format| format.code == args.format && format.bytes_per_pixel > 0);
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

    /// The same, if neither side has more pixels than `side`.
    ///
    /// # Errors
    /// [`LayoutError::Dimensions`].
    pub fn within(self, side: u32) -> Result<Layout, LayoutError> {
        let BufferArgs { width, height, .. } = self.args();
        if self.width.max(self.height) > side { Err(LayoutError::Dimensions { width, height }) } else { Ok(self) }
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

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
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

    /// Bytes of one pixel, at least 1.
    #[must_use]
    pub fn bytes_per_pixel(&self) -> usize {
        self.format.bytes_per_pixel.into()
    }

    /// The byte of the pool behind the last row.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset as usize + self.stride as usize * self.height as usize
    }

    /// The whole buffer.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        Rect::of_size(self.size())
    }

    /// The byte of the pool that the pixel in column `x` of row `y` begins at;
    /// the pixel must be inside the buffer.
    #[must_use]
    pub fn offset_of(&self, x: u32, y: u32) -> usize {
        debug_assert!(x < self.width && y < self.height);
        self.offset as usize + y as usize * self.stride() + x as usize * self.bytes_per_pixel()
    }

    /// The bytes of the pool that hold `width` pixels of row `y` from column
    /// `x` on; `None` if they are not all inside the buffer.
    #[must_use]
    pub fn row(&self, x: u32, y: u32, width: u32) -> Option<Range<usize>> {
        if y >= self.height || x.checked_add(width)? > self.width {
            return None;
        }
        let start = self.offset as usize + y as usize * self.stride() + x as usize * self.bytes_per_pixel();
        Some(start..start + width as usize * self.bytes_per_pixel())
    }
}

/// Which rule the arguments of a buffer break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// The format was not advertised.
    Format {
        /// Its number.
        code: u32,
    },
    /// No pixels, or sides longer than [`Layout::within`] allows.
    Dimensions {
        /// Pixels per row.
        width: i32,
        /// Rows.
        height: i32,
    },
    /// Rows that overlap.
    Stride {
        /// Bytes from row to row.
        stride: i32,
        /// Bytes of one row.
        row: u64,
    },
    /// More bytes than the wire can express.
    TooLarge {
        /// Stride times height.
        size: u64,
    },
    /// A negative offset.
    Offset {
        /// The offset.
        offset: i32,
    },
    /// The buffer reaches past the end of its pool.
    OutsidePool {
        /// Behind the last byte of the buffer.
        end: u64,
        /// Size of the pool in bytes.
        pool_size: usize,
    },
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format { code } => write!(f, "pixel format {code:#x} was not advertised"),
            Self::Dimensions { width, height } => write!(f, "a buffer cannot have {width}x{height} pixels"),
            Self::Stride { stride, row } => write!(f, "stride {stride} is less than the {row} bytes of a row"),
            Self::TooLarge { size } => write!(f, "a buffer of {size} bytes, the limit is 2147483647"),
            Self::Offset { offset } => write!(f, "buffer offset {offset} is negative"),
            Self::OutsidePool { end, pool_size } => write!(f, "the buffer ends at byte {end}, its pool at {pool_size}"),
        }
    }
}

impl Error for LayoutError {}

#[cfg(test)]
mod tests;
