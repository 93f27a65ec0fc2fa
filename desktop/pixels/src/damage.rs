//! The parts of a picture that changed. Knows rectangles; refuses to know why they changed.

use super::rect::Rect;

/// More rectangles than this are merged: each one costs a walk over all views or a request, and a peer may send any number.
const MAX_RECTS: usize = 16;

/// A list of rectangles inside some bounds, possibly overlapping, none of them empty or inside another. There are 16 at
/// most: beyond that, the newest one is merged with that which makes it cover the fewest pixels more.
#[derive(Clone, Debug)]
pub struct Damage {
    bounds: Rect,
    rects: Vec<Rect>,
}

/// None, anywhere.
impl Default for Damage {
    fn default() -> Self {
        Self { bounds: Rect::ALL, rects: Vec::new() }
    }
}

impl Damage {
    /// Everything inside `bounds` is damaged, and nothing outside of them will be.
    pub fn full(bounds: Rect) -> Self {
        let mut damage = Self { bounds, rects: Vec::with_capacity(MAX_RECTS + 1) };
        damage.add(bounds);
        damage
    }

    /// Add what lies inside the bounds. Neighbours are merged when that draws no pixel more.
    pub fn add(&mut self, rect: Rect) {
        let mut rect = rect.intersect(self.bounds);
        if rect.is_empty() {
            return;
        }
        // A merge makes the rectangle larger, so that it may now swallow some that were looked at before.
        while let Some(i) = self.rects.iter().position(|r| merge_is_free(*r, rect)) {
            rect = rect.union(self.rects.swap_remove(i));
        }
        self.rects.push(rect);
        if self.rects.len() > MAX_RECTS {
            self.merge_cheapest();
        }
    }

    /// Whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    /// The rectangles.
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }

    /// The sum of their pixels.
    pub fn pixels(&self) -> u64 {
        self.rects.iter().map(|rect| rect.area()).sum()
    }

    /// Takes the rectangles out: no damage is left, and the bounds are as before.
    pub fn drain(&mut self) -> impl Iterator<Item = Rect> {
        self.rects.drain(..)
    }

    /// Merge the newest rectangle with the one that wastes the fewest pixels.
    fn merge_cheapest(&mut self) {
        let Some(newest) = self.rects.pop() else { return };
        let waste = |r: &Rect| r.union(newest).area() - r.area();
        if let Some(i) = (0..self.rects.len()).min_by_key(|&i| waste(&self.rects[i])) {
            let other = self.rects.swap_remove(i);
            self.add(other.union(newest));
        }
    }
}

impl Extend<Rect> for Damage {
    fn extend<T: IntoIterator<Item = Rect>>(&mut self, rects: T) {
        rects.into_iter().for_each(|rect| self.add(rect));
    }
}

/// Written so that it holds for rectangles of any size.
fn merge_is_free(a: Rect, b: Rect) -> bool {
    a.union(b).area() - a.area() <= b.area() - a.intersect(b).area()
}

#[cfg(test)]
mod tests {
    use super::{Damage, MAX_RECTS, Rect};

    fn none(width: i32, height: i32) -> Damage {
        let mut damage = Damage::full(Rect::new(0, 0, width, height));
        drop(damage.drain());
        damage
    }

    fn rects(mut damage: Damage) -> Vec<Rect> {
        let rects = damage.drain().collect();
        assert!(damage.is_empty());
        rects
    }

    #[test]
    fn damage_is_clipped() {
        let mut damage = none(10, 10);
        damage.add(Rect::new(-5, 8, 7, 100));
        damage.add(Rect::new(10, 0, 5, 5));
        damage.add(Rect::new(3, 3, 0, 5));
        assert_eq!(rects(damage), [Rect::new(0, 8, 2, 2)]);
    }

    #[test]
    fn damage_without_bounds_takes_rectangles_of_any_size() {
        let mut damage = Damage::default();
        damage.extend([Rect::new(5, 5, 3, 3), Rect::ALL, Rect::new(5, 5, 0, 9), Rect::EMPTY]);
        assert_eq!((damage.rects(), damage.pixels()), (&[Rect::ALL][..], u64::from(u32::MAX).pow(2)));
    }

    #[test]
    fn contained_rectangles_vanish_in_either_order() {
        let (small, large) = (Rect::new(2, 2, 2, 2), Rect::new(1, 1, 6, 6));
        for order in [[small, large], [large, small]] {
            let mut damage = none(10, 10);
            order.into_iter().for_each(|r| damage.add(r));
            assert_eq!(rects(damage), [large]);
        }
    }

    #[test]
    fn neighbours_merge_and_distant_ones_do_not() {
        let mut damage = none(20, 20);
        damage.add(Rect::new(0, 0, 4, 4));
        damage.add(Rect::new(8, 0, 4, 4));
        assert_eq!(damage.rects.len(), 2);
        damage.add(Rect::new(4, 0, 4, 4));
        assert_eq!(rects(damage), [Rect::new(0, 0, 12, 4)]);
    }

    #[test]
    fn the_number_of_rectangles_is_bounded_and_nothing_is_lost() {
        let mut damage = none(1000, 1000);
        let added: Vec<_> = (0..200).map(|i| Rect::new(i * 37 % 990, i * 91 % 990, 3, 3)).collect();
        for rect in &added {
            damage.add(*rect);
            assert!(damage.rects.len() <= MAX_RECTS);
        }
        let rects = rects(damage);
        for rect in added {
            let mut rest = vec![rect];
            for r in &rects {
                rest = rest.iter().flat_map(|p| p.subtract(*r)).collect();
            }
            assert!(rest.is_empty(), "{rect:?}");
        }
    }
}
