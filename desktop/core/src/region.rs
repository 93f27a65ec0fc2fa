//! Sets of points, as the rectangles they were put together from.

use std::sync::Arc;

use super::Rect;

/// Rectangles one region may be made of. Shaped windows need some hundred.
pub const MAX_RECTS: usize = 4096;

/// Rectangles of which the largest whole one is looked for.
const MAX_WHOLE: usize = 16;

/// A region. Copies share what they are made of.
#[derive(Clone, Debug, Default)]
pub struct Region(pub(super) Arc<Parts>);

#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// Rectangles, each with whether it is added or taken away.
    pub(super) steps: Vec<(bool, Rect)>,
    /// Rectangles of it of which nothing was taken away again.
    whole: Vec<Rect>,
}

impl Region {
    /// Whether a point belongs to it: the last step that covers it decides.
    pub fn contains(&self, x: f64, y: f64) -> bool {
        let (x, y) = (x.floor() as i32, y.floor() as i32);
        self.0.steps.iter().rev().find(|(_, rect)| rect.contains(x, y)).is_some_and(|(adds, _)| *adds)
    }

    /// Bytes that it keeps, by itself or together with its copies.
    pub fn bytes(&self) -> usize {
        size_of_val(self.0.steps.as_slice())
    }

    /// A large rectangle that is surely inside.
    pub fn core(&self) -> Rect {
        self.0.whole.iter().copied().max_by_key(|rect| rect.area()).unwrap_or(Rect::EMPTY)
    }

    /// Adds a rectangle, or takes it away. Returns false if the region has [`MAX_RECTS`] already.
    #[must_use]
    pub fn push(&mut self, adds: bool, rect: Rect) -> bool {
        if rect.is_empty() {
            return true;
        }
        if self.0.steps.len() == MAX_RECTS {
            return false;
        }
        let Parts { steps, whole } = Arc::make_mut(&mut self.0);
        steps.push((adds, rect));
        if !adds {
            whole.retain(|whole| whole.intersect(rect).is_empty());
        } else if whole.len() < MAX_WHOLE {
            whole.push(rect);
        } else if let Some(smallest) = whole.iter_mut().min_by_key(|whole| whole.area())
            && smallest.area() < rect.area()
        {
            *smallest = rect;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_RECTS, Rect, Region};

    #[test]
    fn the_last_step_over_a_point_decides() {
        let mut region = Region::default();
        assert!(region.push(true, Rect::new(0, 0, 10, 10)));
        assert!(region.push(false, Rect::new(2, 2, 4, 4)));
        assert!(region.push(true, Rect::new(3, 3, 1, 1)));
        assert!(region.contains(0.5, 9.9) && region.contains(3.2, 3.2));
        assert!(!region.contains(2.0, 2.0) && !region.contains(10.0, 0.0) && !region.contains(-0.1, 0.0));
    }

    #[test]
    fn a_region_has_so_many_rectangles_and_takes_no_more() {
        let mut region = Region::default();
        assert!((0..MAX_RECTS).all(|n| region.push(n % 2 == 0, Rect::new(n as i32, 0, 1, 1))));
        assert!(!region.push(true, Rect::new(-9, 0, 1, 1)) && !region.push(false, Rect::new(0, 0, 1, 1)));
        assert!(region.contains(0.0, 0.0) && !region.contains(-9.0, 0.0));
        assert!(region.push(true, Rect::EMPTY));
    }

    #[test]
    fn the_core_is_never_cut_into() {
        let mut region = Region::default();
        assert_eq!(region.core(), Rect::EMPTY);
        assert!(region.push(true, Rect::new(0, 0, 100, 100)));
        assert!(region.push(true, Rect::new(200, 0, 20, 20)));
        assert_eq!(region.core(), Rect::new(0, 0, 100, 100));
        assert!(region.push(false, Rect::new(99, 99, 5, 5)));
        assert_eq!(region.core(), Rect::new(200, 0, 20, 20));
    }
}
