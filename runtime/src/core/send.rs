//! From generated send methods to the queue of one connection.
//!
//! A send checks the handle, the version and the size, and appends to the
//! connection's queue. The link is asked to take bytes when the turn ends or
//! when [`FLUSH_AT`] bytes wait.

use std::marker::PhantomData;
use std::os::fd::OwnedFd;

use super::{Core, WAITING};
use crate::conn::{Outbox, Rules};
use crate::error::{Disconnect, SendError};
use crate::interface::{ClientId, Handle, Interface};
use crate::limits::FIRST_QUEUE;
use crate::objects::Side;
use crate::protocol::WlDisplay;
use crate::wire::{self, HEADER};

/// A checked send to one object; generated code finishes it.
#[derive(Debug)]
pub struct Sender<'a, I> {
    out: &'a mut Outbox,
    id: u32,
    opcode: u16,
    interface: PhantomData<I>,
}

impl<A> Core<A> {
    /// Checks that a message of `I` can go to `target` and opens it.
    #[inline]
    pub(crate) fn sender<I: Interface>(
        &mut self,
        target: Handle,
        opcode: u16,
        since: u32,
    ) -> Result<Sender<'_, I>, SendError> {
        if target.version < since {
            return Err(SendError::Version { since, version: target.version });
        }
        let peer = self.open(target.client).ok_or(SendError::Gone)?;
        if peer.objects.live(target).is_none() {
            return Err(SendError::Gone);
        }
        if !peer.outbox.is_under_way() {
            self.prepare(target.client)?;
        }
        let peer = self.open_mut(target.client).ok_or(SendError::Gone)?;
        Ok(Sender { out: &mut peer.outbox, id: target.id, opcode, interface: PhantomData })
    }

    /// Starts a queue, or tries to make room in a long one and enforces its limit.
    #[cold]
    #[inline(never)]
    fn prepare(&mut self, client: ClientId) -> Result<(), SendError> {
        let Some(peer) = self.open(client) else { return Err(SendError::Gone) };
        // A full socket was already tried in this turn; its queue waits for writability.
        if !peer.outbox.is_empty() && !peer.blocked {
            self.flush_peer(client);
        }
        let Some(peer) = self.open(client) else { return Err(SendError::Gone) };
        let (queued, fds) = (peer.outbox.len(), peer.outbox.fds());
        if queued + peer.outbox.rules.message_size as usize > self.limits.queued_bytes {
            if self.side == Side::Server {
                self.end(client, Disconnect::SlowPeer { queued, fds });
            }
            return Err(SendError::QueueFull { queued: u32::try_from(queued).unwrap_or(u32::MAX) });
        }
        if self.dirty.len() - self.tried >= WAITING {
            self.flush_early();
        }
        self.mark_dirty(client);
        let Core { peers, spare, .. } = self;
        let Some(peer) = peers[client.index as usize].peer.as_mut() else { return Err(SendError::Gone) };
        if peer.outbox.bytes.capacity() == 0 {
            // Idle connections have no buffer.
            peer.outbox.bytes = spare.pop().unwrap_or_else(|| Vec::with_capacity(FIRST_QUEUE));
        }
        Ok(())
    }

    /// Queues a message of the core's own about object 1 or a registry.
    #[inline]
    pub(crate) fn send_words<const N: usize>(&mut self, client: ClientId, object: u32, opcode: u16, words: [u32; N]) {
        let Some(peer) = self.open(client) else { return };
        if !peer.outbox.is_under_way() && self.prepare(client).is_err() {
            return;
        }
        let Some(peer) = self.open_mut(client) else { return };
        wire::push_words(&mut peer.outbox.bytes, object, opcode, words);
        let display = Sender { out: &mut peer.outbox, id: object, opcode, interface: PhantomData::<WlDisplay> };
        display.finish(HEADER + N * 4);
    }
}

impl<'a, I: Interface> Sender<'a, I> {
    /// Queues a message that consists of words alone.
    #[inline]
    pub fn words<const N: usize>(self, words: [u32; N]) {
        wire::push_words(&mut self.out.bytes, self.id, self.opcode, words);
        self.finish(HEADER + N * 4);
    }

