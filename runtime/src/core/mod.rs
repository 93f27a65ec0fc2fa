//! What client and server share: connections, their objects, handlers and data.
//!
//! Knows messages only by their tables. It makes no system call of its own:
//! bytes go through a [`Link`]. Which side of the wire it plays is in `side`;
//! the few differences are in `client` and `server`.
//!
//! This file holds connections and objects; `kinds` is the handler table,
//! `data` the application's state per object, `peers` the connections, `dispatch` reads, `send` queues,
//! `flush` ends a turn, `endpoint` is what both roles offer alike.

mod data;
mod dispatch;
mod endpoint;
mod flush;
mod kinds;
mod peers;
mod send;

use std::any::Any;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::conn::{Inbox, Link, Outbox, Rules};
use crate::error::Disconnect;
use crate::interface::{ClientId, Handle, Interface, Place};
use crate::limits::{Limits, READ_SIZE};
use crate::objects::{Entry, Objects, Side, State};
use crate::wire::{MAX_SIZE, Malformed};

use data::Slab;
pub use dispatch::{Incoming, NewId};
pub(crate) use dispatch::{Progress, Reason, Refused, Role, receive};
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
    slabs: Vec<Box<dyn Any + Send>>,
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

    /// Enters an object under an id the peer chose, with its data at the default.
    #[inline(always)]
    pub(crate) fn insert<D: Default + Send + 'static>(
        &mut self,
        client: ClientId,
        id: u32,
        slot: u16,
        version: u32,
    ) -> Result<Handle, Malformed> {
        match self.enter::<D>(client, id, slot, version) {
            Some(place) => Ok(Handle::new(client, place, id, version)),
            None => Err(self.refusal(client, id)),
        }
    }

    /// Out of line for all messages that make such objects; a place comes back in registers.
    #[inline(never)]
    fn enter<D: Default + Send + 'static>(
        &mut self,
        client: ClientId,
        id: u32,
        slot: u16,
        version: u32,
    ) -> Option<Place> {
        let Core { peers, slabs, .. } = self;
        let objects = &mut peers.get_mut(client)?.objects;
        let attach = |generation| attach::<D>(slabs, slot, client, generation);
        objects.insert(client, id, slot, version, attach).ok().map(Handle::place)
    }

    #[cold]
    fn refusal(&self, client: ClientId, id: u32) -> Malformed {
        self.peer(client).map_or(Malformed::BadNewId(id), |peer| peer.objects.refusal(id))
    }

    /// Makes an object under an id of our own range, with its data at the default.
    #[inline]
    pub(crate) fn allocate<D: Default + Send + 'static>(
        &mut self,
        client: ClientId,
        slot: u16,
        version: u32,
    ) -> Result<Handle, crate::SendError> {
        let Core { peers, slabs, .. } = self;
        let peer = peers.get_mut(client).ok_or(crate::SendError::Gone)?;
        let attach = |generation| attach::<D>(slabs, slot, client, generation);
        peer.objects.allocate(client, slot, version, attach).map_err(|error| match error {
            Malformed::TooManyObjects(limit) => crate::SendError::TooManyObjects(limit),
            _ => crate::SendError::Gone,
        })
    }

    /// Takes back an object whose announcing message could not be queued.
    #[cold]
    pub(crate) fn disown<I: Interface, D: Default + Send + 'static>(&mut self, object: Handle) {
        if self.peer_mut(object.client()).is_some_and(|peer| peer.objects.remove(object)) {
            drop(self.take_data::<I, D>(object));
        }
    }

    /// Ends a live object here; its id stays taken until the peer has let go of
    /// it. `false` if there is no such object.
    #[inline]
    pub(crate) fn bury(&mut self, object: Handle) -> bool {
        self.peer_mut(object.client()).is_some_and(|peer| peer.objects.bury(object))
    }

    /// The entry of a live object, even of a connection that is ending.
    #[inline]
    pub(crate) fn entry(&self, handle: Handle) -> Option<Entry> {
        self.peer(handle.client())?.objects.live(handle).copied()
    }

    /// The live object that an argument of a received message names.
    #[inline]
    pub(crate) fn argument<I: Interface>(&self, client: ClientId, id: u32) -> Result<Option<I>, Malformed> {
        let entry = match self.peer(client) {
            Some(peer) => peer.objects.entry(id),
            None => return Err(Malformed::UnknownObject(id)),
        };
        let slot = I::SPEC.slot.get();
        if entry.kind == slot {
            return Ok(Some(I::from_handle(entry.handle(client, id))));
        }
        match entry.state() {
            State::Vacant => Err(Malformed::UnknownObject(id)),
            State::Zombie if entry.slot() == slot => Ok(None),
            _ => Err(Malformed::WrongInterface(id)),
        }
    }

    /// As [`Core::argument`], for arguments of any interface.
    pub(crate) fn any_argument(&self, client: ClientId, id: u32) -> Result<Option<Handle>, Malformed> {
        let peer = self.peer(client).ok_or(Malformed::UnknownObject(id))?;
        let entry = peer.objects.entry(id);
        match entry.state() {
            State::Vacant => Err(Malformed::UnknownObject(id)),
            State::Zombie => Ok(None),
            State::Live | State::Deleted => Ok(Some(entry.handle(client, id))),
        }
    }

    /// Refuses argument handles of other connections and of dead objects.
    #[inline]
    pub(crate) fn check_argument(&self, target: ClientId, argument: Handle) -> Result<u32, crate::SendError> {
        if argument.client() != target || self.entry(argument).is_none() {
            return Err(crate::SendError::ForeignObject);
        }
        Ok(argument.id())
    }
}

/// Makes the data of a new object, at its default. Returns its index.
#[inline]
fn attach<D: Default + Send + 'static>(
    slabs: &mut [Box<dyn Any + Send>],
    slot: u16,
    client: ClientId,
    generation: u32,
) -> u32 {
    if size_of::<D>() == 0 {
        return 0;
    }
    let slab = slabs.get_mut(slot as usize).and_then(|slab| slab.downcast_mut::<Slab<D>>());
    slab.map_or(0, |slab| slab.insert(client, generation))
}

/// Closes fds a message took but no handler received.
pub(crate) fn close_all(fds: impl IntoIterator<Item = OwnedFd>) {
    fds.into_iter().for_each(drop);
}
