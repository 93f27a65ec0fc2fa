//! What client and server share: connections, their objects, handlers and data.
//!
//! Knows messages only by their tables. It makes no system call of its own:
//! bytes go through a [`Link`]. Which side of the wire it plays is in `side`;
//! the few differences are in `client` and `server`.
//!
//! This file holds what all of it shares; `peers` is the connections, `kinds` the
//! handler table, `objects` how objects are made, named and ended, `data` the
//! application's state for each, `dispatch` reads, `send` queues, and `announce`
//! messages that make or end an object, `flush` ends a turn, `endpoint` is what both roles offer alike.

mod announce;
mod data;
mod dispatch;
mod endpoint;
mod flush;
mod kinds;
mod objects;
mod peers;
mod send;

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::conn::{Inbox, Link, Outbox, Rules};
use crate::error::Disconnect;
use crate::interface::ClientId;
use crate::limits::{Limits, READ_SIZE};
use crate::objects::{Objects, Side};
use crate::wire::MAX_SIZE;

use data::Store;
pub use dispatch::{Incoming, NewId};
pub(crate) use dispatch::{Progress, Reason, Refused, Role, Stream, receive};
pub(crate) use endpoint::endpoint;
pub(crate) use flush::{read_last_words, reap};
use kinds::Gate;
pub(crate) use kinds::{Handlers, Kind};
use peers::{Peer, Peers};
pub use send::{Outgoing, Sender, array_size, optional_string_size, string_size};

/// How many connections may wait for the end of the turn. What a fan-out to more needs
/// of each stays in the processor's caches, and so do the send buffers.
const WAITING: usize = 64;

/// How many grown send buffers are kept for reuse; of small ones there are [`WAITING`].
const SPARE_BUFFERS: usize = 16;

/// Counts of what crossed all connections of one endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages dispatched.
    pub messages_in: u64,
    /// Messages queued.
    pub messages_out: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Fds received.
    pub fds_in: u64,
    /// Fds sent.
    pub fds_out: u64,
    /// Calls of `Link::receive`.
    pub receives: u64,
    /// Calls of `Link::send`.
    pub sends: u64,
}

pub(crate) struct Core<A> {
    side: Side,
    pub(crate) limits: Limits,
    pub(crate) stats: Stats,
    pub(crate) trace: bool,
    peers: Peers,
    /// Indexed by `Slot`.
    kinds: Vec<Option<Kind<A>>>,
    /// What dispatch needs of `kinds`, by slot and opcode; none where no live objects are known.
    gates: Vec<Box<[Gate<A>]>>,
    /// The `Slab<Data>` of each kind; its type is known where the handle's type is.
    slabs: Vec<Box<dyn Store>>,
    /// Connections with something to flush, in order of their first message.
    dirty: Vec<ClientId>,
    /// How many of `dirty` were flushed in this turn already; what is left needs the event loop.
    tried: usize,
    /// Whether `dirty` or `ended` has something, for loops that cannot look.
    pub(crate) pending: Arc<AtomicBool>,
    /// Connections whose `ending` is set and whose objects still exist.
    pub(crate) ended: Vec<ClientId>,
    /// Connections whose application is yet to be told that they are slow.
    pub(crate) slow: Vec<ClientId>,
    /// Connections whose peer takes nothing any more, and may have said why.
    pub(crate) broken: Vec<ClientId>,
    /// Send buffers of connections that have nothing to send.
    spare: Vec<Vec<u8>>,
    /// The receive buffer; taken while messages borrow from it.
    buffer: Vec<u8>,
}

impl<A> Core<A> {
    pub(crate) fn new(side: Side) -> Core<A> {
        Core {
            side,
            limits: Limits::default(),
            stats: Stats::default(),
            trace: crate::trace::enabled(),
            peers: Peers::default(),
            kinds: Vec::new(),
            gates: Vec::new(),
            slabs: Vec::new(),
            dirty: Vec::new(),
            tried: 0,
            pending: Arc::default(),
            ended: Vec::new(),
            slow: Vec::new(),
            broken: Vec::new(),
            spare: Vec::new(),
            buffer: vec![0; READ_SIZE + MAX_SIZE],
        }
    }

