//! Sizes in pixels.

use std::fmt;

use wayline_pixels::{Damage, Rect};

/// Width and height in pixels, both from 1 to [`MAX_SIDE`](crate::MAX_SIDE) unless stated otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Size {
    /// Width, then height.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    /// How many pixels that is.
    #[must_use]
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// From the upper left corner on.
impl From<Size> for Rect {
    fn from(Size { width, height }: Size) -> Rect {
        Rect::of_size((width, height))
    }
}

/// All of a picture.
impl From<Size> for Damage {
    fn from(size: Size) -> Damage {
        Damage::full(size.into())
    }
}

/// As in `640x480`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}
