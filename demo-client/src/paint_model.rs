//! What `paint` does with a canvas: a brush that is moved, pressed and changed. Knows no devices and no messages.

use std::mem;
use std::ops::RangeInclusive;

use crate::canvas::{Canvas, Colour, PAPER, Point};
use wayline_toolkit::{Damage, Size};

/// The colours to choose from, in the order of the keys from 1 to 0.
const COLOURS: [(&str, Colour); 10] = [
    ("ink", [38, 40, 54]),
    ("red", [208, 52, 56]),
    ("orange", [238, 134, 42]),
    ("yellow", [246, 208, 62]),
    ("green", [66, 150, 78]),
    ("teal", [34, 152, 158]),
    ("blue", [48, 98, 190]),
    ("violet", [128, 72, 168]),
    ("pink", [232, 132, 168]),
    ("paper", PAPER),
];

/// Radius of the brush in pixels.
const RADII: RangeInclusive<f32> = 1.0..=40.0;

/// A canvas and a brush.
pub(crate) struct PaintModel {
    canvas: Canvas,
    damage: Damage,
    colour: usize,
    radius: f32,
    place: Point,
    down: bool,
}

impl PaintModel {
    /// Empty paper, all of which is new, and a thin brush.
    pub(crate) fn new(size: Size) -> PaintModel {
        let mut damage = Damage::default();
        let canvas = Canvas::new(size);
        damage.add(canvas.bounds());
        PaintModel { canvas, damage, colour: 0, radius: 4.0, place: (0.0, 0.0), down: false }
    }

    pub(crate) fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    /// Whether anything has changed since [`PaintModel::take_damage`].
    pub(crate) fn has_changed(&self) -> bool {
        !self.damage.is_empty()
    }

    /// What has changed since [`PaintModel::take_damage`].
    pub(crate) fn damage(&self) -> &Damage {
        &self.damage
    }

    /// What has changed since the last call.
    pub(crate) fn take_damage(&mut self) -> Damage {
        mem::take(&mut self.damage)
    }

    /// Moves the brush, which leaves a line while it is down.
    pub(crate) fn move_to(&mut self, place: Point) {
        let from = mem::replace(&mut self.place, place);
        if self.down {
            self.stroke(from);
        }
    }

    /// Puts the brush down, which leaves a dot, or lifts it.
    pub(crate) fn press(&mut self, down: bool) {
        self.down = down;
        if down {
            self.stroke(self.place);
        }
    }

    fn stroke(&mut self, from: Point) {
        let changed = self.canvas.stroke(from, self.place, self.radius, COLOURS[self.colour].1);
        self.damage.add(changed);
    }

    /// Makes the brush thicker by so many pixels, or thinner.
    pub(crate) fn thicken(&mut self, pixels: f32) {
        self.radius = (self.radius + pixels).clamp(*RADII.start(), *RADII.end());
    }

    /// Takes the colour of the key that is so far to the right of 1. There is none beyond 0.
    pub(crate) fn choose(&mut self, key: usize) {
        self.colour = key.min(COLOURS.len() - 1);
    }

    /// The name of the colour.
    pub(crate) fn colour(&self) -> &'static str {
        COLOURS[self.colour].0
    }

    /// Takes new paper.
    pub(crate) fn clear(&mut self) {
        let all = self.canvas.clear();
        self.damage.add(all);
    }

    /// Makes the paper smaller or larger.
    pub(crate) fn resize(&mut self, size: Size) {
        let all = self.canvas.resize(size);
        self.damage = Damage::default();
        self.damage.add(all);
    }
}

#[cfg(test)]
mod tests {
    use super::{PAPER, PaintModel};
    use wayline_toolkit::Size;

    fn rgb(paint_model: &PaintModel, x: u32, y: u32) -> [u8; 3] {
        let row = paint_model.canvas().row(x, y);
        [row[2], row[1], row[0]]
    }

    #[test]
    fn only_a_brush_that_is_down_leaves_a_line() {
        let mut paint_model = PaintModel::new(Size::new(50, 50));
        assert!(paint_model.has_changed(), "new paper has to be shown");
        paint_model.take_damage();
        paint_model.move_to((10.0, 10.0));
        assert!(!paint_model.has_changed());
        paint_model.press(true);
        paint_model.move_to((40.0, 10.0));
        paint_model.press(false);
        paint_model.move_to((40.0, 40.0));
        assert_eq!(paint_model.take_damage().rects().len(), 1, "the dot it began with is a part of the line");
        assert_eq!((rgb(&paint_model, 25, 10), rgb(&paint_model, 40, 30)), ([38, 40, 54], PAPER));
    }

    #[test]
    fn the_brush_stays_within_its_bounds() {
        let mut paint_model = PaintModel::new(Size::new(100, 100));
        paint_model.take_damage();
        paint_model.thicken(-100.0);
        paint_model.move_to((50.0, 50.0));
        paint_model.press(true);
        assert_eq!(paint_model.take_damage().rects()[0].width(), 4);
        paint_model.thicken(1000.0);
        paint_model.press(true);
        assert_eq!(paint_model.take_damage().rects()[0].width(), 82);
        paint_model.choose(77);
        assert_eq!(paint_model.colour(), "paper");
    }

    #[test]
    fn other_paper_is_all_new() {
        let mut paint_model = PaintModel::new(Size::new(20, 20));
        paint_model.press(true);
        paint_model.resize(Size::new(10, 30));
        let damage = paint_model.take_damage();
        assert_eq!((damage.rects().len(), damage.pixels()), (1, 300));
        paint_model.clear();
        assert_eq!(paint_model.take_damage().pixels(), 300);
    }
}
