//! Bilinear scaling. Knows rows of words, and where between them a sample lies; refuses to know where rows come from.
//!
//! A sample is taken in the middle of each pixel that is wanted, from the four pixels around that place, by its distance
//! from their middles. Beyond the middle of the outermost pixels it is these alone. Scaled down to a half that is the mean
//! of four pixels; pixels that lie exactly on those of the source come out as they are.

/// Parts that the distance of two neighbours is divided into.
const PARTS: u32 = 256;

/// Half a part in each lane, to round.
const HALF: u64 = 0x0080_0080_0080_0080;

/// The lower byte of each lane.
const LANES: u64 = 0x00ff_00ff_00ff_00ff;

/// Where a sample lies: between two neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tap {
    pub(super) first: u32,
    /// The one after it, or the same at the edge.
    pub(super) second: u32,
    /// How much of the second: 0 to [`PARTS`].
    pub(super) weight: u32,
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
        Tap { first: below as u32, second: (below + 1.0).min(last) as u32, weight }
    }

    /// Whether each sample is one pixel of the source, and the next is the next.
    pub(super) fn is_plain(&self) -> bool {
        self.step == 1.0 && self.from.fract() == 0.0
    }
}

/// Mixes two rows into `out`, each pixel as four lanes of 16 bits.
pub(super) fn mix_rows(upper: &[u32], lower: &[u32], weight: u32, out: &mut [u64]) {
    let weight = u64::from(weight);
    for (out, (upper, lower)) in out.iter_mut().zip(upper.iter().zip(lower)) {
        *out = mix(lanes(*upper), lanes(*lower), weight);
    }
}

/// Mixes pixels of such a row. `first` is the number of the first one in it.
pub(super) fn mix_columns(row: &[u64], first: u32, taps: impl Iterator<Item = Tap>, out: &mut [u32]) {
    for (out, tap) in out.iter_mut().zip(taps) {
        let (a, b) = (row[(tap.first - first) as usize], row[(tap.second - first) as usize]);
        *out = pixel(mix(a, b, u64::from(tap.weight)));
    }
}

/// Each lane is at most 255 times 256, and half a part.
#[inline]
const fn mix(a: u64, b: u64, weight: u64) -> u64 {
    ((a * (PARTS as u64 - weight) + b * weight + HALF) >> 8) & LANES
}

/// Each byte in a lane: the first, the third, the second and the fourth.
#[inline]
const fn lanes(pixel: u32) -> u64 {
    let pixel = pixel as u64;
    (pixel | pixel << 24) & LANES
}

#[inline]
const fn pixel(lanes: u64) -> u32 {
    (lanes | lanes >> 24) as u32
}

#[cfg(test)]
mod tests {
    use super::{Axis, Tap, lanes, mix_columns, mix_rows, pixel};

    #[test]
    fn pixels_come_out_of_their_lanes_as_they_were() {
        for word in [0, u32::MAX, 0x1234_5678, 0xff00_ff00, 0x00ff_00ff] {
            assert_eq!(pixel(lanes(word)), word, "{word:x}");
        }
    }

    #[test]
    fn a_half_is_the_mean_of_neighbours_and_edges_are_their_own() {
        let half = Axis::new(0.0, 8.0, 4, 8);
        assert_eq!(half.tap(1), Tap { first: 2, second: 3, weight: 128 });
        let double = Axis::new(0.0, 2.0, 4, 2);
        let taps = [0, 1, 2, 3].map(|number| double.tap(number));
        assert_eq!(taps.map(|tap| (tap.first, tap.weight)), [(0, 0), (0, 64), (0, 192), (1, 0)]);
        assert_eq!(taps[3].second, 1);
    }

    #[test]
    fn nothing_beside_the_part_is_seen() {
        let part = Axis::new(2.0, 3.0, 30, 10);
        assert!((0..30).map(|number| part.tap(number)).all(|tap| tap.first >= 2 && tap.second <= 4));
        let uneven = Axis::new(2.5, 0.25, 5, 10);
        assert!((0..5).map(|number| uneven.tap(number)).all(|tap| (tap.first, tap.second) == (2, 2)));
        let beyond = Axis::new(9.5, 5.0, 5, 10);
        assert!((0..5).map(|number| beyond.tap(number)).all(|tap| (tap.first, tap.second) == (9, 9)));
    }

    #[test]
    fn one_colour_stays_that_colour_and_no_colour_exceeds_its_alpha() {
        let mut row = [0; 4];
        for weight in 0..=256 {
            mix_rows(&[0x80ff_017f; 4], &[0x80ff_017f; 4], weight, &mut row);
            assert!(row.iter().all(|lanes| pixel(*lanes) == 0x80ff_017f));
            mix_rows(&[0x8080_8080; 4], &[0x0303_0003; 4], weight, &mut row);
            let mut out = [0; 4];
            mix_columns(&row, 0, (0..4).map(|at| Tap { first: at, second: at, weight: 77 }), &mut out);
            assert!(out.iter().all(|p| (p >> 24) >= (p & 0xff) && (p >> 24) >= (p >> 8 & 0xff)));
        }
    }
}
