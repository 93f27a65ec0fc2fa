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
//! | serve a protocol | [`Server::listen_at`], [`Server::add_global`], [`server::run`] |
//! | use one | [`Client::connect`], [`Client::bind`], [`client::roundtrip`] |
//! | sit in a calloop loop | [`Source`], made by `server.source()` or `client.source()` |
//! | sit in any other loop | [`Server::poll_fd`] with [`server::turn`], [`Client::poll_fd`] with [`client::turn`] |
//! | see one in tokio, mio, async-io or poll(2) | `examples/loops` of the repository |
//! | make a round trip in an `async` function | [`Client::begin_roundtrip`] |
//! | keep state for an object | the handler's `Data`, reached by [`Server::data`] or [`Client::data`] |
//! | refuse a request | [`HandlerError::protocol`] |
//! | know why a connection ended | [`Disconnect`], [`ProtocolError::is`] |
//! | share pixels | [`io::shm`] |
//! | wait for pixels | [`io::fence`] |
//! | bound what a peer can cost | [`Limits`] |
//! | print what a peer wrote | [`Escaped`] |
//! | see every message | set `WAYLINE_DEBUG=1`, or subscribe to the `tracing` target `wayline::wire` |
//! | speak a protocol that is known at run time only, or sit between two peers | [`dynamic`] |
//! | test without sockets | [`MemoryLink`] |
//!
//! Everything is `Send`; an endpoint belongs to one thread at a time. Nothing
//! blocks but [`server::run`], [`server::dispatch`], [`Client::connect`], and
//! those functions of [`client`] that say so.
//!
//! # A server and a client
//!
//! The protocol, `counter.xml`:
//!
//! ```xml
//! <protocol name="counter">
//!   <interface name="counter" version="1">
//!     <request name="add"><arg name="amount" type="uint"/></request>
//!     <request name="destroy" type="destructor"/>
//!     <event name="total"><arg name="value" type="uint"/></event>
//!   </interface>
//! </protocol>
//! ```
//!
//! `build.rs`, with `wayline-codegen` among the build dependencies:
//!
//! ```rust,ignore
//! fn main() {
//!     wayline_codegen::Builder::new().protocol("counter.xml").compile().unwrap();
//! }
//! ```
//!
//! The server. State for each object would be the handler's `Data`, made by
//! `Default` with the object and reached by `server.data(this)?`:
//!
//! ```rust,ignore
//! use wayline::{HandlerResult, HasServer, RequestHandler, Server};
//!
//! wayline::include_protocol!("counter");
//!
//! struct App {
//!     server: Server<App>,
//!     total: u32,
//! }
//!
//! impl HasServer for App {
//!     fn server(&mut self) -> &mut Server<App> {
//!         &mut self.server
//!     }
//! }
//!
//! impl RequestHandler<Counter> for App {
//!     type Data = ();
//!
//!     fn request(&mut self, this: Counter, request: counter::Request) -> HandlerResult {
//!         match request {
//!             counter::Request::Add { amount } => {
//!                 self.total = self.total.wrapping_add(amount);
//!                 this.total(&mut self.server, self.total)?;
//!             }
//!             counter::Request::Destroy => {}
//!         }
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> wayline::Result {
//!     let mut server = Server::listen_at("counter-0")?;
//!     server.add_global::<Counter>(1)?;
//!     wayline::server::run(App { server, total: 0 })?;
//!     Ok(())
//! }
//! ```
//!
//! The client:
//!
//! ```rust,ignore
//! use wayline::{Client, EventHandler, HandlerResult, HasClient, client};
//!
//! wayline::include_protocol!("counter");
//!
//! struct App {
//!     client: Client<App>,
//! }
//!
//! impl HasClient for App {
//!     fn client(&mut self) -> &mut Client<App> {
//!         &mut self.client
//!     }
//! }
//!
//! impl EventHandler<Counter> for App {
//!     type Data = ();
//!
//!     fn event(&mut self, _: Counter, event: counter::Event) -> HandlerResult {
//!         match event {
//!             counter::Event::Total { value } => println!("the total is {value}"),
//!         }
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> wayline::Result {
//!     let mut app = App { client: Client::connect_to("counter-0")? };
//!     let counter: Counter = app.client.bind(1)?;
//!     counter.add(&mut app.client, 5)?;
//!     client::roundtrip(&mut app)
//! }
//! ```
//!
//! Both are built and run by the project's tests, which is why they are not here
//! (`tests/examples`): a page cannot have a build script.
//!
//! A send returns [`SendError`] if the object or its client is gone; `?` in a
//! handler ends the handler then, and nobody is blamed. `Err(HandlerError::protocol(..))`
//! from a handler sends the error event and drops that client alone. Fds of a
//! received message are owned by the handler (`OwnedFd`); send methods take
//! `OwnedFd` as well, and close it if nothing is sent.
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

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "io"), allow(dead_code, reason = "the loop that uses the rest waits for sockets"))]

// Generated code names this crate: that of the bootstrap interfaces, and that of the integration tests' protocol.
extern crate self as wayline;

pub mod client;
mod conn;
#[cfg(test)]
mod counted;
pub mod dynamic;
mod endpoint;
mod error;
mod escape;
mod handler_error;
// Only generated code has a use for it.
#[doc(hidden)]
pub mod generated;
mod handle;
#[cfg(feature = "io")]
pub mod io;
mod limits;
mod objects;
pub mod protocol;
pub mod server;
mod spec;
pub mod testing;
mod trace;
pub mod wire;

pub use crate::client::{Client, ClientRole, EventHandler, HasClient};
pub use crate::conn::{Link, MemoryLink, Received};
pub use crate::endpoint::{Closed, Dispatch, Endpoint, Incoming, NewId, Role, Sender, Stats};
// Only generated code has a use for these.
#[doc(hidden)]
pub use crate::endpoint::{Draft, Outgoing, array_size, optional_string_size, string_size};
pub use crate::error::{
    BindError, Disconnect, GlobalError, LimitError, ObjectError, ProtocolError, Resource, Scope, SendError, SocketError,
};
pub use crate::escape::Escaped;
pub use crate::handle::{ClientId, GlobalId, Handle, Interface, ListenerId};
pub use crate::handler_error::{HandlerError, HandlerResult};
#[cfg(feature = "io")]
pub use crate::io::error::{Error, Result};
#[cfg(feature = "calloop")]
pub use crate::io::source::Source;
pub use crate::limits::{Limits, UserLimits};
pub use crate::protocol::WlCallback;
pub use crate::server::{HasServer, QueueStatus, RequestHandler, Server, ServerRole};
pub use crate::spec::{Arg, ArgKind, InterfaceIndex, Message, Spec};
#[doc(hidden)]
pub use crate::wire::words;
pub use crate::wire::{DecodeError, Fixed};

/// Includes the code that `wayline-codegen` generated for the protocol called
/// `name` in the build script of the calling crate.
#[macro_export]
macro_rules! include_protocol {
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
}
