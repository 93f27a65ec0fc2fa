//! Sizes in pixels, and how one is made to fit into another. Pure arithmetic.

use std::fmt;
use std::str::FromStr;

/// Longest side of a buffer, as `way_pool.create_buffer` allows it.
pub(crate) const MAX_SIDE: u32 = 16384;

/// Width and height in pixels, both from 1 to 16384 unless stated otherwise.
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

    /// The largest size of the same shape that fits into `space`; larger than `self` if there is room.
    pub(crate) fn scaled_into(self, space: Size) -> Size {
        let by_width =
            u64::from(self.width) * u64::from(space.height) >= u64::from(self.height) * u64::from(space.width);
        let (of, to) = if by_width { (self.width, space.width) } else { (self.height, space.height) };
        let scale = |side: u32| {
            let scaled = (u64::from(side) * u64::from(to) + u64::from(of) / 2) / u64::from(of);
            // A sliver keeps one pixel.
            u32::try_from(scaled).unwrap_or(MAX_SIDE).clamp(1, MAX_SIDE)
        };
        Size::new(scale(self.width).min(space.width), scale(self.height).min(space.height))
    }

    /// The same, but never larger than `self`.
    pub(crate) fn shrunk_into(self, space: Size) -> Size {
        if self.width <= space.width && self.height <= space.height { self } else { self.scaled_into(space) }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// What is wrong with a size on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// Not two numbers.
    #[error("a size is written as WIDTHxHEIGHT, such as 640x480")]
    Form,
    /// Zero, or more than 16384.
    #[error("width and height must be within 1 to {MAX_SIDE}")]
    Range,
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Size, SizeError> {
        let (width, height) = text.split_once(['x', 'X']).ok_or(SizeError::Form)?;
        let side = |digits: &str| {
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(SizeError::Form);
            }
            digits.parse().ok().filter(|side| (1..=MAX_SIDE).contains(side)).ok_or(SizeError::Range)
        };
        Ok(Size::new(side(width)?, side(height)?))
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, SizeError};

    #[test]
    fn sizes_are_read_and_printed() {
        assert_eq!("640x480".parse(), Ok(Size::new(640, 480)));
        assert_eq!("1X16384".parse(), Ok(Size::new(1, 16384)));
        assert_eq!(Size::new(3, 4).to_string(), "3x4");
        for (text, error) in [
            ("640", SizeError::Form),
            ("x480", SizeError::Form),
            ("+6x4", SizeError::Form),
            ("6x4x2", SizeError::Form),
            ("0x4", SizeError::Range),
            ("4x16385", SizeError::Range),
            ("99999999999x1", SizeError::Range),
        ] {
            assert_eq!(text.parse::<Size>(), Err(error), "{text}");
        }
    }

    #[test]
    fn scaling_keeps_the_shape_and_fills_one_side() {
        let picture = Size::new(400, 300);
        assert_eq!(picture.scaled_into(Size::new(200, 1000)), Size::new(200, 150));
        assert_eq!(picture.scaled_into(Size::new(1000, 150)), Size::new(200, 150));
        assert_eq!(picture.scaled_into(Size::new(800, 600)), Size::new(800, 600));
        assert_eq!(Size::new(16384, 1).scaled_into(Size::new(10, 10)), Size::new(10, 1));
        assert_eq!(Size::new(3, 7).scaled_into(Size::new(16384, 16384)), Size::new(7022, 16384));
    }

    #[test]
    fn shrinking_leaves_alone_what_fits() {
        let picture = Size::new(400, 300);
        assert_eq!(picture.shrunk_into(Size::new(400, 300)), picture);
        assert_eq!(picture.shrunk_into(Size::new(4000, 3000)), picture);
        assert_eq!(picture.shrunk_into(Size::new(100, 3000)), Size::new(100, 75));
    }
}
