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

use crate::error::ProtocolError;
use crate::handle::Interface;

/// An error about an object that no longer exists, as one of the display: another object may have its id.
#[cold]
pub(crate) fn about_gone(error: ProtocolError) -> ProtocolError {
    let (interface, object) = (error.interface.unwrap_or("unknown"), error.object);
    let message = format!("{interface}#{object}, which no longer exists: {}", error.message);
    // Code 0 is `invalid_object`.
    ProtocolError { object: 1, interface: Some(WlDisplay::SPEC.name), code: 0, message }
}
