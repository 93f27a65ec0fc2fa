//! What `animate` shows: waves of coloured light in glass, bubbles that orbit in it, and a line of text.
//! Knows ARGB8888 pixels, colours multiplied with alpha; refuses to know buffers and clocks.
//!
//! Cheap enough for 60 pictures of 400 by 300 in a second on one core: a pixel of the glass costs three additions and
//! one look into a table that is made once for each picture.

use std::f32::consts::TAU;

use crate::bitmap_font;
use wayline_toolkit::Size;

/// One pixel in memory: blue, green, red, alpha.
type Pixel = [u8; 4];

/// The sum of four waves, each of which is at most a quarter of it.
const LEVELS: usize = 4 * WAVE_TOP as usize + 1;
const WAVE_TOP: f32 = 255.0;

/// Colours of the glass from the troughs of the waves to their crests: red, green, blue, alpha.
const GLASS: [[f32; 4]; 5] = [
    [22.0, 20.0, 78.0, 0.30],
    [58.0, 34.0, 132.0, 0.55],
    [20.0, 130.0, 172.0, 0.62],
    [96.0, 214.0, 190.0, 0.70],
    [255.0, 246.0, 206.0, 0.85],
];

/// How a bubble moves, and its colour. The orbit is an ellipse within the window (1 touches the edges), the radius a
/// part of half the shorter side, the speed in turns per second.
struct Bubble {
    orbit: f32,
    radius: f32,
    speed: f32,
    phase: f32,
    colour: [f32; 3],
}

const BUBBLES: [Bubble; 5] = [
    Bubble { orbit: 0.30, radius: 0.34, speed: 0.11, phase: 0.00, colour: [255.0, 96.0, 112.0] },
    Bubble { orbit: 0.52, radius: 0.26, speed: -0.09, phase: 0.30, colour: [255.0, 190.0, 72.0] },
    Bubble { orbit: 0.66, radius: 0.20, speed: 0.14, phase: 0.55, colour: [120.0, 230.0, 140.0] },
    Bubble { orbit: 0.44, radius: 0.30, speed: 0.07, phase: 0.70, colour: [110.0, 170.0, 255.0] },
    Bubble { orbit: 0.72, radius: 0.15, speed: -0.17, phase: 0.15, colour: [226.0, 130.0, 255.0] },
];

/// A bubble at one moment, in pixels.
#[derive(Clone, Copy, Default)]
struct Disc {
    x: f32,
    y: f32,
    radius: f32,
    colour: [f32; 3],
}

/// How many pixels a dot of the text is wide and high, and how far the text is from the edges of its plate.
const DOT: u32 = 2;
const MARGIN: u32 = 8;
const PLATE: Pixel = premultiplied([12.0, 12.0, 30.0], 0.62);
const INK: Pixel = [255; 4];

/// One picture, which can be drawn row by row. Keeps its memory from picture to picture.
pub(crate) struct Animation {
    size: Size,
    columns: Vec<u16>,
    rows: Vec<u16>,
    rising: Vec<u16>,
    falling: Vec<u16>,
    colours: Vec<Pixel>,
    discs: [Disc; BUBBLES.len()],
    text: String,
}

impl Animation {
    /// A picture of `size` at time 0.
    pub(crate) fn new(size: Size) -> Animation {
        let mut animation = Animation {
            size,
            columns: Vec::new(),
            rows: Vec::new(),
            rising: Vec::new(),
            falling: Vec::new(),
            colours: Vec::with_capacity(LEVELS),
            discs: Default::default(),
            text: String::new(),
        };
        animation.set(size, 0.0, "");
        animation
    }

