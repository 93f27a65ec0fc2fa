//! The two directions of one connection, without system calls: bytes and fds
//! wait here between the socket and the messages.
//!
//! Knows limits and order; knows no objects and no handlers.

mod inbox;
mod link;
mod outbox;
mod wake;

pub(crate) use inbox::{Inbox, Left};
pub use link::{Link, MemoryLink, Received};
pub(crate) use outbox::{Flush, FlushStats, Outbox, SendLimits};
pub(crate) use wake::Wake;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
