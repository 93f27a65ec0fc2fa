//! What `Server` and `Client` offer alike: one text for both, so that they cannot drift apart.
//!
//! Inherent methods made by a macro, since those of a trait would have to be imported by every application. Only what
//! hands on to the core is here; what differs by a word is written out on each side.

macro_rules! endpoint {
    ($endpoint:ident, $application:path, $dispatch:path, $side:expr, $kind:ident) => {
        impl<A: $application> $endpoint<A> {
            /// The application's state for a live object.
            ///
            /// # Errors
            /// [`Gone`](crate::Gone) if the object no longer exists; by `?` a handler returns quietly.
            #[inline]
            pub fn data<I: $dispatch>(&mut self, object: I) -> Result<&mut I::Data, crate::Gone> {
                self.core.data::<I, I::Data>(object)
            }

            /// What crossed all connections of this endpoint so far.
            #[must_use]
            pub fn stats(&self) -> crate::Stats {
                self.core.stats
            }

            /// The limits in force.
            #[must_use]
            pub fn limits(&self) -> crate::Limits {
                self.core.limits
            }

            /// Changes the limits. That of objects binds connections made from
            /// now on (so never the one of a client), all others take effect at once.
            pub fn set_limits(&mut self, limits: crate::Limits) {
                self.core.set_limits(limits);
            }

            /// Opens a message of `target`. Called by generated send methods.
            ///
            /// # Errors
            /// [`SendError`](crate::SendError) if the object is gone or too old.
            #[doc(hidden)]
            #[inline]
            pub fn send<I: crate::Interface>(
                &mut self,
                target: I,
                opcode: u16,
                since: u32,
            ) -> Result<crate::Sender<'_, A, I>, crate::SendError> {
                self.core.sender::<I>(target.handle(), opcode, since)
            }

            /// Sends a message of `words` alone, of which the one at `at` is the id of an object that it
            /// makes. Called by generated send methods.
            ///
            /// # Errors
            /// [`SendError`](crate::SendError) if nothing was queued; there is no new object then.
            #[doc(hidden)]
            #[inline]
            pub fn send_first<T: crate::Interface, I: $dispatch, const N: usize>(
                &mut self,
                target: T,
                opcode: u16,
                since: u32,
                words: [u32; N],
                at: usize,
            ) -> Result<I, crate::SendError> {
                let handle = target.handle();
                Core::<A>::check_version(handle, since)?;
                let slot = I::SPEC.slot.get();
                self.core.install::<I::Data>(slot, $kind::<A, I>);
                let new = (slot, handle.version().min(I::SPEC.version));
                match self.core.queue_first::<I::Data, N>($side, (handle, opcode), new, (words, at)) {
                    Some(made) => Ok(I::from_handle(made)),
                    None => {
                        let (client, object) = handle.parts();
                        self.send_first_slowly::<T, I, N>(client, object, opcode, words, at)
                    }
                }
            }

            #[cold]
            #[inline(never)]
            fn send_first_slowly<T: crate::Interface, I: $dispatch, const N: usize>(
                &mut self,
                client: crate::ClientId,
                object: crate::interface::Target,
                opcode: u16,
                mut words: [u32; N],
                at: usize,
            ) -> Result<I, crate::SendError> {
                let target = T::from_handle(crate::Handle::of(client, object));
                self.announce(target, |endpoint, id| {
                    if let Some(word) = words.get_mut(at) {
                        *word = id;
                    }
                    endpoint.send(target, opcode, 1)?.words(words)
                })
            }

            /// The wire form of an object argument of a message to `target`.
            ///
            /// # Errors
            /// [`SendError::ForeignObject`](crate::SendError::ForeignObject).
            #[doc(hidden)]
            #[inline]
            pub fn reference(
                &self,
                target: impl crate::Interface,
                argument: impl crate::Interface,
            ) -> Result<u32, crate::SendError> {
                self.core.check_argument(target.client(), argument.handle())
            }

            /// As `reference`, for arguments without an interface.
            ///
            /// # Errors
            /// [`SendError::ForeignObject`](crate::SendError::ForeignObject).
            #[doc(hidden)]
            pub fn reference_any(
                &self,
                target: impl crate::Interface,
                argument: crate::Handle,
            ) -> Result<u32, crate::SendError> {
                self.core.check_argument(target.client(), argument)
            }
        }
    };
}
pub(crate) use endpoint;