    /// Makes it the picture of another moment: `time` in seconds.
    pub(crate) fn set(&mut self, size: Size, time: f32, text: &str) {
        self.size = size;
        self.text.clear();
        self.text.push_str(text);
        let (width, height) = (size.width as usize, size.height as usize);
        let unit = size.width.min(size.height) as f32;
        wave(&mut self.columns, width, 1.10 / unit, time * 0.13);
        wave(&mut self.rows, height, 1.45 / unit, time * -0.10);
        wave(&mut self.rising, width + height, 0.80 / unit, time * 0.08);
        wave(&mut self.falling, width + height, 1.00 / unit, time * -0.06 + 0.4);
        self.colours.clear();
        self.colours.extend((0..LEVELS).map(|level| glass(level as f32 / (LEVELS - 1) as f32)));
        for (disc, bubble) in self.discs.iter_mut().zip(&BUBBLES) {
            let angle = TAU * (bubble.phase + bubble.speed * time);
            *disc = Disc {
                x: size.width as f32 / 2.0 * (1.0 + bubble.orbit * angle.cos()),
                y: size.height as f32 / 2.0 * (1.0 + bubble.orbit * angle.sin()),
                radius: bubble.radius * unit / 2.0,
                colour: bubble.colour,
            };
        }
    }

    /// Draws row `y` into `row`, which has four bytes for each pixel of the width.
    pub(crate) fn draw_row(&self, y: u32, row: &mut [u8]) {
        let (pixels, _) = row.as_chunks_mut::<4>();
        let down = y as usize;
        let falling = self.falling[self.size.height as usize - down..].iter();
        let waves = self.columns.iter().zip(&self.rising[down..]).zip(falling);
        for (pixel, ((column, rising), falling)) in pixels.iter_mut().zip(waves) {
            *pixel = self.colours[usize::from(column + rising + falling + self.rows[down])];
        }
        for disc in &self.discs {
            disc.draw_row(y, pixels);
        }
        if !self.text.is_empty() {
            self.draw_text_row(y, pixels);
        }
    }

    fn draw_text_row(&self, y: u32, pixels: &mut [Pixel]) {
        let width = (bitmap_font::width(&self.text) + 2 * MARGIN / DOT) * DOT;
        let height = (bitmap_font::HEIGHT + 2 * MARGIN / DOT) * DOT;
        if !(MARGIN..MARGIN + height).contains(&y) {
            return;
        }
        let Some(pixels) = pixels.get_mut(MARGIN as usize..) else { return };
        for pixel in pixels.iter_mut().take(width as usize) {
            *pixel = over(PLATE, 255, *pixel);
        }
        let Some(line) = (y - MARGIN).checked_sub(MARGIN) else { return };
        for x in bitmap_font::dots(&self.text, line / DOT) {
            let left = (MARGIN + x * DOT) as usize;
            for pixel in pixels.iter_mut().skip(left).take(DOT as usize) {
                *pixel = INK;
            }
        }
    }
}

impl Disc {
    /// Blends a row of the bubble: thin in the middle, denser towards the rim, with a soft edge.
    fn draw_row(&self, y: u32, pixels: &mut [Pixel]) {
        let dy = y as f32 + 0.5 - self.y;
        let reach = self.radius + 1.0;
        let half = (reach * reach - dy * dy).max(0.0).sqrt();
        // `as` saturates, so what is left of the window is cut off at 0.
        let (start, end) = ((self.x - half) as usize, (self.x + half) as usize + 1);
        let end = end.min(pixels.len());
        for (x, pixel) in (start..).zip(pixels.get_mut(start..end).unwrap_or_default()) {
            let dx = x as f32 + 0.5 - self.x;
            let distance = (dx * dx + dy * dy).sqrt();
            let edge = (self.radius - distance + 0.5).clamp(0.0, 1.0);
            let out = distance / self.radius.max(1.0);
            let alpha = 0.34 + 0.46 * (out * out).min(1.0);
            *pixel = over(premultiplied(self.colour, alpha), (edge * 255.0) as u32, *pixel);
        }
    }
}

