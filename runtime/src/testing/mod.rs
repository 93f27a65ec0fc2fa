//! Tests without sockets: a server and its clients in one thread, connected in memory.
//!
//! A handler is tested in ten lines. Here it is the server's of the [front page](crate#a-server-and-a-client)'s counter;
//! its peer is a client that only notes what it hears:
//!
//! ```
//! # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
//! # use app::{ClientApp, Counter, ServerApp};
//! use wayline::testing::{connect, pump};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut app = ServerApp::new();
//! let mut mock = ClientApp { client: connect(&mut app.server), total: 0 };
//! pump(&mut app, &mut mock);
//!
//! let counter: Counter = mock.client.bind(1)?;
//! counter.add(&mut mock.client, 2)?;
//! counter.add(&mut mock.client, 3)?;
//! pump(&mut app, &mut mock);
//! assert_eq!((app.total, mock.total), (5, 5));
//! # Ok(())
//! # }
//! ```
//!
//! The handlers of a client are tested with a server that is a mock: it notes what it is asked, and answers what the test wants,
//! here something that no counter would. Then it fails, as a server does that finds a fault.
//!
//! ```
//! # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
//! # use app::{ClientApp, Counter, counter};
//! use wayline::testing::{connect, pump};
//! use wayline::{Disconnect, HandlerError, HandlerResult, HasServer, RequestHandler, Server};
//!
//! struct Mock {
//!     server: Server<Mock>,
//!     asked: Vec<u32>,
//!     answer: Option<u32>,
//! }
//! # impl HasServer for Mock { fn server(&mut self) -> &mut Server<Mock> { &mut self.server } }
//!
//! impl RequestHandler<Counter> for Mock {
//!     type Data = ();
//!
//!     fn request(&mut self, this: Counter, request: counter::Request) -> HandlerResult {
//!         let counter::Request::Add { amount } = request else { return Ok(()) };
//!         self.asked.push(amount);
//!         let answer = self.answer.ok_or_else(|| HandlerError::protocol(this, 7u32, "as the test wants"))?;
//!         Ok(this.total(&mut self.server, answer)?)
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut mock = Mock { server: Server::new(), asked: Vec::new(), answer: Some(4_000_000_000) };
//! mock.server.add_global::<Counter>(1)?;
//! let mut app = ClientApp { client: connect(&mut mock.server), total: 0 };
//! pump(&mut mock, &mut app);
//!
//! let counter: Counter = app.client.bind(1)?;
//! counter.add(&mut app.client, 2)?;
//! pump(&mut mock, &mut app);
//! assert_eq!((mock.asked.as_slice(), app.total), (&[2][..], 4_000_000_000));
//!
//! mock.answer = None;
//! counter.add(&mut app.client, 3)?;
//! pump(&mut mock, &mut app);
//! assert!(matches!(app.client.ended(), Some(Disconnect::Protocol(error)) if error.code == 7));
//! # Ok(())
//! # }
//! ```
//!
//! Faults of the kernel have names, and so have limits. A client whose third byte cannot be sent for a moment, at a server that
//! lets it have two objects beside those of the connection:
//!
//! ```
//! # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
//! # use app::{ClientApp, Counter, ServerApp};
//! use wayline::testing::{FaultyLink, LinkFault, Plan, Way, pump};
//! use wayline::{Client, Limits, MemoryLink};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut app = ServerApp::new();
//! app.server.set_limits(Limits { objects: 4, ..Limits::default() });
//! let (ours, theirs) = MemoryLink::pair();
//! app.server.connect(ours);
//! let plan = Plan::At { way: Way::Send, byte: 2, fault: LinkFault::WouldBlock };
//! let mut mock = ClientApp { client: Client::new(FaultyLink::new(theirs, plan)), total: 0 };
//! pump(&mut app, &mut mock);
//! mock.client.flush();
//! pump(&mut app, &mut mock);
//!
//! for _ in 0..3 {
//!     let _: Counter = mock.client.bind(1)?;
//! }
//! pump(&mut app, &mut mock);
//! assert!(mock.client.ended().is_some(), "the third is one too many");
//! # Ok(())
//! # }
//! ```
//!
//! A peer that is to do what no generated code would is a [`Connection`](crate::dynamic::Connection), or the bare other end
//! of a [`MemoryLink`]. A kernel that fails is a [`FaultyLink`] link.

mod faults;

use crate::client::{self, Client, HasClient};
use crate::conn::MemoryLink;
use crate::server::{self, HasServer, Server};

pub use faults::{FaultyLink, LinkFault, PATIENCE, Plan, Random, SEED, Way};

/// A client of `server`, connected in memory. It knows the globals after [`pump`].
pub fn connect<S: HasServer, C: HasClient>(server: &mut Server<S>) -> Client<C> {
    let (one, other) = MemoryLink::pair();
    server.connect(one);
    Client::new(other)
}

/// Passes messages between a server and a client until neither has anything to say: all that follows from what was
/// queued has been handled then, and whoever ended has been told. Other clients of the server are read too.
///
/// Where two applications never come to rest, because each answers the other, it goes on for ever.
pub fn pump<S: HasServer, C: HasClient>(server: &mut S, client: &mut C) {
    let mut busy = true;
    while busy {
        client::finish_turn(client);
        let clients: Vec<_> = server.server().clients().collect();
        busy = false;
        for id in clients {
            busy |= server::receive(server, id);
        }
        server::finish_turn(server);
        busy |= client::receive(client);
        client::finish_turn(client);
    }
}
