//! Rectangles of whole pixels, kept by their edges. Knows geometry; refuses to know what is drawn in them.
//!
//! Every operation is total: coordinates that a peer chose saturate instead of overflowing.

/// A half-open rectangle: `left..right` × `top..bottom`. All empty rectangles are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Rect {
    /// The rectangle without a pixel.
    pub const EMPTY: Self = Self { left: 0, top: 0, right: 0, bottom: 0 };

    /// The largest there is.
    pub(crate) const ALL: Self = Self { left: i32::MIN, top: i32::MIN, right: i32::MAX, bottom: i32::MAX };

    /// From the upper left corner and a size; a size of 0 or less is empty.
    pub fn new(x: i32, y: i32, width: i32, height: i32) -> Self {
        Self::from_edges(x, y, x.saturating_add(width), y.saturating_add(height))
    }

    /// From its edges; right and bottom are the first column and row outside.
    pub fn from_edges(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        if left < right && top < bottom { Self { left, top, right, bottom } } else { Self::EMPTY }
    }

    /// From the origin to a size.
    pub fn of_size((width, height): (u32, u32)) -> Self {
        let edge = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        Self::from_edges(0, 0, edge(width), edge(height))
    }

    /// Its first column.
    pub fn left(self) -> i32 {
        self.left
    }

    /// Its first row.
    pub fn top(self) -> i32 {
        self.top
    }

    /// The first column to the right of it.
    pub fn right(self) -> i32 {
        self.right
    }

    /// The first row below it.
    pub fn bottom(self) -> i32 {
        self.bottom
    }

    /// Number of columns.
    pub fn width(self) -> u32 {
        self.right.abs_diff(self.left)
    }

    /// Number of rows.
    pub fn height(self) -> u32 {
        self.bottom.abs_diff(self.top)
    }

    /// Number of pixels.
    pub fn area(self) -> u64 {
        u64::from(self.width()) * u64::from(self.height())
    }

    /// Whether it has no pixel.
    pub fn is_empty(self) -> bool {
        self.left == self.right
    }

    /// Whether the pixel at this place belongs to it.
    pub fn contains(self, x: i32, y: i32) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }

    /// Whether every pixel of `other` belongs to it.
    pub fn covers(self, other: Self) -> bool {
        self.intersect(other) == other
    }

    /// The pixels of both.
    pub fn intersect(self, other: Self) -> Self {
        Self::from_edges(
            self.left.max(other.left),
            self.top.max(other.top),
            self.right.min(other.right),
            self.bottom.min(other.bottom),
        )
    }

    /// The smallest rectangle around both.
    pub fn union(self, other: Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other,
            (_, true) => self,
            _ => Self::from_edges(
                self.left.min(other.left),
                self.top.min(other.top),
                self.right.max(other.right),
                self.bottom.max(other.bottom),
            ),
        }
    }

    /// The same rectangle somewhere else.
    pub fn translate(self, dx: i32, dy: i32) -> Self {
        Self::from_edges(
            self.left.saturating_add(dx),
            self.top.saturating_add(dy),
            self.right.saturating_add(dx),
            self.bottom.saturating_add(dy),
        )
    }

    /// The rectangle with `by` more pixels on each side; an empty one stays empty.
    pub fn grow(self, by: i32) -> Self {
        if self.is_empty() {
            return self;
        }
        Self::from_edges(
            self.left.saturating_sub(by),
            self.top.saturating_sub(by),
            self.right.saturating_add(by),
            self.bottom.saturating_add(by),
        )
    }

    /// What is left of it without the pixels of `hole`: up to four rectangles that do not overlap.
    pub fn subtract(self, hole: Self) -> impl Iterator<Item = Self> {
        let hole = self.intersect(hole);
        let rest = if hole.is_empty() {
            [self, Self::EMPTY, Self::EMPTY, Self::EMPTY]
        } else {
            [
                Self::from_edges(self.left, self.top, self.right, hole.top),
                Self::from_edges(self.left, hole.top, hole.left, hole.bottom),
                Self::from_edges(hole.right, hole.top, self.right, hole.bottom),
                Self::from_edges(self.left, hole.bottom, self.right, self.bottom),
            ]
        };
        rest.into_iter().filter(|r| !r.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::Rect;

    #[test]
    fn sizes_that_are_not_positive_are_empty() {
        for r in [Rect::new(5, 5, 0, 3), Rect::new(5, 5, 3, -1), Rect::new(i32::MAX, 0, 5, 5)] {
            assert!(r.is_empty());
            assert_eq!(r, Rect::EMPTY);
        }
    }

    #[test]
    fn extreme_coordinates_saturate() {
        let all = Rect::from_edges(i32::MIN, i32::MIN, i32::MAX, i32::MAX);
        assert_eq!(all.width(), u32::MAX);
        assert_eq!(Rect::new(i32::MAX - 1, 0, i32::MAX, 1).right(), i32::MAX);
        assert_eq!(all.translate(i32::MAX, 0).left(), -1);
        assert_eq!(all.grow(10), all);
    }

    #[test]
    fn intersect_union_and_covers() {
        let a = Rect::new(0, 0, 10, 10);
        let b = Rect::new(5, 6, 10, 10);
        assert_eq!(a.intersect(b), Rect::from_edges(5, 6, 10, 10));
        assert_eq!(a.union(b), Rect::from_edges(0, 0, 15, 16));
        assert_eq!(a.union(Rect::EMPTY), a);
        assert!(a.covers(Rect::new(2, 2, 8, 8)) && !a.covers(b));
        assert!(a.intersect(Rect::new(10, 0, 5, 5)).is_empty());
    }

    #[test]
    fn subtract_leaves_every_other_pixel_once() {
        let outer = Rect::new(0, 0, 6, 6);
        for hole in [Rect::new(2, 2, 2, 2), Rect::new(-3, 4, 20, 9), Rect::new(0, 0, 6, 6), Rect::new(7, 7, 1, 1)] {
            let parts: Vec<_> = outer.subtract(hole).collect();
            for (x, y) in (0..6).flat_map(|y| (0..6).map(move |x| (x, y))) {
                let count = parts.iter().filter(|p| p.contains(x, y)).count();
                assert_eq!(count, usize::from(!hole.contains(x, y)), "{x},{y} without {hole:?}");
            }
        }
    }
}
