//! The client's side: handlers, the registry, one connection.
//!
//! Makes no system call itself. The application owns its [`Client`] and is passed
//! to every function that may call a handler, so handlers can use all of it.
//!
//! | the loop is | call |
//! |---|---|
//! | none: a program that asks and waits | [`roundtrip`], [`dispatch`], [`dispatch_until`] |
//! | calloop | [`turn`], from the callback of [`Client::source`] |
//! | any that polls descriptors | [`turn`] when [`Client::poll_fd`] is ready, [`Client::flush`] before it sleeps |
//! | without sockets, on a [`Link`] | [`receive`] when there is something to read; then [`finish_turn`] |

mod display;
mod handler;
mod messages;
mod registry;
mod role;

use std::sync::atomic::Ordering;

use crate::conn::{Flush, Link};
use crate::core::{self, Core, Progress};
use crate::error::{Disconnect, SendError};
use crate::interface::{ClientId, Interface};
use crate::objects::Side;

pub use handler::{Dispatch, EventHandler, HasClient};
pub use registry::{BindError, Global};
use role::{ClientRole, kind};

/// The client's end of one connection.
///
/// Owned by the application `A`. `Send`, no interior mutability: it may move to
/// another thread between two calls. Dropping it closes the connection.
pub struct Client<A> {
    pub(crate) core: Core<A>,
    connection: ClientId,
    registry: registry::Registry,
    /// Syncs asked and answered so far.
    asked: u64,
    answered: u64,
    /// Why the connection ended, once the application was told.
    ended: Option<Disconnect>,
    /// The set that an outer loop polls instead of the socket.
    #[cfg(feature = "io")]
    pub(crate) poll_set: Option<std::os::fd::OwnedFd>,
    #[cfg(feature = "io")]
    pub(crate) watches_writes: bool,
}

impl<A> std::fmt::Debug for Client<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl<A: HasClient> Client<A> {
    /// A client whose connection is `link`. Asks for the registry, so the
    /// globals are known after the first round trip.
    #[must_use]
    pub fn new(link: impl Link + 'static) -> Client<A> {
        let mut core = Core::new(Side::Client);
        let connection = core.add_peer(Box::new(link));
        let registry = display::enter(&mut core, connection);
        Client {
            core,
            connection,
            registry,
            asked: 0,
            answered: 0,
            ended: None,
            #[cfg(feature = "io")]
            poll_set: None,
            #[cfg(feature = "io")]
            watches_writes: false,
        }
    }

    /// The same connection for another application. Only bootstrap objects may
    /// exist: their handlers are the runtime's own, whatever the application.
    #[cfg(feature = "io")]
    pub(crate) fn hand_over<B: HasClient>(self) -> Client<B> {
        let Client { core, connection, registry, asked, answered, ended, poll_set, watches_writes } = self;
        let mut core = core.without_handlers();
        display::install(&mut core);
        Client { core, connection, registry, asked, answered, ended, poll_set, watches_writes }
    }

    /// Why the connection ended; `None` while it lives.
    #[must_use]
    pub fn ended(&self) -> Option<&Disconnect> {
        let pending = self.core.peer(self.connection).and_then(|peer| peer.ending.as_deref());
        self.ended.as_ref().or(pending)
    }

    /// Ends the connection, as [`Disconnect::Local`]. Takes effect when the current
    /// handler returns. Of what is queued the server gets what the socket takes at
    /// once; a [`roundtrip`] before it makes sure.
    pub fn disconnect(&mut self) {
        self.core.end(self.connection, Disconnect::Local);
    }

    /// The link, until the connection has ended.
    #[cfg(feature = "io")]
    pub(crate) fn link(&self) -> Option<&dyn Link> {
        self.core.peer(self.connection).map(|peer| &*peer.link)
    }

    /// Asks the server to answer once it has handled all earlier requests.
    /// Returns the number that [`Client::answered`] will have reached then.
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued.
    pub fn sync(&mut self) -> Result<u64, SendError> {
        display::sync(self)?;
        self.asked += 1;
        Ok(self.asked)
    }

    /// How many syncs the server has answered.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// Whether the object still exists and requests can be sent to it.
    #[must_use]
    pub fn is_alive(&self, object: impl Interface) -> bool {
        self.ended().is_none() && self.core.entry(object.handle()).is_some()
    }

    /// Hands queued requests to the socket. Returns whether all are gone;
    /// otherwise the socket is full, and the event loop goes on when it can.
    /// Worth a call before a loop sleeps: it spares the turn that would only send.
    pub fn flush(&mut self) -> bool {
        self.core.flush_dirty(|_, _| {});
        // One that was blocked before is not among them.
        let done = self.core.flush_peer(self.connection) == Flush::Done;
        if !done || self.core.has_ends() {
            // The loop has to wait for the socket, or to tell the application.
            self.core.pending.store(true, Ordering::Relaxed);
        }
        done
    }

    /// Whether requests wait for a full socket.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.core.peer(self.connection).is_some_and(|peer| peer.blocked)
    }
}

core::endpoint!(Client, HasClient, Dispatch<A>, Side::Client, kind);

#[cfg(feature = "io")]
pub use crate::source::client::{dispatch, dispatch_until, roundtrip, turn};

/// Reads once from the connection and handles what arrived. Returns whether
/// anything did. Event loops call this when the connection is readable.
pub fn receive<A: HasClient>(app: &mut A) -> bool {
    let connection = app.client().connection;
    matches!(core::receive::<A, ClientRole>(app, connection), Progress::Read { .. })
}

/// Sends what handlers queued, and tells the application if the connection
/// ended. Event loops call this at the end of every turn.
pub fn finish_turn<A: HasClient>(app: &mut A) {
    core::reap::<A, ClientRole>(app);
    app.client().core.flush_dirty(|_, _| {});
    if core::read_last_words::<A, ClientRole>(app) {
        app.client().core.flush_dirty(|_, _| {});
    }
    core::reap::<A, ClientRole>(app);
}
