//! Tests without sockets: a server and its clients in one thread, connected in memory.
//!
//! ```
//! # mod bell {
//! #     use wayline::{Handle, Interface, InterfaceIndex, Spec};
//! #     #[derive(Clone, Copy, PartialEq, Eq, Debug)]
//! #     pub struct Bell(Handle);
//! #     static SPEC: Spec = Spec { name: "bell", version: 1, requests: &[], events: &[], index: InterfaceIndex::new() };
//! #     impl Interface for Bell {
//! #         const SPEC: &'static Spec = &SPEC;
//! #         type Request<'a> = ();
//! #         type Event<'a> = ();
//! #         fn from_handle(handle: Handle) -> Bell { Bell(handle) }
//! #         fn handle(self) -> Handle { self.0 }
//! #     }
//! #     impl<A: wayline::RequestHandler<Bell>> wayline::Dispatch<A, wayline::ServerRole<A>> for Bell {
//! #         type Data = A::Data;
//! #         type Child = Self;
//! #         fn message(_: &mut A, _: &mut wayline::Incoming<'_>) -> wayline::HandlerResult { Ok(()) }
//! #         fn bound(app: &mut A, this: Bell, global: wayline::GlobalId) -> wayline::HandlerResult { app.bound(this, global) }
//! #     }
//! #     impl<A: wayline::HasClient> wayline::Dispatch<A, wayline::ClientRole> for Bell {
//! #         type Data = ();
//! #         type Child = Self;
//! #         fn message(_: &mut A, _: &mut wayline::Incoming<'_>) -> wayline::HandlerResult { Ok(()) }
//! #     }
//! # }
//! # use bell::Bell;
//! # use wayline::{Client, GlobalId, HandlerResult, HasClient, HasServer, RequestHandler, Server};
//! # struct Tower { server: Server<Tower>, bells: u32 }
//! # impl HasServer for Tower { fn server(&mut self) -> &mut Server<Tower> { &mut self.server } }
//! # impl RequestHandler<Bell> for Tower {
//! #     type Data = ();
//! #     fn request(&mut self, _: Bell, _: ()) -> HandlerResult { Ok(()) }
//! #     fn bound(&mut self, _: Bell, _: GlobalId) -> HandlerResult { self.bells += 1; Ok(()) }
//! # }
//! # struct Ringer { client: Client<Ringer> }
//! # impl HasClient for Ringer { fn client(&mut self) -> &mut Client<Ringer> { &mut self.client } }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // `Tower` has a server of `Bell`, `Ringer` a client.
//! let mut tower = Tower { server: Server::new(), bells: 0 };
//! tower.server.add_global::<Bell>(1)?;
//! let mut ringer = Ringer { client: wayline::testing::connect(&mut tower.server) };
//! wayline::testing::pump(&mut tower, &mut ringer);
//!
//! let _bell: Bell = ringer.client.bind(1)?;
//! wayline::testing::pump(&mut tower, &mut ringer);
//! assert_eq!(tower.bells, 1);
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
