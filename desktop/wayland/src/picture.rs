//! What a surface shows: scale, transform and viewport. Pixels
//! are looked up when they are drawn; nothing is copied before.

use std::cell::RefCell;
use std::ops::Range;

use crate::buffers::Store;
use crate::protocol::wl_output::Transform;
use wayline_desktop::{AccessError, Layout, Pixels};

/// Columns of a turned buffer that are read together: each row of the surface is one of them.
const COLUMNS: u32 = 64;

/// The pixels of a surface.
#[derive(Clone, Debug)]
pub struct Picture {
    store: Store,
    /// With a number that no other picture has.
    map: Option<(Map, u64)>,
}

/// A part of a turned buffer. There is one for all: it is for as long as one surface is drawn.
#[derive(Debug, Default)]
struct Block {
    picture: u64,
    columns: Range<u32>,
    rows: Range<u32>,
    words: Vec<u32>,
}

thread_local! {
    static BLOCK: RefCell<Block> = RefCell::default();
    static PICTURES: RefCell<u64> = const { RefCell::new(0) };
}

impl Picture {
    /// The pixels of a buffer as they are.
    pub(crate) fn plain(store: Store) -> Picture {
        Picture { store, map: None }
    }

    /// The pixels of a part of a buffer, turned and scaled.
    pub(crate) fn mapped(store: Store, map: Map) -> Picture {
        let number = PICTURES.with_borrow_mut(|count| {
            *count += 1;
            *count
        });
        Picture { store, map: Some((map, number)) }
    }
}

/// A part of a buffer, in coordinates of the surface before it is scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Crop {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Whether width and height change places.
pub(crate) fn is_turned(transform: Transform) -> bool {
    transform.0 & 1 == 1
}

impl Pixels for Picture {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        match &self.map {
            None => self.store.read(offset, into),
            Some((map, number)) => map.read(&self.store, *number, offset, into),
        }
    }

    fn reads_across_rows(&self) -> bool {
        self.map.is_none()
    }
}

/// Where each pixel of a surface is in its buffer: the nearest one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    pub(crate) source: Layout,
    pub(crate) transform: Transform,
    pub(crate) scale: i32,
    pub(crate) crop: Crop,
    pub(crate) size: (u32, u32),
}

impl Map {
    /// Reads pixels of one row of the surface.
    fn read(&self, memory: &impl Pixels, picture: u64, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        let row = self.size.0 as usize * 4;
        let (x, y) = ((offset % row) / 4, offset / row);
        let format = self.source.format();
        let places: Vec<_> = (x..x + into.len() / 4).map(|x| self.place(x, y)).collect();
        let mut bytes = Vec::new();
        let mut words = vec![0; places.len()];
        if is_turned(self.transform) {
            // Each pixel comes from another row, all from one column.
            BLOCK.with_borrow_mut(|block| {
                let Some((column, _)) = places.first().copied() else { return Ok(()) };
                let rows = places.iter().map(|(_, y)| *y);
                let rows = rows.clone().min().unwrap_or(0)..rows.max().unwrap_or(0) + 1;
                self.fetch(memory, picture, column, rows, block)?;
                let width = block.columns.len();
                for (word, (x, y)) in words.iter_mut().zip(&places) {
                    *word = block.words[(y - block.rows.start) as usize * width + (x - block.columns.start) as usize];
                }
                Ok(())
            })?;
        } else if let (Some(first), Some(last)) = (places.first(), places.last()) {
            let (left, right) = (first.0.min(last.0), first.0.max(last.0));
            bytes.resize((right - left + 1) as usize * format.bytes_per_pixel(), 0);
            memory.read(self.source.offset_of(left, first.1), &mut bytes)?;
            let mut span = vec![0; (right - left + 1) as usize];
            format.read(&bytes, &mut span);
            for (word, (x, _)) in words.iter_mut().zip(&places) {
                *word = span[(x - left) as usize];
            }
        }
        for (pixel, word) in into.chunks_exact_mut(4).zip(words) {
            pixel.copy_from_slice(&word.to_le_bytes());
        }
        Ok(())
    }

    /// Sees to it that a block holds some rows of a column.
    fn fetch(
        &self,
        memory: &impl Pixels,
        picture: u64,
        column: u32,
        rows: Range<u32>,
        block: &mut Block,
    ) -> Result<(), AccessError> {
        let holds = block.picture == picture
            && block.columns.contains(&column)
            && block.rows.start <= rows.start
            && rows.end <= block.rows.end;
        if holds {
            return Ok(());
        }
        // Nothing, should a read fail.
        block.picture = 0;
        let start = column - column % COLUMNS;
        block.columns = start..(start + COLUMNS).min(self.source.size().0);
        block.rows = rows;
        let (width, format) = (block.columns.len(), self.source.format());
        block.words.resize(width * block.rows.len(), 0);
        let mut bytes = vec![0; width * format.bytes_per_pixel()];
        for (row, words) in block.rows.clone().zip(block.words.chunks_exact_mut(width)) {
            memory.read(self.source.offset_of(start, row), &mut bytes)?;
            format.read(&bytes, words);
        }
        block.picture = picture;
        Ok(())
    }

