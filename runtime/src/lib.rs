//! Typed messages over Unix sockets, in the wire format of Wayland, for compositors and their clients.
//!
//! You describe a protocol in XML. `wayline-codegen` generates message types from it, and this crate sends and receives
//! the messages. They can pass file descriptors, shared memory and eventfds.
//!
//! A server is a struct of yours that owns a [`Server`]. It implements [`HasServer`], which returns the `Server`, and a
//! [`RequestHandler`] for each interface. A client is built in the same way, with [`Client`], [`HasClient`] and
//! [`EventHandler`]. If a handler is missing, the program does not compile.
//!
//! | to | look at |
//! |---|---|
//! | serve a protocol | [`Server::listen_at`], [`Server::add_global`], [`server::run`] |
//! | write a client | [`Client::connect`], [`Client::bind`], [`client::roundtrip`] |
//! | use calloop | [`Source`], made by `server.source()` or `client.source()` |
//! | use another event loop | [`Server::poll_fd`] with [`server::turn`], [`Client::poll_fd`] with [`client::turn`] |
//! | find an example for tokio, mio, async-io or poll(2) | `examples/loops` of the repository |
//! | make a round trip in an `async` function | [`Client::begin_roundtrip`] |
//! | keep state for an object | `Data` of the handler, with [`Server::data`] or [`Client::data`] |
//! | refuse a request | [`HandlerError::protocol`] |
//! | know why a connection ended | [`Disconnect`], [`ProtocolError::is`] |
//! | share pixels | [`io::shm`] |
//! | wait for pixels | [`io::fence`] |
//! | limit the memory and time that a peer can use | [`Limits`] |
//! | decide who may connect | [`HasServer::admit`], [`server::Applicant`] |
//! | know what a descriptor is | [`io::kind`] |
//! | print a string from a peer | [`Escaped`] |
//! | see every message | set `WAYLINE_DEBUG=1` or `WAYLAND_DEBUG=1`, or subscribe to the `tracing` target `wayline::wire` |
//! | see the messages of one client | [`Server::set_traced`] |
//! | know what a client does, and did before its error | [`Server::traffic`], [`Server::last_messages`] |
//! | replace a running server without losing a client | [`mod@carry`] |
//! | load a protocol at run time, or write a proxy | [`dynamic`] |
//! | test without sockets | [`MemoryLink`] |
//!
//! All types are `Send`. One thread at a time can use a `Server` or a `Client`. These functions wait: [`server::run`],
//! [`server::dispatch`], [`Client::connect`], and the functions of [`client`] that say so. No other function waits.
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
//! The server. It needs no state for each object, so `Data` is `()`:
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
//! The project's tests build and run both programs (`tests/examples`).
//!
//! A send method returns [`SendError::Gone`] if the object or its client has gone. `?` then ends the handler, and the
//! connection goes on. If a handler returns `Err(HandlerError::protocol(..))`, the client gets this error event and is
//! disconnected. Other clients notice nothing. A handler owns the descriptors of the message that it received
//! (`OwnedFd`). A send method takes an `OwnedFd` and closes it, also if it returns an error.
//!
//! # Ids of cases
//! An id such as `O07` or `D13` in these pages names a case of the conformance kit. Each case is a sentence that says what
//! a program does and what must happen then. `tests/CONFORMANCE.md` in the repository lists the cases.
//! `conform server --list --case O07` prints one, with the place that the rule comes from.
//!
//! # Features
//! - `calloop` (default): an event source for calloop; includes `io`.
//! - `io`: sockets, shared memory, fences, and functions that wait.
//! - Without both features the crate makes no system calls, and each connection is a [`Link`] of yours.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "io"), allow(dead_code, reason = "the loop that uses the rest waits for sockets"))]

// Generated code names this crate: that of the bootstrap interfaces, and that of the integration tests' protocol.
extern crate self as wayline;

#[cfg(feature = "io")]
pub mod carry;
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
pub use crate::endpoint::{Closed, Dispatch, Endpoint, Incoming, NewId, Role, Sender, Stats, Traffic};
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

/// Includes the code that `wayline-codegen` generated in the build script of the calling crate.
///
/// `name` is the name of the XML file without `.xml`, or the argument of `Builder::output`. If the compiler says
/// `couldn't read …/out/name.rs`, the build script generated no file of this name. If it says that `OUT_DIR` is not
/// defined, the crate has no build script.
#[macro_export]
macro_rules! include_protocol {
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
}
