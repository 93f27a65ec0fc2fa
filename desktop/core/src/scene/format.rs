//! Pixel formats: conversion of rows from and to the words the frame is made of.
//! Knows bytes of one row; refuses to know where they come from.
//!
//! A pixel is a native word `0xAARRGGBB` with premultiplied alpha. What a frame has in place of alpha means nothing, so
//! opaque pixels of clients become part of it as they are.

/// Alpha of an opaque pixel in a word.
pub(super) const OPAQUE: u32 = 0xff00_0000;

/// How a client stores a pixel. The codes are those of `way_shm.format` and of `wl_shm.format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Little-endian word A, R, G, B; premultiplied.
    Argb8888,
    /// Little-endian word x, R, G, B.
    Xrgb8888,
    /// Little-endian half word, 5, 6 and 5 bits.
    Rgb565,
    /// Little-endian word A, B, G, R; premultiplied.
    Abgr8888,
    /// Little-endian word x, B, G, R.
    Xbgr8888,
}

impl Format {
    /// Every format this compositor reads and writes, in the order to announce them.
    pub const ALL: [Self; 5] = [Self::Argb8888, Self::Xrgb8888, Self::Rgb565, Self::Abgr8888, Self::Xbgr8888];

    /// The number on the wire.
    pub const fn code(self) -> u32 {
        match self {
            Self::Argb8888 => 0,
            Self::Xrgb8888 => 1,
            Self::Rgb565 => u32::from_le_bytes(*b"RG16"),
            Self::Abgr8888 => u32::from_le_bytes(*b"AB24"),
            Self::Xbgr8888 => u32::from_le_bytes(*b"XB24"),
        }
    }

    /// The format with this number, if this compositor knows it.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.code() == code)
    }

    /// Bytes of one pixel.
    pub const fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Rgb565 => 2,
            _ => 4,
        }
    }

    /// Whether pixels can be transparent.
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::Argb8888 | Self::Abgr8888)
    }

    /// Convert a row as it is, alpha included. Stops at the shorter of the two.
    pub fn read(self, row: &[u8], into: &mut [u32]) {
        match self {
            Self::Argb8888 => words(row, into, |p| p),
            Self::Abgr8888 => words(row, into, swap_red_and_blue),
            Self::Xrgb8888 | Self::Rgb565 | Self::Xbgr8888 => self.read_opaque(row, into),
        }
    }

    /// Convert a row, taking every pixel for opaque whatever its alpha says.
    pub fn read_opaque(self, row: &[u8], into: &mut [u32]) {
        match self {
            Self::Argb8888 | Self::Xrgb8888 => words(row, into, |p| p | OPAQUE),
            Self::Abgr8888 | Self::Xbgr8888 => words(row, into, |p| swap_red_and_blue(p) | OPAQUE),
            Self::Rgb565 => {
                for (pixel, half) in into.iter_mut().zip(row.chunks_exact(2)) {
                    *pixel = from_565(u16::from_le_bytes([half[0], half[1]]));
                }
            }
        }
    }

    /// Make words of pixels of four bytes that were read as they are. If they are for the frame, `opaque`, they get any
    /// alpha.
    pub(super) fn make_words(self, words: &mut [u32], opaque: bool) {
        let alpha = if opaque || self.has_alpha() { 0 } else { OPAQUE };
        match self {
            Self::Argb8888 | Self::Xrgb8888 if alpha == 0 && cfg!(target_endian = "little") => {}
            Self::Argb8888 | Self::Xrgb8888 => words.iter_mut().for_each(|p| *p = u32::from_le(*p) | alpha),
            Self::Abgr8888 | Self::Xbgr8888 => {
                words.iter_mut().for_each(|p| *p = swap_red_and_blue(u32::from_le(*p)) | alpha);
            }
            Self::Rgb565 => unreachable!("has two bytes"),
        }
    }

    /// Convert pixels of the frame and append them to `row`, as opaque ones. Narrow formats drop low bits.
    pub fn write(self, pixels: &[u32], row: &mut Vec<u8>) {
        match self {
            Self::Argb8888 | Self::Xrgb8888 => row.extend(pixels.iter().flat_map(|p| (p | OPAQUE).to_le_bytes())),
            Self::Abgr8888 | Self::Xbgr8888 => {
                row.extend(pixels.iter().flat_map(|p| (swap_red_and_blue(*p) | OPAQUE).to_le_bytes()));
            }
            Self::Rgb565 => row.extend(pixels.iter().flat_map(|p| to_565(*p).to_le_bytes())),
        }
    }
}