/// Fills `levels` with `count` levels of a sine: `frequency` in waves per pixel, `phase` in waves.
fn wave(levels: &mut Vec<u16>, count: usize, frequency: f32, phase: f32) {
    levels.clear();
    // Half of the height, and its rounding down, keep the sum of four waves within the table.
    let level = |x: usize| ((TAU * (x as f32 * frequency + phase).fract()).sin() + 1.0) * 0.5 * WAVE_TOP;
    levels.extend((0..count).map(|x| level(x).min(WAVE_TOP) as u16));
}

/// The colour of the glass at a height from 0 to 1.
fn glass(height: f32) -> Pixel {
    // Four waves rarely meet, so the outer quarters of the range are stretched over the table.
    let place = ((height - 0.12) / 0.76).clamp(0.0, 1.0) * (GLASS.len() - 1) as f32;
    let lower = (place as usize).min(GLASS.len() - 2);
    let part = place - lower as f32;
    let [red, green, blue, alpha] =
        std::array::from_fn(|i| GLASS[lower][i] + (GLASS[lower + 1][i] - GLASS[lower][i]) * part);
    premultiplied([red, green, blue], alpha)
}

const fn premultiplied([red, green, blue]: [f32; 3], alpha: f32) -> Pixel {
    [(blue * alpha) as u8, (green * alpha) as u8, (red * alpha) as u8, (255.0 * alpha) as u8]
}

/// `upper` with `coverage` of 255 parts, blended over `lower`.
fn over(upper: Pixel, coverage: u32, lower: Pixel) -> Pixel {
    let upper = upper.map(|channel| (u32::from(channel) * coverage + 127) / 255);
    let through = 255 - upper[3];
    std::array::from_fn(|i| (upper[i] + (u32::from(lower[i]) * through + 127) / 255).min(255) as u8)
}

#[cfg(test)]
mod tests {
    use super::{Animation, Pixel, over};
    use wayline_toolkit::Size;

    fn draw(size: Size, time: f32, text: &str) -> Vec<Pixel> {
        let mut animation = Animation::new(Size::new(1, 1));
        animation.set(size, time, text);
        let mut pixels = Vec::new();
        for y in 0..size.height {
            let mut row = vec![0; size.width as usize * 4];
            animation.draw_row(y, &mut row);
            pixels.extend_from_slice(row.as_chunks::<4>().0);
        }
        pixels
    }

    #[test]
    fn every_pixel_is_translucent_and_premultiplied() {
        for time in [0.0, 1.5, 1000.0] {
            for pixel in draw(Size::new(200, 150), time, "") {
                let [blue, green, red, alpha] = pixel;
                assert!(alpha >= 70 && blue <= alpha && green <= alpha && red <= alpha, "{pixel:?} at {time}");
            }
        }
    }

    #[test]
    fn any_size_can_be_drawn() {
        for size in [Size::new(1, 1), Size::new(1, 300), Size::new(300, 1), Size::new(15, 9)] {
            assert_eq!(draw(size, 2.0, "60.0 fps").len() as u64, size.pixels());
        }
    }

    #[test]
    fn the_picture_moves_and_shows_its_text() {
        let size = Size::new(160, 120);
        assert_ne!(draw(size, 0.0, ""), draw(size, 0.1, ""));
        let text = draw(size, 0.0, "1");
        // The middle of the digit is its stem; the plate around it is dark.
        let at = |x: usize, y: usize| text[y * 160 + x];
        assert_eq!(at(8 + 8 + 2 * 2, 8 + 8 + 3 * 2), [255; 4]);
        assert_ne!(at(9, 9), draw(size, 0.0, "")[9 * 160 + 9]);
    }

    #[test]
    fn blending_keeps_colours_within_alpha() {
        assert_eq!(over([255; 4], 255, [1, 2, 3, 4]), [255; 4]);
        assert_eq!(over([9, 9, 9, 9], 0, [1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(over([0, 0, 100, 100], 255, [0; 4]), [0, 0, 100, 100]);
    }
}
