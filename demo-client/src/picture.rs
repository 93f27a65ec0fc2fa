//! The picture that `demo-client view` shows when it is given no file: a lake at dusk, drawn by code.
//! Knows coordinates and colours; refuses to know files, buffers and pixel formats.
//!
//! Only the four operations and square roots are used, so that every machine draws the same pixels.
//! Coordinates: y runs from 0 at the top to 1 at the bottom, x in the same unit from the left.

/// Width of the picture in pixels.
pub(crate) const WIDTH: u32 = 640;
/// Height of the picture in pixels.
pub(crate) const HEIGHT: u32 = 420;

/// Samples along each side of a pixel.
const SAMPLES: u32 = 2;
/// Where the far shore is.
const SHORE: f32 = 0.665;
const SUN: (f32, f32) = (0.605, 0.478);
const SUN_RADIUS: f32 = 0.056;

type Colour = [f32; 3];

/// Colours of the sky with their heights.
const SKY: [(f32, Colour); 5] = [
    (0.00, [22.0, 26.0, 66.0]),
    (0.22, [60.0, 52.0, 112.0]),
    (0.42, [158.0, 84.0, 132.0]),
    (0.56, [242.0, 134.0, 108.0]),
    (0.68, [255.0, 206.0, 138.0]),
];

/// A chain of hills: where it stands, how high it rises, how often, and its colour.
struct Hills {
    foot: f32,
    rise: f32,
    steps: f32,
    seed: u32,
    colour: Colour,
}

/// From the farthest to the nearest.
const HILLS: [Hills; 4] = [
    Hills { foot: 0.610, rise: 0.260, steps: 2.6, seed: 11, colour: [196.0, 112.0, 128.0] },
    Hills { foot: 0.635, rise: 0.200, steps: 3.7, seed: 47, colour: [142.0, 82.0, 122.0] },
    Hills { foot: 0.655, rise: 0.130, steps: 4.9, seed: 83, colour: [88.0, 58.0, 102.0] },
    Hills { foot: 0.672, rise: 0.070, steps: 8.0, seed: 21, colour: [46.0, 37.0, 74.0] },
];

/// Trees on the near shore: place, height, and half the width of the lowest branches.
const TREES: [(f32, f32, f32); 9] = [
    (0.035, 0.50, 0.072),
    (0.120, 0.36, 0.056),
    (0.190, 0.43, 0.060),
    (0.262, 0.23, 0.040),
    (0.330, 0.15, 0.028),
    (1.285, 0.14, 0.026),
    (1.350, 0.25, 0.042),
    (1.425, 0.38, 0.058),
    (1.500, 0.30, 0.050),
];
const NEAR: Colour = [15.0, 15.0, 34.0];

/// Draw it: rows from top to bottom, each pixel as red, green, blue and full alpha.
pub(crate) fn draw() -> Vec<u8> {
    let unit = 1.0 / (HEIGHT * SAMPLES) as f32;
    let mut rgba = Vec::with_capacity((WIDTH * HEIGHT * 4) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let mut sum = [0.0; 3];
            for sample in 0..SAMPLES * SAMPLES {
                let place = |pixel: u32, sample: u32| ((pixel * SAMPLES + sample) as f32 + 0.5) * unit;
                let colour = scene(place(x, sample % SAMPLES), place(y, sample / SAMPLES));
                sum = std::array::from_fn(|i| sum[i] + colour[i]);
            }
            // A grain of less than one step hides the steps of the gradients.
            let grain = hash(x, y);
            rgba.extend(sum.map(|c| (c / (SAMPLES * SAMPLES) as f32 + grain) as u8));
            rgba.push(255);
        }
    }
    rgba
}

fn scene(x: f32, y: f32) -> Colour {
    if near(x, y) {
        NEAR
    } else if y < SHORE {
        land(x, y, sky_with_sun)
    } else {
        lake(x, y)
    }
}