    /// The pixel of the buffer that is seen at a pixel of the surface.
    fn place(&self, x: usize, y: usize) -> (u32, u32) {
        let (width, height) = self.source.size();
        let (turned_width, turned_height) = if is_turned(self.transform) { (height, width) } else { (width, height) };
        let along = |at: usize, from: f64, length: f64, count: u32, limit: u32| {
            let at = from + (at as f64 + 0.5) * length / f64::from(count);
            ((at * f64::from(self.scale)) as u32).min(limit - 1)
        };
        let x = along(x, self.crop.x, self.crop.width, self.size.0, turned_width);
        let y = along(y, self.crop.y, self.crop.height, self.size.1, turned_height);
        let (right, bottom) = (turned_width - 1 - x, turned_height - 1 - y);
        match self.transform {
            Transform::_90 => (y, right),
            Transform::_180 => (right, bottom),
            Transform::_270 => (bottom, x),
            Transform::FLIPPED => (right, y),
            Transform::FLIPPED_90 => (y, x),
            Transform::FLIPPED_180 => (x, bottom),
            Transform::FLIPPED_270 => (bottom, right),
            _ => (x, y),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{AccessError, Crop, Layout, Map, PICTURES, Pixels, Transform};
    use wayline_desktop::Format;

    /// Three pixels wide, two high, numbered from 1.
    struct Numbers;

    impl Pixels for Numbers {
        fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
            let bytes: Vec<u8> = (1..=6_u32).flat_map(u32::to_le_bytes).collect();
            into.copy_from_slice(&bytes[offset..offset + into.len()]);
            Ok(())
        }
    }

    fn picture(transform: Transform, scale: i32, crop: Crop, (width, height): (u32, u32)) -> Vec<Vec<u32>> {
        let source = Layout::new(0, (3, 2), 12, Format::Argb8888, 24).unwrap();
        let map = Map { source, transform, scale, crop, size: (width, height) };
        let number = PICTURES.with_borrow_mut(|count| {
            *count += 1;
            *count
        });
        let row = |y: u32| {
            let mut bytes = vec![0; width as usize * 4];
            map.read(&Numbers, number, (y * width * 4) as usize, &mut bytes).unwrap();
            bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
        };
        (0..height).map(row).collect()
    }

    fn whole(width: f64, height: f64) -> Crop {
        Crop { x: 0.0, y: 0.0, width, height }
    }

    #[test]
    fn each_transform_is_undone() {
        let wide = |transform| picture(transform, 1, whole(3.0, 2.0), (3, 2));
        let high = |transform| picture(transform, 1, whole(2.0, 3.0), (2, 3));
        assert_eq!(wide(Transform::NORMAL), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(wide(Transform::_180), [[6, 5, 4], [3, 2, 1]]);
        assert_eq!(wide(Transform::FLIPPED), [[3, 2, 1], [6, 5, 4]]);
        assert_eq!(wide(Transform::FLIPPED_180), [[4, 5, 6], [1, 2, 3]]);
        assert_eq!(high(Transform::_90), [[4, 1], [5, 2], [6, 3]]);
        assert_eq!(high(Transform::_270), [[3, 6], [2, 5], [1, 4]]);
        assert_eq!(high(Transform::FLIPPED_90), [[1, 4], [2, 5], [3, 6]]);
        assert_eq!(high(Transform::FLIPPED_270), [[6, 3], [5, 2], [4, 1]]);
    }

    #[test]
    fn a_part_fills_the_destination() {
        let part = Crop { x: 1.0, y: 0.0, width: 2.0, height: 1.0 };
        assert_eq!(picture(Transform::NORMAL, 1, part, (4, 2)), [[2, 2, 3, 3], [2, 2, 3, 3]]);
        let all = picture(Transform::NORMAL, 1, whole(3.0, 2.0), (6, 2));
        assert_eq!(all, [[1, 1, 2, 2, 3, 3], [4, 4, 5, 5, 6, 6]]);
    }

    #[test]
    fn a_turned_picture_is_read_in_blocks_of_columns() {
        struct Count(Cell<usize>);
        impl Pixels for Count {
            fn read(&self, _: usize, _: &mut [u8]) -> Result<(), AccessError> {
                self.0.set(self.0.get() + 1);
                Ok(())
            }
        }
        let source = Layout::new(0, (256, 100), 1024, Format::Argb8888, usize::MAX).unwrap();
        let map = Map { source, transform: Transform::_90, scale: 1, crop: whole(100.0, 256.0), size: (100, 256) };
        let count = Count(Cell::new(0));
        for y in 0..256 {
            map.read(&count, u64::MAX, y * 400, &mut [0; 400]).unwrap();
        }
        assert_eq!(count.0.get(), 4 * 100);
    }
}
