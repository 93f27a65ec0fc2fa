//! What servers and clients offer alike.

use super::{Core, Dispatch, Draft, Endpoint, Role, Stats};
use crate::error::{ObjectError, SendError};
use crate::handle::{ClientId, Handle, Interface, ObjectRef};
use crate::limits::Limits;
use crate::wire::DecodeError;

impl<A, R: Role<A>> Endpoint<A, R> {
    /// The application's state for a live object.
    ///
    /// # Errors
    /// [`ObjectError::Gone`] if the object no longer exists; by `?` a handler returns quietly.
    /// [`ObjectError::Foreign`] if it belongs to another endpoint.
    #[inline]
    pub fn data<I: Dispatch<A, R>>(&mut self, object: I) -> Result<&mut I::Data, ObjectError> {
        self.core.data::<I, I::Data>(object)
    }

    /// The application's state for a live object, to read it: that of several objects at once, and while the endpoint
    /// is borrowed otherwise.
    ///
    /// ```
    /// use wayline::{Dispatch, Endpoint, ObjectError, Role};
    ///
    /// /// Whether two objects have the same state.
    /// fn are_alike<A, R: Role<A>, I>(endpoint: &Endpoint<A, R>, one: I, other: I) -> Result<bool, ObjectError>
    /// where
    ///     I: Dispatch<A, R, Data: PartialEq>,
    /// {
    ///     Ok(endpoint.data_ref(one)? == endpoint.data_ref(other)?)
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Endpoint::data`].
    pub fn data_ref<I: Dispatch<A, R>>(&self, object: I) -> Result<&I::Data, ObjectError> {
        self.core.data_ref::<I, I::Data>(object)
    }

    /// Whether the object still exists and messages can be sent to it.
    #[must_use]
    pub fn is_alive(&self, object: impl Interface) -> bool {
        let peer = self.core.open(object.client());
        peer.is_some_and(|peer| peer.objects.live(object.handle()).is_some())
    }

    /// What crossed all connections of this endpoint so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.stats
    }

    /// What the peer sent last whose end the application was told of last: up to 16 messages, oldest first, the last of them
    /// that for which its connection ended. For `disconnected`, to say what happened:
    ///
    /// ```
    /// # use wayline::{ClientId, Disconnect, HasServer, Server};
    /// # struct App { server: Server<App> }
    /// impl HasServer for App {
    ///     # fn server(&mut self) -> &mut Server<App> { &mut self.server }
    ///     fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
    ///         eprintln!("{client} has ended: {reason}");
    ///         for message in self.server.last_messages() {
    ///             eprintln!("    {message}");
    ///         }
    ///     }
    ///     // …
    /// }
    /// ```
    ///
    /// They are read from the receive buffer when a message is refused, which costs nothing before: so it has those that
    /// came with this one, and none if the connection ended otherwise, unless [`Endpoint::record`] keeps more. They are
    /// lines as `WAYLINE_DEBUG=1` prints, of up to 256 bytes. Objects that are no more are shown without interface.
    #[must_use]
    pub fn last_messages(&self) -> &[String] {
        &self.core.last
    }

    /// Keeps the last messages of each connection for [`Endpoint::last_messages`], whenever they came and however the
    /// connection ends: at most `bytes` bytes in each of two parts, of which the older one is forgotten when the newer one
    /// is full. 0 keeps none.
    ///
    /// This costs a copy of what arrives, below 5 % of what handling it takes; more where one read brings more than `bytes`
    /// bytes.
    pub fn record(&mut self, bytes: usize) {
        self.core.set_recorded(bytes);
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.core.limits
    }

    /// Changes the limits. That of objects binds connections made from
    /// now on (so never the one of a client), all others take effect at once.
    pub fn set_limits(&mut self, limits: Limits) {
        self.core.set_limits(limits);
    }

