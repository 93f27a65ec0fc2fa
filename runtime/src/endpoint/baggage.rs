//! What a connection brings from another process.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use super::Core;
use super::receive::begins_with_message;
use crate::conn::{Left, Link};
use crate::error::Resource;
use crate::handle::{ClientId, Handle};
use crate::objects::{Image, Objects, Side};

/// A connection as it was in another process.
pub(crate) struct Baggage {
    pub(crate) link: Box<dyn Link>,
    pub(crate) tag: u64,
    /// The place of its listener.
    pub(crate) listener: Option<u32>,
    /// How long ago it was last read from, in milliseconds.
    pub(crate) heard: Option<u64>,
    /// Of the tasks of clients, how long ago each began, in milliseconds.
    pub(crate) waited: [Option<u64>; 3],
    /// Whether its link refused bytes, or fds; and whether the application was told that it is slow.
    pub(crate) blocked: bool,
    pub(crate) congested: bool,
    pub(crate) warned: bool,
    /// What the application charged, by resource.
    pub(crate) charged: [u64; Resource::COUNT],
    pub(crate) image: Image,
    /// Bytes that were not handled, and descriptors that no message has claimed.
    pub(crate) received: Vec<u8>,
    pub(crate) received_fds: VecDeque<OwnedFd>,
    /// Bytes that were not sent, from anywhere in a message; descriptors, each with where its message starts.
    pub(crate) queued: Vec<u8>,
    pub(crate) queued_fds: Vec<(usize, OwnedFd)>,
}

impl<A> Core<A> {
    /// Whether messages of a client are handled, and will be.
    pub(crate) fn is_served(&self, client: ClientId) -> bool {
        self.open(client).is_some_and(super::Peer::is_read)
    }

    /// Takes over a connection. Returns the handles of its live objects, in the order of ids; `None` if there can be no
    /// such connection.
    pub(crate) fn unpack(&mut self, baggage: Baggage) -> Option<(ClientId, Vec<Handle>)> {
        let Baggage { link, image, received, received_fds, queued, queued_fds, charged, tag, .. } = baggage;
        let Baggage { blocked, congested, warned, .. } = baggage;
        let limit = self.limits.objects;
        let client = self.add_peer(link);
        let waits = !queued.is_empty();
        let restored = self.peer_mut(client).is_some_and(|peer| peer.outbox.restore(queued, queued_fds));
        let Core { slabs, peers, .. } = self;
        let attach = |interface: u16, generation| match slabs.get_mut(usize::from(interface)) {
            Some(slab) => slab.attach(client, generation),
            None => 0,
        };
        let objects = if restored { Objects::of_image(&image, limit, attach) } else { None };
        let Some((objects, peer)) = objects.zip(peers.get_mut(client)) else {
            self.forget(client);
            return None;
        };
        let live = image.taken.iter().filter_map(|taken| {
            let entry = objects.entry(taken.id);
            (entry.interface != 0).then(|| entry.handle(client, taken.id))
        });
        let handles = live.collect();
        peer.objects = objects;
        peer.tag = tag;
        (peer.blocked, peer.congested, peer.warned) = (blocked, congested, warned);
        let is_whole = begins_with_message(&received);
        if is_whole {
            peer.inbox.leave(Left::new(received));
        } else {
            peer.inbox.keep(&received);
        }
        peer.inbox.fds = received_fds;
        if waits {
            self.mark_dirty(client);
        }
        if is_whole {
            self.mark_ready(client);
        }
        self.set_charged(client, charged);
        debug_assert_eq!(self.side, Side::Server);
        Some((client, handles))
    }

    /// Drops a connection and all that belongs to it, and tells nobody.
    pub(crate) fn forget(&mut self, client: ClientId) {
        self.set_traced(client, false);
        self.clear_account(client);
        let Some(peer) = self.peers.remove(client) else { return };
        let mut next = 1;
        while let Some((id, entry)) = peer.objects.next_live(next) {
            if let Some(slab) = self.slabs.get_mut(usize::from(entry.interface)) {
                slab.detach(entry.handle(client, id));
            }
            next = id.saturating_add(1);
        }
        self.close_account(&peer.account);
    }
}
