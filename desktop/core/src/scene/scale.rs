//! Bilinear scaling. Knows rows of words, and where between them a sample lies; refuses to know where rows come from.
//!
//! A sample is taken in the middle of each pixel that is wanted, from the four pixels around that place, by its distance
//! from their middles. Beyond the middle of the outermost pixels it is these alone. Scaled down to a half that is the mean
//! of four pixels; pixels that lie exactly on those of the source come out as they are.

use std::ops::Range;

use bytemuck::cast;

/// Parts that the distance of two neighbours is divided into.
const PARTS: u32 = 256;

/// Where two channels of a word are, with room above each.
const HALVES: u32 = 0x00ff_00ff;

/// Pixels that are mixed together. As in `blend`, compilers make vector instructions of that.
const GROUP: usize = 16;

type Words = [u32; GROUP];
type Halves = [u16; 2 * GROUP];

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
    fn is_plain(&self) -> bool {
        self.step == 1.0 && self.from.fract() == 0.0
    }

    /// Whether there are more samples than pixels.
    pub(super) fn is_enlarged(&self) -> bool {
        self.step < 1.0
    }
}

/// The samples for some pixels of a row.
#[derive(Debug, Default)]
pub(super) struct Taps {
    /// Which of the wanted pixels these are for, and which of the source they need.
    pub(super) wanted: Range<u32>,
    pub(super) needed: Range<u32>,
    kind: Kind,
    /// The first pixel of each, counted from the first that is needed.
    pub(super) firsts: Vec<u32>,
    /// The weight of the second one of each, twice.
    weights: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Each is a pixel of its own.
    #[default]
    Plain,
    /// Each is the mean of two of its own. That is how pictures for fine screens are shown on others.
    Half,
    Any,
}

impl Taps {
    /// Makes them those of these pixels. Says whether they were others before.
    pub(super) fn want(&mut self, axis: &Axis, wanted: Range<u32>) -> bool {
        if self.wanted == wanted {
            return false;
        }
        let needed = axis.tap(wanted.start).first..axis.tap(wanted.end - 1).second() + 1;
        let taps = || wanted.clone().map(|number| axis.tap(number));
        self.firsts.clear();
        self.firsts.extend(taps().map(|tap| tap.first - needed.start));
        self.weights.clear();
        self.weights.extend(taps().map(|tap| twice(tap.weight)));
        let is_half = || {
            let halves = (needed.start..).step_by(2).map(|first| Tap { first, weight: PARTS / 2 });
            taps().zip(halves).all(|(tap, half)| tap == half)
        };
        self.kind = if axis.is_plain() && needed.len() == wanted.len() {
            Kind::Plain
        } else if is_half() {
            Kind::Half
        } else {
            Kind::Any
        };
        (self.wanted, self.needed) = (wanted, needed);
        true
    }

    /// Whether nothing is to be mixed.
    pub(super) fn is_plain(&self) -> bool {
        self.kind == Kind::Plain
    }

    /// Mixes pixels of `row`, which begins with the first that is needed and has one more than needed at its end.
    pub(super) fn mix(&self, row: &[u32], out: &mut [u32]) {
        match self.kind {
            Kind::Plain => out.copy_from_slice(&row[..out.len()]),
            Kind::Half => mix_pairs(row.as_chunks().0, |pair| *pair, &self.weights, out),
            Kind::Any => {
                let pair = |first: &u32| {
                    let first = *first as usize;
                    [row[first], row[first + 1]]
                };
                mix_pairs(&self.firsts, pair, &self.weights, out);
            }
        }
    }
}

/// Mixes a pair of pixels for each of `items`.
fn mix_pairs<T>(items: &[T], pair: impl Fn(&T) -> [u32; 2], weights: &[u32], out: &mut [u32]) {
    let (groups, rest) = out.as_chunks_mut();
    let (items, rest_items) = items.as_chunks::<GROUP>();
    let (weights, rest_weights) = weights.as_chunks();
    for (out, (items, weights)) in groups.iter_mut().zip(items.iter().zip(weights)) {
        let (mut a, mut b) = ([0; GROUP], [0; GROUP]);
        for ((a, b), item) in a.iter_mut().zip(&mut b).zip(items) {
            [*a, *b] = pair(item);
        }
        *out = mix_group(&a, &b, weights);
    }
    for (out, (item, weight)) in rest.iter_mut().zip(rest_items.iter().zip(rest_weights)) {
        let [a, b] = pair(item);
        *out = mix(a, b, weight & 0xffff);
    }
}

/// Mixes two rows.
pub(super) fn mix_rows(upper: &[u32], lower: &[u32], weight: u32, out: &mut [u32]) {
    let (length, weights) = (out.len(), [twice(weight); GROUP]);
    let (groups, rest) = out.as_chunks_mut();
    let [(upper, rest_upper), (lower, rest_lower)] = [upper, lower].map(|row| row[..length].as_chunks());
    for (out, (upper, lower)) in groups.iter_mut().zip(upper.iter().zip(lower)) {
        *out = mix_group(upper, lower, &weights);
    }
    for (out, (upper, lower)) in rest.iter_mut().zip(rest_upper.iter().zip(rest_lower)) {
        *out = mix(*upper, *lower, weight);
    }
}

/// Mixes two pixels, two channels of a word at once. What a difference below 0 borrows from its neighbour is given back
/// when the first one is added: the sum is at most 255 times 256, and half a part to round.
#[inline]
const fn mix(a: u32, b: u32, weight: u32) -> u32 {
    const fn halves(a: u32, b: u32, weight: u32) -> u32 {
        b.wrapping_sub(a).wrapping_mul(weight).wrapping_add(a << 8).wrapping_add(0x0080_0080)
    }
    let even = halves(a & HALVES, b & HALVES, weight);
    let odd = halves(a >> 8 & HALVES, b >> 8 & HALVES, weight);
    even >> 8 & HALVES | odd & !HALVES
}

/// The same with sixteen pairs, and with the channels apart, for vectors have no multiplication of whole words. Each weight
/// is there [twice].
#[inline(always)]
fn mix_group(a: &Words, b: &Words, weights: &Words) -> Words {
    let even = mix_halves(a.map(|word| word & HALVES), b.map(|word| word & HALVES), *weights);
    let odd = mix_halves(a.map(|word| word >> 8 & HALVES), b.map(|word| word >> 8 & HALVES), *weights);
    let mut out = [0; GROUP];
    for (out, (even, odd)) in out.iter_mut().zip(even.iter().zip(&odd)) {
        *out = even >> 8 & HALVES | odd & !HALVES;
    }
    out
}

#[inline(always)]
fn mix_halves(a: Words, b: Words, weights: Words) -> Words {
    let [mut sum, others, weights] = [a, b, weights].map(cast::<_, Halves>);
    for (sum, (other, weight)) in sum.iter_mut().zip(others.iter().zip(&weights)) {
        *sum = other.wrapping_sub(*sum).wrapping_mul(*weight).wrapping_add(*sum << 8).wrapping_add(128);
    }
    cast(sum)
}

/// A weight in both halves of a word.
const fn twice(weight: u32) -> u32 {
    weight | weight << 16
}

#[cfg(test)]
mod tests;
