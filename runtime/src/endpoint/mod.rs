//! What client and server share: connections, their objects, handlers and data.
//!
//! The endpoint makes no system call and has no clock: bytes go through a [`Link`], and the event loop passes a budget
//! that says how much may be done in a turn. What differs between the two sides is a [`Role`].
//!
//! | file | what |
//! |---|---|
//! | `peers`, `accounts` | the connections; what each of them, and each user, makes this process hold |
//! | `handlers`, `role` | the handler table, what both sides implement |
//! | `objects`, `data` | how objects are made, named and ended; the application's state for each |
//! | `receive`, `batch`, `incoming`, `slow` | from bytes to handlers; how far; messages as decoders see them; what the loop does not take |
//! | `send`, `constructors`, `flush` | from send methods to queues to links |
//! | `end`, `recorder` | the ends of connections; what their peers sent last |
//! | `sender` | what other threads want done |
//! | `methods` | what servers and clients offer alike |

mod accounts;
#[cfg(feature = "io")]
mod baggage;
mod batch;
mod constructors;
mod data;
mod end;
mod flush;
mod handlers;
mod incoming;
mod methods;
mod objects;
mod peers;
mod receive;
mod recorder;
mod role;
mod send;
mod sender;
mod slow;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::conn::{Inbox, Link, Outbox, SendLimits};
use crate::handle::ClientId;
use crate::limits::{Limits, READ_SIZE};
use crate::objects::{Objects, Side};
use crate::wire::MAX_SIZE;

use accounts::{Account, Accounts};
#[cfg(feature = "io")]
pub(crate) use baggage::Baggage;
use data::Store;
use end::OwnEnd;
#[cfg(feature = "io")]
pub(crate) use end::error_message;
pub(crate) use end::{drain_unreadable, hand_back};
use handlers::Handlers;
pub use incoming::{Incoming, NewId};
use peers::Peers;
pub(crate) use peers::{Interest, Peer};
pub(crate) use receive::{Budget, Progress, receive};
pub use role::{Dispatch, Role};
pub(crate) use role::{Reason, Refused};
pub use send::{Draft, Outgoing, array_size, optional_string_size, string_size};
pub use sender::{Closed, Sender};
pub(crate) use sender::{Jobs, do_jobs};

/// How many connections may wait for the end of the turn. What a fan-out to more needs
/// of each stays in the processor's caches, and so do the send buffers.
const WAITING: usize = 64;

/// How many grown send buffers are kept for reuse; of small ones there are [`WAITING`].
const SPARE_BUFFERS: usize = 16;

/// Counts of what crossed all connections of one endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
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

/// Counts of what crossed one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Messages dispatched.
    pub messages_in: u64,
    /// Messages sent.
    pub messages_out: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Fds received.
    pub fds_in: u64,
    /// Fds sent.
    pub fds_out: u64,
}

/// One side of connections: a [`Server`](crate::Server) or a [`Client`](crate::Client), as its role `R` says.
///
/// Owned by the application `A`. `Send`, without interior mutability: it may move to another thread between two calls.
pub struct Endpoint<A, R> {
    pub(crate) core: Core<A>,
    pub(crate) role: R,
}

