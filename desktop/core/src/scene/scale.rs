//! Bilinear scaling. Knows rows of words, and where between them a sample lies; refuses to know where rows come from.
//!
//! A sample is taken in the middle of each pixel that is wanted, from the four pixels around that place, by its distance
//! from their middles. Beyond the middle of the outermost pixels it is these alone. Scaled down to a half that is the mean
//! of four pixels; pixels that lie exactly on those of the source come out as they are.

use bytemuck::{cast_slice, cast_slice_mut};

/// Parts that the distance of two neighbours is divided into.
const PARTS: u32 = 256;

/// Where two channels of a word are, with room above each.
const HALVES: u32 = 0x00ff_00ff;

/// Where a sample lies: between two neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tap {
    pub(super) first: u32,
    /// How much of the one after it: 0 to [`PARTS`]. At the edge, where there is none, it is 0.
    pub(super) weight: u32,
}

impl Tap {
    /// The other one; the same if it is not needed.
    pub(super) fn second(self) -> u32 {
        self.first + u32::from(self.weight > 0)
    }
}

/// A part of a row or column of pixels, and into how many it is scaled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    from: f64,
    step: f64,
    /// The first and the last pixel of the part, also if it has only a bit of them.
    edges: (f64, f64),
}

impl Axis {
    /// `length` pixels from `from` on become `count`. There are `limit` pixels.
    pub(super) fn new(from: f64, length: f64, count: u32, limit: u32) -> Self {
        let last = f64::from(limit - 1);
        let first = from.floor().clamp(0.0, last);
        let edges = (first, ((from + length).ceil() - 1.0).clamp(first, last));
        Self { from, step: length / f64::from(count), edges }
    }

    /// The sample for the pixel with this number.
    pub(super) fn tap(&self, number: u32) -> Tap {
        let (first, last) = self.edges;
        let place = (self.from + (f64::from(number) + 0.5) * self.step - 0.5).clamp(first, last);
        let below = place.floor();
        let weight = ((place - below) * f64::from(PARTS)).round() as u32;
        Tap { first: below as u32, weight }
    }

    /// Whether each sample is one pixel of the source, and the next is the next.
    pub(super) fn is_plain(&self) -> bool {
        self.step == 1.0 && self.from.fract() == 0.0
    }
}

/// Mixes two rows, channel by channel.
pub(super) fn mix_rows(upper: &[u32], lower: &[u32], weight: u32, out: &mut [u32]) {
    // At most 255 times 256, and half a part to round.
    let (above, below) = ((PARTS - weight) as u16, weight as u16);
    let rows = cast_slice::<_, u8>(upper).iter().zip(cast_slice::<_, u8>(lower));
    for (out, (upper, lower)) in cast_slice_mut::<_, u8>(out).iter_mut().zip(rows) {
        *out = ((u16::from(*upper) * above + u16::from(*lower) * below + 128) >> 8) as u8;
    }
}

/// Mixes pixels of a row. `first` is the number of the first one in it.
pub(super) fn mix_columns(row: &[u32], first: u32, taps: &[Tap], out: &mut [u32]) {
    if is_half(taps, first) {
        for (out, [a, b]) in out.iter_mut().zip(row.as_chunks().0) {
            *out = mix(*a, *b, PARTS / 2);
        }
        return;
    }
    for (out, tap) in out.iter_mut().zip(taps) {
        *out = match row[(tap.first - first) as usize..] {
            [a, b, ..] => mix(a, b, tap.weight),
            [a] => a,
            [] => 0,
        };
    }
}

/// Whether each sample is the mean of the next two pixels, from `first` on. That is how pictures for fine screens are shown on others.
fn is_half(taps: &[Tap], first: u32) -> bool {
    (first..).step_by(2).zip(taps).all(|(first, tap)| *tap == Tap { first, weight: PARTS / 2 })
}

