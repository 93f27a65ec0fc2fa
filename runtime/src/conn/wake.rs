//! How a loop is woken for work that did not come from a link.

/// Wakes the loop of an endpoint from other threads. Neither method may wait.
pub(crate) trait Wake: Send + Sync {
    /// Has the loop come.
    fn wake(&self);

    /// It has come.
    fn clear(&self);
}
