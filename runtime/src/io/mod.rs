//! Everything that makes a system call: sockets, the poll set, shared memory, fences.

pub mod connect;
pub mod credentials;
pub mod descriptors;
pub(crate) mod error;
pub mod fence;
pub mod inherit;
pub mod kind;
pub mod listener;
mod mount;
pub mod path;
pub(crate) mod poll_set;
pub mod process;
pub mod shm;
mod socket;
#[cfg(feature = "calloop")]
pub(crate) mod source;
mod stranger;
pub(crate) mod sys;
mod waker;

pub use socket::Socket;
