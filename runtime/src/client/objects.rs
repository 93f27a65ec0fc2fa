//! What messages do to objects, where only clients do it. What both sides do is in `endpoint`.

use super::{Client, ClientRole, HasClient};
use crate::endpoint::{Core, Dispatch};
use crate::error::SendError;
use crate::handle::{ClientId, Handle, Interface, ObjectRef};
use crate::wire::DecodeError;

impl<A: HasClient> Client<A> {
    /// Queues a destructor request of `words` alone, and ends the object. Called by generated send methods.
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued; the object lives on then.
    #[doc(hidden)]
    #[inline]
    pub fn send_destructor<I: Dispatch<A, ClientRole>, const N: usize>(
        &mut self,
        target: I,
        opcode: u16,
        since: u32,
        words: [u32; N],
    ) -> Result<(), SendError> {
        let handle = target.handle();
        Core::<A>::check_version(handle, since)?;
        if self.core.queue_destructor(handle, opcode, words).is_some() {
            self.core.end_own::<ClientRole, I>(handle);
            return Ok(());
        }
        let (client, object) = handle.parts();
        self.send_destructor_slowly::<I, N>(client, object, opcode, words)
    }

    #[cold]
    #[inline(never)]
    fn send_destructor_slowly<I: Dispatch<A, ClientRole>, const N: usize>(
        &mut self,
        client: ClientId,
        object: ObjectRef,
        opcode: u16,
        words: [u32; N],
    ) -> Result<(), SendError> {
        let target = I::from_handle(Handle::of(client, object));
        self.send(target, opcode, 1)?.words(words)?;
        self.destroy(target);
        Ok(())
    }

    /// Ends an object whose destructor request was queued. Its id stays taken
    /// until the server's `delete_id`.
    #[doc(hidden)]
    pub fn destroy<I: Dispatch<A, ClientRole>>(&mut self, object: I) {
        if self.core.mark_zombie(object.handle()) {
            self.core.end_own::<ClientRole, I>(object.handle());
        }
    }

    /// The object that an argument names: a dead handle if it was destroyed
    /// here while the event was under way (O28).
    ///
    /// # Errors
    /// [`DecodeError`] if there is none of this interface.
    #[doc(hidden)]
    #[inline]
    pub fn object<I: Interface>(&self, parent: Handle, id: u32) -> Result<I, DecodeError> {
        if id == 0 {
            return Err(DecodeError::Null);
        }
        let dead = || I::from_handle(Handle::dead(parent.client(), id));
        Ok(self.core.argument::<I>(parent.client(), id)?.unwrap_or_else(dead))
    }

    /// As [`Client::object`], where null is allowed; a destroyed object is `None` too.
    ///
    /// # Errors
    /// [`DecodeError`] if there is none of this interface.
    #[doc(hidden)]
    #[inline]
    pub fn optional_object<I: Interface>(&self, parent: Handle, id: u32) -> Result<Option<I>, DecodeError> {
        if id == 0 { Ok(None) } else { self.core.argument::<I>(parent.client(), id) }
    }

    /// As [`Client::object`], for arguments without an interface.
    ///
    /// # Errors
    /// [`DecodeError`] if there is no such object.
    #[doc(hidden)]
    pub fn any_object(&self, parent: Handle, id: u32) -> Result<Handle, DecodeError> {
        Ok(self.core.any_argument(parent.client(), id)?.unwrap_or_else(|| Handle::dead(parent.client(), id)))
    }
}
