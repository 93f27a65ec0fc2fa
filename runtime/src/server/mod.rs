//! The server's side: handlers, clients, globals.
//!
//! Knows the four bootstrap interfaces and who allocates which ids; makes no
//! system call. The application owns its [`Server`] and is passed to every
//! function that may call a handler, so handlers can use all of it.

mod display;
mod globals;

use std::marker::PhantomData;

use crate::conn::Link;
use crate::core::{self, Core, Incoming, Kind, Refused, Role, Sender, Stats};
use crate::core::{Progress, Reason};
use crate::error::{Disconnect, Fault, FaultKind, Gone, Handled, ProtocolError, SendError};
use crate::interface::{ClientId, Handle, Interface, Spec};
use crate::limits::Limits;
use crate::objects::Side;
use crate::protocol::{WlDisplay, WlRegistry};
use crate::wire::{Malformed, SERVER_IDS};

pub(crate) use display::request as display_request;
pub(crate) use globals::bind;
pub use globals::{GlobalError, GlobalId, announce_globals};

/// An application that has a server. What all handlers of the application share.
pub trait HasServer: Sized + 'static {
    /// The application's server.
    fn server(&mut self) -> &mut Server<Self>;

    /// Whether a peer with these credentials may connect. Asked before
    /// anything of it is read; a refused connection is closed without a word.
    #[cfg(feature = "io")]
    fn accept(&mut self, credentials: &crate::io::credentials::Credentials) -> bool {
        let _ = credentials;
        true
    }

    /// A client has connected; nothing of it was read yet.
    fn connected(&mut self, client: ClientId) {
        let _ = client;
    }

    /// A connection has ended, its objects are gone.
    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        let _ = (client, reason);
    }

    /// Whether `client` may see and bind `global`. Asked whenever globals are
    /// listed or bound; must give the same answer for the life of the client.
    fn visible(&self, client: ClientId, global: GlobalId) -> bool {
        let _ = (client, global);
        true
    }
}

/// How an application answers the requests of one interface.
pub trait RequestHandler<I: Interface>: HasServer {
    /// What the application keeps for each object, at its default when the
    /// object is made. Reached by [`Server::data`].
    type Data: Default + Send + 'static;

    /// A client sent `request` to `this`. New objects it announces are live
    /// already; a destructor takes effect when this returns.
    ///
    /// # Errors
    /// A [`Fault`] ends the client: see [`Fault::protocol`] and [`Fault::internal`].
    fn request(&mut self, this: I, request: I::Request<'_>) -> Handled;

    /// A client bound `global` and got `this`: the place to send first events.
    ///
    /// # Errors
    /// As for [`RequestHandler::request`].
    fn bound(&mut self, this: I, global: GlobalId) -> Handled {
        let _ = (this, global);
        Ok(())
    }

    /// `this` was destroyed by its client or ended with it. The handle is dead
    /// already and serves only for comparison; not called when the application
    /// ended the object by sending a destructor event.
    fn destroyed(&mut self, this: I, data: Self::Data) {
        let _ = (this, data);
    }
}

/// Generated: how requests of an interface reach the handlers of `A`. Its
/// bounds name every interface that must have a handler.
pub trait Dispatch<A>: Interface {
    /// The application's state per object.
    type Data: Default + Send + 'static;

    /// Decodes one request and calls the handler.
    ///
    /// # Errors
    /// What the handler returns, or that the message is malformed.
    fn request(app: &mut A, message: &mut Incoming<'_>) -> Handled;

    /// Calls [`RequestHandler::bound`].
    ///
    /// # Errors
    /// What the handler returns.
    fn bound(app: &mut A, this: Self, global: GlobalId) -> Handled;

    /// Calls [`RequestHandler::destroyed`].
    fn destroyed(app: &mut A, this: Self, data: Self::Data);
}

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
        let client = self.core.add_peer(Box::new(link));
        display::enter(self, client);
        client
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
        let peer = self.core.peer(object.client()).filter(|peer| peer.ending.is_none());
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
        if let Some((code, message)) = told {
            let interface = Some(WlDisplay::SPEC.name);
            self.core.post_error(client, &ProtocolError { object: 1, interface, code, message });
        }
        self.core.end(client, reason);
    }

    fn fail(&mut self, client: ClientId, error: ProtocolError) {
        self.core.post_error(client, &error);
        self.core.end(client, Disconnect::Protocol(error));
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
    pub fn send<I: Interface>(&mut self, target: I, opcode: u16, since: u32) -> Result<Sender<'_, I>, SendError> {
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
        match announce(self, handle.id) {
            Ok(()) => Ok(I::from_handle(handle)),
            Err(error) => {
                self.core.disown::<I::Data>(handle, slot);
                Err(error)
            }
        }
    }

    /// Ends an object whose destructor event was queued.
    #[doc(hidden)]
    pub fn retire<I: Dispatch<A>>(&mut self, object: I) {
        let Some(entry) = self.core.entry(object.handle()) else { return };
        drop(self.core.take_data::<I::Data>(entry.kind, entry.data));
        self.release(object.handle());
    }

    /// Frees the id of an object, or keeps it while its client may still name it.
    fn release(&mut self, handle: Handle) {
        let Some(peer) = self.core.peer_mut(handle.client) else { return };
        if handle.id < SERVER_IDS {
            peer.objects.free(handle.id);
            self.core.send_words(handle.client, 1, display::DELETE_ID, [handle.id]);
        } else {
            peer.objects.bury(handle.id);
        }
    }

