//! The end of a turn: what waits is sent, and connections that ended are buried.

use std::sync::atomic::Ordering;

use super::{Core, Peer, Progress, Role, SPARE_BUFFERS, WAITING, receive};
use crate::conn::{Flush, Moved};
use crate::error::{Disconnect, ProtocolError};
use crate::interface::ClientId;
use crate::limits::{FIRST_QUEUE, FLUSH_AT, Limits};
use crate::objects::Side;
use crate::wire::{HEADER, Writer};

/// Reads in one turn from a peer that takes nothing any more.
const LAST_READS: usize = 8;

impl<A> Core<A> {
    /// Sends what waits for one connection; ends it if the link failed.
    pub(crate) fn flush_peer(&mut self, client: ClientId) -> Flush {
        let Some(peer) = self.peers.get_mut(client) else { return Flush::Done };
        if std::mem::take(&mut peer.outbox.refused) && self.side == Side::Server {
            // It missed an event, so nothing that follows would be right.
            let (queued, fds) = (peer.outbox.len(), peer.outbox.fds());
            self.end(client, Disconnect::SlowPeer { queued, fds });
            return Flush::Done;
        }
        let mut moved = Moved::default();
        let result = peer.outbox.flush(&mut *peer.link, &mut moved);
        self.stats.bytes_out += moved.bytes;
        self.stats.fds_out += moved.fds;
        self.stats.sends += moved.calls;
        self.stats.messages_out += std::mem::take(&mut peer.outbox.messages);
        match result {
            Ok(Flush::Done) => {
                peer.blocked = false;
                peer.warned = false;
                // Idle connections hold no send buffer.
                let buffer = peer.outbox.take_buffer();
                let room = if buffer.len() > FIRST_QUEUE { SPARE_BUFFERS } else { WAITING };
                if (1..=2 * FLUSH_AT).contains(&buffer.len()) && self.spare.len() < room {
                    self.spare.push(buffer);
                }
                self.end_drained(client);
                Flush::Done
            }
            Ok(Flush::Blocked) => {
                peer.blocked = true;
                Flush::Blocked
            }
            Err(error) => {
                peer.outbox.clear();
                peer.blocked = false;
                let is_read = peer.is_read();
                self.end_drained(client);
                match Disconnect::by(&error) {
                    // The peer no longer reads, but what it wrote before may explain why (P05).
                    Disconnect::Reset if !is_read || self.broken.contains(&client) => {}
                    Disconnect::Reset => {
                        self.broken.push(client);
                        self.pending.store(true, Ordering::Relaxed);
                    }
                    reason => self.end(client, reason),
                }
                Flush::Done
            }
        }
    }

    /// Ends a connection whose peer sends no more, as soon as nothing waits for it.
    pub(crate) fn end_of_stream(&mut self, client: ClientId, reason: Disconnect) {
        if let Some(peer) = self.peer_mut(client) {
            peer.closing = Some(Box::new(reason));
            self.flush_peer(client);
        }
    }

    /// Sends the peer an error and ends its connection as soon as that is with
    /// the kernel. Nothing else can be sent to it any more.
    #[cold]
    pub(crate) fn end_with_error(&mut self, client: ClientId, error: &ProtocolError, reason: Disconnect) {
        if self.open(client).is_none() {
            return;
        }
        self.post_error(client, error);
        self.peers.shut(client);
        self.end_of_stream(client, reason);
        // If the link is full, the loop must know that it has to wait for it.
        self.mark_dirty(client);
    }

    fn end_drained(&mut self, client: ClientId) {
        if let Some(reason) = self.peer_mut(client).and_then(|peer| peer.closing.take()) {
            self.end(client, *reason);
        }
    }

    /// Has the connection flushed at the end of the turn.
    pub(super) fn mark_dirty(&mut self, client: ClientId) {
        if let Some(peer) = self.peer_mut(client).filter(|peer| !peer.dirty) {
            peer.dirty = true;
            self.dirty.push(client);
            self.pending.store(true, Ordering::Relaxed);
        }
    }

    /// Sends what waits for the connections that this turn has written to so far. Those of
    /// which the event loop has to hear, since their sockets are or were full, stay in the list.
    pub(super) fn flush_early(&mut self) {
        let mut kept = self.tried;
        for index in self.tried..self.dirty.len() {
            let client = self.dirty[index];
            self.flush_unless_blocked(client);
            if let Some(peer) = self.peer_mut(client) {
                peer.dirty = peer.concerns_loop();
                if peer.dirty {
                    self.dirty[kept] = client;
                    kept += 1;
                }
            }
        }
        self.dirty.truncate(kept);
        self.tried = kept;
    }