    pub(crate) fn add_peer(&mut self, link: Box<dyn Link>) -> ClientId {
        let client = self.peers.allocate();
        let peer = Peer {
            client,
            objects: Objects::new(self.side, self.limits.objects),
            outbox: Outbox::new(self.rules()),
            inbox: Inbox::default(),
            link,
            ending: None,
            closing: None,
            blocked: false,
            warned: false,
            #[cfg(feature = "io")]
            watched: (true, false),
            dirty: false,
        };
        self.peers.enter(peer);
        client
    }

    /// Changes the limits, also those that connections carry along.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.renew_gates();
        let rules = self.rules();
        let clients: Vec<ClientId> = self.clients().collect();
        for client in clients {
            if let Some(peer) = self.peer_mut(client) {
                peer.outbox.rules = rules;
            }
        }
    }

    fn rules(&self) -> Rules {
        let message_size = self.limits.message_size.min(MAX_SIZE) as u32;
        let queued_fds = u32::try_from(self.limits.queued_fds).unwrap_or(u32::MAX);
        Rules { trace: self.trace, message_size, queued_fds }
    }

    /// A connection that messages still flow on.
    #[inline]
    pub(crate) fn open(&self, client: ClientId) -> Option<&Peer> {
        self.peers.open(client)
    }

    #[inline]
    fn open_mut(&mut self, client: ClientId) -> Option<&mut Peer> {
        self.peers.open_mut(client)
    }

    #[inline]
    pub(crate) fn peer(&self, client: ClientId) -> Option<&Peer> {
        self.peers.get(client)
    }

    #[inline]
    pub(crate) fn peer_mut(&mut self, client: ClientId) -> Option<&mut Peer> {
        self.peers.get_mut(client)
    }

    /// Whether more is to be read from a connection.
    #[cfg(feature = "io")]
    pub(crate) fn wants_input(&self, client: ClientId) -> bool {
        let throttle = self.limits.throttle_bytes;
        self.peer(client).is_some_and(|peer| peer.is_read() && peer.outbox.len() < throttle)
    }

    /// All connections, ended ones included.
    pub(crate) fn clients(&self) -> impl Iterator<Item = ClientId> + '_ {
        self.peers.iter().map(|peer| peer.client)
    }

    /// Whether messages are being dispatched, so that the receive buffer is lent out.
    #[cfg(feature = "io")]
    pub(crate) fn is_dispatching(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Whether connections have ended, or are about to, that the application does not know of.
    pub(crate) fn has_ends(&self) -> bool {
        !self.ended.is_empty() || !self.broken.is_empty()
    }

    /// Ends a connection. Its objects live on, unreachable for sends, until
    /// [`reap`] tells the application. The first reason stays.
    #[cold]
    pub(crate) fn end(&mut self, client: ClientId, reason: Disconnect) {
        if let Some(peer) = self.peer_mut(client)
            && peer.ending.is_none()
        {
            peer.ending = Some(peer.closing.take().unwrap_or_else(|| Box::new(reason)));
            self.peers.shut(client);
            self.ended.push(client);
            self.pending.store(true, Ordering::Relaxed);
        }
    }

    /// The same connections for another application, whose handlers are yet to
    /// be installed.
    #[cfg(feature = "io")]
    pub(crate) fn without_handlers<B>(self) -> Core<B> {
        let Core { side, limits, stats, trace, peers, dirty, pending, ended, slow, broken, spare, buffer, .. } = self;
        let (kinds, gates, slabs) = (Vec::new(), Vec::new(), Vec::new());
        Core {
            side,
            limits,
            stats,
            trace,
            peers,
            kinds,
            gates,
            slabs,
            dirty,
            tried: 0,
            pending,
            ended,
            slow,
            broken,
            spare,
            buffer,
        }
    }
}

/// Closes fds a message took but no handler received.
pub(crate) fn close_all(fds: impl IntoIterator<Item = OwnedFd>) {
    fds.into_iter().for_each(drop);
}