    /// Opens a message of `target`. Called by generated send methods.
    ///
    /// # Errors
    /// [`SendError`] if the object is gone or too old.
    #[doc(hidden)]
    #[inline]
    pub fn send<I: Interface>(&mut self, target: I, opcode: u16, since: u32) -> Result<Draft<'_, A, I>, SendError> {
        self.core.sender::<I>(target.handle(), opcode, since)
    }

    /// Sends a message of `words` alone, of which the one at `at` is the id of an object that it makes. Called by
    /// generated send methods.
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued; there is no new object then.
    #[doc(hidden)]
    #[inline]
    pub fn send_constructor<T: Interface, I: Dispatch<A, R>, const N: usize>(
        &mut self,
        target: T,
        opcode: u16,
        since: u32,
        words: [u32; N],
        at: usize,
    ) -> Result<I, SendError> {
        let handle = target.handle();
        Core::<A>::check_version(handle, since)?;
        let index = self.core.install::<R, I>();
        let new = (index, handle.version().min(I::SPEC.version));
        match self.core.queue_constructor::<I::Data, N>(R::SIDE, (handle, opcode), new, (words, at)) {
            Some(made) => Ok(I::from_handle(made)),
            None => {
                let (client, object) = handle.parts();
                self.send_constructor_slowly::<T, I, N>(client, object, opcode, words, at)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn send_constructor_slowly<T: Interface, I: Dispatch<A, R>, const N: usize>(
        &mut self,
        client: ClientId,
        object: ObjectRef,
        opcode: u16,
        mut words: [u32; N],
        at: usize,
    ) -> Result<I, SendError> {
        let target = T::from_handle(Handle::of(client, object));
        self.construct(target, |endpoint, id| {
            if let Some(word) = words.get_mut(at) {
                *word = id;
            }
            endpoint.send(target, opcode, 1)?.words(words)
        })
    }

    /// Makes an object and sends the message that announces it to the peer.
    ///
    /// # Errors
    /// What `send` returns; the object is taken back then.
    #[doc(hidden)]
    #[inline]
    pub fn construct<I: Dispatch<A, R>>(
        &mut self,
        target: impl Interface,
        send: impl FnOnce(&mut Endpoint<A, R>, u32) -> Result<(), SendError>,
    ) -> Result<I, SendError> {
        let version = target.version().min(I::SPEC.version);
        self.construct_versioned(target.client(), version, send)
    }

    /// As [`Endpoint::construct`], where the message names the version itself.
    ///
    /// # Errors
    /// What `send` returns; the object is taken back then.
    #[doc(hidden)]
    #[inline]
    pub fn construct_versioned<I: Dispatch<A, R>>(
        &mut self,
        client: ClientId,
        version: u32,
        send: impl FnOnce(&mut Endpoint<A, R>, u32) -> Result<(), SendError>,
    ) -> Result<I, SendError> {
        let index = self.core.install::<R, I>();
        let handle = self.core.allocate::<I::Data>(client, index, version).map_err(|error| match error {
            SendError::Gone => self.core.missing(client).into(),
            error => error,
        })?;
        match send(self, handle.id()) {
            Ok(()) => Ok(I::from_handle(handle)),
            Err(error) => {
                self.core.take_back::<I, I::Data>(handle);
                Err(error)
            }
        }
    }

    /// Inserts the object that a received message of `parent` makes. Called by generated decoders.
    ///
    /// # Errors
    /// [`DecodeError::BadNewId`] or [`DecodeError::TooManyObjects`].
    #[doc(hidden)]
    #[inline]
    pub fn create<I: Dispatch<A, R>>(&mut self, parent: Handle, id: u32) -> Result<I, DecodeError> {
        self.create_versioned::<I>(parent.client(), id, parent.version().min(I::SPEC.version))
    }

    #[inline(always)]
    pub(crate) fn create_versioned<I: Dispatch<A, R>>(
        &mut self,
        client: ClientId,
        id: u32,
        version: u32,
    ) -> Result<I, DecodeError> {
        let index = self.core.install::<R, I>();
        self.core.insert::<I::Data>(R::SIDE, client, id, index, version).map(I::from_handle)
    }

    /// The wire form of an object argument of a message to `target`.
    ///
    /// # Errors
    /// [`SendError::ForeignObject`].
    #[doc(hidden)]
    #[inline]
    pub fn reference(&self, target: impl Interface, argument: impl Interface) -> Result<u32, SendError> {
        self.core.check_argument(target.client(), argument.handle())
    }

    /// As [`Endpoint::reference`], for arguments without an interface.
    ///
    /// # Errors
    /// [`SendError::ForeignObject`].
    #[doc(hidden)]
    pub fn reference_any(&self, target: impl Interface, argument: Handle) -> Result<u32, SendError> {
        self.core.check_argument(target.client(), argument)
    }
}