    /// Sends what waits for all connections, and calls `after` for each.
    pub(crate) fn flush_dirty(&mut self, mut after: impl FnMut(&mut Core<A>, ClientId)) {
        // Flushing queues nothing, so the list does not grow meanwhile.
        self.pending.store(false, Ordering::Relaxed);
        self.tried = 0;
        let mut dirty = std::mem::take(&mut self.dirty);
        for client in dirty.drain(..) {
            if let Some(peer) = self.peer_mut(client) {
                peer.dirty = false;
                self.flush_unless_blocked(client);
                self.warn_of_length(client);
                after(self, client);
            }
        }
        self.dirty = dirty;
    }

    /// A full socket says when it has room again.
    fn flush_unless_blocked(&mut self, client: ClientId) {
        if self.peer(client).is_some_and(|peer| !peer.blocked || peer.outbox.refused) {
            self.flush_peer(client);
        }
    }

    /// Goes on with a blocked connection. Returns whether the peer took
    /// anything, and whether that was all.
    pub(crate) fn resume(&mut self, client: ClientId) -> (bool, bool) {
        let before = self.stats.bytes_out;
        self.flush_peer(client);
        let progress = self.stats.bytes_out > before;
        (progress, progress && self.open(client).is_some_and(|peer| !peer.blocked))
    }

    /// Notes that the application must be told of a slow peer; once, until it
    /// has caught up. Returns whether that is new.
    pub(crate) fn warn(&mut self, client: ClientId) -> bool {
        let Some(peer) = self.open_mut(client).filter(|peer| !peer.warned) else { return false };
        peer.warned = true;
        self.slow.push(client);
        true
    }

    /// Warns of a peer that has used up half of what may wait for it.
    fn warn_of_length(&mut self, client: ClientId) {
        let Limits { queued_bytes, queued_fds, .. } = self.limits;
        let Some(peer) = self.open(client).filter(|peer| peer.blocked) else { return };
        if peer.outbox.len() >= queued_bytes / 2 || peer.outbox.fds() >= queued_fds / 2 {
            self.warn(client);
        }
    }

    /// Queues `wl_display.error`.
    fn post_error(&mut self, client: ClientId, error: &ProtocolError) {
        // Room is kept for header, id, code, length, NUL and pad.
        let room = self.limits.message_size.min(Limits::MESSAGE_SIZE).saturating_sub(24);
        let text: String = error.message.chars().filter(|&c| c != '\0').collect();
        let text = &text[..text.floor_char_boundary(room)];
        let Some(peer) = self.open_mut(client) else { return };
        let size = HEADER + 8 + 4 + (text.len() + 1).next_multiple_of(4);
        peer.outbox.grow(size);
        if let Some(place) = peer.outbox.append(size) {
            let mut message = Writer::new(place, 1, 0);
            message.word(error.object);
            message.word(error.code);
            message.string(text);
        }
    }
}

/// Reads what peers wrote before they stopped to read, and ends those that wrote nothing about it.
/// Returns whether there were any.
pub(crate) fn read_last_words<A, R: Role<A>>(app: &mut A) -> bool {
    if R::core(app).broken.is_empty() {
        return false;
    }
    for client in std::mem::take(&mut R::core(app).broken) {
        let mut reads = (0..LAST_READS).map(|_| receive::<A, R>(app, client));
        let stopped = reads.find(|progress| !matches!(progress, Progress::Read { .. }));
        let core = R::core(app);
        if stopped.is_some() {
            core.end(client, Disconnect::Reset);
        } else {
            core.broken.push(client);
        }
    }
    true
}

impl Peer {
    /// Whether the event loop waits for something else than messages, or has to.
    fn concerns_loop(&self) -> bool {
        #[cfg(feature = "io")]
        let watched = self.watched != (true, false);
        #[cfg(not(feature = "io"))]
        let watched = false;
        self.blocked || watched
    }
}

/// Tells the application about the objects and the end of every ended
/// connection, and forgets them.
pub(crate) fn reap<A, R: Role<A>>(app: &mut A) {
    while let Some(client) = R::core(app).ended.pop() {
        let mut from = 1;
        while let Some((id, entry)) = R::core(app).peer(client).and_then(|peer| peer.objects.next_live(from)) {
            let handle = entry.handle(client, id);
            let destroyed = R::core(app).kind(entry.interface).map(|kind| kind.destroyed);
            R::core(app).release(handle);
            if let Some(destroyed) = destroyed {
                destroyed(app, handle);
            }
            let Some(next) = id.checked_add(1) else { break };
            from = next;
        }
        let core = R::core(app);
        core.flush_peer(client);
        let reason = core.peers.remove(client).and_then(|peer| peer.ending).map_or(Disconnect::Local, |reason| *reason);
        R::ended(app, client, &reason);
    }
}
