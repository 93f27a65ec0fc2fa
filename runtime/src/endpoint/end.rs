//! The ends of connections: why, what the peer is told, and how the application gets its objects back.

use std::sync::atomic::Ordering;

use super::batch::core;
use super::handlers::DestroyedFn;
use super::receive::{Budget, Progress, receive};
use super::recorder::End;
use super::{Core, Dispatch, Peer, Role};
use crate::error::{Disconnect, ProtocolError};
use crate::escape::shortened;
use crate::handle::{ClientId, Handle};
use crate::limits::Limits;
use crate::wire::{HEADER, Writer};

/// Reads in one turn from a peer that has stopped reading.
const DRAIN_READS: usize = 8;

/// Calls of `destroyed` before the budget is asked.
const OBJECTS_PER_LOOK: u32 = 64;

/// What a connection counts as beside what it sent: its tables and buffers, in bytes.
const CONNECTION: u64 = 4 << 10;

/// Tells the application of an object that it has ended.
pub(super) type OwnEnd<A> = Box<dyn FnOnce(&mut A) + Send>;

impl<A> Core<A> {
    /// Ends a connection. Its objects live on, unreachable for sends, until
    /// [`hand_back`] tells the application. The first reason stays.
    #[cold]
    pub(crate) fn end(&mut self, client: ClientId, reason: Disconnect) {
        self.close(client, End::new(reason));
    }

    fn close(&mut self, client: ClientId, end: Box<End>) {
        if let Some(peer) = self.peer_mut(client)
            && peer.ending.is_none()
        {
            peer.ending = Some(peer.closing.take().unwrap_or(end));
            let (traced, recorded) = (peer.traced, peer.recent.is_some());
            self.peers.shut(client);
            self.clear_account(client);
            self.ended.push_back(client);
            self.pending.store(true, Ordering::Relaxed);
            if traced {
                self.set_traced(client, false);
            }
            if recorded && self.peer(client).is_some_and(Peer::has_no_last) {
                self.note_last(client, &[]);
            }
        }
    }

