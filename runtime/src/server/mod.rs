//! The server's side: handlers, clients, globals.
//!
//! The application owns its [`Server`] and is passed to every function that may call a handler, so handlers can use all
//! of it.
//!
//! | the loop is | call |
//! |---|---|
//! | this one's | [`run`], or [`dispatch`] again and again |
//! | calloop | [`turn`], from the callback of [`Server::source`] |
//! | any that polls descriptors | [`turn`], when [`Server::poll_fd`] is readable, and before it sleeps |
//! | without sockets, on [`Link`]s | [`receive`] and [`resume`] for clients that are ready; then [`finish_turn`] |

mod accounts;
#[cfg(feature = "io")]
mod applicant;
mod awaited;
mod bootstrap;
#[cfg(feature = "io")]
mod descriptors;
mod display;
mod globals;
mod handler;
#[cfg(feature = "io")]
mod memory;
mod module;
mod objects;
mod role;
#[cfg(feature = "io")]
mod sockets;
#[cfg(feature = "io")]
mod successor;
#[cfg(feature = "io")]
mod turn;

use crate::conn::Link;
use crate::endpoint::{self, Budget, Core, Endpoint, Progress, Traffic};
use crate::error::{Disconnect, ProtocolError};
use crate::handle::{ClientId, Interface};
use crate::protocol::wl_display::Error as Code;
use crate::protocol::{WlDisplay, about_gone};

pub use crate::handle::{GlobalId, ListenerId};
#[cfg(feature = "io")]
pub use applicant::{Admission, Applicant};
pub use globals::announce_globals;
#[cfg(feature = "io")]
pub(crate) use globals::{Bind, Listing, Removed, bind_new};
pub use handler::{HasServer, QueueStatus, RequestHandler};
pub use module::{Delegate, Module};
pub use role::ServerRole;
#[cfg(feature = "io")]
pub use turn::{dispatch, run, turn};

/// The server's end of all connections: clients, their objects, globals.
///
/// Owned by the application `A`. `Send`, no interior mutability: it may move to
/// another thread between two calls. Dropping it closes all connections and
/// removes its socket file.
///
/// ```
/// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
/// # use app::{ClientApp, Counter, ServerApp};
/// # use wayline::{Server, testing};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // `Server::listen_at("counter-0")?` listens at that name; this one is for tests.
/// let mut app = ServerApp { server: Server::new(), total: 0 };
/// app.server.add_global::<Counter>(1)?;
/// # let mut visitor = ClientApp { client: testing::connect(&mut app.server), total: 0 };
///
/// // A loop's turns; `wayline::server::run(app)?` is the loop of programs that have no other.
/// testing::pump(&mut app, &mut visitor);
/// assert_eq!(app.server.clients().count(), 1);
/// # Ok(())
/// # }
/// ```
pub type Server<A> = Endpoint<A, ServerRole<A>>;

impl<A> std::fmt::Debug for Server<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("clients", &self.core.clients().count()).finish_non_exhaustive()
    }
}

impl<A: HasServer> Default for Server<A> {
    fn default() -> Server<A> {
        Server::new()
    }
}

impl<A: HasServer> Server<A> {
    /// A server without sockets. Connections come through [`Server::connect`].
    #[must_use]
    pub fn new() -> Server<A> {
        let role = ServerRole {
            globals: globals::Globals::new(),
            stopped: false,
            #[cfg(feature = "io")]
            started: std::time::Instant::now(),
            #[cfg(feature = "io")]
            poll_set: None,
            #[cfg(feature = "io")]
            token: None,
            #[cfg(feature = "io")]
            descriptors: descriptors::Descriptors::default(),
        };
        Endpoint { core: Core::new::<ServerRole<A>>(), role }
    }

    /// Adds a client that is already connected by `link`. Its objects and
    /// queues are bounded by the limits in force now. The application hears of it by
    /// [`HasServer::connected`] before anything of it is read.
    pub fn connect(&mut self, link: impl Link + 'static) -> ClientId {
        self.add_client(Box::new(link))
    }

    fn add_client(&mut self, link: Box<dyn Link>) -> ClientId {
        let client = self.core.add_peer(link);
        display::insert(self, client);
        self.core.introduce(client);
        client
    }

    /// Whether `client` is behind: it does not read, and its socket is full; or this user has too many fds in flight for
    /// what waits for it.
    ///
    /// What is sent to it nevertheless waits in this process, up to
    /// [`Limits::queued_bytes`](crate::Limits::queued_bytes). Events that a later one makes needless, such as
    /// pointer motion, are better left out; [`HasServer::caught_up`] is the time
    /// to send the latest of them.
    #[inline]
    #[must_use]
    pub fn is_behind(&self, client: ClientId) -> bool {
        self.core.peer(client).is_some_and(|peer| peer.blocked)
    }

