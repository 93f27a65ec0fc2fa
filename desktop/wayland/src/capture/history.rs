//! What was new in the latest frames of the screen.

use std::collections::VecDeque;

use wayline_desktop::{Damage, Rect};

/// Frames of which it is known what was new in them.
const MAX_FRAMES: usize = 32;

/// What was new in the latest frames.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Frames so far that had something new.
    pub(super) number: u64,
    /// The latest of them, the oldest first.
    frames: VecDeque<Vec<Rect>>,
}

wayline::carry!(struct History { number, frames });

impl History {
    pub(super) fn add(&mut self, damage: &[Rect]) {
        if damage.is_empty() {
            return;
        }
        if self.frames.len() >= MAX_FRAMES {
            self.frames.pop_front();
        }
        self.number += 1;
        self.frames.push_back(damage.to_vec());
    }

    /// What has changed in an area since a frame, in coordinates of the area: all, if there was none, or if it was long
    /// ago.
    pub(super) fn changes(&self, since: Option<u64>, area: Rect) -> Vec<Rect> {
        let all = |area: Rect| vec![Rect::of_size((area.width(), area.height()))];
        let Some(newer) = since.and_then(|since| usize::try_from(self.number.checked_sub(since)?).ok()) else {
            return all(area);
        };
        let Some(start) = self.frames.len().checked_sub(newer) else { return all(area) };
        let mut changes = Damage::default();
        for rect in self.frames.range(start..).flatten() {
            changes.add(rect.intersect(area).translate(-area.left(), -area.top()));
        }
        changes.drain().collect()
    }

    pub(super) fn has_changed(&self, since: Option<u64>, area: Rect) -> bool {
        !self.changes(since, area).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{History, MAX_FRAMES, Rect};

    const AREA: Rect = Rect::EMPTY;

    fn area() -> Rect {
        Rect::new(100, 50, 40, 40)
    }

    #[test]
    fn what_has_changed_is_known_since_a_frame_and_within_an_area() {
        let mut history = History::default();
        assert_eq!(history.changes(None, area()), [Rect::new(0, 0, 40, 40)]);
        assert_eq!(history.changes(Some(0), area()), []);
        history.add(&[Rect::new(0, 0, 110, 60)]);
        history.add(&[]);
        history.add(&[Rect::new(0, 0, 50, 50)]);
        assert_eq!(history.changes(Some(0), area()), [Rect::new(0, 0, 10, 10)]);
        assert_eq!(history.changes(Some(1), area()), []);
        assert_eq!(history.changes(Some(0), AREA), []);
    }

    #[test]
    fn of_frames_long_ago_and_of_many_rectangles_not_each_is_known() {
        let mut history = History::default();
        for x in 0..MAX_FRAMES as i32 {
            history.add(&[Rect::new(100 + x, 50, 1, 1)]);
        }
        let changes = history.changes(Some(0), area());
        assert!(changes.len() <= 16);
        assert_eq!(changes.into_iter().fold(AREA, Rect::union), Rect::new(0, 0, MAX_FRAMES as i32, 1));
        history.add(&[Rect::new(0, 0, 1, 1)]);
        assert_eq!(history.changes(Some(0), area()), [Rect::new(0, 0, 40, 40)]);
        assert_eq!(history.frames.len(), MAX_FRAMES);
    }
}
