//! Source-over of premultiplied pixels. Knows two rows of words; refuses to know anything else.
//!
//! Written without branches, channel by channel in 32-bit lanes, which the compiler turns into vector code.

use super::format::OPAQUE;

/// `round(a * b / 255)` for a, b up to 255, exactly and without a division.
#[inline]
pub(super) const fn mul_255(a: u32, b: u32) -> u32 {
    let t = a * b + 128;
    (t + (t >> 8)) >> 8
}

/// Draw `over` onto the opaque pixels of `row`; stops at the shorter of the two.
///
/// Colours that exceed their alpha, which a correct client never sends, saturate.
pub(super) fn over(row: &mut [u32], over: &[u32]) {
    for (below, &above) in row.iter_mut().zip(over) {
        *below = pixel(*below, above);
    }
}

/// Darken a pixel: draw black with this alpha, 0 to 255, over it.
#[inline]
pub(super) const fn shade(below: u32, alpha: u32) -> u32 {
    pixel(below, alpha << 24)
}

#[inline]
const fn pixel(below: u32, above: u32) -> u32 {
    let rest = 255 - (above >> 24);
    let red = channel(below >> 16, above >> 16, rest);
    let green = channel(below >> 8, above >> 8, rest);
    let blue = channel(below, above, rest);
    OPAQUE | red << 16 | green << 8 | blue
}

#[inline]
const fn channel(below: u32, above: u32, rest: u32) -> u32 {
    let sum = (above & 0xff) + mul_255(below & 0xff, rest);
    // The sum is at most 510: bit 8 tells that it must saturate.
    (sum | 0_u32.wrapping_sub(sum >> 8)) & 0xff
}

#[cfg(test)]
mod tests {
    use super::{mul_255, over};

    fn one(below: u32, above: u32) -> u32 {
        let mut row = [below];
        over(&mut row, &[above]);
        row[0]
    }

    #[test]
    fn mul_255_rounds_to_nearest() {
        for a in 0..=255_u32 {
            for b in 0..=255 {
                assert_eq!(mul_255(a, b), (f64::from(a * b) / 255.0).round() as u32, "{a} * {b}");
            }
        }
    }

    #[test]
    fn exact_pixels() {
        assert_eq!(one(0xff10_2030, 0x0000_0000), 0xff10_2030, "transparent changes nothing");
        assert_eq!(one(0xff10_2030, 0xffab_cdef), 0xffab_cdef, "opaque replaces");
        assert_eq!(one(0xffff_ffff, 0x8080_0000), 0xffff_7f7f, "half red on white");
        assert_eq!(one(0xff00_0000, 0x8040_2010), 0xff40_2010, "on black only the source is left");
        assert_eq!(one(0xff64_6464, 0x4010_1010), 0xff5b_5b5b, "16 + round(100 * 191 / 255)");
    }

    #[test]
    fn colours_above_their_alpha_saturate_alone() {
        assert_eq!(one(0xff80_8080, 0x00ff_0001), 0xffff_8081);
        assert_eq!(one(0xffff_ffff, 0x01ff_ffff), 0xffff_ffff);
    }
}
