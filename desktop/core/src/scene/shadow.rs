//! The line and the shadow around a window. Knows one rectangle; refuses to know what it lies on.
//!
//! The shadow of a rectangle under a soft light is the product of two soft steps, one across and one down. Each
//! is a table look-up, so that any part of it can be drawn alone and comes out the same.

use super::blend::{mul_255, shade};
use super::frame::Frame;
use wayline_pixels::Rect;

/// Pixels from the edge of the shadow to where it is gone.
const RADIUS: i32 = 28;
/// The light comes from above.
const DROP: i32 = 10;
/// Alpha where the shadow is darkest.
const STRENGTH: u32 = 120;
/// Alpha of the line around the window.
const LINE: u32 = 110;

/// A soft step from 0 to 255 over twice the radius: `3t² - 2t³`.
const STEP: [u8; 2 * RADIUS as usize + 1] = {
    let mut table = [0; 2 * RADIUS as usize + 1];
    let mut i = 0;
    let n = table.len() - 1;
    while i <= n {
        table[i] = (255 * i * i * (3 * n - 2 * i) / (n * n * n)) as u8;
        i += 1;
    }
    table
};

/// Everything that is drawn for a window with these bounds, the window included.
pub(super) fn outer(bounds: Rect) -> Rect {
    bounds.translate(0, DROP).grow(RADIUS)
}

/// Draw the part of the shadow of `bounds` that is in `area`, which must be inside the frame and outside `bounds`.
/// `across` is scratch space.
pub(super) fn draw(frame: &mut Frame, bounds: Rect, area: Rect, across: &mut Vec<u32>) {
    let line = bounds.grow(1).intersect(area);
    let cast = bounds.translate(0, DROP);
    across.clear();
    across.extend((area.left()..area.right()).map(|x| extent(x, cast.left(), cast.right())));
    for y in area.top()..area.bottom() {
        let down = mul_255(extent(y, cast.top(), cast.bottom()), STRENGTH);
        let row = frame.row_mut(y, area.left(), area.right());
        let on_line = !line.is_empty() && (line.top()..line.bottom()).contains(&y);
        let columns = if on_line { line.left()..line.right() } else { area.right()..area.right() };
        let (start, end) = (columns.start.abs_diff(area.left()) as usize, columns.end.abs_diff(area.left()) as usize);
        soften(&mut row[..start], &across[..start], down);
        row[start..end].iter_mut().for_each(|pixel| *pixel = shade(*pixel, LINE));
        soften(&mut row[end..], &across[end..], down);
    }
}

fn soften(row: &mut [u32], across: &[u32], down: u32) {
    for (pixel, across) in row.iter_mut().zip(across) {
        *pixel = shade(*pixel, mul_255(*across, down));
    }
}

/// How much of the light the span from `from` to `to` takes at `at`, 0 to 255.
fn extent(at: i32, from: i32, to: i32) -> u32 {
    let step = |edge: i32| {
        let i = at.saturating_sub(edge).saturating_add(RADIUS).clamp(0, 2 * RADIUS);
        u32::from(STEP[i as usize])
    };
    step(from).saturating_sub(step(to))
}

#[cfg(test)]
mod tests {
    use super::{Frame, LINE, RADIUS, Rect, draw, extent, outer};

    #[test]
    fn the_step_is_full_inside_and_nothing_outside() {
        assert_eq!(extent(0, -100, 100), 255);
        assert_eq!(extent(-100, -100, 100), 127);
        assert_eq!(extent(-100 - RADIUS, -100, 100), 0);
        assert_eq!(extent(100 + RADIUS, -100, 100), 0);
        assert_eq!(extent(i32::MIN, i32::MAX, i32::MAX), 0);
    }

    #[test]
    fn the_shadow_ends_where_outer_says() {
        let bounds = Rect::new(60, 60, 40, 30);
        let mut frame = Frame::new((160, 160), 0xffff_ffff);
        for part in frame.bounds().subtract(bounds) {
            draw(&mut frame, bounds, part, &mut Vec::new());
        }
        assert_eq!(frame.row(59, 60, 61), [0xff00_0000 + (255 - LINE) * 0x01_0101]);
        for (y, x) in (0..160).flat_map(|y| (0..160).map(move |x| (y, x))) {
            if !outer(bounds).contains(x, y) {
                assert_eq!(frame.row(y, x, x + 1), [0xffff_ffff], "{x},{y}");
            }
        }
    }
}
