//! From a view's memory to words. Knows in which pieces to read; refuses to know what is done with them.
//!
//! A piece is small enough to be in the cache still when it is drawn, and large enough that asking for it costs little:
//! which size that is, the memory says ([`Pixels::block`]).

use bytemuck::cast_slice_mut;

use super::format;
use super::frame::Frame;
use super::pixels::{AccessError, Pixels};
use super::view::Content;
use wayline_pixels::Rect;

/// Space for one piece, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Pixels as words.
    words: Vec<u32>,
    /// Pixels of less than a word.
    bytes: Vec<u8>,
}

/// The pieces of an area: so many pixels of so many rows.
#[derive(Clone, Copy, Debug)]
struct Pieces {
    width: usize,
    rows: usize,
}

impl Pieces {
    /// Several rows are a piece, with what is between them, unless that is more than they are.
    fn new<P: Pixels>(content: &Content<P>, area: Rect) -> Self {
        let (layout, block) = (&content.layout, content.pixels.block());
        let (bytes, stride, width) = (layout.bytes_per_pixel(), layout.stride(), area.width() as usize);
        let row = width * bytes;
        let together = block > row && stride <= 2 * row && stride.is_multiple_of(bytes);
        let rows = if together { (block - row) / stride + 1 } else { 1 };
        let width = if block == 0 { width } else { width.min((block / bytes).max(1)) };
        Self { width, rows }
    }
}

impl Reader {
    /// Copies `area`, which is inside of the frame and of the view at `position`, into the frame. Its pixels are opaque,
    /// whatever their alpha says.
    pub(super) fn copy<P: Pixels>(
        &mut self,
        frame: &mut Frame,
        content: &Content<P>,
        position: (i32, i32),
        area: Rect,
    ) -> Result<(), AccessError> {
        let layout = &content.layout;
        let pieces = Pieces::new(content, area);
        let is_whole = area.width() == frame.size().0 && layout.stride() == area.width() as usize * 4;
        if layout.bytes_per_pixel() == 4 && (pieces.rows == 1 || is_whole) {
            // What is one piece there is one here.
            return in_pieces(pieces, area, |piece| {
                let row = if piece.height() == 1 {
                    frame.row_mut(piece.top(), piece.left(), piece.right())
                } else {
                    frame.rows_mut(piece.top(), piece.bottom())
                };
                read(content, position, piece, row, true)
            });
        }
        self.each_row(content, position, area, true, |y, left, words| {
            frame.row_mut(y, left, left + words.len() as i32).copy_from_slice(words);
        })
    }

    /// Hands all pixels of `area`, which is inside of the view at `position`, to `draw`: row, first column, and words.
    pub(super) fn each_row<P: Pixels>(
        &mut self,
        content: &Content<P>,
        position: (i32, i32),
        area: Rect,
        opaque: bool,
        mut draw: impl FnMut(i32, i32, &[u32]),
    ) -> Result<(), AccessError> {
        let (format, stride) = (content.layout.format(), content.layout.stride());
        in_pieces(Pieces::new(content, area), area, |piece| {
            let (width, bytes) = (piece.width() as usize, content.layout.bytes_per_pixel());
            let length = (piece.height() as usize - 1) * (stride / bytes) + width;
            enlarge(&mut self.words, length);
            let words = &mut self.words[..length];
            if bytes == 4 {
                read(content, position, piece, words, opaque)?;
            } else {
                enlarge(&mut self.bytes, length * bytes);
                let bytes = &mut self.bytes[..length * bytes];
                content.pixels.read(offset(content, position, piece), bytes)?;
                format::read(format, bytes, words);
            }
            let rows = words.chunks(if piece.height() == 1 { width } else { stride / bytes });
            rows.zip(piece.top()..).for_each(|(row, y)| draw(y, piece.left(), &row[..width]));
            Ok(())
        })
    }
}

/// Does something with each piece of an area, row by row. If it fails with several rows, it is tried with each.
fn in_pieces(
    Pieces { width, mut rows }: Pieces,
    area: Rect,
    mut each: impl FnMut(Rect) -> Result<(), AccessError>,
) -> Result<(), AccessError> {
    let mut y = area.top();
    'rows: while y < area.bottom() {
        let below = y.saturating_add(rows as i32).min(area.bottom());
        for left in (area.left()..area.right()).step_by(width) {
            let right = left.saturating_add(width as i32).min(area.right());
            match each(Rect::from_edges(left, y, right, below)) {
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

/// Reads pixels of four bytes as words, and what is between the rows.
fn read<P: Pixels>(
    content: &Content<P>,
    position: (i32, i32),
    piece: Rect,
    words: &mut [u32],
    opaque: bool,
) -> Result<(), AccessError> {
    let result = content.pixels.read(offset(content, position, piece), cast_slice_mut(words));
    // Also if it failed: what is in the frame by now is seen until it is drawn over.
    format::make_words(content.layout.format(), words, opaque);
    result
}

fn offset<P>(content: &Content<P>, position: (i32, i32), piece: Rect) -> usize {
    content.layout.offset_of(piece.left().abs_diff(position.0), piece.top().abs_diff(position.1))
}

fn enlarge<T: Clone + Default>(space: &mut Vec<T>, length: usize) {
    if space.len() < length {
        space.resize(length, T::default());
    }
}
