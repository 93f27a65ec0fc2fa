//! Where a new window goes.

use super::{Desktop, Owner, Pixels, Rect, SurfaceId};

/// Pixels kept free along the edges of the screen where there is room.
const MARGIN: i32 = 40;
/// How far a window moves from one that it would hide, right and down.
const CASCADE: i32 = 32;
/// Most windows that a new one is placed around; older ones count no more.
const MAX_AROUND: usize = 64;

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Where a new window goes: into the middle of its parent, or where there is room.
    pub(super) fn find_place(&self, id: SurfaceId, size: (u32, u32)) -> (i32, i32) {
        if let Some(parent) = self.parent(id).filter(|parent| self.is_shown(*parent))
            && let Some((x, y)) = self.position(parent)
        {
            let (outer, room) = (self.geometry(parent), self.usable);
            // What does not fit keeps its upper left corner on the screen.
            let along = |at: i32, outer: u32, inner: u32, from: i32, to: i32| {
                let middle = at.saturating_add(outer as i32 / 2 - inner as i32 / 2);
                middle.min(to.saturating_sub(inner as i32)).max(from)
            };
            return (
                along(x, outer.width(), size.0, room.left(), room.right()),
                along(y, outer.height(), size.1, room.top(), room.bottom()),
            );
        }
        let area = |id: &SurfaceId| {
            let window = self.window(*id).filter(|window| window.dock.is_none() && !window.locks)?;
            let geometry = self.geometry(*id);
            Some(Rect::of_size((geometry.width(), geometry.height())).translate(window.position.0, window.position.1))
        };
        let placed: Vec<_> = self.stack.values().rev().filter_map(area).take(MAX_AROUND).collect();
        place(size, self.usable, &placed)
    }
}

/// Upper left corner for a new window of this size; `placed` are those on the screen, the latest first.
///
/// The first one goes to the upper left. Each further one starts at two thirds of the window before it, which
/// leaves most of both in view and shows how they overlap. Where the screen ends, windows cascade.
fn place(size: (u32, u32), screen: Rect, placed: &[Rect]) -> (i32, i32) {
    let x = room(size.0, screen.width(), screen.left());
    let y = room(size.1, screen.height(), screen.top());
    let clamp = |left: i32, top: i32| (left.clamp(x.0, x.1), top.clamp(y.0, y.1));
    let Some(latest) = placed.first() else { return clamp(x.0 + MARGIN, y.0 + MARGIN / 2) };
    let third = |n: u32| (n / 3) as i32;
    let beside = clamp(
        latest.right().saturating_sub(third(latest.width())),
        latest.bottom().saturating_sub(third(latest.height())),
    );
    // At least half of every window stays in view.
    let new = Rect::of_size(size).translate(beside.0, beside.1);
    if placed.iter().all(|r| r.intersect(new).area() * 2 <= r.area()) {
        return beside;
    }
    (1..=placed.len() as i32 + 1)
        .map(|n| {
            (wrap(latest.left().saturating_add(CASCADE * n), x), wrap(latest.top().saturating_add(CASCADE * n), y))
        })
        .find(|at| placed.iter().all(|r| (r.left(), r.top()) != *at))
        .unwrap_or((x.0, y.0))
}

/// From where to where a window of this size begins if it is inside the screen, margin included if it fits.
fn room(size: u32, screen: u32, from: i32) -> (i32, i32) {
    let free = screen.saturating_sub(size) as i32;
    let margin = MARGIN.min(free / 2);
    (from + margin, from + free - margin)
}

/// What leaves on one side comes in on the other.
fn wrap(at: i32, (from, to): (i32, i32)) -> i32 {
    let range = i64::from(to) - i64::from(from) + 1;
    from + (i64::from(at) - i64::from(from)).rem_euclid(range) as i32
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
            placed.insert(0, rect);
        }
    }

    #[test]
    fn a_window_larger_than_the_screen_starts_at_its_corner() {
        let screen = Rect::of_size(SCREEN);
        assert_eq!(place((4000, 4000), screen, &[]), (0, 0));
        assert_eq!(place((4000, 4000), screen, &[Rect::new(0, 0, 4000, 4000)]), (0, 0));
    }
}
