//! Everything that makes a system call: sockets, shared memory, fences.
//!
//! Knows file descriptors and paths, no objects and no messages.

pub mod connect;
pub mod credentials;
pub mod fence;
pub mod inherit;
pub mod listener;
mod mount;
pub mod path;
pub mod shm;
mod socket;
mod stranger;
mod sys;

pub use socket::Socket;