    /// Enters the object that a request of `parent` announces. Called by generated decoders.
    ///
    /// # Errors
    /// [`Malformed::BadNewId`] or [`Malformed::TooManyObjects`].
    #[doc(hidden)]
    #[inline]
    pub fn create<I: Dispatch<A>>(&mut self, parent: Handle, id: u32) -> Result<I, Malformed> {
        self.create_versioned::<I>(parent.client, id, parent.version.min(I::SPEC.version))
    }

    #[inline]
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
        self.core.argument::<I>(parent.client, id)?.ok_or(Malformed::UnknownObject(id))
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
        self.core.any_argument(parent.client, id)?.ok_or(Malformed::UnknownObject(id))
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

/// Sends what handlers queued, drops the clients that ended, and tells the
/// application. Event loops call this at the end of every turn.
pub fn finish_turn<A: HasServer>(app: &mut A) {
    announce_globals(app);
    core::reap::<A, ServerRole>(app);
    let server = app.server();
    server.core.flush_dirty(|core, client| {
        #[cfg(feature = "io")]
        if let Some(net) = &mut server.net {
            crate::source::watch(core, net, client);
        }
        #[cfg(not(feature = "io"))]
        let _ = (core, client);
    });
    core::reap::<A, ServerRole>(app);
}

/// The row of the handler table for interface `I`.
pub(crate) fn kind<A: HasServer, I: Dispatch<A>>() -> Kind<A> {
    Kind {
        spec: I::SPEC,
        messages: I::SPEC.requests,
        dispatch: Some(I::request),
        destroyed: |app, handle, index| {
            let data = app.server().core.take_data::<I::Data>(I::SPEC.slot.get(), index);
            I::destroyed(app, I::from_handle(handle), data);
        },
    }
}

/// The server's answers to the questions of the core.
pub(crate) struct ServerRole(PhantomData<()>);

impl<A: HasServer> Role<A> for ServerRole {
    #[inline]
    fn core(app: &mut A) -> &mut Core<A> {
        &mut app.server().core
    }

    #[cold]
    fn refuse(app: &mut A, refused: &Refused, fault: Fault) {
        let server = app.server();
        let interface = server.core.entry(refused.target).and_then(|entry| server.core.spec(entry.kind));
        if let Some(error) = posted(refused, interface, fault) {
            server.fail(refused.target.client, error);
        }
    }

    #[cold]
    fn drop_peer(app: &mut A, client: ClientId, reason: Disconnect) {
        app.server().drop_client(client, reason);
    }

    fn destructed(app: &mut A, target: Handle) {
        let server = app.server();
        let Some(entry) = server.core.entry(target) else { return };
        let destroyed = server.core.destroyer(entry.kind);
        server.release(target);
        if let Some(destroyed) = destroyed {
            destroyed(app, target, entry.data);
        }
    }

    fn ended(app: &mut A, client: ClientId, reason: &Disconnect) {
        app.server().globals.forget(client);
        app.disconnected(client, reason);
    }
}

/// The error event for a refused request, as in WIRE.md B.9; none if nobody is to blame.
fn posted(refused: &Refused, spec: Option<&'static Spec>, fault: Fault) -> Option<ProtocolError> {
    use display::{IMPLEMENTATION, INVALID_METHOD, INVALID_OBJECT, NO_MEMORY};
    let (id, opcode) = (refused.target.id, refused.opcode);
    let interface = spec.map_or("unknown", |spec| spec.name);
    let message = spec.and_then(|spec| spec.requests.get(opcode as usize));
    let name = message.map_or("unknown", |message| message.name);
    let display =
        |code, message| Some(ProtocolError { object: 1, interface: Some(WlDisplay::SPEC.name), code, message });
    match (refused.reason, fault.into_kind()) {
        (Reason::Object, _) => display(INVALID_OBJECT, format!("invalid object {id}")),
        (Reason::Opcode, _) => display(INVALID_METHOD, format!("invalid method {opcode}, object {interface}#{id}")),
        (Reason::Since, _) => {
            let (version, since) = (refused.target.version, message.map_or(0, |message| message.since));
            let text = format!("invalid method {opcode} (since {version} < {since}), object {interface}#{id}");
            display(INVALID_METHOD, text)
        }
        (Reason::TooLarge, _) => display(INVALID_METHOD, format!("message too large for {interface}#{id}.{name}")),
        (_, FaultKind::Posted(error)) => Some(error),
        (_, FaultKind::Internal(text)) => display(IMPLEMENTATION, text),
        (_, FaultKind::Malformed(error @ Malformed::TooManyObjects(_))) => {
            display(NO_MEMORY, format!("no memory: {error}"))
        }
        (_, FaultKind::Malformed(error)) => {
            display(INVALID_METHOD, format!("invalid arguments for {interface}#{id}.{name}: {error}"))
        }
        (_, FaultKind::Send(SendError::Gone | SendError::QueueFull { .. })) => None,
        (_, FaultKind::Send(error)) => {
            display(IMPLEMENTATION, format!("cannot answer {interface}#{id}.{name}: {error}"))
        }
    }
}
