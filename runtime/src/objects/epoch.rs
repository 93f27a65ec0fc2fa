//! A counter that tells a loop when to look up a remembered object again.

/// Changes whenever a live object ends. The receive loop keeps what it knows of an object until then.
///
/// Every method of [`Objects`](super::Objects) that ends objects takes it, so that none can forget it. One epoch serves
/// all connections of an endpoint, since a handler may end objects of any of them.
#[derive(Debug)]
pub(crate) struct Epoch(u64);

impl Epoch {
    /// No epoch has this value.
    pub(crate) const NEVER: u64 = u64::MAX;

    pub(crate) fn new(value: u64) -> Epoch {
        Epoch(value)
    }

    #[inline(always)]
    pub(crate) fn value(&self) -> u64 {
        self.0
    }

    /// Called for what ends without a method of [`Objects`](super::Objects): whole connections.
    #[inline]
    pub(crate) fn advance(&mut self) {
        self.0 += 1;
    }
}
