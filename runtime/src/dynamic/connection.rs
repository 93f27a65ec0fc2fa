//! One end of a connection whose messages go through no handler: the program asks for each of them.
//!
//! Bytes, fds and limits are those of `conn`, ids and their ends those of `objects`.

mod objects;
mod receive;
mod send;

use std::fmt;
use std::ops::Range;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use super::error::ReceiveError;
use super::interface::Interface;
use super::protocols::Protocols;
use super::table::{DISPLAY, New, Table};
use crate::conn::{Inbox, Link, Outbox, SendLimits};
use crate::error::SendError;
use crate::handle::Handle;
use crate::limits::{Limits, READ_SIZE};
use crate::objects::Side;
use crate::trace;
use crate::wire::MAX_SIZE;

use receive::Last;
pub use receive::Received;

/// One end of a connection that is described at run time.
///
/// A program asks for messages with [`receive`](Connection::receive), or with [`advance`](Connection::advance) where it
/// need not own them, and sends them with [`send`](Connection::send),
/// also those of `wl_display` and `wl_registry`: nothing is answered by itself, except that a server's end deletes the
/// ids of objects that end. Sends are queued until [`flush`](Connection::flush).
///
/// `Send`, no interior mutability, no system call of its own. Dropping it closes the connection.
pub struct Connection {
    link: Box<dyn Link>,
    inbox: Inbox,
    outbox: Outbox,
    /// What one read brought; `buffer[at..filled]` is still to be decoded.
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// Where the last message is in `buffer`.
    place: Range<usize>,
    /// What it is, until it is taken or passed on, and its descriptors.
    last: Option<Last>,
    fds: Vec<OwnedFd>,
    table: Table,
    protocols: Protocols,
    side: Side,
    relays: bool,
    limits: Limits,
    trace: bool,
    blocked: bool,
    congested: bool,
    /// Whether the peer has stopped reading. It may have said why.
    unreadable: bool,
    ended: Option<ReceiveError>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Connection");
        debug.field("side", &self.side).field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Connection {
    /// The client's end: sends requests, receives events.
    #[must_use]
    pub fn client(link: impl Link + 'static, protocols: &Protocols) -> Connection {
        Connection::new(Side::Client, Box::new(link), protocols)
    }

    /// The server's end: sends events, receives requests.
    #[must_use]
    pub fn server(link: impl Link + 'static, protocols: &Protocols) -> Connection {
        Connection::new(Side::Server, Box::new(link), protocols)
    }

    fn new(side: Side, link: Box<dyn Link>, protocols: &Protocols) -> Connection {
        let limits = Limits::default();
        let mut table = Table::new(side);
        table.set_limit(limits.objects);
        let display = protocols.number("wl_display").map(|interface| {
            table.insert(New { id: DISPLAY, interface, version: 1, live: true, received: side == Side::Server })
        });
        debug_assert!(matches!(display, Some(Ok(()))), "the table is empty");
        Connection {
            link,
            inbox: Inbox::default(),
            outbox: Outbox::new(rules(&limits)),
            buffer: vec![0; READ_SIZE + MAX_SIZE],
            at: 0,
            filled: 0,
            place: 0..0,
            last: None,
            fds: Vec::new(),
            table,
            protocols: protocols.clone(),
            side,
            relays: false,
            limits,
            trace: trace::enabled(side),
            blocked: false,
            congested: false,
            unreadable: false,
            ended: None,
        }
    }

    /// Makes this end one of the two of a proxy, which passes each message on to the other as soon as it is received.
    /// Called before any message is sent or received.
    ///
    /// What the two peers have to judge is then left to them: ids of new objects are taken as they come, `delete_id`
    /// is sent only where it is passed on, versions are not checked, and messages for objects that have ended are
    /// received, marked as [`Received::ended`], and can be sent.
    #[must_use]
    pub fn relaying(mut self) -> Connection {
        self.relays = true;
        self.table.set_relays();
        self
    }

    /// Changes the limits. Those of time, [`Limits::unconsumed_fd_grace`], [`Limits::slow_peer_grace`] and the turns, are
    /// left to the program, which has the clock; [`Limits::globals`] has no meaning here. Limits of users and of all
    /// clients are the program's too, which knows what connections it has: [`objects`](Connection::objects),
    /// [`queued`](Connection::queued) and [`unread`](Connection::unread) say what each one holds, and
    /// [`fits`](Connection::fits) whether what comes next may be lost.
    pub fn set_limits(&mut self, limits: Limits) {
        self.table.set_limit(limits.objects);
        self.outbox.set_rules(rules(&limits));
        self.limits = limits;
    }

    /// The interfaces.
    #[must_use]
    pub fn protocols(&self) -> &Protocols {
        &self.protocols
    }

    /// The live object with this id. The handle stays good until the object ends: compare handles, not ids, which are
    /// used again.
    #[must_use]
    pub fn object(&self, id: u32) -> Option<Handle> {
        self.table.handle(id)
    }

    /// Whether the object of a handle of this connection is still alive.
    #[must_use]
    pub fn is_alive(&self, object: Handle) -> bool {
        self.table.handle(object.id()) == Some(object)
    }

    /// The interface of a live object.
    #[must_use]
    pub fn interface(&self, id: u32) -> Option<&Arc<Interface>> {
        self.protocols.numbered(self.table.entry(id).interface)
    }

    /// How many objects count against [`Limits::objects`].
    #[must_use]
    pub fn objects(&self) -> u32 {
        self.table.len()
    }

    /// The id that the next object made by this end must have, as a value of the message that makes it. It stays the
    /// same until that message is sent. Without a meaning after [`Connection::relaying`].
    ///
    /// # Errors
    /// [`SendError::TooManyObjects`].
    pub fn vacant_id(&self) -> Result<u32, SendError> {
        self.table.vacant_id().map_err(|_| SendError::TooManyObjects(self.limits.objects))
    }

    /// The descriptor to wait on, if there is one: until it is readable, and writable while
    /// [`is_blocked`](Connection::is_blocked).
    #[must_use]
    pub fn poll_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_fd()
    }