pub(crate) struct Core<A> {
    side: Side,
    pub(crate) limits: Limits,
    pub(crate) stats: Stats,
    /// Whether the messages of all connections are traced, and of how many others those are.
    trace: bool,
    traced: usize,
    peers: Peers,
    pub(crate) accounts: Accounts,
    handlers: Handlers<A>,
    /// Bytes of the largest message that a run may take without a look at it first; 0 if it may take none.
    unjudged: u16,
    /// The `Slab<Data>` of each interface, by its index; its type is known where the handle's type is.
    slabs: Vec<Box<dyn Store>>,
    /// Connections with something to flush, in order of their first message.
    dirty: Vec<ClientId>,
    /// How many of `dirty` were flushed in this turn already; what is left needs the event loop.
    tried: usize,
    /// Whether anything waits for the end of a turn, for loops that cannot look.
    pub(crate) pending: Arc<AtomicBool>,
    /// Connections that the application has not been told of.
    newcomers: VecDeque<ClientId>,
    /// Connections whose `ending` is set and whose objects still exist.
    ended: VecDeque<ClientId>,
    /// Calls of `destroyed` that are due, for objects that the application has ended.
    own_ends: VecDeque<OwnEnd<A>>,
    /// Connections that were removed and what they had sent, in bytes, since memory was given back.
    pub(crate) released: u64,
    /// Bytes that the process had allocated when that was last done.
    pub(crate) allocated: u64,
    /// Bytes of its last messages that are kept for each connection; 0 while nobody has asked for that.
    recorded: usize,
    /// The last messages of the connection whose end the application was told of last.
    last: Vec<String>,
    /// Connections whose application is yet to be told that they are slow.
    pub(crate) slow: Vec<ClientId>,
    /// Connections whose peer has stopped reading, and may have said why.
    unreadable: VecDeque<ClientId>,
    /// Connections for which the event loop has to wait for something else than before.
    interest: Vec<ClientId>,
    /// Connections with whole messages in this process, and those that others left no time for.
    ready: VecDeque<ClientId>,
    /// Connections that had their turn and have whole messages left.
    paused: Vec<ClientId>,
    /// What other threads want done, if any may.
    pub(crate) jobs: Option<Jobs<A>>,
    /// Send buffers of connections that have nothing to send.
    spare: Vec<Vec<u8>>,
    /// The receive buffer; taken while messages borrow from it.
    buffer: Vec<u8>,
}

impl<A> Core<A> {
    pub(crate) fn new<R: Role<A>>() -> Core<A> {
        let mut core = Core {
            side: R::SIDE,
            limits: Limits::default(),
            stats: Stats::default(),
            trace: crate::trace::enabled(R::SIDE),
            traced: 0,
            peers: Peers::new(),
            accounts: Accounts::default(),
            handlers: Handlers::new(slow::slow::<A, R>),
            unjudged: 0,
            slabs: Vec::new(),
            dirty: Vec::new(),
            tried: 0,
            pending: Arc::default(),
            newcomers: VecDeque::new(),
            ended: VecDeque::new(),
            own_ends: VecDeque::new(),
            released: 0,
            allocated: 0,
            recorded: 0,
            last: Vec::new(),
            slow: Vec::new(),
            unreadable: VecDeque::new(),
            interest: Vec::new(),
            ready: VecDeque::new(),
            paused: Vec::new(),
            jobs: None,
            spare: Vec::new(),
            buffer: vec![0; READ_SIZE + MAX_SIZE],
        };
        core.renew_handlers();
        core
    }

    pub(crate) fn add_peer(&mut self, link: Box<dyn Link>) -> ClientId {
        let (side, objects, rules) = (self.side, self.limits.objects, self.rules(self.trace));
        self.open_account();
        self.peers.add(|client| Peer {
            client,
            open: client,
            objects: Objects::new(side, objects),
            outbox: Outbox::new(rules),
            inbox: Inbox::default(),
            link,
            account: Account::default(),
            ending: None,
            closing: None,
            handed_back: 1,
            traffic: Traffic::default(),
            #[cfg(feature = "io")]
            heard: 0,
            #[cfg(feature = "io")]
            tag: 0,
            recent: None,
            traced: false,
            process: 0,
            listener: None,
            blocked: false,
            congested: false,
            warned: false,
            interest: Interest::FIRST,
            dirty: false,
            interest_changed: false,
            ready: false,
            unreadable: false,
        })
    }

