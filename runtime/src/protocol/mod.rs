//! The bootstrap interfaces, which every connection has.
//!
//! `wl_display`, `wl_registry`, `wl_callback` and `wl_fixes` belong to the
//! runtime; all others come from the author's XML. These files have the tables
//! and types of generated code; `client` and `server` speak them, and send and
//! answer what applications have no part in.

pub mod wl_callback;
pub mod wl_display;
pub mod wl_fixes;
pub mod wl_registry;

pub use wl_callback::WlCallback;
pub use wl_display::WlDisplay;
pub use wl_fixes::WlFixes;
pub use wl_registry::WlRegistry;