/// Hills, and a sky behind them, above the shore.
fn land(x: f32, y: f32, sky: fn(f32, f32) -> Colour) -> Colour {
    HILLS.iter().rev().find_map(|hills| hills.at(x, y)).unwrap_or_else(|| sky(x, y))
}

impl Hills {
    fn at(&self, x: f32, y: f32) -> Option<Colour> {
        if y < self.foot - self.rise {
            return None;
        }
        let top = self.foot - self.rise * ridge(x * self.steps, self.seed);
        (y >= top).then(|| {
            // Mist gathers at the foot.
            let mist = smooth((y - top) / (self.foot + 0.03 - top)) * 0.42;
            mix(self.colour, [250.0, 178.0, 146.0], mist)
        })
    }
}

fn sky(x: f32, y: f32) -> Colour {
    let (dx, dy) = (x - SUN.0, y - SUN.1);
    let distance = (dx * dx + dy * dy).sqrt();
    let mut colour = gradient(y);
    let star = hash((x * 140.0) as u32, (y * 140.0) as u32 + 7000);
    if star > 0.988 && y < 0.34 {
        let (u, v) = (fraction(x * 140.0) - 0.5, fraction(y * 140.0) - 0.5);
        let light = (1.0 - 14.0 * (u * u + v * v)).max(0.0) * (1.0 - y / 0.34);
        colour = mix(colour, [255.0, 244.0, 230.0], light * 0.9);
    }
    colour = mix(colour, [255.0, 214.0, 150.0], 0.62 / (1.0 + 34.0 * distance * distance) * smooth(y * 2.2));
    let cloudy = smooth((0.60 - y) * 5.0) * smooth((y - 0.08) * 6.0);
    if cloudy == 0.0 {
        return colour;
    }
    let cloud = smooth((noise(x * 2.4, y * 15.0, 3) - 0.50) * 4.2) * cloudy;
    let glow = 1.0 / (1.0 + 7.0 * distance * distance) * smooth(y * 1.7);
    let lit = mix([122.0, 72.0, 128.0], [255.0, 172.0, 128.0], glow);
    mix(colour, lit, cloud * 0.62)
}

fn sky_with_sun(x: f32, y: f32) -> Colour {
    let (dx, dy) = (x - SUN.0, y - SUN.1);
    let disc = smooth((SUN_RADIUS - (dx * dx + dy * dy).sqrt()) / 0.004 + 0.5);
    mix(sky(x, y), [255.0, 243.0, 208.0], disc)
}

/// The mirrored land, moved by waves that grow towards the viewer. They break the sun into glitter.
fn lake(x: f32, y: f32) -> Colour {
    let depth = y - SHORE;
    let wave = noise(x * (5.0 / (0.12 + depth)), depth * 190.0 / (1.0 + 5.0 * depth), 91) - 0.5;
    let bent = (x + wave * 0.05 * (0.2 + depth * 3.0), SHORE - depth * 1.32 + wave * 0.11 * (0.12 + depth * 2.6));
    let mirrored = land(bent.0, bent.1.min(SHORE), sky);
    // Water takes red and green first, and more of it lies between the bottom and a viewer who looks straight down.
    let taken = 0.24 + 0.62 * smooth(depth * 2.6);
    let colour = std::array::from_fn(|i| mirrored[i] * (1.0 - taken * [0.86, 0.90, 0.60][i]));
    let spread = (x - SUN.0) / (0.045 + depth * 0.34);
    let glitter = smooth((wave + 0.10) * 5.0) * (1.0 - spread * spread).max(0.0);
    mix(colour, [255.0, 214.0, 156.0], glitter * (0.78 - depth * 0.9).max(0.12))
}

/// Whether the near bank or one of its trees is here.
fn near(x: f32, y: f32) -> bool {
    let middle = (x - 0.80) / 0.80;
    let bank = 0.985 - 0.085 * middle * middle - 0.02 * ridge(x * 9.0, 5);
    y > bank || TREES.iter().any(|tree| in_tree(*tree, x, y))
}

