//! The bootstrap interfaces, which every connection has.
//!
//! `wl_display`, `wl_registry`, `wl_callback` and `wl_fixes` belong to the
//! runtime; all others come from the author's XML. Handles, enums and tables are
//! generated from `bootstrap.xml`; `client` and `server` send, decode and answer
//! the messages, and what applications have no part in.
//!
//! A server offers `wl_fixes` with `server.add_global::<WlFixes>(2)`.

// What `wayline generate --bootstrap` makes of bootstrap.xml; a test of the generator compares.
#[rustfmt::skip]
mod generated;

pub use generated::{WlCallback, WlDisplay, WlFixes, WlRegistry, wl_callback, wl_display, wl_fixes, wl_registry};

use crate::error::ProtocolError;
use crate::handle::Interface;

/// An error about an object that no longer exists, as one of the display: another object may have its id.
#[cold]
pub(crate) fn about_gone(error: ProtocolError) -> ProtocolError {
    let (interface, object) = (error.interface.unwrap_or("unknown"), error.object);
    let message = format!("{interface}#{object}, which no longer exists: {}", error.message);
    let code = wl_display::Error::INVALID_OBJECT.0;
    ProtocolError { object: 1, interface: Some(WlDisplay::SPEC.name), code, message }
}
