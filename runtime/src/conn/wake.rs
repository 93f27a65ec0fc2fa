//! How a loop learns of work that no link tells of.

/// Wakes the loop of an endpoint from other threads. Neither method may wait.
pub(crate) trait Wake: Send + Sync {
    /// Has the loop come.
    fn wake(&self);

    /// It has come.
    fn clear(&self);
}
