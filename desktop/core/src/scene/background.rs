//! What is seen where no window is. Knows a size; refuses to know the scene.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::format::OPAQUE;
use super::frame::Frame;

/// Colours from the upper left to the lower right, as red, green and blue from 0 to 255.
const STOPS: [[f32; 3]; 3] = [[24.0, 32.0, 58.0], [62.0, 74.0, 120.0], [172.0, 128.0, 150.0]];
/// A light that falls in from the upper right.
const GLOW: [f32; 3] = [30.0, 44.0, 58.0];
/// Thresholds of ordered dithering, without which so slow a gradient shows bands.
const BAYER: [[f32; 4]; 4] =
    [[0.0, 8.0, 2.0, 10.0], [12.0, 4.0, 14.0, 6.0], [3.0, 11.0, 1.0, 9.0], [15.0, 7.0, 13.0, 5.0]];

/// A quiet gradient. Desktops of the same size that are there at the same time share it, since drawing it takes longer than
/// everything else a desktop does to start.
pub(super) fn shared(size: (u32, u32)) -> Arc<Frame> {
    static LATEST: Mutex<Weak<Frame>> = Mutex::new(Weak::new());
    let latest = || LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    let known = latest().upgrade().filter(|frame| frame.size() == size);
    known.unwrap_or_else(|| {
        let drawn = Arc::new(draw(size));
        *latest() = Arc::downgrade(&drawn);
        drawn
    })
}

/// The same size always gives the same pixels.
fn draw(size: (u32, u32)) -> Frame {
    let mut frame = Frame::new(size, OPAQUE);
    let (width, height) = (size.0 as f32, size.1 as f32);
    let bounds = frame.bounds();
    for y in 0..bounds.bottom() {
        let v = y as f32 / height;
        for (x, pixel) in (0..).zip(frame.row_mut(y, 0, bounds.right())) {
            let u = x as f32 / width;
            let threshold = (BAYER[y as usize % 4][x as usize % 4] + 0.5) / 16.0;
            *pixel = pack(colour(u, v), threshold);
        }
    }
    frame
}

fn colour(u: f32, v: f32) -> [f32; 3] {
    let along = (0.45 * u + 0.55 * v) * (STOPS.len() - 1) as f32;
    let first = (along as usize).min(STOPS.len() - 2);
    let t = smooth(along - first as f32);
    let (dx, dy) = (u - 0.82, v - 0.12);
    let glow = (1.0 - 1.6 * (dx * dx + dy * dy)).max(0.0).powi(3);
    std::array::from_fn(|i| STOPS[first][i] + (STOPS[first + 1][i] - STOPS[first][i]) * t + GLOW[i] * glow)
}

fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

fn pack(colour: [f32; 3], threshold: f32) -> u32 {
    // The conversion saturates, so that no colour can leave its channel.
    let [red, green, blue] = colour.map(|c| u32::from((c + threshold) as u8));
    OPAQUE | red << 16 | green << 8 | blue
}

#[cfg(test)]
mod tests {
    use super::{OPAQUE, draw, shared};

    #[test]
    fn the_background_is_opaque_and_always_the_same() {
        let frame = draw((97, 31));
        assert_eq!(frame, draw((97, 31)));
        assert!(frame.pixels().iter().all(|p| p & OPAQUE == OPAQUE));
    }

    #[test]
    fn it_is_the_same_whether_it_is_shared_or_drawn() {
        let one = shared((61, 17));
        let (two, other) = (shared((61, 17)), shared((17, 61)));
        assert_eq!([&*one, &*two, &*other], [&draw((61, 17)), &draw((61, 17)), &draw((17, 61))]);
    }
}
