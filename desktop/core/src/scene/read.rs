//! From a view's memory to the frame. Knows in which pieces to read; refuses to know why.
//!
//! A piece is small enough to be in the cache still when it is drawn, and large enough that asking for it costs little:
//! which size that is, the memory says ([`Pixels::block`]).

use bytemuck::cast_slice_mut;

use super::frame::Frame;
use super::pixels::{AccessError, Pixels};
use super::view::Content;
use super::{blend, format};
use wayline_pixels::{Layout, Rect};

/// Space for one piece, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Pixels as words.
    words: Vec<u32>,
    /// Pixels of less than a word.
    bytes: Vec<u8>,
}

impl Reader {
    /// Blends `area`, which is inside of the frame and of the view at `position`, onto the frame, or else copies it. Copied
    /// pixels are opaque, whatever their alpha says.
    pub(super) fn draw<P: Pixels>(
        &mut self,
        frame: &mut Frame,
        content: &Content<P>,
        position: (i32, i32),
        area: Rect,
        blends: bool,
    ) -> Result<(), AccessError> {
        let (layout, block) = (&content.layout, content.pixels.block());
        let (bytes, stride, width) = (layout.bytes_per_pixel(), layout.stride(), area.width() as usize);
        let row = width * bytes;
        // Several rows are a piece, with what is between them, unless that is more than they are.
        let together = block > row && stride <= 2 * row && stride.is_multiple_of(bytes);
        let mut rows = if together { (block - row) / stride + 1 } else { 1 };
        let width = if block == 0 { width } else { width.min((block / bytes).max(1)) };
        let mut y = area.top();
        'rows: while y < area.bottom() {
            let below = y.saturating_add(rows as i32).min(area.bottom());
            for left in (area.left()..area.right()).step_by(width) {
                let right = left.saturating_add(width as i32).min(area.right());
                match self.draw_piece(frame, content, position, Rect::from_edges(left, y, right, below), blends) {
                    // If it fails with several rows, it is tried with each.
                    Err(_) if below - y > 1 => {
                        rows = 1;
                        continue 'rows;
                    }
                    result => result?,
                }
            }
            y = below;
        }
        Ok(())
    }

    fn draw_piece<P: Pixels>(
        &mut self,
        frame: &mut Frame,
        Content { pixels, layout }: &Content<P>,
        position: (i32, i32),
        piece: Rect,
        blends: bool,
    ) -> Result<(), AccessError> {
        let (left, right, width) = (piece.left(), piece.right(), piece.width() as usize);
        let offset = layout.offset_of(left.abs_diff(position.0), piece.top().abs_diff(position.1));
        let pitch = if piece.height() == 1 { width } else { layout.stride() / layout.bytes_per_pixel() };
        let is_direct = !blends && layout.bytes_per_pixel() == 4;
        if is_direct && piece.height() == 1 {
            return read(pixels, layout, offset, frame.row_mut(piece.top(), left, right), &mut self.bytes, true);
        }
        // What is one piece there is one here.
        if is_direct && pitch == width && piece.width() == frame.size().0 {
            return read(pixels, layout, offset, frame.rows_mut(piece.top(), piece.bottom()), &mut self.bytes, true);
        }
        let words = enlarged(&mut self.words, (piece.height() as usize - 1) * pitch + width);
        read(pixels, layout, offset, words, &mut self.bytes, !blends)?;
        for (row, y) in words.chunks(pitch).zip(piece.top()..) {
            let (below, row) = (frame.row_mut(y, left, right), &row[..width]);
            if blends { blend::over(below, row) } else { below.copy_from_slice(row) }
        }
        Ok(())
    }
}

/// Reads pixels, one after the other from `offset` on, as words. If they are for the frame, `opaque`, they get any alpha.
/// `bytes` is scratch space.
pub(super) fn read<P: Pixels>(
    pixels: &P,
    layout: &Layout,
    offset: usize,
    words: &mut [u32],
    bytes: &mut Vec<u8>,
    opaque: bool,
) -> Result<(), AccessError> {
    if layout.bytes_per_pixel() == 4 {
        let result = pixels.read(offset, cast_slice_mut(words));
        // Also if it failed: what is in the frame by now is seen until it is drawn over.
        format::make_words(layout.format(), words, opaque);
        return result;
    }
    let bytes = enlarged(bytes, words.len() * layout.bytes_per_pixel());
    pixels.read(offset, bytes)?;
    format::widen(layout.format(), bytes, words);
    Ok(())
}

fn enlarged<T: Clone + Default>(space: &mut Vec<T>, length: usize) -> &mut [T] {
    if space.len() < length {
        space.resize(length, T::default());
    }
    &mut space[..length]
}
