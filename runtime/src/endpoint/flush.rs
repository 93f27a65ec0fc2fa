//! From the queues to the links: what waits is sent when a turn ends, or earlier when there is much of it.

use std::sync::atomic::Ordering;

use super::peers::Interest;
use super::{Core, SPARE_BUFFERS, WAITING};
use crate::conn::{Flush, FlushStats};
use crate::error::Disconnect;
use crate::handle::ClientId;
use crate::limits::{FIRST_QUEUE, FLUSH_AT, Limits};
use crate::objects::Side;

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
        let mut moved = FlushStats::default();
        let result = peer.outbox.flush(&mut *peer.link, &mut moved);
        let messages = std::mem::take(&mut peer.outbox.messages);
        self.stats.bytes_out += moved.bytes;
        self.stats.fds_out += moved.fds;
        self.stats.sends += moved.calls;
        self.stats.messages_out += messages;
        peer.traffic.bytes_out += moved.bytes;
        peer.traffic.fds_out += moved.fds;
        peer.traffic.messages_out += messages;
        match result {
            Ok(Flush::Done) => {
                (peer.blocked, peer.congested) = (false, false);
                peer.warned = false;
                let counted = peer.account.has_queue();
                // Idle connections hold no send buffer.
                let buffer = peer.outbox.take_buffer();
                let room = if buffer.len() > FIRST_QUEUE { SPARE_BUFFERS } else { WAITING };
                if (1..=2 * FLUSH_AT).contains(&buffer.len()) && self.spare.len() < room {
                    self.spare.push(buffer);
                }
                if counted {
                    self.recount(client);
                }
                self.end_drained(client);
                self.note_interest(client);
                Flush::Done
            }
            Ok(refused @ (Flush::Blocked | Flush::Congested)) => {
                (peer.blocked, peer.congested) = (true, refused == Flush::Congested);
                self.recount(client);
                self.note_interest(client);
                refused
            }
            Err(error) => {
                peer.outbox.clear();
                (peer.blocked, peer.congested) = (false, false);
                // The peer no longer reads, but what it wrote before may explain why (P05).
                let (is_read, reason) = (peer.is_read(), Disconnect::by(&error));
                let known = reason == Disconnect::Reset && std::mem::replace(&mut peer.unreadable, true);
                self.end_drained(client);
                match reason {
                    Disconnect::Reset if !is_read || known => {}
                    Disconnect::Reset => {
                        self.unreadable.push_back(client);
                        self.pending.store(true, Ordering::Relaxed);
                    }
                    reason => self.end(client, reason),
                }
                Flush::Done
            }
        }
    }

    /// Has the connection flushed at the end of the turn.
    pub(super) fn mark_dirty(&mut self, client: ClientId) {
        if let Some(peer) = self.peers.get_mut(client).filter(|peer| !peer.dirty) {
            peer.dirty = true;
            self.dirty.push(client);
            self.pending.store(true, Ordering::Relaxed);
        }
    }

    /// Sends what waits for the connections that this turn has written to so far. Those whose links are full stay in
    /// the list: how much waits for them is judged when the turn ends.
    pub(super) fn flush_early(&mut self) {
        let mut kept = self.tried;
        for index in self.tried..self.dirty.len() {
            let client = self.dirty[index];
            self.flush_unless_blocked(client);
            if let Some(peer) = self.peers.get_mut(client) {
                peer.dirty = peer.blocked;
                if peer.dirty {
                    self.dirty[kept] = client;
                    kept += 1;
                }
            }
        }
        self.dirty.truncate(kept);
        self.tried = kept;
    }

    /// Sends what waits for all connections.
    pub(crate) fn flush_dirty(&mut self) {
        // Flushing queues nothing, so the list does not grow meanwhile.
        self.pending.store(false, Ordering::Relaxed);
        self.tried = 0;
        let mut dirty = std::mem::take(&mut self.dirty);
        for client in dirty.drain(..) {
            if let Some(peer) = self.peers.get_mut(client) {
                peer.dirty = false;
                self.flush_unless_blocked(client);
                self.warn_of_length(client);
                self.note_interest(client);
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

    /// Looks at how much waits for a peer that does not read, and warns of one that has used up half of it.
    fn warn_of_length(&mut self, client: ClientId) {
        let Limits { queued_bytes, queued_fds, .. } = self.limits;
        let Some(peer) = self.open(client).filter(|peer| peer.blocked) else { return };
        if peer.outbox.len() >= queued_bytes / 2 || peer.outbox.fds() >= queued_fds / 2 {
            self.warn(client);
        }
        self.recount(client);
    }

    /// Notes when the event loop has to wait for something else than before.
    fn note_interest(&mut self, client: ClientId) {
        let throttle = self.limits.throttle_bytes;
        let Some(peer) = self.peers.get_mut(client) else { return };
        let (write, retry) = (peer.blocked && !peer.congested, peer.congested);
        let wanted = Interest { read: peer.is_read() && peer.outbox.len() < throttle, write, retry };
        if peer.interest == wanted {
            return;
        }
        let reads_again = wanted.read && !peer.interest.read;
        peer.interest = wanted;
        if !std::mem::replace(&mut peer.interest_changed, true) {
            self.interest.push(client);
        }
        // Messages that were left when it was throttled are in this process, where no event loop sees them.
        if reads_again && peer.inbox.has_left() {
            self.mark_ready(client);
        }
    }

    /// Takes the next connection for which the event loop has to wait for something else, and what.
    pub(crate) fn next_interest(&mut self) -> Option<(ClientId, Interest)> {
        while let Some(client) = self.interest.pop() {
            if let Some(peer) = self.peers.get_mut(client) {
                peer.interest_changed = false;
                return Some((client, peer.interest));
            }
        }
        None
    }

    /// Whether more is to be read from a connection.
    pub(crate) fn wants_input(&self, client: ClientId) -> bool {
        let throttle = self.limits.throttle_bytes;
        self.peer(client).is_some_and(|peer| peer.is_read() && peer.outbox.len() < throttle)
    }

    /// Notes that a connection has something to be handled, and had no turn yet.
    pub(crate) fn mark_ready(&mut self, client: ClientId) {
        if let Some(peer) = self.peers.get_mut(client).filter(|peer| !peer.ready) {
            peer.ready = true;
            self.ready.push_back(client);
            self.pending.store(true, Ordering::Relaxed);
        }
    }

    /// Notes that whole messages of a connection are left from its turn. It comes behind those that had none.
    pub(super) fn mark_paused(&mut self, client: ClientId) {
        if let Some(peer) = self.peers.get_mut(client).filter(|peer| !peer.ready) {
            peer.ready = true;
            self.paused.push(client);
            self.pending.store(true, Ordering::Relaxed);
        }
    }

    /// Puts those that had their turn behind those that are ready.
    pub(crate) fn queue_paused(&mut self) {
        self.ready.extend(self.paused.drain(..));
    }

    /// Takes the connection whose messages have waited longest in this process.
    pub(crate) fn next_ready(&mut self) -> Option<ClientId> {
        while let Some(client) = self.ready.pop_front() {
            if let Some(peer) = self.peers.get_mut(client) {
                peer.ready = false;
                return Some(client);
            }
        }
        None
    }

    /// Whether whole messages of a connection wait for its next turn.
    pub(crate) fn is_ready(&self, client: ClientId) -> bool {
        self.peer(client).is_some_and(|peer| peer.ready)
    }

    /// How many connections have whole messages in this process.
    pub(crate) fn ready_count(&self) -> usize {
        self.ready.len()
    }
}