    /// Whether messages wait for a full socket.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Whether messages wait because too many fds of this user are in flight. No descriptor tells when that is over, so
    /// the program flushes again after a while.
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.congested
    }

    /// Bytes and fds that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> (usize, usize) {
        (self.outbox.len(), self.outbox.fds())
    }

    /// Bytes that were received and make no message yet, or are for later calls of [`receive`](Connection::receive), and
    /// fds that no message has claimed.
    #[must_use]
    pub fn unread(&self) -> (usize, usize) {
        (self.inbox.len() + (self.filled - self.at), self.inbox.fds.len())
    }

    /// The bytes of the message that the last [`receive`](Connection::receive) or [`advance`](Connection::advance) found,
    /// header and padding included; of one that it refused, as many as have arrived and as its header says. Empty if it returned none.
    #[must_use]
    pub fn last_received(&self) -> &[u8] {
        &self.buffer[self.place.clone()]
    }

    /// Whether this process has descriptors for the fds that the next [`receive`](Connection::receive) brings. If it
    /// has not, the fds would be lost and the connection end as [`Disconnect::FdsLost`](crate::Disconnect::FdsLost): a
    /// program that is short of descriptors ends first what holds most. Costs a system call, and the descriptors for as
    /// long as that takes.
    pub fn fits(&mut self) -> bool {
        self.link.fits()
    }

    /// Whether so much waits to be sent that no more should be added: [`Limits::throttle_bytes`], or half of
    /// [`Limits::queued_fds`]. A proxy does not receive from its other end meanwhile.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.outbox.len() >= self.limits.throttle_bytes || self.outbox.fds() >= self.limits.queued_fds.div_ceil(2)
    }

    fn largest(&self) -> usize {
        self.limits.message_size.min(MAX_SIZE)
    }
}

fn rules(limits: &Limits) -> SendLimits {
    let queued_fds = u32::try_from(limits.queued_fds).unwrap_or(u32::MAX);
    // Traced are messages as values.
    SendLimits { trace: false, message_size: limits.message_size.min(MAX_SIZE) as u32, queued_fds }
}
