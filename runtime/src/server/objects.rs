//! What messages do to objects, where only servers do it. What both sides do is in `endpoint`.

use super::{HasServer, Server, ServerRole};
use crate::endpoint::{Dispatch, NewId};
use crate::error::SendError;
use crate::handle::{ClientId, Handle, Interface, ObjectRef};
use crate::protocol::wl_display;
use crate::wire::{DecodeError, SERVER_IDS};

impl<A: HasServer> Server<A> {
    /// Sends something to every live object of interface `I`, whoever's it is. `send` is called for each of them; where it
    /// fails, because the client is gone or does not read, that one misses it and the others get theirs. Takes time for
    /// all objects of all clients, as [`Server::objects`] does.
    ///
    /// ```
    /// # use wayline::{Dispatch, HasServer, SendError, Server, ServerRole};
    /// /// Says a number to all that listen. `number` is generated, as for each event.
    /// fn tell<A: HasServer, I: Dispatch<A, ServerRole<A>>>(
    ///     server: &mut Server<A>,
    ///     number: impl Fn(I, &mut Server<A>, u32) -> Result<(), SendError>,
    /// ) {
    ///     server.broadcast(|server, object| number(object, server, 7));
    /// }
    /// ```
    pub fn broadcast<I: Dispatch<A, ServerRole<A>>>(
        &mut self,
        mut send: impl FnMut(&mut Server<A>, I) -> Result<(), SendError>,
    ) {
        for object in self.objects().collect::<Vec<I>>() {
            let _: Result<(), SendError> = send(self, object);
        }
    }

    /// As [`Server::broadcast`], to the live objects of interface `I` of one client, in the order of their ids. Takes time
    /// for the objects of this client.
    ///
    /// ```
    /// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
    /// # use app::{ClientApp, Counter, ServerApp};
    /// # use wayline::testing;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut app = ServerApp::new();
    /// # let mut visitor = ClientApp { client: testing::connect(&mut app.server), total: 0 };
    /// # testing::pump(&mut app, &mut visitor);
    /// # visitor.client.bind::<Counter>(1)?;
    /// # testing::pump(&mut app, &mut visitor);
    /// # let client = app.server.clients().next().expect("it is connected");
    /// app.server.broadcast_to(client, |server, counter: Counter| counter.total(server, 7));
    /// # testing::pump(&mut app, &mut visitor);
    /// # assert_eq!(visitor.total, 7);
    /// # Ok(())
    /// # }
    /// ```
    pub fn broadcast_to<I: Dispatch<A, ServerRole<A>>>(
        &mut self,
        client: ClientId,
        mut send: impl FnMut(&mut Server<A>, I) -> Result<(), SendError>,
    ) {
        for object in self.objects_of(client).collect::<Vec<I>>() {
            let _: Result<(), SendError> = send(self, object);
        }
    }

