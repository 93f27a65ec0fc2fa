//! From generated send methods to the queue of one connection.
//!
//! A send checks the handle, the version and the size, and appends to the
//! connection's queue. The link is asked to take bytes when the turn ends or
//! when [`FLUSH_AT`] bytes wait.

use std::os::fd::OwnedFd;

use super::{Core, Peer, Stats};
use crate::conn::Flush;
use crate::error::{Disconnect, SendError};
use crate::interface::{ClientId, Handle, Interface, Message, Spec};
use crate::limits::FLUSH_AT;
use crate::objects::Side;
use crate::wire::{self, HEADER};

/// A checked send to one object; generated code finishes it.
#[derive(Debug)]
pub struct Sender<'a> {
    out: &'a mut crate::conn::Outbox,
    stats: &'a mut Stats,
    target: Handle,
    opcode: u16,
    /// Largest message allowed.
    limit: usize,
    fd_limit: usize,
    /// The message's table, only while tracing.
    trace: Option<(&'static Spec, &'static Message)>,
}

impl<A> Core<A> {
    /// Checks that a message of `I` can go to `target` and opens it.
    #[inline]
    pub(crate) fn sender<I: Interface>(
        &mut self,
        target: Handle,
        opcode: u16,
        since: u32,
    ) -> Result<Sender<'_>, SendError> {
        if target.version < since {
            return Err(SendError::Version { since, version: target.version });
        }
        if self.peer(target.client).is_some_and(|peer| peer.outbox.len() >= FLUSH_AT) {
            self.relieve(target.client)?;
        }
        let Core { peers, dirty, pending, spare, stats, limits, trace, side, .. } = self;
        let slot = peers.get_mut(target.client.index as usize).ok_or(SendError::Gone)?;
        let peer = slot.peer.as_mut().ok_or(SendError::Gone)?;
        if slot.generation != target.client.generation || peer.ending.is_some() || peer.objects.live(target).is_none() {
            return Err(SendError::Gone);
        }
        if peer.outbox.is_empty() {
            start_queue(peer, spare);
            Core::<A>::mark_dirty(dirty, pending, peer, target.client);
        }
        let trace = trace.then(|| {
            let messages = if *side == Side::Client { I::SPEC.requests } else { I::SPEC.events };
            (I::SPEC, &messages[opcode as usize])
        });
        Ok(Sender {
            out: &mut peer.outbox,
            stats,
            target,
            opcode,
            limit: limits.message_size,
            fd_limit: limits.queued_fds,
            trace,
        })
    }

    /// Tries to make room in a long queue, and enforces its limit.
    #[cold]
    fn relieve(&mut self, client: ClientId) -> Result<(), SendError> {
        let blocked = self.peer(client).is_some_and(|peer| peer.blocked);
        // A full socket was already tried in this turn; its queue waits for writability.
        if !blocked && self.flush_peer(client) == Flush::Done {
            return Ok(());
        }
        let Some(peer) = self.peer(client) else { return Err(SendError::Gone) };
        let (queued, fds) = (peer.outbox.len(), peer.outbox.fds());
        if queued + self.limits.message_size > self.limits.queued_bytes || fds > self.limits.queued_fds {
            if self.side == Side::Server {
                self.end(client, Disconnect::SlowPeer { queued, fds });
            }
            return Err(SendError::QueueFull { queued });
        }
        Ok(())
    }

    /// Queues a message of the core's own, without objects or limits in its way.
    pub(crate) fn send_words<const N: usize>(&mut self, client: ClientId, object: u32, opcode: u16, words: [u32; N]) {
        if self.peer(client).is_some_and(|peer| peer.outbox.len() >= FLUSH_AT) && self.relieve(client).is_err() {
            return;
        }
        let Core { peers, dirty, pending, spare, stats, .. } = self;
        let Some(slot) = peers.get_mut(client.index as usize) else { return };
        let Some(peer) = slot.peer.as_mut() else { return };
        if slot.generation != client.generation || peer.ending.is_some() {
            return;
        }
        if peer.outbox.is_empty() {
            start_queue(peer, spare);
            Core::<A>::mark_dirty(dirty, pending, peer, client);
        }
        wire::push_words(&mut peer.outbox.bytes, object, opcode, words);
        stats.messages_out += 1;
        if self.trace {
            self.trace_own(client, object, opcode, &words);
        }
    }
}

impl<A> Core<A> {
    /// Traces a message of the core's own, which is always one to or from the display.
    #[cold]
    fn trace_own(&self, client: ClientId, object: u32, opcode: u16, words: &[u32]) {
        let spec = &crate::protocol::wl_display::SPEC;
        let messages = if self.side == Side::Client { spec.requests } else { spec.events };
        let body: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let target = Handle { client, id: object, generation: 0, version: 1 };
        crate::trace::outgoing(spec, target, &messages[opcode as usize], &body);
    }
}

/// Gives an idle connection a send buffer.
#[inline]
fn start_queue(peer: &mut Peer, spare: &mut Vec<Vec<u8>>) {
    if peer.outbox.bytes.capacity() == 0 {
        peer.outbox.bytes = spare.pop().unwrap_or_else(|| Vec::with_capacity(FLUSH_AT + FLUSH_AT / 8));
    }
}

impl<'a> Sender<'a> {
    /// Queues a message that consists of words alone.
    #[inline]
    pub fn words<const N: usize>(mut self, words: [u32; N]) {
        wire::push_words(&mut self.out.bytes, self.target.id, self.opcode, words);
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
    pub fn open<const F: usize>(mut self, size: usize, fds: [OwnedFd; F]) -> Result<Outgoing<'a>, SendError> {
        if size > self.limit {
            return Err(SendError::TooLarge { size, limit: self.limit });
        }
        self.push_fds(fds)?;
        wire::push_header(&mut self.out.bytes, self.target.id, self.opcode, size);
        Ok(Outgoing { sender: self, size })
    }

    #[inline]
    fn push_fds<const F: usize>(&mut self, fds: [OwnedFd; F]) -> Result<(), SendError> {
        if F > 0 && self.out.fds() + F > self.fd_limit {
            return Err(SendError::QueueFull { queued: self.out.len() });
        }
        let start = self.out.bytes.len();
        for fd in fds {
            self.out.push_fd(start, fd);
        }
        Ok(())
    }

    #[inline]
    fn finish(&mut self, size: usize) {
        debug_assert_eq!(self.out.bytes.len() % 4, 0);
        self.stats.messages_out += 1;
        if let Some((spec, message)) = self.trace {
            let body = &self.out.bytes[self.out.bytes.len() - size + HEADER..];
            crate::trace::outgoing(spec, self.target, message, body);
        }
    }
}

/// A message with strings or arrays, written argument by argument.
#[derive(Debug)]
pub struct Outgoing<'a> {
    sender: Sender<'a>,
    size: usize,
}

impl Outgoing<'_> {
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
    pub fn finish(mut self) {
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
