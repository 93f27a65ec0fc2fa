//! Which parts of a picture have changed. Pure arithmetic.

use wayline::io::shm::Rect;

use crate::size::Size;

/// Rectangles that changed. Touching rectangles are not joined, since those of a stroke are small; only when there are
/// many does one around all of them take their place.
#[derive(Clone, Debug, Default)]
pub struct Damage(Vec<Rect>);

/// Most rectangles that are sent with one commit.
const MAX_RECTS: usize = 24;

impl Damage {
    /// Adds a rectangle, unless it is empty.
    pub fn add(&mut self, rect: Rect) {
        if rect.width == 0 || rect.height == 0 {
            return;
        }
        self.0.push(rect);
        if self.0.len() > MAX_RECTS
            && let Some(all) = self.0.drain(..).reduce(around)
        {
            self.0.push(all);
        }
    }

    /// Adds all rectangles of another one.
    pub fn add_all(&mut self, other: &Damage) {
        for rect in &other.0 {
            self.add(*rect);
        }
    }

    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rectangles, none of which is empty.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        &self.0
    }

    /// The sum of their pixels.
    #[must_use]
    pub fn pixels(&self) -> u64 {
        self.0.iter().map(|rect| u64::from(rect.width) * u64::from(rect.height)).sum()
    }
}

/// All of a picture.
impl From<Size> for Damage {
    fn from(Size { width, height }: Size) -> Damage {
        Damage(vec![Rect { x: 0, y: 0, width, height }])
    }
}

impl FromIterator<Rect> for Damage {
    fn from_iter<T: IntoIterator<Item = Rect>>(rects: T) -> Damage {
        let mut damage = Damage::default();
        rects.into_iter().for_each(|rect| damage.add(rect));
        damage
    }
}

/// The smallest rectangle that covers both.
fn around(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = (a.x + a.width).max(b.x + b.width);
    let bottom = (a.y + a.height).max(b.y + b.height);
    Rect { x, y, width: right - x, height: bottom - y }
}

#[cfg(test)]
mod tests {
    use wayline::io::shm::Rect;

    use super::{Damage, MAX_RECTS};

    #[test]
    fn many_rectangles_become_one_around_all() {
        let rects = (0..MAX_RECTS as u32).map(|n| Rect { x: 2 * n, y: 3, width: 1, height: 1 });
        let mut damage: Damage = rects.collect();
        assert_eq!(damage.rects().len(), MAX_RECTS);
        damage.add_all(&[Rect { x: 0, y: 9, width: 1, height: 1 }].into_iter().collect());
        assert_eq!(damage.rects(), [Rect { x: 0, y: 3, width: 2 * MAX_RECTS as u32 - 1, height: 7 }]);
    }

    #[test]
    fn empty_rectangles_are_no_damage() {
        let mut damage = Damage::default();
        damage.add(Rect { x: 5, y: 5, width: 0, height: 9 });
        assert!(damage.is_empty());
        assert_eq!(damage.pixels(), 0);
    }
}
