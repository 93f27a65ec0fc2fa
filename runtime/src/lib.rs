//! wayline.

pub mod client;
mod conn;
mod core;
mod error;
mod interface;
#[cfg(feature = "io")]
pub mod io;
mod limits;
mod objects;
pub mod protocol;
pub mod server;
#[cfg(feature = "io")]
mod source;
mod trace;
pub mod wire;

pub use crate::client::{Client, EventHandler, HasClient};
pub use crate::conn::{Link, MemoryLink, Received};
pub use crate::core::{Incoming, NewId, Outgoing, Sender, Stats, array_size, optional_string_size, string_size};
pub use crate::error::{Disconnect, Fault, Gone, Handled, ProtocolError, SendError};
#[cfg(feature = "io")]
pub use crate::error::{Error, Result};
pub use crate::interface::{Arg, ArgKind, ClientId, Handle, Interface, Message, Slot, Spec};
pub use crate::limits::Limits;
pub use crate::protocol::WlCallback;
pub use crate::server::{GlobalId, HasServer, RequestHandler, Server};
#[cfg(feature = "calloop")]
pub use crate::source::Source;
pub use crate::wire::{Fixed, Malformed, words};

/// Includes the code that `wayline-codegen` generated for the protocol called
/// `name` in the build script of the calling crate.
#[macro_export]
macro_rules! include_protocol {
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
}
