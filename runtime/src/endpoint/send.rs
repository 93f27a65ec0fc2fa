//! From generated send methods to the queue of one connection.
//!
//! A send checks the handle, the version and the size, and appends to the
//! connection's queue. The link is asked to take bytes when the turn ends or
//! when [`FLUSH_AT`](crate::limits::FLUSH_AT) bytes wait. All that is not usual,
//! such as the first message of a turn, is done out of line.

use std::marker::PhantomData;
use std::os::fd::OwnedFd;

use super::{Core, WAITING};
use crate::conn::SendLimits;
use crate::error::{Disconnect, SendError};
use crate::handle::{ClientId, Handle, Interface, ObjectRef};
use crate::objects::Side;
use crate::spec::{Message, Spec};
use crate::wire::{self, HEADER, Writer};

/// A send to one object; generated code finishes it.
pub struct Draft<'a, A, I> {
    core: &'a mut Core<A>,
    target: Handle,
    opcode: u16,
    interface: PhantomData<I>,
}

impl<A, I> std::fmt::Debug for Draft<'_, A, I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("target", &self.target).field("opcode", &self.opcode).finish_non_exhaustive()
    }
}

impl<A> Core<A> {
    /// Opens a message of `I` to `target`, which must be as new as the message.
    #[inline(always)]
    pub(crate) fn sender<I: Interface>(
        &mut self,
        target: Handle,
        opcode: u16,
        since: u32,
    ) -> Result<Draft<'_, A, I>, SendError> {
        Self::check_version(target, since)?;
        Ok(Draft { core: self, target, opcode, interface: PhantomData })
    }

    /// The place for a message of `size` bytes at the end of the queue of
    /// `target`, if there is room. `None` also for objects that a server made.
    #[inline(always)]
    fn place(&mut self, target: Handle, size: usize) -> Option<&mut [u8]> {
        let peer = self.peers.open_mut(target.client()).filter(|peer| peer.objects.is_live(target))?;
        peer.outbox.append(size)
    }

    /// Makes room for a message of `size` bytes: starts the queue, or flushes a
    /// long one and enforces its limit.
    fn make_room(&mut self, client: ClientId, size: usize) -> Result<(), SendError> {
        let peer = self.open(client).ok_or(SendError::Gone)?;
        // A full socket was already tried in this turn; its queue waits for writability.
        if peer.outbox.is_long(size) && !peer.blocked {
            self.flush_peer(client);
        }
        let peer = self.open(client).ok_or(SendError::Gone)?;
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
        let peer = peers.open_mut(client).ok_or(SendError::Gone)?;
        if !peer.outbox.has_buffer()
            && let Some(buffer) = spare.pop()
        {
            peer.outbox.set_buffer(buffer);
        }
        peer.outbox.grow(size);
        Ok(())
    }

    /// Queues a message of words where there was no room for it.
    #[cold]
    #[inline(never)]
    fn send_slowly(
        &mut self,
        what: (&'static Spec, u16),
        client: ClientId,
        object: ObjectRef,
        words: &[u32],
    ) -> Result<(), SendError> {
        let size = HEADER + 4 * words.len();
        let mut message = self.open_slowly(what, client, object, size, [])?;
        for &word in words {
            message = message.word(word);
        }
        message.finish();
        Ok(())
    }

    /// Opens a message where something about it was not as usual.
    #[cold]
    #[inline(never)]
    fn open_slowly<const F: usize>(
        &mut self,
        (spec, opcode): (&'static Spec, u16),
        client: ClientId,
        object: ObjectRef,
        size: usize,
        fds: [OwnedFd; F],
    ) -> Result<Outgoing<'_>, SendError> {
        let target = Handle::of(client, object);
        let messages = if self.side == Side::Client { spec.requests } else { spec.events };
        let trace = self.is_traced(client).then(|| Box::new((spec, &messages[opcode as usize], target)));
        if self.open(client).is_none_or(|peer| peer.objects.live(target).is_none()) {
            return Err(self.missing(client).into());
        }
        let peer = self.open_mut(target.client()).ok_or(SendError::Gone)?;
        let SendLimits { message_size: limit, queued_fds, .. } = peer.outbox.rules;
        let outbox = &mut peer.outbox;
        if size > limit as usize {
            return Err(SendError::TooLarge { size: u32::try_from(size).unwrap_or(u32::MAX), limit });
        }
        if F > 0 && outbox.fds() + F > queued_fds as usize {
            outbox.refused = true;
            let queued = u32::try_from(outbox.len()).unwrap_or(u32::MAX);
            self.mark_dirty(target.client());
            return Err(SendError::QueueFull { queued });
        }
        if !outbox.has_room(size) {
            self.make_room(target.client(), size)?;
        }
        let peer = self.open_mut(target.client()).ok_or(SendError::Gone)?;
        let place = peer.outbox.append_with(size, fds).ok_or(SendError::Gone)?;
        Ok(Outgoing { writer: Writer::new(place, target.id(), opcode), trace })
    }

    /// Queues a message of the core's own about object 1.
    #[inline]
    pub(crate) fn send_display<const N: usize>(&mut self, client: ClientId, opcode: u16, words: [u32; N]) {
        let Some(peer) = self.peers.open_mut(client) else { return };
        if let Some(place) = peer.outbox.append(HEADER + 4 * N) {
            return wire::write_words(place, 1, opcode, words);
        }
        let entry = *peer.objects.entry(1);
        let (_, display) = entry.handle(client, 1).parts();
        if let Some(spec) = self.spec(entry.interface) {
            // Whoever cannot be told is ending.
            let _ = self.send_slowly((spec, opcode), client, display, &words);
        }
    }
}

