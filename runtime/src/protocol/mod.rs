//! The bootstrap interfaces, which every connection has.
//!
//! `wl_display`, `wl_registry`, `wl_callback` and `wl_fixes` belong to the
//! runtime; all others come from the author's XML. These files have the shape
//! of generated code. Requests and events that the runtime answers itself have
//! no send methods here; `client` and `server` speak them.

pub mod wl_callback;
pub mod wl_display;
pub mod wl_fixes;
pub mod wl_registry;

pub use wl_callback::WlCallback;
pub use wl_display::WlDisplay;
pub use wl_fixes::WlFixes;
pub use wl_registry::WlRegistry;
