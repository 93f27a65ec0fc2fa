//! A number that counts how often it is compared, for tests of what a look costs.

use std::cell::Cell;
use std::cmp::Ordering;

thread_local! {
    static COMPARISONS: Cell<u32> = const { Cell::new(0) };
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted(pub(crate) u32);

impl Ord for Counted {
    fn cmp(&self, other: &Counted) -> Ordering {
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Counted {
    fn partial_cmp(&self, other: &Counted) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Counted) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Counted {}

/// Comparisons on this thread while something is done.
pub(crate) fn comparisons(act: impl FnOnce()) -> u32 {
    let before = COMPARISONS.get();
    act();
    COMPARISONS.get() - before
}
