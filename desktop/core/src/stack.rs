//! The order of windows from bottom to top.

use std::collections::BTreeMap;

use super::SurfaceId;

/// Where a window is in the order: its level, and when it was raised.
pub(super) type Key = (i8, u64);

/// Windows on the screen. Those of a higher level are above all of a lower one.
#[derive(Debug, Default)]
pub(super) struct Stack {
    order: BTreeMap<Key, SurfaceId>,
    raised: u64,
}

impl Stack {
    /// Puts a window above all others of its level. `key` is where it is, which is updated.
    pub(super) fn raise(&mut self, window: SurfaceId, level: i8, key: &mut Option<Key>) {
        self.remove(key);
        self.raised += 1;
        self.order.insert((level, self.raised), window);
        *key = Some((level, self.raised));
    }

    pub(super) fn remove(&mut self, key: &mut Option<Key>) {
        if let Some(key) = key.take() {
            self.order.remove(&key);
        }
    }

    /// From bottom to top.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = SurfaceId> + '_ {
        self.order.values().copied()
    }
}