    /// Ends a connection whose peer sends no more, as soon as nothing waits for it.
    pub(crate) fn end_of_stream(&mut self, client: ClientId, reason: Disconnect) {
        if let Some(peer) = self.peer_mut(client) {
            peer.closing = Some(End::new(reason));
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

    /// As [`Core::end_with_error`], at once: the peer gets the error if its link takes it now.
    #[cold]
    pub(crate) fn end_telling(&mut self, client: ClientId, error: &ProtocolError, reason: Disconnect) {
        self.post_error(client, error);
        self.flush_peer(client);
        self.end(client, reason);
    }

    /// Takes the data of an object that the application itself has ended: drops it, or keeps it for `destroyed` if the
    /// handler wants that.
    #[inline(always)]
    pub(crate) fn end_own<R: Role<A>, I: Dispatch<A, R>>(&mut self, object: Handle) {
        let data = self.take_data::<I, I::Data>(object);
        if I::OWN_ENDS {
            let destroyed = move |app: &mut A| I::destroyed(app, I::from_handle(object), data);
            self.own_ends.push_back(Box::new(destroyed));
            self.pending.store(true, Ordering::Relaxed);
        }
    }

    /// Whether there are ends that the application was not told of completely.
    pub(crate) fn has_unfinished_ends(&self) -> bool {
        !self.ended.is_empty() || !self.own_ends.is_empty()
    }

    /// Ends a connection that waited for its queue to become empty.
    pub(super) fn end_drained(&mut self, client: ClientId) {
        if let Some(reason) = self.peer_mut(client).and_then(|peer| peer.closing.take()) {
            self.close(client, reason);
        }
    }

    /// Whether connections have ended, or are about to, that the application does not know of.
    pub(crate) fn has_ends(&self) -> bool {
        !self.ended.is_empty() || !self.unreadable.is_empty() || !self.own_ends.is_empty()
    }

    /// Queues `wl_display.error`.
    fn post_error(&mut self, client: ClientId, error: &ProtocolError) {
        let message = error_message(error, self.limits.message_size);
        let Some(peer) = self.open_mut(client) else { return };
        peer.outbox.grow(message.len());
        if let Some(place) = peer.outbox.append(message.len()) {
            place.copy_from_slice(&message);
        }
    }
}

/// `wl_display.error`, with as much of its text as fits.
pub(crate) fn error_message(error: &ProtocolError, largest: usize) -> Vec<u8> {
    // Room is kept for header, id, code, length, NUL and pad.
    let room = largest.min(Limits::MESSAGE_SIZE).saturating_sub(24);
    let text: String = error.message.chars().filter(|&c| c != '\0').collect();
    let text = shortened(&text, room);
    let mut bytes = vec![0; HEADER + 8 + 4 + (text.len() + 1).next_multiple_of(4)];
    let mut message = Writer::new(&mut bytes, 1, 0);
    message.word(error.object);
    message.word(error.code);
    message.string(text);
    bytes
}

/// Reads what peers wrote before they stopped reading, and ends those that wrote nothing about it.
/// Returns whether there were any.
pub(crate) fn drain_unreadable<A, R: Role<A>>(app: &mut A, budget: &mut Budget<'_>) -> bool {
    let count = core::<A, R>(app).unreadable.len();
    for _ in 0..count {
        let Some(client) = core::<A, R>(app).unreadable.pop_front() else { break };
        let mut reads = (0..DRAIN_READS).map(|_| receive::<A, R>(app, client, budget));
        let stopped = reads.find(|progress| !matches!(progress, Progress::Read { .. }));
        let own = core::<A, R>(app);
        match stopped {
            // There is more; the rest of its messages waits for the next turn.
            None | Some(Progress::Paused { .. }) => own.unreadable.push_back(client),
            Some(_) => own.end(client, Disconnect::Reset),
        }
        if budget() == 0 {
            break;
        }
    }
    count > 0
}

/// Tells the application of objects that it ended itself, where it asked for that; hands the objects of ended
/// connections back, tells of these ends and removes the connections.
/// What the budget does not allow is left for the next turn.
pub(crate) fn hand_back<A, R: Role<A>>(app: &mut A, budget: &mut Budget<'_>) {
    let mut left = OBJECTS_PER_LOOK;
    // No more than the application did in this turn, so not in the budget. One by one, so that a panic loses no other.
    for _ in 0..core::<A, R>(app).own_ends.len() {
        let Some(destroyed) = core::<A, R>(app).own_ends.pop_front() else { break };
        destroyed(app);
    }
    while let Some(&client) = core::<A, R>(app).ended.front() {
        while let Some((destroyed, object)) = end_next_object(core::<A, R>(app), client) {
            destroyed(app, object);
            left -= 1;
            if left == 0 {
                left = budget().min(OBJECTS_PER_LOOK);
                if left == 0 {
                    core::<A, R>(app).pending.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
        let own = core::<A, R>(app);
        own.ended.pop_front();
        own.flush_peer(client);
        let Some(peer) = own.peers.remove(client) else { continue };
        own.close_account(&peer.account);
        own.released += CONNECTION + peer.traffic.bytes_in;
        let end = peer.ending.unwrap_or_else(|| End::new(Disconnect::Local));
        let End { reason, last } = *end;
        log_end(client, &reason);
        own.last = last;
        R::ended(app, client, &reason);
    }
}

/// Logs the end of a connection, once: as usual, as trouble on the way, as the peer's fault, or as one of this process.
fn log_end(client: ClientId, reason: &Disconnect) {
    match reason {
        Disconnect::Closed | Disconnect::Local => tracing::debug!("{client} has ended: {reason}"),
        Disconnect::Reset | Disconnect::Truncated { .. } => tracing::info!("{client} has ended: {reason}"),
        Disconnect::Socket(_) | Disconnect::Internal(_) => tracing::error!("{client} has ended: {reason}"),
        _ => tracing::warn!("{client} has ended: {reason}"),
    }
}

/// Ends the live object with the lowest id. Returns it, with what hands it to the application.
fn end_next_object<A>(core: &mut Core<A>, client: ClientId) -> Option<(DestroyedFn<A>, Handle)> {
    let (peer, epoch) = core.peers.get_with_epoch(client)?;
    let (id, entry) = peer.objects.next_live(peer.handed_back)?;
    peer.handed_back = id.saturating_add(1);
    let handle = entry.handle(client, id);
    peer.objects.release(epoch, handle);
    let destroyed = core.handlers(entry.interface).map(|handlers| handlers.destroyed);
    Some((destroyed.unwrap_or(|_, _| {}), handle))
}
