//! The client's side: handlers, the registry, one connection.
//!
//! Makes no system call. The application owns its [`Client`] and is passed to
//! every function that may call a handler, so handlers can use all of it.

mod display;
mod handler;
mod registry;
mod role;

use std::sync::atomic::Ordering;

use crate::conn::{Flush, Link};
use crate::core::{self, Core, Progress, Sender, Stats};
use crate::error::{Disconnect, Gone, SendError};
use crate::interface::{ClientId, Handle, Interface};
use crate::limits::Limits;
use crate::objects::Side;
use crate::wire::Malformed;

pub use handler::{Dispatch, EventHandler, HasClient};
pub use registry::{BindError, Global};
use role::{ClientRole, kind};

/// The client's end of one connection.
///
/// Owned by the application `A`. `Send`, no interior mutability.
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

    /// Ends the connection. Takes effect when the current handler returns.
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

    /// The application's state for a live object.
    ///
    /// # Errors
    /// [`Gone`] if the object no longer exists; by `?` a handler returns quietly.
    #[inline]
    pub fn data<I: Dispatch<A>>(&mut self, object: I) -> Result<&mut I::Data, Gone> {
        self.core.data::<I, I::Data>(object)
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

    /// What crossed the connection so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.stats
    }

    /// The limits of the connection.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.core.limits
    }

    /// Changes the limits, except that of objects, which was settled when the
    /// connection was made.
    pub fn set_limits(&mut self, limits: Limits) {
        self.core.set_limits(limits);
    }

    /// Opens a request to `target`. Called by generated send methods.
    ///
    /// # Errors
    /// [`SendError`] if the object is gone or too old.
    #[doc(hidden)]
    #[inline]
    pub fn send<I: Interface>(&mut self, target: I, opcode: u16, since: u32) -> Result<Sender<'_, A, I>, SendError> {
        self.core.sender::<I>(target.handle(), opcode, since)
    }

    /// The wire form of an object argument of a request to `target`.
    ///
    /// # Errors
    /// [`SendError::ForeignObject`].
    #[doc(hidden)]
    #[inline]
    pub fn reference(&self, target: impl Interface, argument: impl Interface) -> Result<u32, SendError> {
        self.core.check_argument(target.client(), argument.handle())
    }

    /// As `reference`, for arguments without an interface.
    ///
    /// # Errors
    /// [`SendError::ForeignObject`].
    #[doc(hidden)]
    pub fn reference_any(&self, target: impl Interface, argument: Handle) -> Result<u32, SendError> {
        self.core.check_argument(target.client(), argument)
    }

    /// Makes an object that a request is about to announce, and announces it.
    ///
    /// # Errors
    /// What `announce` returns; the object is taken back then.
    #[doc(hidden)]
    #[inline]
    pub fn announce<I: Dispatch<A>>(
        &mut self,
        target: impl Interface,
        announce: impl FnOnce(&mut Client<A>, u32) -> Result<(), SendError>,
    ) -> Result<I, SendError> {
        let version = target.version().min(I::SPEC.version);
        self.announce_versioned(target.client(), version, announce)
    }

    /// As [`Client::announce`], where the request names the version itself.
    ///
    /// # Errors
    /// What `announce` returns; the object is taken back then.
    #[doc(hidden)]
    #[inline]
    pub fn announce_versioned<I: Dispatch<A>>(
        &mut self,
        connection: ClientId,
        version: u32,
        announce: impl FnOnce(&mut Client<A>, u32) -> Result<(), SendError>,
    ) -> Result<I, SendError> {
        let slot = I::SPEC.slot.get();
        self.core.install::<I::Data>(slot, kind::<A, I>);
        let handle = self.core.allocate::<I::Data>(connection, slot, version)?;
        match announce(self, handle.id()) {
            Ok(()) => Ok(I::from_handle(handle)),
            Err(error) => {
                self.core.disown::<I, I::Data>(handle);
                Err(error)
            }
        }
    }

    /// Ends an object whose destructor request was queued. Its id stays taken
    /// until the server's `delete_id`.
    #[doc(hidden)]
    pub fn retire<I: Dispatch<A>>(&mut self, object: I) {
        if self.core.bury(object.handle()) {
            drop(self.core.take_data::<I, I::Data>(object.handle()));
        }
    }

    /// Enters the object that an event of `parent` announces. Called by generated decoders.
    ///
    /// # Errors
    /// [`Malformed::BadNewId`] or [`Malformed::TooManyObjects`].
    #[doc(hidden)]
    #[inline]
    pub fn create<I: Dispatch<A>>(&mut self, parent: Handle, id: u32) -> Result<I, Malformed> {
        let slot = I::SPEC.slot.get();
        self.core.install::<I::Data>(slot, kind::<A, I>);
        let version = parent.version().min(I::SPEC.version);
        self.core.insert::<I::Data>(parent.client(), id, slot, version).map(I::from_handle)
    }

    /// The object that an argument names: a dead handle if it was destroyed
    /// here while the event was under way (O28).
    ///
    /// # Errors
    /// [`Malformed`] if there is none of this interface.
    #[doc(hidden)]
    #[inline]
    pub fn object<I: Interface>(&self, parent: Handle, id: u32) -> Result<I, Malformed> {
        if id == 0 {
            return Err(Malformed::Null);
        }
        let dead = || I::from_handle(Handle::dead(parent.client(), id));
        Ok(self.core.argument::<I>(parent.client(), id)?.unwrap_or_else(dead))
    }

    /// As [`Client::object`], where null is allowed; a destroyed object is `None` too.
    ///
    /// # Errors
    /// [`Malformed`] if there is none of this interface.
    #[doc(hidden)]
    #[inline]
    pub fn optional_object<I: Interface>(&self, parent: Handle, id: u32) -> Result<Option<I>, Malformed> {
        if id == 0 { Ok(None) } else { self.core.argument::<I>(parent.client(), id) }
    }

    /// As [`Client::object`], for arguments without an interface.
    ///
    /// # Errors
    /// [`Malformed`] if there is no such object.
    #[doc(hidden)]
    pub fn any_object(&self, parent: Handle, id: u32) -> Result<Handle, Malformed> {
        Ok(self.core.any_argument(parent.client(), id)?.unwrap_or_else(|| Handle::dead(parent.client(), id)))
    }
}

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
