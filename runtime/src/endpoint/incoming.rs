//! A received message as generated decoders see it.

use std::os::fd::OwnedFd;

use super::batch::Turn;
use crate::handle::{ClientId, Handle, ObjectRef};
use crate::objects::Epoch;
use crate::wire::{DecodeError, HEADER, Reader, words_of};

/// A received message on its way to the generated decoder.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub(super) client: ClientId,
    pub(super) target: ObjectRef,
    /// Wider than it is, so that no handler's `match` has to widen it.
    pub(super) opcode: usize,
    pub(super) body: &'a [u8],
    /// Behind a reference, since few messages need any of it.
    pub(super) turn: &'a mut Turn,
    /// What is known of the object holds as long as the epoch of the endpoint is this one.
    pub(super) epoch: u64,
}

impl<'a> Incoming<'a> {
    /// The object the message is for.
    #[inline]
    #[must_use]
    pub fn target(&self) -> Handle {
        Handle::of(self.client, self.target)
    }

    /// Position of the message in its interface.
    #[inline]
    #[must_use]
    pub fn opcode(&self) -> u16 {
        self.opcode as u16
    }

    /// Refuses the message if the object is too old for it.
    ///
    /// # Errors
    /// [`DecodeError`]; which check failed first is found out where the message is refused.
    #[inline]
    pub fn since(&self, since: u32) -> Result<(), DecodeError> {
        if self.target.version() < since { Err(DecodeError::Short) } else { Ok(()) }
    }

    /// Says that the message ends its object, whatever the handler returns.
    #[inline]
    pub fn is_destructor(&mut self) {
        self.epoch = Epoch::NEVER;
    }

    /// The whole body as `N` words.
    ///
    /// # Errors
    /// [`DecodeError`] if the body has another size.
    #[inline]
    pub fn words<const N: usize>(&self) -> Result<[u32; N], DecodeError> {
        words_of(self.body)
    }

    /// The body, to be read argument by argument.
    ///
    /// # Errors
    /// [`DecodeError::Long`] if the message is larger than the limit.
    #[inline]
    pub fn reader(&self) -> Result<Reader<'a>, DecodeError> {
        if self.body.len() + HEADER > self.turn.largest as usize {
            Err(DecodeError::Long)
        } else {
            Ok(Reader::new(self.body))
        }
    }

    /// Reads a new id that names its interface and version itself.
    ///
    /// # Errors
    /// [`DecodeError`] as for strings.
    pub fn new_id(&self, reader: &mut Reader<'a>) -> Result<NewId<'a>, DecodeError> {
        let (interface, version, id) = (reader.string()?, reader.word()?, reader.word()?);
        Ok(NewId { interface, version, client: self.client, id })
    }

    /// The next fd of the stream, now owned by the caller.
    ///
    /// # Errors
    /// [`DecodeError::MissingFd`].
    #[inline]
    pub fn fd(&mut self) -> Result<OwnedFd, DecodeError> {
        self.turn.fds.pop_front().ok_or(DecodeError::MissingFd)
    }
}

/// An object to be made whose interface the message names itself, as in
/// `wl_registry.bind`. Handed to `Server::accept`; one that is dropped instead
/// leaves the client with an id the server does not know.
#[derive(Debug, PartialEq)]
pub struct NewId<'a> {
    pub(crate) interface: &'a str,
    pub(crate) version: u32,
    pub(crate) client: ClientId,
    pub(crate) id: u32,
}

impl NewId<'_> {
    /// The interface the client names.
    #[must_use]
    pub fn interface(&self) -> &str {
        self.interface
    }

    /// The version the client wants. Not checked.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }
}
