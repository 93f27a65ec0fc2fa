//! Every way to turn and scale, against a naive painter in floating point.

use std::cell::Cell;

use wayline_pixels::PixelFormat;

use super::*;

/// Three pixels wide, two high, numbered from 1.
fn numbers() -> (Vec<u8>, Layout) {
    let bytes: Vec<u8> = (1..=6_u32).flat_map(u32::to_le_bytes).collect();
    (bytes, Layout::packed(0, 3, 2, PixelFormat::ARGB8888).unwrap())
}

fn turns() -> impl Iterator<Item = Turn> {
    (0..8).map(|number| Turn { quarters: number & 3, mirrored: number & 4 != 0 })
}

/// All of a mapped picture, read row by row in one piece or in two.
fn read<P: Pixels>(pixels: P, map: Map, pieces: bool) -> Vec<Vec<u32>> {
    let mapped = Mapped::new(pixels, map);
    let (width, height) = map.size;
    let row = |y: u32| {
        let mut bytes = vec![0; width as usize * 4];
        let at = if pieces { bytes.len() / 8 * 4 } else { bytes.len() };
        let (left, right) = bytes.split_at_mut(at);
        let start = (y * width * 4) as usize;
        mapped.read(start, left).unwrap();
        mapped.read(start + at, right).unwrap();
        bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
    };
    (0..height).map(row).collect()
}

fn show(turn: Turn, part: [f64; 4], size: (u32, u32)) -> Vec<Vec<u32>> {
    let (pixels, source) = numbers();
    read(pixels, Map { source, turn, part, size }, false)
}

#[test]
fn each_turn_is_undone() {
    let wide = |quarters, mirrored| show(Turn { quarters, mirrored }, [0.0, 0.0, 3.0, 2.0], (3, 2));
    let high = |quarters, mirrored| show(Turn { quarters, mirrored }, [0.0, 0.0, 2.0, 3.0], (2, 3));
    assert_eq!(wide(0, false), [[1, 2, 3], [4, 5, 6]]);
    assert_eq!(wide(2, false), [[6, 5, 4], [3, 2, 1]]);
    assert_eq!(wide(0, true), [[3, 2, 1], [6, 5, 4]]);
    assert_eq!(wide(2, true), [[4, 5, 6], [1, 2, 3]]);
    assert_eq!(high(1, false), [[4, 1], [5, 2], [6, 3]]);
    assert_eq!(high(3, false), [[3, 6], [2, 5], [1, 4]]);
    assert_eq!(high(1, true), [[1, 4], [2, 5], [3, 6]]);
    assert_eq!(high(3, true), [[6, 3], [5, 2], [4, 1]]);
}

#[test]
fn a_part_of_whole_pixels_comes_out_as_it_is() {
    assert_eq!(show(Turn::default(), [1.0, 1.0, 2.0, 1.0], (2, 1)), [[5, 6]]);
    assert_eq!(show(Turn { quarters: 1, mirrored: false }, [0.0, 1.0, 1.0, 2.0], (1, 2)), [[5], [6]]);
}

/// The four channels of a pixel of the turned picture, by arithmetic on single pixels. The distance of two of them has 256
/// parts.
fn reference(pixels: &[u32], (width, height): (u32, u32), map: &Map, x: u32, y: u32) -> [f64; 4] {
    let Map { turn, part, size, .. } = *map;
    let (upright_width, upright_height) = map.upright();
    let along = |at: u32, from: f64, length: f64, count: u32, limit: u32| {
        let place = from + (f64::from(at) + 0.5) * length / f64::from(count) - 0.5;
        let first = from.floor();
        let last = ((from + length).ceil() - 1.0).min(f64::from(limit - 1));
        (place.max(first).min(last) * 256.0).round() / 256.0
    };
    let u = along(x, part[0], part[2], size.0, upright_width);
    let v = along(y, part[1], part[3], size.1, upright_height);
    let channels = |u: f64, v: f64| {
        let (u, v) = (u as u32, v as u32);
        let (u, v) = (u.min(upright_width - 1), v.min(upright_height - 1));
        let (right, bottom) = (upright_width - 1 - u, upright_height - 1 - v);
        let (x, y) = match (turn.quarters, turn.mirrored) {
            (0, false) => (u, v),
            (1, false) => (v, right),
            (2, false) => (right, bottom),
            (3, false) => (bottom, u),
            (0, true) => (right, v),
            (1, true) => (v, u),
            (2, true) => (u, bottom),
            _ => (bottom, right),
        };
        assert!(x < width && y < height);
        pixels[(y * width + x) as usize].to_le_bytes().map(f64::from)
    };
    let (a, b) = (channels(u.floor(), v.floor()), channels(u.floor() + 1.0, v.floor()));
    let (c, d) = (channels(u.floor(), v.floor() + 1.0), channels(u.floor() + 1.0, v.floor() + 1.0));
    let (right, below) = (u.fract(), v.fract());
    std::array::from_fn(|i| {
        let (upper, lower) = (a[i] * (1.0 - right) + b[i] * right, c[i] * (1.0 - right) + d[i] * right);
        upper * (1.0 - below) + lower * below
    })
}

