//! The client's side: handlers, the registry, one connection.
//!
//! The application owns its [`Client`] and is passed to every function that may call a handler, so handlers can use all
//! of it.
//!
//! | the loop is | call |
//! |---|---|
//! | none: a program that asks and waits | [`roundtrip`], [`roundtrip_within`], [`dispatch`], [`dispatch_until`] |
//! | calloop | [`turn`], from the callback of [`Client::source`] |
//! | any that polls descriptors | [`turn`] when [`Client::poll_fd`] is readable, [`Client::flush`] before it sleeps |
//! | an async runtime | the same; [`Client::begin_roundtrip`] instead of [`roundtrip`] |
//! | without sockets, on a [`Link`] | [`receive`] when there is something to read; then [`finish_turn`] |

mod display;
mod handler;
mod module;
mod objects;
mod order;
mod registry;
mod role;
#[cfg(feature = "io")]
mod sockets;
#[cfg(feature = "io")]
mod turn;

use std::sync::atomic::Ordering;

use crate::conn::{Flush, Link};
use crate::endpoint::{self, Budget, Core, Endpoint, Peer, Progress};
use crate::error::{Disconnect, SendError};

pub use handler::{EventHandler, HasClient};
pub use module::{Delegate, Module};
pub use registry::Global;
pub use role::ClientRole;
#[cfg(feature = "io")]
pub use turn::{dispatch, dispatch_until, roundtrip, roundtrip_within, turn};

/// The client's end of one connection.
///
/// Owned by the application `A`. `Send`, no interior mutability: it may move to
/// another thread between two calls. Dropping it closes the connection.
///
/// ```
/// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
/// # use app::{ClientApp, Counter, ServerApp};
/// # use wayline::testing;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut server = ServerApp::new();
/// // `Client::connect()?` finds the server that the environment names; this one is a test's.
/// let mut app = ClientApp { client: testing::connect(&mut server.server), total: 0 };
/// testing::pump(&mut server, &mut app);
///
/// let counter: Counter = app.client.bind(1)?;
/// counter.add(&mut app.client, 5)?;
/// // `wayline::client::roundtrip(&mut app)?` where the server is another process.
/// testing::pump(&mut server, &mut app);
/// assert_eq!(app.total, 5);
/// # Ok(())
/// # }
/// ```
pub type Client<A> = Endpoint<A, ClientRole>;

/// A round trip under way, see [`Client::begin_roundtrip`]. The greater of two was begun later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Roundtrip(u64);

impl<A> std::fmt::Debug for Client<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("ended", &self.reason()).finish_non_exhaustive()
    }
}

impl<A> Client<A> {
    fn reason(&self) -> Option<&Disconnect> {
        let pending = self.core.peer(self.role.connection).and_then(Peer::end);
        self.role.ended.as_ref().or(pending)
    }
}

impl<A: HasClient> Client<A> {
    /// A client whose connection is `link`. Asks for the registry, so the
    /// globals are known after the first round trip.
    #[must_use]
    pub fn new(link: impl Link + 'static) -> Client<A> {
        let mut core = Core::new::<ClientRole>();
        let connection = core.add_peer(Box::new(link));
        let registry = display::insert(&mut core, connection);
        let role = ClientRole {
            connection,
            registry,
            asked: 0,
            answered: 0,
            ended: None,
            bad_deletes: false,
            #[cfg(feature = "io")]
            poll_set: None,
            #[cfg(feature = "io")]
            congested_since: None,
        };
        Endpoint { core, role }
    }

    /// The same connection for another application. Only bootstrap objects may
    /// exist: their handlers are the runtime's own, whatever the application.
    #[cfg(feature = "io")]
    fn with_app<B: HasClient>(self) -> Client<B> {
        let mut core = self.core.without_handlers::<B, ClientRole>();
        display::install(&mut core);
        let mut client = Endpoint { core, role: self.role };
        client.role.registry.tell_again();
        // No event will say so: the loop is to come before it sleeps.
        client.core.pending.store(true, Ordering::Relaxed);
        client
    }

    /// Why the connection ended; `None` while it lives.
    #[must_use]
    pub fn ended(&self) -> Option<&Disconnect> {
        self.reason()
    }

    /// Ends the connection, as [`Disconnect::Local`]. Takes effect when the current
    /// handler returns. Of what is queued the server gets what the socket takes at
    /// once; a [`roundtrip`] before it makes sure.
    pub fn disconnect(&mut self) {
        self.core.end(self.role.connection, Disconnect::Local);
    }

