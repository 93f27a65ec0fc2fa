//! What a message does to objects: makes them, names them, ends them.
//!
//! Mostly called by generated code, in the middle of a message that it reads or writes. Knows which ids the client
//! allocates; knows no message.

use crate::client::role::kind;
use crate::client::{Client, Dispatch, HasClient};
use crate::core::Core;
use crate::error::SendError;
use crate::interface::{ClientId, Handle, Interface, Target};
use crate::wire::{Malformed, SERVER_IDS};

impl<A: HasClient> Client<A> {
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

    /// Queues a destructor request of `words` alone, and ends the object.
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued; the object lives on then.
    #[doc(hidden)]
    #[inline]
    pub fn send_last<I: Dispatch<A>, const N: usize>(
        &mut self,
        target: I,
        opcode: u16,
        since: u32,
        words: [u32; N],
    ) -> Result<(), SendError> {
        let handle = target.handle();
        Core::<A>::check_version(handle, since)?;
        if self.core.queue_last(handle, opcode, words).is_some() {
            drop(self.core.take_data::<I, I::Data>(handle));
            return Ok(());
        }
        let (client, object) = handle.parts();
        self.send_last_slowly::<I, N>(client, object, opcode, words)
    }

    #[cold]
    #[inline(never)]
    fn send_last_slowly<I: Dispatch<A>, const N: usize>(
        &mut self,
        client: ClientId,
        object: Target,
        opcode: u16,
        words: [u32; N],
    ) -> Result<(), SendError> {
        let target = I::from_handle(Handle::of(client, object));
        self.send(target, opcode, 1)?.words(words)?;
        self.retire(target);
        Ok(())
    }

    /// Ends an object whose destructor request was queued. Its id stays taken
    /// until the server's `delete_id`.
    #[doc(hidden)]
    pub fn retire<I: Dispatch<A>>(&mut self, object: I) {
        if self.core.mark_zombie(object.handle()) {
            drop(self.core.take_data::<I, I::Data>(object.handle()));
        }
    }

    /// Ends an object that the server has ended by an event. An id of the server's own is free for it to use again; one
    /// of ours comes back with `delete_id`.
    pub(super) fn ended_by_event<I: Dispatch<A>>(&mut self, object: Handle) {
        let core = &mut self.core;
        let ended = if object.id() < SERVER_IDS { core.mark_zombie(object) } else { core.release(object) };
        if ended {
            drop(core.take_data::<I, I::Data>(object));
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
