//! How a size is read from the command line, and made to fit into another. Pure arithmetic.

use wayline_toolkit::{MAX_SIDE, Size};

/// The largest size of the same shape as `size` that fits into `space`; larger than `size` if there is room.
pub(crate) fn scaled_into(size: Size, space: Size) -> Size {
    let by_width = u64::from(size.width) * u64::from(space.height) >= u64::from(size.height) * u64::from(space.width);
    let (of, to) = if by_width { (size.width, space.width) } else { (size.height, space.height) };
    let scale = |side: u32| {
        let scaled = (u64::from(side) * u64::from(to) + u64::from(of) / 2) / u64::from(of);
        // A sliver keeps one pixel.
        u32::try_from(scaled).unwrap_or(MAX_SIDE).clamp(1, MAX_SIDE)
    };
    Size::new(scale(size.width).min(space.width), scale(size.height).min(space.height))
}

/// The same, but never larger than `size`.
pub(crate) fn shrunk_into(size: Size, space: Size) -> Size {
    if size.width <= space.width && size.height <= space.height { size } else { scaled_into(size, space) }
}

/// What is wrong with a size on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SizeError {
    /// Not two numbers.
    #[error("a size is written as WIDTHxHEIGHT, such as 640x480")]
    Form,
    /// Zero, or more than 16384.
    #[error("width and height must be within 1 to {MAX_SIDE}")]
    Range,
}

/// Reads a size such as `640x480`.
///
/// # Errors
/// [`SizeError`].
pub(crate) fn parse(text: &str) -> Result<Size, SizeError> {
    let (width, height) = text.split_once(['x', 'X']).ok_or(SizeError::Form)?;
    let side = |digits: &str| {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SizeError::Form);
        }
        digits.parse().ok().filter(|side| (1..=MAX_SIDE).contains(side)).ok_or(SizeError::Range)
    };
    Ok(Size::new(side(width)?, side(height)?))
}

#[cfg(test)]
mod tests {
    use super::{SizeError, parse, scaled_into, shrunk_into};
    use wayline_toolkit::Size;

    #[test]
    fn sizes_are_read_and_printed() {
        assert_eq!(parse("640x480"), Ok(Size::new(640, 480)));
        assert_eq!(parse("1X16384"), Ok(Size::new(1, 16384)));
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
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn scaling_keeps_the_shape_and_fills_one_side() {
        let picture = Size::new(400, 300);
        assert_eq!(scaled_into(picture, Size::new(200, 1000)), Size::new(200, 150));
        assert_eq!(scaled_into(picture, Size::new(1000, 150)), Size::new(200, 150));
        assert_eq!(scaled_into(picture, Size::new(800, 600)), Size::new(800, 600));
        assert_eq!(scaled_into(Size::new(16384, 1), Size::new(10, 10)), Size::new(10, 1));
        assert_eq!(scaled_into(Size::new(3, 7), Size::new(16384, 16384)), Size::new(7022, 16384));
    }

    #[test]
    fn shrinking_leaves_alone_what_fits() {
        let picture = Size::new(400, 300);
        assert_eq!(shrunk_into(picture, Size::new(400, 300)), picture);
        assert_eq!(shrunk_into(picture, Size::new(4000, 3000)), picture);
        assert_eq!(shrunk_into(picture, Size::new(100, 3000)), Size::new(100, 75));
    }
}
