//! Where the rows of a rectangle lie in the pool of a buffer. Does not touch memory.

use std::iter;
use std::ops::Range;

use wayline_pixels::{Layout, Rect};

use super::error::ShmError;

/// The byte ranges of equally long rows in a pool.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    first: Range<usize>,
    stride: usize,
    numbers: Range<u32>,
}

impl Rows {
    /// The rows of a rectangle, which is to lie inside the buffer, from the top.
    pub(super) fn new(layout: &Layout, rect: Rect) -> Result<Rows, ShmError> {
        if !layout.bounds().covers(rect) {
            let start = rect.top().max(0).cast_unsigned() as usize;
            return Err(ShmError::OutOfBounds { start, end: usize::MAX, size: layout.end() });
        }
        let [left, top, bottom] = [rect.left(), rect.top(), rect.bottom()].map(i32::cast_unsigned);
        // Of an empty one, which is at 0, no bytes of the first row.
        let first = layout.row(left, top, rect.width()).unwrap_or_default();
        Ok(Rows { first, stride: layout.stride(), numbers: top..bottom })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.numbers.len()
    }

    /// Bytes of each.
    pub(super) fn length(&self) -> usize {
        self.first.len()
    }

    /// All rows as one range, if there is nothing between them.
    pub(super) fn contiguous(&self) -> Option<Range<usize>> {
        let whole = self.first.start..self.first.start + self.length() * self.count();
        (self.length() == self.stride || self.count() == 1).then_some(whole)
    }

    /// Where each row starts.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> {
        iter::successors(Some(self.first.start), |start| start.checked_add(self.stride)).take(self.count())
    }

    /// Where each row starts, and its number in the buffer.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, u32)> {
        self.starts().zip(self.numbers.clone())
    }
}

#[cfg(test)]
mod tests {
    use wayline_pixels::{BufferArgs, PixelFormat};

    use super::*;

    #[test]
    fn rows_lie_where_offset_and_stride_put_them() {
        let args = BufferArgs { offset: 16, width: 8, height: 4, stride: 40, format: 0 };
        let layout = Layout::check(args, 176, &[PixelFormat::ARGB8888]).unwrap();
        let rows = Rows::new(&layout, Rect::new(1, 1, 2, 3)).unwrap();
        assert_eq!((rows.count(), rows.length(), rows.contiguous()), (3, 8, None));
        assert_eq!(rows.numbered().collect::<Vec<_>>(), [(60, 1), (100, 2), (140, 3)]);
        assert_eq!(Rows::new(&layout, layout.bounds()).unwrap().contiguous(), None, "there are gaps between the rows");
        assert_eq!(Rows::new(&layout, Rect::new(0, 2, 8, 1)).unwrap().contiguous(), Some(96..128));
        assert_eq!(Rows::new(&layout, Rect::EMPTY).unwrap().starts().count(), 0);
        for outside in [Rect::new(0, 0, 9, 1), Rect::new(0, i32::MAX - 1, 1, 2), Rect::new(-1, 0, 2, 1)] {
            assert!(matches!(Rows::new(&layout, outside), Err(ShmError::OutOfBounds { .. })));
        }
    }
}
