//! One end of a connection whose messages go through no handler: the program asks for each of them.
//!
//! Bytes, fds and limits are those of its `End`, ids and their ends those of its `Table`.

mod objects;
mod receive;
mod send;

use std::fmt;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::end::End;
use super::interface::{Direction, Interface};
use super::protocols::Protocols;
use super::received::Last;
use super::table::{DISPLAY, New, Table};
use crate::conn::Link;
use crate::error::SendError;
use crate::handle::Handle;
use crate::limits::Limits;
use crate::objects::Side;
use crate::trace;

/// One end of a connection that is described at run time.
///
/// A program asks for messages with [`receive`](Connection::receive), or with [`advance`](Connection::advance) where it
/// need not own them, and sends them with [`send`](Connection::send),
/// also those of `wl_display` and `wl_registry`: nothing is answered by itself, except that a server's end deletes the
/// ids of objects that end. Sends are queued until [`flush`](Connection::flush).
///
/// `Send`, no interior mutability, no system call of its own. Dropping it closes the connection.
pub struct Connection {
    end: End,
    /// What the last message is, until it is taken.
    last: Option<Last>,
    table: Table,
    protocols: Protocols,
    side: Side,
    trace: bool,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Connection");
        debug.field("side", &self.side).field("ended", &self.end.ended).finish_non_exhaustive()
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
        Connection {
            end: End::new(link),
            last: None,
            table: table(Some(side), protocols),
            protocols: protocols.clone(),
            side,
            trace: trace::enabled(side),
        }
    }

    /// Changes the limits. Those of time, [`Limits::unconsumed_fd_grace`], [`Limits::slow_peer_grace`] and the turns, are
    /// left to the program, which has the clock; [`Limits::globals`] has no meaning here. Limits of users and of all
    /// clients are the program's too, which knows what connections it has: [`objects`](Connection::objects),
    /// [`queued`](Connection::queued) and [`unread`](Connection::unread) say what each one holds, and
    /// [`fits`](Connection::fits) whether what comes next may be lost.
    pub fn set_limits(&mut self, limits: Limits) {
        self.table.set_limit(limits.objects);
        self.end.set_limits(limits);
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
    /// same until that message is sent.
    ///
    /// # Errors
    /// [`SendError::TooManyObjects`].
    pub fn vacant_id(&self) -> Result<u32, SendError> {
        self.table.vacant_id().map_err(|_| SendError::TooManyObjects(self.end.limits.objects))
    }

    /// The descriptor to wait on, if there is one: until it is readable, and writable while
    /// [`is_blocked`](Connection::is_blocked).
    #[must_use]
    pub fn poll_fd(&self) -> Option<BorrowedFd<'_>> {
        self.end.poll_fd()
    }

    /// Whether messages wait for a full socket.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.end.is_blocked()
    }

    /// See [`End::is_congested`].
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.end.is_congested()
    }

    /// Bytes and fds that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> (usize, usize) {
        self.end.queued()
    }

    /// Bytes that were received and make no message yet, or are for later calls of [`receive`](Connection::receive), and
    /// fds that no message has claimed.
    #[must_use]
    pub fn unread(&self) -> (usize, usize) {
        self.end.unread()
    }

    /// The bytes of the message that the last [`receive`](Connection::receive) or [`advance`](Connection::advance) found,
    /// header and padding included; of one that it refused, as many as have arrived and as its header says. Empty if it
    /// returned none.
    #[must_use]
    pub fn last_received(&self) -> &[u8] {
        self.end.last()
    }

    /// Whether this process has descriptors for the fds that the next [`receive`](Connection::receive) brings. If it
    /// has not, the fds would be lost and the connection end as [`Disconnect::FdsLost`](crate::Disconnect::FdsLost): a
    /// program that is short of descriptors ends first what holds most. Costs a system call, and the descriptors for as
    /// long as that takes.
    pub fn fits(&mut self) -> bool {
        self.end.fits()
    }

    /// Whether so much waits to be sent that no more should be added; see [`End::is_behind`].
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.end.is_behind()
    }
}

/// The objects of a new connection: `wl_display`.
pub(super) fn table(side: Option<Side>, protocols: &Protocols) -> Table {
    let mut table = Table::new(side);
    table.set_limit(Limits::default().objects);
    let direction = Direction::Request;
    let display = protocols
        .number("wl_display")
        .map(|interface| table.insert(New { id: DISPLAY, interface, version: 1, live: true, direction }));
    debug_assert!(matches!(display, Some(Ok(()))), "the table is empty");
    table
}
