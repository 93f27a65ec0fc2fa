//! Shared memory: memfds that one process fills and another reads.
//!
//! [`Memory`] is the producer's side, [`Pool`] the side that receives a
//! descriptor, [`Layout`] the checked arguments of a buffer in a pool.
//!
//! What a peer may do to memory it shares with us, and why that is harmless:
//!
//! - *It writes while we read.* No reference to shared bytes ever exists. All
//!   access copies, through atomic machine words (`words`) or `pread`/`pwrite`.
//!   A picture may be torn; that is for fences to prevent. `&[u8]` is available
//!   only where `F_SEAL_WRITE` makes it true ([`Pool::immutable`]).
//! - *It shrinks the file*, so that touching a page raises `SIGBUS`. Only files
//!   sealed against that are mapped, after a look at their size (`map`). All
//!   others are read by system calls that come up short instead.
//! - *It claims more than there is.* Nothing is allocated by claimed size,
//!   mapping happens at first use, and a [`Quota`] bounds the sum.
//! - *It sends holes*, which cost us memory when they are touched. What is mapped
//!   or written counts as a whole against a [`Budget`]; reading goes on without
//!   it by `pread`, which leaves holes as they are.

mod budget;
mod create;
mod error;
mod import;
mod map;
mod policy;
mod rows;
mod span;
mod window;
mod words;

pub use self::budget::Budget;
pub use self::create::Memory;
pub use self::error::{ShmError, WlShmCode};
pub(crate) use self::import::Parts;
pub use self::import::{Immutable, Pool};
pub use self::policy::{Access, Policy, Quota};
pub use wayline_pixels::{BufferArgs, Layout, LayoutError, PixelFormat, Rect};
