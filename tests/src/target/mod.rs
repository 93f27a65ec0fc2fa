//! The implementation under test as a process: starting it, ending it, looking at it from outside.
//!
//! Knows Unix processes and `/proc`; refuses to know the wire.

mod build;
mod observe;
mod spawn;

pub use build::{example, program};
pub use observe::Process;
pub use spawn::{Launch, Running, Template, ending, installed};