#[test]
fn pictures_are_scaled_bilinearly_as_in_floating_point() {
    let (width, height) = (13, 9);
    let mut random = 1_u32;
    let mut next = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        random ^ random >> 15
    };
    let pixels: Vec<u32> = (0..width * height).map(|_| next()).collect();
    let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    let source = Layout::packed(0, width, height, PixelFormat::ARGB8888).unwrap();
    for turn in turns() {
        let (w, h) = if turn.is_sideways() { (9.0, 13.0) } else { (13.0, 9.0) };
        let parts = [[0.0, 0.0, w, h], [2.0, 3.0, 5.0, 4.0], [1.25, 0.5, 6.5, 7.75], [w - 0.5, h - 2.5, 0.5, 2.5]];
        for (part, size) in
            parts.into_iter().flat_map(|part| [(1, 1), (5, 4), (13, 9), (31, 40)].map(|size| (part, size)))
        {
            let map = Map { source, turn, part, size };
            for rows in [read(bytes.clone(), map, false), read(bytes.clone(), map, true)] {
                for (y, x) in (0..size.1).flat_map(|y| (0..size.0).map(move |x| (y, x))) {
                    let got = rows[y as usize][x as usize].to_le_bytes().map(f64::from);
                    let wanted = reference(&pixels, (width, height), &map, x, y);
                    let near = got.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() <= 1.0 + 1e-9);
                    assert!(near, "{turn:?} {part:?} {size:?} at {x},{y}: {got:?} instead of {wanted:?}");
                }
            }
        }
    }
}

/// Counts how often it is read.
#[derive(Clone)]
struct Count<'a>(&'a Cell<usize>);

impl Pixels for Count<'_> {
    fn read(&self, _: usize, _: &mut [u8]) -> Result<(), AccessError> {
        self.0.set(self.0.get() + 1);
        Ok(())
    }
}

#[test]
fn each_row_is_read_once_and_a_turned_picture_in_blocks_of_columns() {
    let count = Cell::new(0);
    let source = Layout::packed(0, 256, 100, PixelFormat::ARGB8888).unwrap();
    let turn = Turn { quarters: 1, mirrored: false };
    read(Count(&count), Map { source, turn, part: [0.0, 0.0, 100.0, 256.0], size: (100, 256) }, false);
    assert_eq!(count.replace(0), 4 * 100);
    for size in [(256, 300), (512, 1000)] {
        read(Count(&count), Map { source, turn: Turn::default(), part: [0.0, 0.0, 256.0, 100.0], size }, false);
        assert_eq!(count.replace(0), 100, "{size:?}");
    }
}

#[test]
fn rows_may_be_read_to_any_place() {
    let (pixels, source) = numbers();
    let map = Map { source, turn: Turn::default(), part: [0.0, 0.0, 3.0, 2.0], size: (7, 5) };
    let mapped = Mapped::new(pixels, map);
    let rows = [0, 1, 2, 3].map(|at| {
        let mut bytes = [0; 4 + 28];
        mapped.read(28, &mut bytes[at..at + 28]).unwrap();
        bytes[at..at + 28].to_vec()
    });
    assert!(rows.iter().all(|row| *row == rows[0]));
    mapped.read(28, &mut []).unwrap();
}

#[test]
fn a_mapped_picture_can_be_mapped_again() {
    let (pixels, source) = numbers();
    let turn = Turn { quarters: 2, mirrored: false };
    let map = Map { source, turn, part: [0.0, 0.0, 3.0, 2.0], size: (3, 2) };
    assert_eq!(read(Mapped::new(pixels, map), map, false), [[1, 2, 3], [4, 5, 6]]);
}

#[test]
fn what_could_not_be_read_is_tried_again() {
    struct Once<'a>(&'a Cell<usize>);
    impl Pixels for Once<'_> {
        fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
            self.0.set(self.0.get() + 1);
            into.fill(0x55);
            if self.0.get() == 1 { Err(AccessError { offset, len: into.len() }) } else { Ok(()) }
        }
    }
    let count = Cell::new(0);
    let (_, source) = numbers();
    let map = Map { source, turn: Turn::default(), part: [0.0, 0.0, 3.0, 2.0], size: (6, 4) };
    let mapped = Mapped::new(Once(&count), map);
    let mut row = [0; 24];
    assert!(mapped.read(0, &mut row).is_err());
    mapped.read(0, &mut row).unwrap();
    assert_eq!(row, [0x55; 24]);
}