    /// Changes the limits, also those that connections carry along.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.peers.limits_changed();
        self.renew_handlers();
        let clients: Vec<ClientId> = self.clients().collect();
        for client in clients {
            self.renew_rules(client);
        }
    }

    fn renew_rules(&mut self, client: ClientId) {
        let Some(traced) = self.peer(client).map(|peer| peer.traced) else { return };
        let rules = self.rules(self.trace || traced);
        if let Some(peer) = self.peer_mut(client) {
            peer.outbox.set_rules(rules);
        }
    }

    /// Traces the messages of a connection, or does so no more.
    pub(crate) fn set_traced(&mut self, client: ClientId, traced: bool) {
        let Some(peer) = self.peer_mut(client).filter(|peer| peer.traced != traced) else { return };
        peer.traced = traced;
        self.traced = if traced { self.traced + 1 } else { self.traced - 1 };
        self.peers.limits_changed();
        self.renew_handlers();
        self.renew_rules(client);
    }

    /// What crossed one connection.
    pub(crate) fn traffic(&self, client: ClientId) -> Option<Traffic> {
        self.peer(client).map(|peer| peer.traffic)
    }

    /// Whether the messages of a connection are traced.
    pub(crate) fn is_traced(&self, client: ClientId) -> bool {
        self.trace || (self.traced > 0 && self.peer(client).is_some_and(|peer| peer.traced))
    }

    /// Bytes of the largest message.
    fn largest(&self) -> u16 {
        self.limits.message_size.min(MAX_SIZE) as u16
    }

    fn rules(&self, trace: bool) -> SendLimits {
        let queued_fds = u32::try_from(self.limits.queued_fds).unwrap_or(u32::MAX);
        SendLimits { trace, message_size: u32::from(self.largest()), queued_fds }
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

    /// All connections, ended ones included.
    pub(crate) fn clients(&self) -> impl Iterator<Item = ClientId> + '_ {
        self.peers.iter().map(|peer| peer.client)
    }

    /// Whether messages are being dispatched, so that the receive buffer is lent out.
    pub(crate) fn is_dispatching(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Whether anything is left to do that no link tells of.
    pub(crate) fn has_work(&self) -> bool {
        let by_link = !self.ready.is_empty() || !self.paused.is_empty();
        by_link || !self.newcomers.is_empty() || self.has_ends()
    }

    /// The connections that last, each with the process that made it, where that is known.
    pub(crate) fn processes(&self) -> impl Iterator<Item = (u32, ClientId)> + '_ {
        let known = self.peers.iter().filter(|peer| peer.ending.is_none() && peer.process != 0);
        known.map(|peer| (peer.process, peer.client))
    }

    /// Has the application be told of a connection.
    pub(crate) fn introduce(&mut self, client: ClientId) {
        self.newcomers.push_back(client);
        self.pending.store(true, Ordering::Relaxed);
    }

    /// The connection that the application has to be told of next.
    #[inline]
    pub(crate) fn next_newcomer(&mut self) -> Option<ClientId> {
        self.newcomers.pop_front()
    }

    /// The same connections for another application, whose handlers are yet to
    /// be installed.
    pub(crate) fn without_handlers<B, R: Role<B>>(self) -> Core<B> {
        let mut core = Core {
            handlers: Handlers::new(slow::slow::<B, R>),
            unjudged: 0,
            slabs: Vec::new(),
            side: self.side,
            limits: self.limits,
            stats: self.stats,
            trace: self.trace,
            traced: self.traced,
            peers: self.peers,
            accounts: self.accounts,
            dirty: self.dirty,
            tried: 0,
            pending: self.pending,
            newcomers: self.newcomers,
            ended: self.ended,
            own_ends: VecDeque::new(),
            released: self.released,
            allocated: self.allocated,
            recorded: self.recorded,
            last: self.last,
            slow: self.slow,
            unreadable: self.unreadable,
            interest: self.interest,
            ready: self.ready,
            paused: self.paused,
            jobs: None,
            spare: self.spare,
            buffer: self.buffer,
        };
        core.renew_handlers();
        core
    }
}
