//! The two queues of one connection: received bytes and fds that were not handled yet, and those that wait to be sent.
//!
//! The queues keep the order and the limits. They make no system call: a [`Link`] moves the bytes.

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