    /// All connected clients, in no order that means anything.
    pub fn clients(&self) -> impl Iterator<Item = ClientId> + '_ {
        self.core.clients()
    }

    /// What crossed the connection of a client so far; `None` once it was torn down. [`Server::stats`] is of all together.
    #[must_use]
    pub fn traffic(&self, client: ClientId) -> Option<Traffic> {
        self.core.traffic(client)
    }

    /// Traces the messages of one client, or does so no more: a line for each, as `WAYLINE_DEBUG=1` prints for all.
    ///
    /// While any client is traced, messages of all are looked at one by one, which takes several times as long.
    pub fn set_traced(&mut self, client: ClientId, traced: bool) {
        self.core.set_traced(client, traced);
    }

    /// Whether the messages of a client are traced.
    #[must_use]
    pub fn is_traced(&self, client: ClientId) -> bool {
        self.core.is_traced(client)
    }

    /// Number of live objects of a client, bootstrap objects included.
    #[must_use]
    pub fn object_count(&self, client: ClientId) -> u32 {
        self.core.peer(client).map_or(0, |peer| peer.objects.len())
    }

    /// Drops a client without an error event, as [`Disconnect::Local`]. Takes
    /// effect when the current handler returns; sends to it fail from now on. Of
    /// what is queued it gets what its socket takes at once.
    pub fn disconnect(&mut self, client: ClientId) {
        self.core.end(client, Disconnect::Local);
    }

    /// Sends a protocol error about `object` and drops its client: for faults
    /// found outside a handler. `code` is one of the error enum of the object's
    /// interface; `text` is shortened to fit one message. If the object no longer exists the error is about the
    /// display, since another object may have its id. Only the first error of a client is sent. Nothing happens if
    /// the client is gone, or is one of another server.
    pub fn post_error<I: Interface>(&mut self, object: I, code: impl Into<u32>, text: impl Into<String>) {
        let error = ProtocolError {
            object: object.id(),
            interface: Some(I::SPEC.name),
            code: code.into(),
            message: text.into(),
        };
        let error = if self.core.entry(object.handle()).is_some() { error } else { about_gone(error) };
        self.fail(object.client(), error);
    }

    /// What waits for a client that is behind.
    fn backlog(&self, client: ClientId) -> Option<QueueStatus> {
        let peer = self.core.peer(client).filter(|peer| peer.blocked && peer.ending.is_none())?;
        #[cfg(feature = "io")]
        let stalled = self.role.poll_set.as_ref().map(|set| set.stalled(client)).unwrap_or_default();
        #[cfg(not(feature = "io"))]
        let stalled = std::time::Duration::ZERO;
        Some(QueueStatus { bytes: peer.outbox.len(), fds: peer.outbox.fds(), stalled })
    }

    /// Drops a client that broke no interface's rule, and tells it why if it is
    /// still listening.
    fn drop_client(&mut self, client: ClientId, reason: Disconnect) {
        #[cfg(feature = "io")]
        if reason == Disconnect::FdsLost {
            self.note_exhausted();
        }
        let told = match &reason {
            Disconnect::FdsLost => Some((Code::NO_MEMORY, "file descriptors did not arrive".to_owned())),
            Disconnect::UnconsumedFds { .. } => Some((Code::INVALID_METHOD, reason.to_string())),
            _ => None,
        };
        let Some((code, message)) = told else { return self.core.end(client, reason) };
        let interface = Some(WlDisplay::SPEC.name);
        let error = ProtocolError { object: 1, interface, code: code.0, message };
        self.core.end_with_error(client, &error, reason);
    }

    fn fail(&mut self, client: ClientId, error: ProtocolError) {
        self.core.end_with_error(client, &error, Disconnect::Protocol(error.clone()));
    }

    /// Asks `run` to return after the current turn.
    pub fn stop(&mut self) {
        self.role.stopped = true;
    }

    /// Whether [`Server::stop`] was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.role.stopped
    }
}

/// Reads once from `client`, handles what arrived and what followed from it.
/// Event loops call this when a connection is readable.
pub fn receive<A: HasServer>(app: &mut A, client: ClientId) -> bool {
    tell_newcomers(app);
    let progress = endpoint::receive::<A, ServerRole<A>>(app, client, &mut || u32::MAX);
    app.server().core.recount(client);
    matches!(progress, Progress::Read { .. })
}

/// Goes on sending to a client that [is behind](Server::is_behind). Event loops
/// call this when its connection is writable. Returns whether the client took anything.
pub fn resume<A: HasServer>(app: &mut A, client: ClientId) -> bool {
    let server = app.server();
    if !server.is_behind(client) {
        return false;
    }
    let (progress, caught_up) = server.core.resume(client);
    if caught_up {
        app.caught_up(client);
    }
    progress
}

/// Sends what handlers queued, drops the clients that ended, and tells the
/// application. Event loops call this at the end of every turn.
pub fn finish_turn<A: HasServer>(app: &mut A) {
    finish_within(app, &mut || u32::MAX);
}

/// Tells the application of clients that it has not heard of. Before anything of them is read, and before their ends.
fn tell_newcomers<A: HasServer>(app: &mut A) {
    while let Some(client) = app.server().core.next_newcomer() {
        app.connected(client);
    }
}

/// As [`finish_turn`]. What takes longer than the budget is left for the next turn. Returns whether other threads had
/// something to do.
fn finish_within<A: HasServer>(app: &mut A, budget: &mut Budget<'_>) -> bool {
    let done = endpoint::do_jobs::<A, ServerRole<A>>(app);
    loop {
        tell_newcomers(app);
        announce_globals(app);
        app.server().enforce_limits();
        endpoint::hand_back::<A, ServerRole<A>>(app, budget);
        app.server().core.flush_dirty();
        if endpoint::drain_unreadable::<A, ServerRole<A>>(app, budget) {
            app.server().core.flush_dirty();
        }
        app.server().enforce_limits();
        endpoint::hand_back::<A, ServerRole<A>>(app, budget);
        // Once for each client that does not read, so this ends.
        let Some(client) = app.server().core.slow.pop() else { break };
        if let Some(backlog) = app.server().backlog(client) {
            app.slow_peer(client, backlog);
        }
    }
    done
}