impl<'a, A, I: Interface> Draft<'a, A, I> {
    /// Queues a message that consists of words alone.
    ///
    /// # Errors
    /// [`SendError::Gone`], [`SendError::QueueFull`].
    #[inline(always)]
    pub fn words<const N: usize>(self, words: [u32; N]) -> Result<(), SendError> {
        let Draft { core, target, opcode, .. } = self;
        if let Some(place) = core.place(target, HEADER + 4 * N) {
            wire::write_words(place, target.id(), opcode, words);
            return Ok(());
        }
        let (client, object) = target.parts();
        // A copy, so that only here they have to be in memory.
        let words: [u32; N] = std::array::from_fn(|at| words[at]);
        core.send_slowly((I::SPEC, opcode), client, object, &words)
    }

    /// Queues a message with fds that consists of words alone besides.
    ///
    /// # Errors
    /// As [`Draft::words`], also if too many fds wait already; `fds` are closed.
    #[inline]
    pub fn words_and_fds<const N: usize, const F: usize>(
        self,
        words: [u32; N],
        fds: [OwnedFd; F],
    ) -> Result<(), SendError> {
        let mut message = self.open(HEADER + 4 * N, fds)?;
        for word in words {
            message = message.word(word);
        }
        message.finish();
        Ok(())
    }

    /// Opens a message with strings or arrays. `size` counts the header and
    /// what [`string_size`], [`optional_string_size`] and [`array_size`] say.
    ///
    /// # Errors
    /// [`SendError::TooLarge`], and as [`Draft::words_and_fds`].
    #[inline(always)]
    pub fn open<const F: usize>(self, size: usize, fds: [OwnedFd; F]) -> Result<Outgoing<'a>, SendError> {
        let Draft { core, target, opcode, .. } = self;
        let usual = core.open(target.client()).is_some_and(|peer| {
            F == 0
                && peer.objects.is_live(target)
                && size <= peer.outbox.rules.message_size as usize
                && peer.outbox.has_room(size)
        });
        if !usual {
            let (client, object) = target.parts();
            return core.open_slowly((I::SPEC, opcode), client, object, size, fds);
        }
        let peer = core.open_mut(target.client()).ok_or(SendError::Gone)?;
        let place = peer.outbox.append(size).ok_or(SendError::Gone)?;
        Ok(Outgoing { writer: Writer::new(place, target.id(), opcode), trace: None })
    }
}

/// A message with strings or arrays, written argument by argument.
#[derive(Debug)]
pub struct Outgoing<'a> {
    writer: Writer<'a>,
    /// What it is, if it is to be traced. Boxed: one that is not should fit into registers.
    trace: Option<Box<(&'static Spec, &'static Message, Handle)>>,
}

impl Outgoing<'_> {
    /// Writes an argument of one word.
    #[inline]
    #[must_use]
    pub fn word(mut self, word: u32) -> Self {
        self.writer.word(word);
        self
    }

    /// Writes a string.
    #[inline]
    #[must_use]
    pub fn string(mut self, text: &str) -> Self {
        self.writer.string(text);
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
    pub fn array(mut self, array: &[u8]) -> Self {
        self.writer.array(array);
        self
    }

    /// Ends the message.
    #[inline]
    pub fn finish(self) {
        if let Some(trace) = self.trace {
            let (spec, message, target) = *trace;
            crate::trace::outgoing(spec, target, message, &self.writer.message()[HEADER..]);
        }
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