    /// The live objects of interface `I` of all clients. Takes time for all objects of all clients: for what concerns
    /// everybody, such as a [broadcast](Server::broadcast), not for each message. The server is borrowed meanwhile:
    /// `collect()` them to send from each, or [`Server::broadcast`].
    pub fn objects<I: Dispatch<A, ServerRole<A>>>(&self) -> impl Iterator<Item = I> + '_ {
        self.core.clients().flat_map(|client| self.objects_of(client))
    }

    /// The live objects of interface `I` of one client, in the order of their ids. Takes time for the objects of this client,
    /// whatever others have. Empty if the client has ended, or is one of another server. The server is borrowed meanwhile:
    /// `collect()` them to send from each, or [`Server::broadcast_to`].
    pub fn objects_of<I: Dispatch<A, ServerRole<A>>>(&self, client: ClientId) -> impl Iterator<Item = I> + '_ {
        let index = I::SPEC.index.known();
        let objects = self.core.peer(client).filter(|peer| peer.ending.is_none()).map(|peer| &peer.objects);
        let mut from = 0;
        let live = std::iter::from_fn(move || {
            let (id, entry) = objects?.next_live(from)?;
            from = id + 1;
            Some((id, entry))
        });
        live.filter(move |(_, entry)| u32::from(entry.interface) == index)
            .map(move |(id, entry)| I::from_handle(entry.handle(client, id)))
    }

    /// The live object that `client` calls `id`, if its interface is `I`: for ids that come from elsewhere than a
    /// message, such as a log or a debugger. Takes the same time whatever there is.
    #[must_use]
    pub fn object_of<I: Dispatch<A, ServerRole<A>>>(&self, client: ClientId, id: u32) -> Option<I> {
        let entry = *self.core.peer(client).filter(|peer| peer.ending.is_none())?.objects.entry(id);
        (u32::from(entry.interface) == I::SPEC.index.known()).then(|| I::from_handle(entry.handle(client, id)))
    }

    /// Sends a destructor event of `words` alone, and ends the object. Called by generated send methods.
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued; the object lives on then.
    #[doc(hidden)]
    pub fn send_destructor<I: Dispatch<A, ServerRole<A>>, const N: usize>(
        &mut self,
        target: I,
        opcode: u16,
        since: u32,
        words: [u32; N],
    ) -> Result<(), SendError> {
        self.send(target, opcode, since)?.words(words)?;
        self.destroy(target);
        Ok(())
    }

    /// Ends an object without its client asking: generated code, when it has
    /// queued a destructor event, and applications, for an object that the
    /// specification ends together with another one (`wl_shell_surface`). Its
    /// data is dropped; `destroyed` is called before the turn ends if the handler has
    /// [`OWN_ENDS`](crate::RequestHandler::OWN_ENDS). Nothing happens if the object is gone already.
    pub fn destroy<I: Dispatch<A, ServerRole<A>>>(&mut self, object: I) {
        let handle = object.handle();
        let ended = if handle.id() < SERVER_IDS {
            self.release_id(handle)
        } else {
            // The client may name it until it has read the event, and never says that it has.
            self.core.mark_zombie(handle)
        };
        if ended {
            self.core.end_own::<ServerRole<A>, I>(handle);
        }
    }

    /// Ends an object and releases its id; the client is told if it is one of its
    /// own. `false` if there is no such object.
    #[inline]
    pub(super) fn release_id(&mut self, handle: Handle) -> bool {
        if self.core.release_and_tell(handle, wl_display::opcode::DELETE_ID).is_some() {
            return true;
        }
        let (client, object) = handle.parts();
        self.release_id_slowly(client, object)
    }

    #[cold]
    #[inline(never)]
    fn release_id_slowly(&mut self, client: ClientId, object: ObjectRef) -> bool {
        let handle = Handle::of(client, object);
        let removed = self.core.release(handle);
        if removed && handle.id() < SERVER_IDS {
            self.core.send_display(client, wl_display::opcode::DELETE_ID, [handle.id()]);
        }
        removed
    }

    /// Inserts an object whose interface and version the request named itself.
    ///
    /// # Errors
    /// [`DecodeError::WrongInterface`] if it named another interface than `I` or
    /// a version that `I` does not have, or as for other new ids.
    pub fn bind_new_id<I: Dispatch<A, ServerRole<A>>>(&mut self, new: NewId<'_>) -> Result<I, DecodeError> {
        if new.interface != I::SPEC.name || new.version == 0 || new.version > I::SPEC.version {
            return Err(DecodeError::WrongInterface(new.id));
        }
        self.create_versioned::<I>(new.client, new.id, new.version)
    }

    /// The object that an argument names. Called by generated decoders.
    ///
    /// # Errors
    /// [`DecodeError`] if there is none of this interface.
    #[doc(hidden)]
    #[inline]
    pub fn object<I: Interface>(&self, parent: Handle, id: u32) -> Result<I, DecodeError> {
        if id == 0 {
            return Err(DecodeError::Null);
        }
        self.core.argument::<I>(parent.client(), id)?.ok_or(DecodeError::UnknownObject(id))
    }

    /// As [`Server::object`], where null is allowed.
    ///
    /// # Errors
    /// [`DecodeError`] if there is none of this interface.
    #[doc(hidden)]
    #[inline]
    pub fn optional_object<I: Interface>(&self, parent: Handle, id: u32) -> Result<Option<I>, DecodeError> {
        if id == 0 { Ok(None) } else { self.object(parent, id).map(Some) }
    }

    /// As [`Server::object`], for arguments without an interface.
    ///
    /// # Errors
    /// [`DecodeError`] if there is no such object.
    #[doc(hidden)]
    pub fn any_object(&self, parent: Handle, id: u32) -> Result<Handle, DecodeError> {
        self.core.any_argument(parent.client(), id)?.ok_or(DecodeError::UnknownObject(id))
    }
}
