//! The composed picture, and copies of it for captures. Knows words of colours; refuses to know how they were made.

use std::ops::Range;

use wayline_pixels::{Layout, Rect};

use super::format::{self, OPAQUE};
use super::pixels::{AccessError, PixelsMut};

/// Pixels `0x__RRGGBB`, row after row. The upper byte means nothing: it is whatever the client had there whose pixel it is.
/// Frames of the same colours are equal.
#[derive(Clone, Debug)]
pub struct Frame {
    width: u32,
    height: u32,
    pixels: Vec<u32>,
}

/// The bits of a pixel that are seen.
const COLOUR: u32 = !OPAQUE;

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        let mut pixels = self.pixels.iter().zip(&other.pixels);
        self.size() == other.size() && pixels.all(|(one, other)| (one ^ other) & COLOUR == 0)
    }
}

impl Eq for Frame {}

impl Frame {
    /// A frame of one colour.
    pub fn new((width, height): (u32, u32), colour: u32) -> Self {
        Self { width, height, pixels: vec![colour; width as usize * height as usize] }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// All of it, from the origin.
    pub fn bounds(&self) -> Rect {
        Rect::of_size(self.size())
    }

    /// All pixels, without gaps between rows.
    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// The pixels of row `y` from column `left` to before `right`, which must be inside.
    pub fn row(&self, y: i32, left: i32, right: i32) -> &[u32] {
        &self.pixels[self.span(y, left, right)]
    }

    /// As [`Frame::row`], to draw on.
    pub fn row_mut(&mut self, y: i32, left: i32, right: i32) -> &mut [u32] {
        let span = self.span(y, left, right);
        &mut self.pixels[span]
    }

    /// Whole rows, from `top` to before `bottom`, which must be inside.
    pub(crate) fn rows_mut(&mut self, top: i32, bottom: i32) -> &mut [u32] {
        let width = self.width as usize;
        &mut self.pixels[top as usize * width..bottom as usize * width]
    }

    fn span(&self, y: i32, left: i32, right: i32) -> std::ops::Range<usize> {
        let start = y as usize * self.width as usize;
        start + left as usize..start + right as usize
    }

    /// The rows of a capture at `y` and `height` rows high that lie in the frame.
    pub fn rows_inside(&self, y: i32, height: u32) -> Range<u32> {
        let row = |at: i64| (at - i64::from(y)).clamp(0, i64::from(height)) as u32;
        row(0)..row(i64::from(self.height))
    }

    /// Copy some rows of the part at `x`, `y` that has the size of `layout` into `memory`. What lies outside of the frame
    /// becomes 0, as `way_capture_manager.capture_output` says.
    pub fn capture(
        &self,
        (x, y): (i32, i32),
        layout: &Layout,
        rows: Range<u32>,
        memory: &mut impl PixelsMut,
    ) -> Result<(), AccessError> {
        let (width, height) = layout.size();
        let wanted = Rect::of_size((width, height)).translate(x, y);
        let inside = wanted.intersect(self.bounds());
        let bytes = layout.bytes_per_pixel();
        let mut row = Vec::with_capacity(width as usize * bytes);
        for line in rows {
            row.clear();
            let at = y.saturating_add(line as i32);
            if (inside.top()..inside.bottom()).contains(&at) {
                row.resize(inside.left().abs_diff(x) as usize * bytes, 0);
                format::write(layout.format(), self.row(at, inside.left(), inside.right()), &mut row);
            }
            row.resize(width as usize * bytes, 0);
            memory.write(layout.offset_of(0, line), &row)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wayline_pixels::{BufferArgs, PixelFormat};

    use super::{AccessError, Frame, Layout};

    fn numbered() -> Frame {
        let mut frame = Frame::new((3, 2), 0);
        frame.pixels.iter_mut().zip(0xff00_0000..).for_each(|(p, n)| *p = n);
        frame
    }

    fn capture(at: (i32, i32)) -> Vec<u8> {
        let mut memory = vec![0xee; 23];
        let args = BufferArgs { offset: 1, width: 2, height: 2, stride: 11, format: PixelFormat::XBGR8888.code };
        let layout = Layout::check(args, memory.len(), &PixelFormat::KNOWN).unwrap();
        numbered().capture(at, &layout, 0..2, &mut memory).unwrap();
        memory
    }

    #[test]
    fn capture_keeps_to_offset_and_stride() {
        let expected = [
            0xee, 0, 0, 1, 0xff, 0, 0, 2, 0xff, 0xee, 0xee, 0xee, //
            0, 0, 4, 0xff, 0, 0, 5, 0xff, 0xee, 0xee, 0xee,
        ];
        assert_eq!(capture((1, 0)), expected);
    }

    #[test]
    fn capture_beyond_the_edges_is_zero() {
        assert_eq!(capture((2, 1))[1..9], [0, 0, 5, 0xff, 0, 0, 0, 0]);
        assert_eq!(capture((2, 1))[12..20], [0; 8]);
        assert_eq!(capture((-1, -1))[1..9], [0; 8]);
        assert_eq!(capture((-1, -1))[12..20], [0, 0, 0, 0, 0, 0, 0, 0xff]);
        for far in [(i32::MAX, 0), (0, i32::MAX), (i32::MIN, i32::MIN), (50, 0)] {
            assert_eq!(capture(far)[1..9], [0; 8], "{far:?}");
        }
    }

    #[test]
    fn frames_of_the_same_colours_are_equal_and_captured_alike_whatever_else_is_in_them() {
        let (clear, opaque) = (Frame::new((2, 1), 0x5a12_3456), Frame::new((2, 1), 0xff12_3456));
        assert_eq!(clear, opaque);
        assert_ne!(clear, Frame::new((2, 1), 0x5a12_3457));
        assert_ne!(clear, Frame::new((1, 2), 0x5a12_3456));
        for format in PixelFormat::KNOWN {
            let layout = Layout::packed(0, 2, 1, format).unwrap();
            let captured = [&clear, &opaque].map(|frame| {
                let mut memory = vec![0; 8];
                frame.capture((0, 0), &layout, 0..1, &mut memory).unwrap();
                memory
            });
            assert_eq!(captured[0], captured[1]);
            assert!(format.bytes_per_pixel == 2 || captured[0][3] == 0xff, "{format:?}");
        }
    }

    #[test]
    fn capture_into_memory_that_shrank_fails() {
        let layout = Layout::packed(0, 2, 2, PixelFormat::XRGB8888).unwrap();
        let mut memory = vec![0; 15];
        let error = numbered().capture((0, 0), &layout, 0..2, &mut memory).unwrap_err();
        assert_eq!(error, AccessError { offset: 8, len: 8 });
    }

    #[test]
    fn the_rows_of_a_capture_that_are_in_the_frame() {
        let frame = numbered();
        assert_eq!(frame.rows_inside(0, 10), 0..2);
        assert_eq!(frame.rows_inside(-3, 10), 3..5);
        assert_eq!(frame.rows_inside(1, 1), 0..1);
        for far in [2, i32::MAX, i32::MIN, -20] {
            assert!(frame.rows_inside(far, 10).is_empty(), "{far}");
        }
    }
}
