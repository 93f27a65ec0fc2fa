//! Waiting: which connections are ready, and for how long to sleep.
//!
//! Knows readiness and deadlines; leaves messages to `core` and system calls
//! on sockets to `io`. All clients of a server sit in one epoll set, which an
//! outer loop sees as one source: a turn costs what the active clients cost.

pub(crate) mod client;
mod error;
mod net;
pub(crate) mod server;

#[cfg(feature = "calloop")]
mod calloop;

#[cfg(feature = "calloop")]
pub use self::calloop::Source;
pub use error::{Error, Result};
pub(crate) use net::Net;
pub(crate) use server::watch;