/// As in [`mix_rows`], two channels at once. What a difference below 0 borrows from its neighbour is given back when the
/// first one is added.
#[inline]
const fn mix(a: u32, b: u32, weight: u32) -> u32 {
    const fn halves(a: u32, b: u32, weight: u32) -> u32 {
        b.wrapping_sub(a).wrapping_mul(weight).wrapping_add(a << 8).wrapping_add(0x0080_0080)
    }
    let even = halves(a & HALVES, b & HALVES, weight);
    let odd = halves(a >> 8 & HALVES, b >> 8 & HALVES, weight);
    even >> 8 & HALVES | odd & !HALVES
}

#[cfg(test)]
mod tests {
    use super::{Axis, Tap, is_half, mix, mix_columns, mix_rows};

    #[test]
    fn pixels_on_pixels_come_out_as_they_are() {
        for word in [0, u32::MAX, 0x1234_5678, 0xff00_ff00, 0x00ff_00ff] {
            assert_eq!((mix(word, !word, 0), mix(!word, word, 256)), (word, word), "{word:x}");
            let mut row = [0];
            for weight in 0..=256 {
                mix_rows(&[word], &[0x80c0_407f], weight, &mut row);
                assert_eq!(mix(word, 0x80c0_407f, weight), row[0], "{word:x} {weight}");
            }
        }
    }

    #[test]
    fn halves_are_the_same_by_their_own_loop() {
        let row: Vec<u32> = (0..40_u32).map(|at| at.wrapping_mul(0x9e37_79b9)).collect();
        let taps: Vec<Tap> = (0..18).map(|number| Axis::new(4.0, 36.0, 18, 44).tap(number)).collect();
        let (mut out, mut single) = ([0; 18], [0; 18]);
        mix_columns(&row, 4, &taps, &mut out);
        single
            .iter_mut()
            .zip(&taps)
            .for_each(|(out, tap)| mix_columns(&row, 4, std::slice::from_ref(tap), std::slice::from_mut(out)));
        assert!(is_half(&taps, 4));
        assert_eq!(out[..], single[..]);
    }

    #[test]
    fn a_half_is_the_mean_of_neighbours_and_edges_are_their_own() {
        let half = Axis::new(0.0, 8.0, 4, 8);
        assert_eq!(half.tap(1), Tap { first: 2, weight: 128 });
        let double = Axis::new(0.0, 2.0, 4, 2);
        let taps = [0, 1, 2, 3].map(|number| double.tap(number));
        assert_eq!(taps.map(|tap| (tap.first, tap.weight)), [(0, 0), (0, 64), (0, 192), (1, 0)]);
        assert_eq!(taps.map(Tap::second), [0, 1, 1, 1]);
    }

    #[test]
    fn nothing_beside_the_part_is_seen() {
        let part = Axis::new(2.0, 3.0, 30, 10);
        assert!((0..30).map(|number| part.tap(number)).all(|tap| tap.first >= 2 && tap.second() <= 4));
        let uneven = Axis::new(2.5, 0.25, 5, 10);
        assert!((0..5).map(|number| uneven.tap(number)).all(|tap| (tap.first, tap.second()) == (2, 2)));
        let beyond = Axis::new(9.5, 5.0, 5, 10);
        assert!((0..5).map(|number| beyond.tap(number)).all(|tap| (tap.first, tap.second()) == (9, 9)));
    }

    #[test]
    fn one_colour_stays_that_colour_and_no_colour_exceeds_its_alpha() {
        let mut row = [0; 4];
        for weight in 0..=256 {
            mix_rows(&[0x80ff_017f; 4], &[0x80ff_017f; 4], weight, &mut row);
            assert_eq!(row, [0x80ff_017f; 4]);
            mix_rows(&[0x8080_8080; 4], &[0x0303_0003; 4], weight, &mut row);
            let mixed = mix(row[0], 0x4040_3f00, 77);
            for p in [row[0], mixed] {
                assert!((p >> 24) >= (p & 0xff) && (p >> 24) >= (p >> 8 & 0xff) && (p >> 24) >= (p >> 16 & 0xff));
            }
        }
    }
}
