//! Source-over of premultiplied pixels. Knows two rows of words; refuses to know anything else.
//!
//! Most pixels of most pictures are opaque, or nothing at all: a group of a kind is copied, or left out. The others are
//! blended two channels at once, in the halves of a word. [`group`] is written so that compilers make vector instructions
//! of it: each step is a loop over an array of one type.

use bytemuck::cast;

use super::format::OPAQUE;

/// Pixels of a group.
const GROUP: usize = 16;

/// Where two channels of a word are, with room above each.
const HALVES: u32 = 0x00ff_00ff;

/// `round(a * b / 255)` for a, b up to 255, exactly and without a division.
#[inline]
pub(super) const fn mul_255(a: u32, b: u32) -> u32 {
    let t = a * b + 128;
    (t + (t >> 8)) >> 8
}

/// Draw `over` onto the opaque pixels of `row`; stops at the shorter of the two.
///
/// Colours that exceed their alpha, which a correct client never sends, saturate.
pub(crate) fn over(row: &mut [u32], over: &[u32]) {
    let length = row.len().min(over.len());
    let (groups, rest) = row[..length].as_chunks_mut::<GROUP>();
    let (groups_above, rest_above) = over[..length].as_chunks::<GROUP>();
    for (below, above) in groups.iter_mut().zip(groups_above) {
        if above.iter().fold(u32::MAX, |all, pixel| all & pixel) >= OPAQUE {
            *below = *above;
        } else if above.iter().fold(0, |any, pixel| any | pixel) != 0 {
            group(below, above);
        }
    }
    for (below, &above) in rest.iter_mut().zip(rest_above) {
        *below = pixel(*below, above);
    }
}

#[inline]
fn group(below: &mut [u32; GROUP], above: &[u32; GROUP]) {
    let mut rest = above.map(|pixel| !pixel >> 24);
    rest.iter_mut().for_each(|rest| *rest |= *rest << 16);
    let rest = cast::<_, [u16; 2 * GROUP]>(rest);
    // As in `mul_255`: 0x101 times a number is its sum with 256 times itself, and of that the upper half is taken.
    let mut even = cast::<_, [u16; 2 * GROUP]>(below.map(|pixel| pixel & HALVES));
    let mut odd = cast::<_, [u16; 2 * GROUP]>(below.map(|pixel| pixel >> 8 & HALVES));
    for (even, rest) in even.iter_mut().zip(&rest) {
        *even = ((u32::from(*even * rest + 128) * 0x101) >> 16) as u16;
    }
    for (odd, rest) in odd.iter_mut().zip(&rest) {
        *odd = (((u32::from(*odd * rest + 128) * 0x101) >> 16) as u16) << 8;
    }
    let (even, odd) = (cast::<_, [u32; GROUP]>(even), cast::<_, [u32; GROUP]>(odd));
    let mut sum = [0; GROUP];
    for (sum, (even, odd)) in sum.iter_mut().zip(even.iter().zip(&odd)) {
        *sum = even | odd;
    }
    let mut sum = cast::<_, [u8; 4 * GROUP]>(sum);
    for (sum, above) in sum.iter_mut().zip(&cast::<_, [u8; 4 * GROUP]>(*above)) {
        *sum = sum.saturating_add(*above);
    }
    *below = cast(sum);
}

/// Darken a pixel: draw black with this alpha, 0 to 255, over it.
#[inline]
pub(super) const fn shade(below: u32, alpha: u32) -> u32 {
    pixel(below, alpha << 24)
}

/// Red and blue are in the two halves of a word, green in one of its own.
#[inline]
const fn pixel(below: u32, above: u32) -> u32 {
    let rest = 255 - (above >> 24);
    let red_blue = (below & HALVES) * rest + 0x0080_0080;
    let red_blue = (above & HALVES) + ((red_blue + (red_blue >> 8 & HALVES)) >> 8 & HALVES);
    let green = (above >> 8 & 0xff) + mul_255(below >> 8 & 0xff, rest);
    // Sums are at most 510: the bit above a channel tells that it must saturate.
    let red_blue = (red_blue | (0x0100_0100 - (red_blue >> 8 & 0x0001_0001))) & HALVES;
    let green = (green | (0x100 - (green >> 8))) & 0xff;
    OPAQUE | red_blue | green << 8
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
    fn each_channel_is_the_sum_of_its_parts_alone_and_in_groups() {
        let channel = |below: u32, above: u32, rest: u32| (above + mul_255(below, rest)).min(255);
        let mut random = 1_u32;
        let mut next = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            random ^ random >> 13
        };
        for round in 0..20_000 {
            let length = round % 37;
            let below: Vec<u32> = (0..length).map(|_| next() | 0xff00_0000).collect();
            let kind = next() % 4;
            let above: Vec<u32> =
                (0..length).map(|_| [next(), next() | 0xff00_0000, 0, next()][kind as usize]).collect();
            let mut row = below.clone();
            over(&mut row, &above);
            for ((got, below), above) in row.iter().zip(below).zip(above) {
                let part = |at: u32| channel(below >> at & 0xff, above >> at & 0xff, 255 - (above >> 24)) << at;
                assert_eq!(*got, 0xff00_0000 | part(16) | part(8) | part(0), "{below:x} {above:x}");
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
