//! Pixel formats: conversion of rows from and to the words the frame is made of.
//! Knows bytes of one row; refuses to know where they come from.
//!
//! A pixel is a native word `0xAARRGGBB` with premultiplied alpha. What a frame has in place of alpha means nothing, so
//! opaque pixels of clients become part of it as they are.

use wayline_pixels::PixelFormat;

/// Alpha of an opaque pixel in a word.
pub(super) const OPAQUE: u32 = 0xff00_0000;

/// Make words of pixels of four bytes that were read as they are. If they are for the frame, `opaque`, they get any alpha.
pub(super) fn make_words(format: PixelFormat, words: &mut [u32], opaque: bool) {
    let alpha = if opaque || format.has_alpha() { 0 } else { OPAQUE };
    match format {
        PixelFormat::ARGB8888 | PixelFormat::XRGB8888 if alpha == 0 && cfg!(target_endian = "little") => {}
        PixelFormat::ARGB8888 | PixelFormat::XRGB8888 => {
            words.iter_mut().for_each(|p| *p = u32::from_le(*p) | alpha);
        }
        PixelFormat::ABGR8888 | PixelFormat::XBGR8888 => {
            words.iter_mut().for_each(|p| *p = swap_red_and_blue(u32::from_le(*p)) | alpha);
        }
        _ => words.fill(OPAQUE),
    }
}

/// Make words of the bytes of other pixels; formats without a name are black.
pub(super) fn widen(format: PixelFormat, row: &[u8], into: &mut [u32]) {
    if format != PixelFormat::RGB565 {
        return into.fill(OPAQUE);
    }
    for (pixel, half) in into.iter_mut().zip(row.as_chunks().0) {
        *pixel = from_565(u16::from_le_bytes(*half));
    }
}

/// Convert pixels of the frame and append them to `row`, as opaque ones. Narrow formats drop low bits; those without a name
/// get zeros.
pub(super) fn write(format: PixelFormat, pixels: &[u32], row: &mut Vec<u8>) {
    match format {
        PixelFormat::ARGB8888 | PixelFormat::XRGB8888 => {
            row.extend(pixels.iter().flat_map(|p| (p | OPAQUE).to_le_bytes()));
        }
        PixelFormat::ABGR8888 | PixelFormat::XBGR8888 => {
            row.extend(pixels.iter().flat_map(|p| (swap_red_and_blue(*p) | OPAQUE).to_le_bytes()));
        }
        PixelFormat::RGB565 => row.extend(pixels.iter().flat_map(|p| to_565(*p).to_le_bytes())),
        PixelFormat { bytes_per_pixel, .. } => {
            row.resize(row.len() + pixels.len() * usize::from(bytes_per_pixel), 0);
        }
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
    use wayline_pixels::Layout;

    use super::{PixelFormat, write};

    fn read(format: PixelFormat, row: &[u8]) -> Vec<u32> {
        let mut pixels = vec![0; row.len() / usize::from(format.bytes_per_pixel)];
        let layout = Layout::packed(0, pixels.len() as u32, 1, format).unwrap();
        super::super::read::read(&row.to_vec(), &layout, 0, &mut pixels, &mut Vec::new(), false).unwrap();
        pixels
    }

    #[test]
    fn each_format_reads_its_own_bytes() {
        assert_eq!(read(PixelFormat::ARGB8888, &[0x11, 0x22, 0x33, 0x80]), [0x8033_2211]);
        assert_eq!(read(PixelFormat::XRGB8888, &[0x11, 0x22, 0x33, 0x80]), [0xff33_2211]);
        assert_eq!(read(PixelFormat::ABGR8888, &[0x11, 0x22, 0x33, 0x80]), [0x8011_2233]);
        assert_eq!(read(PixelFormat::XBGR8888, &[0x11, 0x22, 0x33, 0x80]), [0xff11_2233]);
        let rgb565 = [0x00, 0xf8, 0xe0, 0x07, 0x1f, 0x00, 0xff, 0xff, 0x00, 0x00, 0x10, 0x84];
        let expected = [0xffff_0000, 0xff00_ff00, 0xff00_00ff, 0xffff_ffff, 0xff00_0000, 0xff84_8284];
        assert_eq!(read(PixelFormat::RGB565, &rgb565), expected);
    }

    #[test]
    fn what_is_written_reads_back() {
        let frame = [0xff00_0000, 0xffff_ffff, 0xff12_3456, 0xfffe_dcba];
        for format in PixelFormat::KNOWN {
            let mut row = Vec::new();
            write(format, &frame, &mut row);
            assert_eq!(row.len(), frame.len() * usize::from(format.bytes_per_pixel));
            let expected = match format {
                PixelFormat::RGB565 => [0xff00_0000, 0xffff_ffff, 0xff10_3452, 0xffff_dfbd],
                _ => frame,
            };
            assert_eq!(read(format, &row), expected, "{format:?}");
        }
    }

    #[test]
    fn formats_without_a_name_are_black() {
        for bytes_per_pixel in [1, 2, 3, 4, 8] {
            let format = PixelFormat { code: 0x3432, bytes_per_pixel };
            let mut row = Vec::new();
            write(format, &[0xff12_3456; 3], &mut row);
            assert_eq!(row, vec![0; 3 * usize::from(bytes_per_pixel)]);
            assert_eq!(read(format, &row), [0xff00_0000; 3]);
        }
        let mut words = [0x1234_5678; 3];
        super::make_words(PixelFormat { code: 0x3432, bytes_per_pixel: 4 }, &mut words, false);
        assert_eq!(words, [0xff00_0000; 3]);
    }
}