fn words(row: &[u8], into: &mut [u32], convert: impl Fn(u32) -> u32) {
    for (pixel, word) in into.iter_mut().zip(row.chunks_exact(4)) {
        *pixel = convert(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    }
}

fn swap_red_and_blue(p: u32) -> u32 {
    (p & 0xff00_ff00) | (p >> 16 & 0xff) | (p & 0xff) << 16
}

/// Widen by repeating the high bits, so that black and white stay what they are.
fn from_565(half: u16) -> u32 {
    let (r, g, b) = (u32::from(half >> 11), u32::from(half >> 5 & 0x3f), u32::from(half & 0x1f));
    OPAQUE | (r << 3 | r >> 2) << 16 | (g << 2 | g >> 4) << 8 | (b << 3 | b >> 2)
}

fn to_565(p: u32) -> u16 {
    ((p >> 8 & 0xf800) | (p >> 5 & 0x07e0) | (p >> 3 & 0x001f)) as u16
}

#[cfg(test)]
mod tests {
    use super::Format;

    fn read(format: Format, row: &[u8]) -> Vec<u32> {
        let mut pixels = vec![0; row.len() / format.bytes_per_pixel()];
        format.read(row, &mut pixels);
        pixels
    }

    #[test]
    fn each_format_reads_its_own_bytes() {
        assert_eq!(read(Format::Argb8888, &[0x11, 0x22, 0x33, 0x80]), [0x8033_2211]);
        assert_eq!(read(Format::Xrgb8888, &[0x11, 0x22, 0x33, 0x80]), [0xff33_2211]);
        assert_eq!(read(Format::Abgr8888, &[0x11, 0x22, 0x33, 0x80]), [0x8011_2233]);
        assert_eq!(read(Format::Xbgr8888, &[0x11, 0x22, 0x33, 0x80]), [0xff11_2233]);
        let rgb565 = [0x00, 0xf8, 0xe0, 0x07, 0x1f, 0x00, 0xff, 0xff, 0x00, 0x00, 0x10, 0x84];
        let expected = [0xffff_0000, 0xff00_ff00, 0xff00_00ff, 0xffff_ffff, 0xff00_0000, 0xff84_8284];
        assert_eq!(read(Format::Rgb565, &rgb565), expected);
    }

    #[test]
    fn read_opaque_ignores_alpha() {
        for format in [Format::Argb8888, Format::Abgr8888] {
            let mut pixel = [0];
            format.read_opaque(&[0x10, 0x20, 0x10, 0x00], &mut pixel);
            assert_eq!(pixel, [0xff10_2010]);
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let frame = [0xff00_0000, 0xffff_ffff, 0xff12_3456, 0xfffe_dcba];
        for format in Format::ALL {
            let mut row = Vec::new();
            format.write(&frame, &mut row);
            assert_eq!(row.len(), frame.len() * format.bytes_per_pixel());
            let expected = match format {
                Format::Rgb565 => [0xff00_0000, 0xffff_ffff, 0xff10_3452, 0xffff_dfbd],
                _ => frame,
            };
            assert_eq!(read(format, &row), expected, "{format:?}");
        }
    }

    #[test]
    fn codes_are_those_of_the_protocol() {
        let codes = Format::ALL.map(Format::code);
        assert_eq!(codes, [0, 1, 0x3631_4752, 0x3432_4241, 0x3432_4258]);
        assert!(Format::ALL.iter().all(|f| Format::from_code(f.code()) == Some(*f)));
        assert_eq!(Format::from_code(2), None);
    }
}