    /// Queues a message with fds that consists of words alone besides.
    ///
    /// # Errors
    /// [`SendError::QueueFull`] if too many fds wait already; `fds` are closed.
    #[inline]
    pub fn words_and_fds<const N: usize, const F: usize>(
        mut self,
        words: [u32; N],
        fds: [OwnedFd; F],
    ) -> Result<(), SendError> {
        self.push_fds(fds)?;
        self.words(words);
        Ok(())
    }

    /// Opens a message with strings or arrays. `size` counts the header and
    /// what [`string_size`], [`optional_string_size`] and [`array_size`] say.
    ///
    /// # Errors
    /// [`SendError::TooLarge`], [`SendError::QueueFull`]; `fds` are closed.
    #[inline]
    pub fn open<const F: usize>(mut self, size: usize, fds: [OwnedFd; F]) -> Result<Outgoing<'a, I>, SendError> {
        let limit = self.out.rules.message_size;
        if size > limit as usize {
            return Err(SendError::TooLarge { size: u32::try_from(size).unwrap_or(u32::MAX), limit });
        }
        self.push_fds(fds)?;
        wire::push_header(&mut self.out.bytes, self.id, self.opcode, size);
        Ok(Outgoing { sender: self, size })
    }

    #[inline]
    fn push_fds<const F: usize>(&mut self, fds: [OwnedFd; F]) -> Result<(), SendError> {
        if F > 0 && self.out.fds() + F > self.out.rules.queued_fds as usize {
            self.out.refused = true;
            return Err(SendError::QueueFull { queued: u32::try_from(self.out.len()).unwrap_or(u32::MAX) });
        }
        let start = self.out.bytes.len();
        for fd in fds {
            self.out.push_fd(start, fd);
        }
        Ok(())
    }

    #[inline]
    fn finish(self, size: usize) {
        self.out.messages += 1;
        if self.out.rules.trace {
            self.trace(size);
        }
    }

    /// Traces the message at the end of the queue.
    #[cold]
    fn trace(self, size: usize) {
        let Rules { client, side, .. } = self.out.rules;
        let messages = if side == Side::Client { I::SPEC.requests } else { I::SPEC.events };
        let body = &self.out.bytes[self.out.bytes.len() - size + HEADER..];
        crate::trace::outgoing(I::SPEC, client, self.id, &messages[self.opcode as usize], body);
    }
}

/// A message with strings or arrays, written argument by argument.
#[derive(Debug)]
pub struct Outgoing<'a, I> {
    sender: Sender<'a, I>,
    size: usize,
}

impl<I: Interface> Outgoing<'_, I> {
    /// Writes an argument of one word.
    #[inline]
    #[must_use]
    pub fn word(self, word: u32) -> Self {
        wire::push_word(&mut self.sender.out.bytes, word);
        self
    }

    /// Writes a string.
    #[inline]
    #[must_use]
    pub fn string(self, text: &str) -> Self {
        wire::push_string(&mut self.sender.out.bytes, text);
        self
    }

    /// Writes a string or null.
    #[inline]
    #[must_use]
    pub fn optional_string(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.string(text),
            None => self.word(0),
        }
    }

    /// Writes an array.
    #[inline]
    #[must_use]
    pub fn array(self, array: &[u8]) -> Self {
        wire::push_array(&mut self.sender.out.bytes, array);
        self
    }

    /// Ends the message.
    #[inline]
    pub fn finish(self) {
        self.sender.finish(self.size);
    }
}

/// Bytes a string argument takes on the wire.
///
/// # Errors
/// [`SendError::InteriorNul`] if the wire cannot carry it.
#[inline]
pub fn string_size(text: &str) -> Result<usize, SendError> {
    wire::string_size(text).ok_or(SendError::InteriorNul)
}

/// Bytes a nullable string argument takes on the wire.
///
/// # Errors
/// As [`string_size`].
#[inline]
pub fn optional_string_size(text: Option<&str>) -> Result<usize, SendError> {
    text.map_or(Ok(4), string_size)
}

/// Bytes an array argument takes on the wire.
#[inline]
#[must_use]
pub fn array_size(array: &[u8]) -> usize {
    wire::array_size(array)
}
