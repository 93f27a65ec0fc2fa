//! The server's side: handlers, clients, globals.
//!
//! Knows the four bootstrap interfaces and who allocates which ids; makes no
//! system call. The application owns its [`Server`] and is passed to every
//! function that may call a handler, so handlers can use all of it.

mod display;
mod globals;
mod handler;
mod role;

use crate::conn::Link;
use crate::core::{self, Core, Progress, Sender, Stats};
use crate::error::{Disconnect, Gone, ProtocolError, SendError};
use crate::interface::{ClientId, Handle, Interface};
use crate::limits::Limits;
use crate::objects::Side;
use crate::protocol::{WlDisplay, WlRegistry};
use crate::wire::{Malformed, SERVER_IDS};

pub(crate) use display::request as display_request;
pub(crate) use globals::bind;
pub use globals::{GlobalError, GlobalId, announce_globals};
pub use handler::{Backlog, Dispatch, HasServer, RequestHandler};
use role::{ServerRole, kind};

/// The server's end of all connections: clients, their objects, globals.
///
/// Owned by the application `A`. `Send`, no interior mutability.
pub struct Server<A> {
    pub(crate) core: Core<A>,
    globals: globals::Globals<A>,
    stopped: bool,
    #[cfg(feature = "io")]
    pub(crate) net: Option<crate::source::Net>,
}

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
        Server {
            core: Core::new(Side::Server),
            globals: globals::Globals::new(),
            stopped: false,
            #[cfg(feature = "io")]
            net: None,
        }
    }

    /// Adds a client that is already connected by `link`. Its objects and
    /// queues are bounded by the limits in force now.
    pub fn connect(&mut self, link: impl Link + 'static) -> ClientId {
        self.enter(Box::new(link))
    }

    pub(crate) fn enter(&mut self, link: Box<dyn Link>) -> ClientId {
        let client = self.core.add_peer(link);
        display::enter(self, client);
        client
    }

    /// Whether `client` is behind: it does not read, and its socket is full.
    ///
    /// What is sent to it nevertheless waits in this process, up to
    /// [`Limits::queued_bytes`]. Events that a later one makes needless, such as
    /// pointer motion, are better left out; [`HasServer::caught_up`] is the time
    /// to send the latest of them.
    #[inline]
    #[must_use]
    pub fn is_behind(&self, client: ClientId) -> bool {
        self.core.peer(client).is_some_and(|peer| peer.blocked)
    }

    /// The application's state for a live object.
    ///
    /// # Errors
    /// [`Gone`] if the object no longer exists; by `?` a handler returns quietly.
    #[inline]
    pub fn data<I: Dispatch<A>>(&mut self, object: I) -> Result<&mut I::Data, Gone> {
        self.core.data::<I, I::Data>(object)
    }

    /// Whether the object still exists and its client can be sent to.
    #[must_use]
    pub fn is_alive(&self, object: impl Interface) -> bool {
        let peer = self.core.open(object.client());
        peer.is_some_and(|peer| peer.objects.live(object.handle()).is_some())
    }

    /// All connected clients.
    pub fn clients(&self) -> impl Iterator<Item = ClientId> + '_ {
        self.core.clients()
    }

    /// Number of live objects of a client, bootstrap objects included.
    #[must_use]
    pub fn objects(&self, client: ClientId) -> u32 {
        self.core.peer(client).map_or(0, |peer| peer.objects.len())
    }

    /// Drops a client without an error event. Takes effect when the current
    /// handler returns; sends to it fail from now on.
    pub fn disconnect(&mut self, client: ClientId) {
        self.core.end(client, Disconnect::Local);
    }

    /// Sends a protocol error about `object` and drops its client: for faults
    /// found outside a handler. Only the first error of a client is sent.
    pub fn post_error<I: Interface>(&mut self, object: I, code: impl Into<u32>, text: impl Into<String>) {
        let error = ProtocolError {
            object: object.id(),
            interface: Some(I::SPEC.name),
            code: code.into(),
            message: text.into(),
        };
        self.fail(object.client(), error);
    }

    /// What waits for a client that is behind.
    fn backlog(&self, client: ClientId) -> Option<Backlog> {
        let peer = self.core.peer(client).filter(|peer| peer.blocked && peer.ending.is_none())?;
        #[cfg(feature = "io")]
        let stalled = self.net.as_ref().map(|net| net.stalled(client)).unwrap_or_default();
        #[cfg(not(feature = "io"))]
        let stalled = std::time::Duration::ZERO;
        Some(Backlog { bytes: peer.outbox.len(), fds: peer.outbox.fds(), stalled })
    }

    /// Ends the events of one registry.
    pub(crate) fn forget_registry(&mut self, registry: WlRegistry) {
        self.globals.forget_registry(registry);
    }

    /// Drops a client that broke no interface's rule, and tells it why if it is
    /// still listening.
    pub(crate) fn drop_client(&mut self, client: ClientId, reason: Disconnect) {
        let told = match &reason {
            Disconnect::FdsLost => Some((display::NO_MEMORY, "file descriptors did not arrive".to_owned())),
            Disconnect::StrayFds { .. } => Some((display::INVALID_METHOD, reason.to_string())),
            _ => None,
        };
        let Some((code, message)) = told else { return self.core.end(client, reason) };
        let interface = Some(WlDisplay::SPEC.name);
        let error = ProtocolError { object: 1, interface, code, message };
        self.core.end_with_error(client, &error, reason);
    }

    fn fail(&mut self, client: ClientId, error: ProtocolError) {
        self.core.end_with_error(client, &error, Disconnect::Protocol(error.clone()));
    }

    /// Asks `run` to return after the current turn.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether [`Server::stop`] was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What crossed all connections so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.stats
    }

    /// The limits of connections.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.core.limits
    }

    /// Changes the limits. Objects per client bind connections made from now
    /// on, all others take effect at once.
    pub fn set_limits(&mut self, limits: Limits) {
        self.core.set_limits(limits);
    }

    /// Opens an event of `target`. Called by generated send methods.
    ///
    /// # Errors
    /// [`SendError`] if the object is gone or too old.
    #[doc(hidden)]
    #[inline]
    pub fn send<I: Interface>(&mut self, target: I, opcode: u16, since: u32) -> Result<Sender<'_, A, I>, SendError> {
        self.core.sender::<I>(target.handle(), opcode, since)
    }

    /// The wire form of an object argument of an event to `target`.
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

    /// Makes an object that an event is about to announce, and announces it.
    ///
    /// # Errors
    /// What `announce` returns; the object is taken back then.
    #[doc(hidden)]
    #[inline]
    pub fn announce<I: Dispatch<A>>(
        &mut self,
        target: impl Interface,
        announce: impl FnOnce(&mut Server<A>, u32) -> Result<(), SendError>,
    ) -> Result<I, SendError> {
        let slot = I::SPEC.slot.get();
        self.core.install::<I::Data>(slot, kind::<A, I>);
        let version = target.version().min(I::SPEC.version);
        let handle = self.core.allocate::<I::Data>(target.client(), slot, version)?;
        match announce(self, handle.id()) {
            Ok(()) => Ok(I::from_handle(handle)),
            Err(error) => {
                self.core.disown::<I, I::Data>(handle);
                Err(error)
            }
        }
    }

    /// Ends an object without its client asking: generated code, when it has
    /// queued a destructor event, and applications, for an object that the
    /// specification ends together with another one (`wl_shell_surface`). Its
    /// data is dropped; `destroyed` is not called.
    pub fn retire<I: Dispatch<A>>(&mut self, object: I) {
        let handle = object.handle();
        let ended = if handle.id() < SERVER_IDS {
            self.remove(handle)
        } else {
            // The client may name it until it has read the event, and never says that it has.
            self.core.bury(handle)
        };
        if ended {
            drop(self.core.take_data::<I, I::Data>(handle));
        }
    }

    /// Ends an object and frees its id; the client is told if it is one of its
    /// own. `false` if there is no such object.
    fn remove(&mut self, handle: Handle) -> bool {
        let removed = self.core.peer_mut(handle.client()).is_some_and(|peer| peer.objects.remove(handle));
        if removed && handle.id() < SERVER_IDS {
            self.core.send_display(handle.client(), display::DELETE_ID, [handle.id()]);
        }
        removed
    }

    /// Enters the object that a request of `parent` announces. Called by generated decoders.
    ///
    /// # Errors
    /// [`Malformed::BadNewId`] or [`Malformed::TooManyObjects`].
    #[doc(hidden)]
    #[inline]
    pub fn create<I: Dispatch<A>>(&mut self, parent: Handle, id: u32) -> Result<I, Malformed> {
        self.create_versioned::<I>(parent.client(), id, parent.version().min(I::SPEC.version))
    }

    #[inline(always)]
    fn create_versioned<I: Dispatch<A>>(&mut self, client: ClientId, id: u32, version: u32) -> Result<I, Malformed> {
        let slot = I::SPEC.slot.get();
        self.core.install::<I::Data>(slot, kind::<A, I>);
        self.core.insert::<I::Data>(client, id, slot, version).map(I::from_handle)
    }

    /// Enters an object whose interface and version the request named itself.
    ///
    /// # Errors
    /// [`Malformed::WrongInterface`] if it named another interface than `I` or
    /// a version that `I` does not have, or as for other new ids.
    pub fn accept<I: Dispatch<A>>(&mut self, new: crate::NewId<'_>) -> Result<I, Malformed> {
        if new.interface != I::SPEC.name || new.version == 0 || new.version > I::SPEC.version {
            return Err(Malformed::WrongInterface(new.id));
        }
        self.create_versioned::<I>(new.client, new.id, new.version)
    }

    /// The object that an argument names. Called by generated decoders.
    ///
    /// # Errors
    /// [`Malformed`] if there is none of this interface.
    #[doc(hidden)]
    #[inline]
    pub fn object<I: Interface>(&self, parent: Handle, id: u32) -> Result<I, Malformed> {
        if id == 0 {
            return Err(Malformed::Null);
        }
        self.core.argument::<I>(parent.client(), id)?.ok_or(Malformed::UnknownObject(id))
    }

    /// As [`Server::object`], where null is allowed.
    ///
    /// # Errors
    /// [`Malformed`] if there is none of this interface.
    #[doc(hidden)]
    #[inline]
    pub fn optional_object<I: Interface>(&self, parent: Handle, id: u32) -> Result<Option<I>, Malformed> {
        if id == 0 { Ok(None) } else { self.object(parent, id).map(Some) }
    }

    /// As [`Server::object`], for arguments without an interface.
    ///
    /// # Errors
    /// [`Malformed`] if there is no such object.
    #[doc(hidden)]
    pub fn any_object(&self, parent: Handle, id: u32) -> Result<Handle, Malformed> {
        self.core.any_argument(parent.client(), id)?.ok_or(Malformed::UnknownObject(id))
    }
}

#[cfg(feature = "io")]
pub use crate::source::server::{dispatch, run, turn};

/// Reads once from `client`, handles what arrived and what followed from it.
/// Event loops call this when a connection is readable.
pub fn receive<A: HasServer>(app: &mut A, client: ClientId) -> bool {
    let progress = core::receive::<A, ServerRole>(app, client);
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
    loop {
        announce_globals(app);
        core::reap::<A, ServerRole>(app);
        flush(app);
        if core::read_last_words::<A, ServerRole>(app) {
            flush(app);
        }
        core::reap::<A, ServerRole>(app);
        // Once for each client that does not read, so this ends.
        let Some(client) = app.server().core.slow.pop() else { break };
        if let Some(backlog) = app.server().backlog(client) {
            app.slow_peer(client, backlog);
        }
    }
}

fn flush<A: HasServer>(app: &mut A) {
    let server = app.server();
    server.core.flush_dirty(|core, client| {
        #[cfg(feature = "io")]
        if let Some(net) = &mut server.net {
            crate::source::watch(core, net, client);
        }
        #[cfg(not(feature = "io"))]
        let _ = (core, client);
    });
}