    /// Asks the server to say when it has handled all requests so far. [`Client::is_done`] tells when its answer was
    /// dispatched here, so that a loop of any kind can go on with other things until then:
    ///
    /// ```
    /// # use wayline::{Client, HasClient, HasServer, Server};
    /// # struct Tower { server: Server<Tower> }
    /// # impl HasServer for Tower { fn server(&mut self) -> &mut Server<Tower> { &mut self.server } }
    /// # struct Ringer { client: Client<Ringer> }
    /// # impl HasClient for Ringer { fn client(&mut self) -> &mut Client<Ringer> { &mut self.client } }
    /// # let mut tower = Tower { server: Server::new() };
    /// # let mut ringer = Ringer { client: wayline::testing::connect(&mut tower.server) };
    /// let asked = ringer.client.begin_roundtrip()?;
    /// assert!(!ringer.client.is_done(asked));
    /// // The loop turns, here that of a test.
    /// wayline::testing::pump(&mut tower, &mut ringer);
    /// assert!(ringer.client.is_done(asked));
    /// # Ok::<(), wayline::SendError>(())
    /// ```
    ///
    /// An `async` function begins it, and while it is not done waits for [`Client::poll_fd`] and calls [`turn`].
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued, [`SendError::Gone`] if the connection has ended.
    pub fn begin_roundtrip(&mut self) -> Result<Roundtrip, SendError> {
        display::sync(self)?;
        self.role.asked += 1;
        Ok(Roundtrip(self.role.asked))
    }

    /// Whether the server has answered a round trip of this client, so that all it said before that was dispatched. It will
    /// not if the connection ends before: [`turn`] fails then, and [`Client::ended`] says why.
    #[must_use]
    pub fn is_done(&self, roundtrip: Roundtrip) -> bool {
        self.role.answered >= roundtrip.0
    }

    /// Hands queued requests to the socket. Returns whether all are gone;
    /// otherwise the socket is full, and the event loop goes on when it can.
    /// Worth a call before a loop sleeps: it spares the turn that would only send.
    pub fn flush(&mut self) -> bool {
        self.core.flush_dirty();
        // One that was blocked before is not among them.
        let done = self.core.flush_peer(self.role.connection) == Flush::Done;
        if !done || self.core.has_ends() {
            // The loop has to wait for the socket, or to tell the application.
            self.core.pending.store(true, Ordering::Relaxed);
            #[cfg(feature = "io")]
            if let Err(error) = self.watch() {
                self.core.end(self.role.connection, Disconnect::by(&error));
            }
        }
        done
    }

    /// Whether requests wait for a full socket.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.core.peer(self.role.connection).is_some_and(|peer| peer.blocked && !peer.congested)
    }

    /// Whether requests wait because too many fds of this user are in flight, which no descriptor tells the end of.
    /// Blocking calls, the calloop source and [`Client::poll_fd`] try again a few times a second. The connection ends as
    /// [`Disconnect::FdsInFlight`] after [`Limits::slow_peer_grace`](crate::Limits::slow_peer_grace).
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.core.peer(self.role.connection).is_some_and(|peer| peer.congested)
    }
}

/// Reads once from the connection and handles what arrived. Returns whether
/// anything did. Event loops call this when the connection is readable.
pub fn receive<A: HasClient>(app: &mut A) -> bool {
    registry::tell_globals(app);
    let connection = app.client().role.connection;
    matches!(endpoint::receive::<A, ClientRole>(app, connection, &mut || u32::MAX), Progress::Read { .. })
}

/// Sends what handlers queued, and tells the application if the connection
/// ended. Event loops call this at the end of every turn.
pub fn finish_turn<A: HasClient>(app: &mut A) {
    finish(app);
}

/// As [`finish_turn`]. Returns whether other threads had something to do.
fn finish<A: HasClient>(app: &mut A) -> bool {
    registry::tell_globals(app);
    let done = endpoint::do_jobs::<A, ClientRole>(app);
    let unlimited: &mut Budget<'_> = &mut || u32::MAX;
    endpoint::hand_back::<A, ClientRole>(app, unlimited);
    app.client().core.flush_dirty();
    if endpoint::drain_unreadable::<A, ClientRole>(app, unlimited) {
        app.client().core.flush_dirty();
    }
    endpoint::hand_back::<A, ClientRole>(app, unlimited);
    done
}
