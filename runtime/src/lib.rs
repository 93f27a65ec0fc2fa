//! A Wayland-wire transport for compositors and their clients.
//!
//! `wayline-codegen` makes message types from protocol XML; this crate carries
//! them over Unix sockets, with shared memory and eventfds passed along. Both
//! sides look alike: the application owns its [`Server`] or [`Client`], says so
//! by [`HasServer`] or [`HasClient`], and implements [`RequestHandler`] or
//! [`EventHandler`] for each interface it deals with. The compiler says which
//! are missing.
//!
//! | to | look at |
//! |---|---|
//! | serve a protocol | [`Server::bind`], [`Server::add_global`], [`server::run`] |
//! | use one | [`Client::connect`], [`Client::bind`], [`client::roundtrip`] |
//! | sit in a calloop loop | [`Source`], made by `server.source()` or `client.source()` |
//! | sit in any other loop | [`Server::poll_fd`] with [`server::turn`], [`Client::poll_fd`] with [`client::turn`] |
//! | keep state for an object | the handler's `Data`, reached by [`Server::data`] or [`Client::data`] |
//! | refuse a request | [`Fault::protocol`] |
//! | know why a connection ended | [`Disconnect`] |
//! | share pixels | [`io::shm`] |
//! | wait for pixels | [`io::fence`] |
//! | bound what a peer can cost | [`Limits`] |
//! | see every message | set `WAYLINE_DEBUG=1`, or subscribe to the `tracing` target `wayline::wire` |
//! | test without sockets | [`MemoryLink`] |
//!
//! Everything is `Send`; an endpoint belongs to one thread at a time. Nothing
//! blocks except the functions of [`client`] that say so.
//!
//! # Ids of cases
//! Ids such as `O07` or `D13` in these pages and in the sources are cases of the
//! conformance kit, where what a peer does and what must come of it is said in
//! a sentence: `tests/CONFORMANCE.md` in the repository; `conform server --list
//! --case O07` prints them with their sources.
//!
//! # Features
//! - `calloop` (default): the event source for that loop; implies `io`.
//! - `io`: sockets, shared memory, fences, and waiting.
//! - Without either, the core: no system call, connections are [`Link`]s.

// Unit tests use the protocol of the integration tests, whose code names this crate.
#[cfg(all(test, feature = "io"))]
extern crate self as wayline;

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
pub use crate::error::{Disconnect, Fault, Gone, Handled, ProtocolError, SendError, SocketError};
pub use crate::interface::{Arg, ArgKind, ClientId, Handle, Interface, Message, Slot, Spec};
pub use crate::limits::Limits;
pub use crate::protocol::WlCallback;
pub use crate::server::{Backlog, GlobalId, HasServer, RequestHandler, Server};
#[cfg(feature = "calloop")]
pub use crate::source::Source;
#[cfg(feature = "io")]
pub use crate::source::{Error, Result};
pub use crate::wire::{Fixed, Malformed, words};

/// Includes the code that `wayline-codegen` generated for the protocol called
/// `name` in the build script of the calling crate.
#[macro_export]
macro_rules! include_protocol {
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
}
