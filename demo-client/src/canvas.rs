//! The paper of `paint`: strokes become pixels, and every change says which rectangle it touched.
//! Knows XRGB8888 pixels in private memory; refuses to know buffers, devices and time.

use wayline_toolkit::{Rect, Size};

/// Red, green, blue.
pub(crate) type Colour = [u8; 3];

/// What the paper looks like when it is empty.
pub(crate) const PAPER: Colour = [250, 246, 236];

const PIXEL: usize = 4;

/// A place in pixels from the upper left corner; may lie outside.
pub(crate) type Point = (f32, f32);

/// The paper: rows from top to bottom without gaps, four bytes for each pixel.
pub(crate) struct Canvas {
    size: Size,
    pixels: Vec<u8>,
}

impl Canvas {
    /// Empty paper.
    pub(crate) fn new(size: Size) -> Canvas {
        let mut canvas = Canvas { size, pixels: vec![0; size.pixels() as usize * PIXEL] };
        canvas.clear();
        canvas
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// The whole of it.
    pub(crate) fn bounds(&self) -> Rect {
        self.size.into()
    }

    /// The pixels of row `y` from column `x` to the right edge.
    pub(crate) fn row(&self, x: u32, y: u32) -> &[u8] {
        let row = self.size.width as usize * PIXEL;
        &self.pixels[y as usize * row..][..row][x as usize * PIXEL..]
    }

    /// Removes what was drawn. Everything changes.
    pub(crate) fn clear(&mut self) -> Rect {
        for pixel in self.pixels.as_chunks_mut::<PIXEL>().0 {
            *pixel = word(PAPER);
        }
        self.bounds()
    }

    /// Cuts the paper at the right and at the bottom, or adds empty paper there. Everything changes.
    pub(crate) fn resize(&mut self, size: Size) -> Rect {
        let old = std::mem::replace(self, Canvas::new(size));
        let kept = old.size.width.min(size.width) as usize * PIXEL;
        let rows = self.pixels.chunks_exact_mut(size.width as usize * PIXEL);
        for (row, old) in rows.zip(old.pixels.chunks_exact(old.size.width as usize * PIXEL)) {
            row[..kept].copy_from_slice(&old[..kept]);
        }
        self.bounds()
    }

    /// Draws a line with round ends and soft edges; a dot if it ends where it starts. Returns what changed, which is
    /// empty if the line lies outside.
    pub(crate) fn stroke(&mut self, from: Point, to: Point, radius: f32, colour: Colour) -> Rect {
        let reach = radius + 0.5;
        let (left, width) = span(from.0.min(to.0) - reach, from.0.max(to.0) + reach, self.size.width);
        let (top, height) = span(from.1.min(to.1) - reach, from.1.max(to.1) + reach, self.size.height);
        let changed = Rect::of_size((width, height)).translate(left as i32, top as i32);
        let row = self.size.width as usize * PIXEL;
        let rows = self.pixels.chunks_exact_mut(row).zip(0..).skip(top as usize).take(height as usize);
        for (row, y) in rows {
            let pixels = row.as_chunks_mut::<PIXEL>().0.iter_mut().zip(0..);
            for (pixel, x) in pixels.skip(left as usize).take(width as usize) {
                let distance = distance((x as f32 + 0.5, y as f32 + 0.5), from, to);
                let ink = (reach - distance).clamp(0.0, 1.0);
                let word = word(colour);
                *pixel = std::array::from_fn(|i| {
                    (f32::from(pixel[i]) + (f32::from(word[i]) - f32::from(pixel[i])) * ink).round() as u8
                });
            }
        }
        changed
    }

    /// The picture as red, green and blue for each pixel, for a file.
    pub(crate) fn to_rgb(&self) -> Vec<u8> {
        self.pixels.as_chunks::<PIXEL>().0.iter().flat_map(|[blue, green, red, _]| [*red, *green, *blue]).collect()
    }
}

/// A pixel as XRGB8888 has it in memory.
fn word([red, green, blue]: Colour) -> [u8; PIXEL] {
    [blue, green, red, 255]
}

/// The whole pixels that touch the range, within 0 to `limit`: the first one and how many.
fn span(start: f32, end: f32, limit: u32) -> (u32, u32) {
    // `as` saturates, also at 0.
    let (start, end) = ((start.floor() as u32).min(limit), (end.ceil() as u32).min(limit));
    (start, end.saturating_sub(start))
}

/// How far `point` is from the line between two others.
fn distance(point: Point, from: Point, to: Point) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (px - along * dx).hypot(py - along * dy)
}

#[cfg(test)]
mod tests {
    use super::{Canvas, PAPER, word};
    use wayline_toolkit::{Rect, Size};

    const RED: [u8; 3] = [255, 0, 0];

    fn pixel(canvas: &Canvas, x: u32, y: u32) -> [u8; 4] {
        std::array::from_fn(|i| canvas.row(x, y)[i])
    }

    #[test]
    fn a_stroke_changes_nothing_outside_of_its_damage() {
        let mut canvas = Canvas::new(Size::new(60, 40));
        for (from, to, radius) in [
            ((10.0, 10.0), (10.0, 10.0), 3.0),
            ((5.5, 5.5), (50.0, 30.0), 2.5),
            ((-20.0, 20.0), (90.0, 21.0), 1.0),
            ((58.0, 39.0), (1e9, -1e9), 4.0),
        ] {
            let before = canvas.pixels.clone();
            let damage = canvas.stroke(from, to, radius, RED);
            assert!(canvas.bounds().covers(damage));
            for (index, (old, new)) in before.chunks(4).zip(canvas.pixels.chunks(4)).enumerate() {
                let (x, y) = (index as i32 % 60, index as i32 / 60);
                assert!(damage.contains(x, y) || old == new, "{x},{y} is outside of {damage:?}");
            }
            assert_ne!(before, canvas.pixels);
        }
    }

    #[test]
    fn a_stroke_covers_its_line_and_stops_at_its_ends() {
        let mut canvas = Canvas::new(Size::new(40, 20));
        let damage = canvas.stroke((10.0, 10.0), (30.0, 10.0), 3.0, RED);
        assert_eq!(damage, Rect::new(6, 6, 28, 8));
        for x in 10..30 {
            assert_eq!(pixel(&canvas, x, 10), word(RED));
        }
        assert_eq!(pixel(&canvas, 5, 10), word(PAPER));
        assert_eq!(pixel(&canvas, 20, 14), word(PAPER));
    }

    #[test]
    fn a_stroke_outside_damages_nothing() {
        let mut canvas = Canvas::new(Size::new(40, 20));
        assert!(canvas.stroke((100.0, 5.0), (200.0, 5.0), 3.0, RED).is_empty());
    }

    #[test]
    fn resizing_keeps_what_fits() {
        let mut canvas = Canvas::new(Size::new(40, 20));
        canvas.stroke((5.0, 5.0), (5.0, 5.0), 3.0, RED);
        assert_eq!(canvas.resize(Size::new(8, 30)), Rect::new(0, 0, 8, 30));
        assert_eq!((pixel(&canvas, 5, 5), pixel(&canvas, 5, 25)), (word(RED), word(PAPER)));
        assert_eq!(canvas.to_rgb().len(), 8 * 30 * 3);
        assert_eq!(canvas.to_rgb()[(5 * 8 + 5) * 3..][..3], RED);
        canvas.clear();
        assert_eq!(pixel(&canvas, 5, 5), word(PAPER));
    }
}