fn in_tree((at, height, half): (f32, f32, f32), x: f32, y: f32) -> bool {
    let foot = 0.955;
    let up = (foot - y) / height;
    let aside = (x - at).abs();
    if !(0.0..1.0).contains(&up) {
        return false;
    }
    // Branches hang in tiers, each of which widens downwards; no two are alike.
    let tiers = 9.0 + height * 14.0;
    let tier = (1.0 - up) * tiers;
    let uneven = 0.75 + 0.5 * hash(tier as u32, (at * 1000.0) as u32 + u32::from(x > at));
    let reach = half * (1.0 - up) * (0.42 + 0.58 * fraction(tier) * uneven);
    aside < 0.001 + 0.003 * (1.0 - up) || (up > 0.07 && aside < reach)
}

fn gradient(y: f32) -> Colour {
    let above = SKY.iter().rposition(|(at, _)| *at <= y).unwrap_or(0).min(SKY.len() - 2);
    let ((from, upper), (to, lower)) = (SKY[above], SKY[above + 1]);
    mix(upper, lower, ((y - from) / (to - from)).clamp(0.0, 1.0))
}

fn mix(from: Colour, to: Colour, part: f32) -> Colour {
    std::array::from_fn(|i| from[i] + (to[i] - from[i]) * part)
}

/// A soft step from 0 at 0 to 1 at 1.
fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn fraction(t: f32) -> f32 {
    t - t.floor()
}

/// A line of hills, 0 to 1.
fn ridge(x: f32, seed: u32) -> f32 {
    octaves(|scale, octave| noise_octave(x * scale, 0.0, seed + octave))
}

/// Clouds and waves, 0 to 1.
fn noise(x: f32, y: f32, seed: u32) -> f32 {
    octaves(|scale, octave| noise_octave(x * scale, y * scale, seed + octave))
}

/// Five octaves, each twice as fine as the one before and half as strong.
fn octaves(octave: impl Fn(f32, u32) -> f32) -> f32 {
    let (mut sum, mut scale) = (0.0, 1.0);
    for n in 0..5 {
        sum += octave(scale, n) / scale;
        scale *= 2.0;
    }
    sum / (2.0 - 2.0 / scale)
}

/// Random values on a grid and smooth in between, 0 to 1.
fn noise_octave(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let corner = |dx: i32, dy: i32| {
        hash((left as i32 + dx) as u32, ((top as i32 + dy) as u32).wrapping_add(seed.wrapping_mul(7919)))
    };
    let (u, v) = (smooth(x - left), smooth(y - top));
    let line = |dy| corner(0, dy) + (corner(1, dy) - corner(0, dy)) * u;
    let upper = line(0);
    // A line of hills asks for whole y only: half of the work for the same value.
    if v == 0.0 { upper } else { upper + (line(1) - upper) * v }
}

/// A number from 0 to below 1 that looks random.
fn hash(x: u32, y: u32) -> f32 {
    let mut h = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77);
    h = (h ^ h >> 15).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ h >> 12).wrapping_mul(0x297a_2d39);
    ((h ^ h >> 15) >> 8) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::{HEIGHT, WIDTH, draw};

    fn pixel(rgba: &[u8], x: u32, y: u32) -> [u8; 4] {
        let at = (y * WIDTH + x) as usize * 4;
        std::array::from_fn(|i| rgba[at + i])
    }

    #[test]
    fn the_picture_is_whole_opaque_and_always_the_same() {
        let rgba = draw();
        assert_eq!(rgba.len(), (WIDTH * HEIGHT * 4) as usize);
        assert!(rgba.iter().skip(3).step_by(4).all(|alpha| *alpha == 255));
        assert_eq!(rgba, draw());
    }

    #[test]
    fn the_sun_is_bright_and_the_near_bank_dark() {
        let rgba = draw();
        let [red, green, blue, _] = pixel(&rgba, 254, 190);
        assert!(red > 250 && green > 235 && blue > 195);
        let [red, green, blue, _] = pixel(&rgba, 5, HEIGHT - 1);
        assert!(red < 20 && green < 20 && blue < 40);
    }
}
