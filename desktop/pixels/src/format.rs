//! What pixel formats are called, and how large their pixels are. Knows no conversion.

/// A pixel format as protocols name it: a number, and the size of a pixel. Those with names here are what a Wayline desktop
/// draws; there may be any others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PixelFormat {
    /// The number on the wire. `wl_shm` uses 0 and 1 for the two mandatory formats, DRM's four-character codes for all
    /// others.
    pub code: u32,
    /// Bytes of one pixel, at least 1.
    pub bytes_per_pixel: u8,
}

impl PixelFormat {
    /// 32 bits per pixel, `0xAARRGGBB` in a little-endian word, colours multiplied by alpha. Every server has it.
    pub const ARGB8888: Self = Self { code: 0, bytes_per_pixel: 4 };
    /// As [`PixelFormat::ARGB8888`], the top byte ignored. Every server has it.
    pub const XRGB8888: Self = Self { code: 1, bytes_per_pixel: 4 };
    /// 16 bits per pixel: 5, 6 and 5 bits in a little-endian half word.
    pub const RGB565: Self = Self { code: u32::from_le_bytes(*b"RG16"), bytes_per_pixel: 2 };
    /// As [`PixelFormat::ARGB8888`], red and blue in each other's place.
    pub const ABGR8888: Self = Self { code: u32::from_le_bytes(*b"AB24"), bytes_per_pixel: 4 };
    /// As [`PixelFormat::ABGR8888`], the top byte ignored.
    pub const XBGR8888: Self = Self { code: u32::from_le_bytes(*b"XB24"), bytes_per_pixel: 4 };

    /// Every format that has a name here, in the order to announce them.
    pub const KNOWN: [Self; 5] = [Self::ARGB8888, Self::XRGB8888, Self::RGB565, Self::ABGR8888, Self::XBGR8888];

    /// Whether pixels can be transparent; false of formats without a name here.
    #[must_use]
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::ARGB8888 | Self::ABGR8888)
    }
}

#[cfg(test)]
mod tests {
    use super::PixelFormat;

    #[test]
    fn codes_are_those_of_the_protocol() {
        let codes = PixelFormat::KNOWN.map(|format| format.code);
        assert_eq!(codes, [0, 1, 0x3631_4752, 0x3432_4241, 0x3432_4258]);
    }
}
