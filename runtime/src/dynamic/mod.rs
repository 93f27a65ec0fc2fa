//! Protocols that are known at run time only: for proxies, and for bindings of scripting languages.
//!
//! Generated code is the usual way to speak a protocol. A program that reads protocol XML when it runs has no types for
//! it. It describes interfaces as [`Interface`] values, collects them as [`Protocols`], and talks through a
//! [`Connection`], which has no handlers: [`Connection::receive`] gives the next message as a [`Message`] of
//! [`Value`]s, [`Connection::send`] queues one. Any [`Link`](crate::Link) will do, such as
//! [`io::Socket`](crate::io::Socket) and [`MemoryLink`](crate::MemoryLink).
//!
//! | to | look at |
//! |---|---|
//! | describe what XML says | [`Interface`], [`Signature`], [`ArgKind`], [`Protocols::new`] |
//! | describe what generated code has | `Interface::from(&counter::SPEC)` |
//! | take part as a client or server | [`Connection::client`], [`Connection::server`] |
//! | sit between two peers | [`Relay`], [`Selection`] |
//! | decode what was captured | [`Signature::decode`], [`Signature::encode`] |
//! | print a message | the `Display` of [`Received`] |
//!
//! Received messages are judged as the endpoints of generated code do, with the same [limits](crate::Limits), and what
//! is refused has a typed reason, [`Refusal`]. The objects that a message makes are known from then on, by the interface
//! that the description or, in `wl_registry.bind`, the message itself names.
//!
//! # A server and a client
//!
//! Both take part themselves and say which ids new objects have. `wl_display` and `wl_registry` are interfaces like all
//! others: what is not written here does not happen.
//!
//! ```
//! use wayline::MemoryLink;
//! use wayline::dynamic::{Arg, ArgKind, Connection, Interface, Message, Protocols, Signature, Value};
//!
//! let message = |name: &str, kind| Signature {
//!     name: name.into(),
//!     since: 1,
//!     destructor: false,
//!     args: vec![Arg { name: "amount".into(), kind }],
//! };
//! let counter = Interface {
//!     name: "counter".into(),
//!     version: 1,
//!     requests: vec![message("add", ArgKind::Uint)],
//!     events: vec![message("total", ArgKind::Uint)],
//! };
//! let protocols = Protocols::new([counter])?;
//!
//! let (a, b) = MemoryLink::pair();
//! let mut server = Connection::server(a, &protocols);
//! let mut client = Connection::client(b, &protocols);
//!
//! // wl_display.get_registry; wl_registry.bind of the global with the name 1; counter.add.
//! let registry = client.vacant_id()?;
//! client.send(Message { object: 1, opcode: 1, values: vec![Value::NewId(registry)] })?;
//! let counter = client.vacant_id()?;
//! let bound = Value::AnyNewId { interface: "counter".into(), version: 1, id: counter };
//! client.send(Message { object: registry, opcode: 0, values: vec![Value::Uint(1), bound] })?;
//! client.send(Message { object: counter, opcode: 0, values: vec![Value::Uint(5)] })?;
//! client.flush()?;
//!
//! let mut lines = Vec::new();
//! while let Some(received) = server.receive()? {
//!     lines.push(received.to_string());
//!     if let [Value::Uint(amount)] = received.message.values[..] {
//!         server.send(Message { object: received.message.object, opcode: 0, values: vec![Value::Uint(amount)] })?;
//!     }
//! }
//! server.flush()?;
//! let answer = client.receive()?.map(|received| received.to_string());
//!
//! assert_eq!(
//!     lines,
//!     [
//!         "wl_display#1.get_registry(new id wl_registry#2)",
//!         "wl_registry#2.bind(1, new id counter#3 version 1)",
//!         "counter#3.add(5)",
//!     ]
//! );
//! assert_eq!(answer.as_deref(), Some("counter#3.total(5)"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A proxy
//!
//! [`Relay`] has an example, and `tests/examples/counter-proxy.rs` in the repository is a whole program.

mod codec;
mod connection;
mod end;
mod error;
mod interface;
mod plan;
mod protocols;
mod received;
mod relay;
mod selection;
mod table;
mod value;
mod view;

pub use connection::Connection;
pub use end::End;
pub use error::{DescriptionError, EncodeError, ReceiveError, Refusal, RefusalReason};
pub use interface::{Arg, ArgKind, Direction, Interface, Signature};
pub use protocols::Protocols;
pub use received::Received;
pub use relay::{Passed, Relay, Verdict};
pub use selection::Selection;
pub use value::{Message, Value, ValueRef};
pub use view::{Args, View};
