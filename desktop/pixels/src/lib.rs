#![doc = include_str!("../README.md")]

mod damage;
mod format;
mod layout;
mod rect;

pub use damage::Damage;
pub use format::PixelFormat;
pub use layout::{BufferArgs, Layout, LayoutError};
pub use rect::Rect;

/// Longest side in pixels of what is put on a screen, in either direction: the most that `way_pool.create_buffer` takes.
pub const MAX_SIDE: u32 = 16384;
