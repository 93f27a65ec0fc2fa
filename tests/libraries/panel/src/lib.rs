//! Panels of desk.xml, which list the windows of another library.
//!
//! The `Host` traits extend those of `desk-shell`, so this library reaches the typed state of windows as that one does.

pub mod client;
pub mod server;
