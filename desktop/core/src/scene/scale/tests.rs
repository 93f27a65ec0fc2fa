//! Samples against single pixels, one channel at a time.

use proptest::prelude::*;

use super::{Axis, Kind, Tap, Taps, mix, mix_rows};

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
fn halves_are_told_from_others() {
    let kind = |axis: Axis, wanted| {
        let mut taps = Taps::default();
        assert!(taps.want(&axis, wanted));
        taps.kind
    };
    assert_eq!(kind(Axis::new(4.0, 36.0, 18, 44), 3..18), Kind::Half);
    assert_eq!(kind(Axis::new(4.5, 36.0, 18, 44), 3..18), Kind::Any);
    assert_eq!(kind(Axis::new(4.0, 36.0, 36, 44), 3..18), Kind::Plain);
    assert_eq!(kind(Axis::new(4.5, 36.0, 36, 44), 3..18), Kind::Any);
    assert_eq!(kind(Axis::new(40.0, 36.0, 36, 44), 0..18), Kind::Any, "a part that is not all there");
    assert_eq!(kind(Axis::new(0.0, 2.0, 40, 2), 0..40), Kind::Any);
}

#[test]
fn samples_are_kept_until_others_are_wanted() {
    let (axis, mut taps) = (Axis::new(0.0, 30.0, 45, 30), Taps::default());
    assert_eq!([3..9, 3..9, 3..10, 3..9].map(|wanted| taps.want(&axis, wanted)), [true, false, true, true]);
    assert_eq!(taps.firsts.len(), 6);
    taps.wanted = 0..0;
    assert!(taps.want(&axis, 3..9));
}

/// A sample of a row, or one between two rows, to the nearest number.
fn naive(a: u32, b: u32, weight: u32) -> u32 {
    let channel = |at: u32| ((a >> at & 0xff) * (256 - weight) + (b >> at & 0xff) * weight + 128) / 256;
    channel(24) << 24 | channel(16) << 16 | channel(8) << 8 | channel(0)
}

fn noise(length: u32, seed: u32) -> Vec<u32> {
    (0..length).map(|at| at.wrapping_add(seed).wrapping_mul(0x9e37_79b9).rotate_left(seed % 32)).collect()
}

proptest! {
    #[test]
    fn samples_of_a_row_are_those_of_single_pixels(
        limit in 1_u32..200,
        seed: u32,
        (from, length) in (0_u32..800, 1_u32..800),
        count in prop_oneof![1_u32..300, Just(0)],
        (start, end) in (0_u32..300, 1_u32..300),
    ) {
        let (from, length) = (f64::from(from % (4 * limit)) / 4.0, f64::from(length) / 4.0);
        // Also to a half, and as it is.
        let count = if count == 0 { (length / 2.0).ceil().max(1.0) as u32 } else { count };
        let axis = Axis::new(from, length, count, limit);
        let start = start % count;
        let wanted = start..start + (end % (count - start)).max(1);
        let mut taps = Taps::default();
        taps.want(&axis, wanted.clone());
        let needed = taps.needed.clone();
        prop_assert!(needed.end <= limit);
        let row = noise(limit, seed);
        let mut given = row[needed.start as usize..needed.end as usize].to_vec();
        given.push(0xdead_beef);
        let mut out = vec![0; taps.firsts.len()];
        taps.mix(&given, &mut out);
        for (number, out) in wanted.zip(out) {
            let tap = axis.tap(number);
            prop_assert_eq!(out, naive(row[tap.first as usize], row[tap.second() as usize], tap.weight));
        }
    }

    #[test]
    fn rows_are_mixed_as_single_pixels(length in 0_u32..70, spare in 0_u32..20, weight in 0_u32..=256, seed: u32) {
        let (upper, lower) = (noise(length + spare, seed), noise(length + spare, !seed));
        let mut out = vec![0; length as usize];
        mix_rows(&upper, &lower, weight, &mut out);
        for (out, (a, b)) in out.iter().zip(upper.iter().zip(&lower)) {
            prop_assert_eq!(*out, naive(*a, *b, weight));
        }
    }
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
