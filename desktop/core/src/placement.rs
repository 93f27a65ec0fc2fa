//! Where a new window goes. Knows rectangles; refuses to know windows.

use super::Rect;

/// Pixels kept free along the edges of the screen where there is room.
const MARGIN: i32 = 40;
/// How far a window moves from one that it would hide, right and down.
const CASCADE: i32 = 32;

/// Upper left corner for a new window of this size; `placed` are those on the screen, the latest last.
///
/// The first one goes to the upper left. Each further one starts at two thirds of the window before it, which
/// leaves most of both in view and shows how they overlap. Where the screen ends, windows cascade.
pub(crate) fn place(size: (u32, u32), screen: Rect, placed: &[Rect]) -> (i32, i32) {
    let room = Room::new(size, screen);
    let Some(latest) = placed.last() else {
        return room.clamp(room.left + MARGIN, room.top + MARGIN / 2);
    };
    let third = |n: u32| (n / 3) as i32;
    let beside =
        (latest.right().saturating_sub(third(latest.width())), latest.bottom().saturating_sub(third(latest.height())));
    let beside = room.clamp(beside.0, beside.1);
    if hides_none(beside, size, placed) {
        return beside;
    }
    let steps = placed.len() as i32 + 1;
    (1..=steps)
        .map(|n| room.wrap(latest.left().saturating_add(CASCADE * n), latest.top().saturating_add(CASCADE * n)))
        .find(|at| placed.iter().all(|r| (r.left(), r.top()) != *at))
        .unwrap_or((room.left, room.top))
}

/// Whether at least half of every window stays in view.
fn hides_none(at: (i32, i32), size: (u32, u32), placed: &[Rect]) -> bool {
    let new = Rect::of_size(size).translate(at.0, at.1);
    placed.iter().all(|r| r.intersect(new).area() * 2 <= r.area())
}

/// The upper left corners at which a window is inside the screen, margin included if it fits.
struct Room {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Room {
    fn new(size: (u32, u32), screen: Rect) -> Self {
        let axis = |screen_size: u32, size: u32, from: i32| {
            let free = screen_size.saturating_sub(size) as i32;
            let margin = MARGIN.min(free / 2);
            (from + margin, from + free - margin)
        };
        let (left, right) = axis(screen.width(), size.0, screen.left());
        let (top, bottom) = axis(screen.height(), size.1, screen.top());
        Self { left, top, right, bottom }
    }

    fn clamp(&self, x: i32, y: i32) -> (i32, i32) {
        (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom))
    }

    /// As clamp, but what leaves on one side comes in on the other.
    fn wrap(&self, x: i32, y: i32) -> (i32, i32) {
        let axis = |at: i32, from: i32, to: i32| {
            let range = i64::from(to) - i64::from(from) + 1;
            from + ((i64::from(at) - i64::from(from)).rem_euclid(range)) as i32
        };
        (axis(x, self.left, self.right), axis(y, self.top, self.bottom))
    }
}

#[cfg(test)]
mod tests {
    use super::{Rect, place};

    const SCREEN: (u32, u32) = (1280, 800);

    #[test]
    fn the_second_window_overlaps_the_first_in_part() {
        let screen = Rect::of_size(SCREEN);
        let (x, y) = place((640, 420), screen, &[]);
        let first = Rect::new(x, y, 640, 420);
        let (x, y) = place((320, 240), screen, &[first]);
        let second = Rect::new(x, y, 320, 240);
        let shared = first.intersect(second).area();
        assert!(shared > 0 && shared * 2 < second.area(), "{first:?} {second:?}");
    }

    #[test]
    fn windows_that_fit_stay_on_the_screen_and_never_share_a_corner() {
        let screen = Rect::of_size(SCREEN);
        let mut placed = Vec::new();
        for n in 0..12 {
            let size = (300 + n * 20, 200 + n * 10);
            let (x, y) = place(size, screen, &placed);
            let rect = Rect::of_size(size).translate(x, y);
            assert!(screen.covers(rect), "{rect:?}");
            assert!(placed.iter().all(|r: &Rect| (r.left(), r.top()) != (x, y)));
            placed.push(rect);
        }
    }

    #[test]
    fn a_window_larger_than_the_screen_starts_at_its_corner() {
        let screen = Rect::of_size(SCREEN);
        assert_eq!(place((4000, 4000), screen, &[]), (0, 0));
        assert_eq!(place((4000, 4000), screen, &[Rect::new(0, 0, 4000, 4000)]), (0, 0));
    }
}
