//! What happens before this process runs out of descriptors: who holds most goes, not who comes next.
//!
//! The kernel drops the fds of a message if there is no room for them, and its client with them. So a few are kept free.
//! How many are free is asked four times a second, or when so many have arrived since the last time that it may have
//! become tight, and before each read while it is.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Instant;

use super::{HasServer, Server};
use crate::error::{Disconnect, LimitError, Resource, Scope};
use crate::handle::ClientId;
use crate::io::descriptors;
use crate::io::poll_set::TICK;

/// Descriptors that are kept free: for all fds of one message of libwayland's, and for the server's own work.
const RESERVE: u64 = 32;

/// With a low limit, the part of it that is kept free.
const PART: u64 = 8;

/// Fds from which on a client is made to go for the reserve alone, and connections from which on those of one process
/// are; as many of these go at once.
const MANY: u64 = 16;

/// Descriptors that may have been used up, for each that was received, before somebody looks.
const USES: u64 = 4;

/// When to look next.
#[derive(Debug, Default)]
pub(super) struct Descriptors {
    /// Connections accepted so far.
    accepted: u64,
    /// At how many fds received and connections accepted it may be tight.
    look_at: u64,
    /// When to look in any case.
    look_after: Option<Instant>,
    /// Whether the soft limit was raised or is to stay as it is.
    decided: bool,
}

impl Descriptors {
    /// Has somebody look if that was long ago: applications open descriptors, too.
    #[inline]
    pub(super) fn outdate(&mut self, now: Instant) {
        if self.look_after.is_none_or(|time| now > time) {
            self.look_at = 0;
            self.look_after = Some(now + TICK);
        }
    }
}

impl<A: HasServer> Server<A> {
    /// Has the soft limit on descriptors stay as it is. Otherwise it is raised to the hard one when the first client is
    /// added: see [`raise_limit`](descriptors::raise_limit).
    pub fn keep_descriptor_limit(&mut self) {
        self.role.descriptors.decided = true;
    }

    pub(super) fn raise_descriptor_limit(&mut self) {
        if !std::mem::replace(&mut self.role.descriptors.decided, true)
            && let Err(error) = descriptors::raise_limit()
        {
            tracing::debug!("the limit on descriptors stays as it is: {error}");
        }
    }

    /// Notes that a connection was accepted.
    pub(super) fn note_accepted(&mut self) {
        self.role.descriptors.accepted += 1;
    }

    /// Notes that the kernel had no descriptor left.
    #[cold]
    pub(super) fn note_exhausted(&mut self) {
        self.role.descriptors.look_at = 0;
    }

    /// Whether there are descriptors for the fds that `client` may have sent. If not, somebody has to go, or is going; it
    /// is to be asked again then.
    #[inline]
    pub(super) fn has_room_for(&mut self, client: ClientId) -> bool {
        self.is_roomy() || self.make_room_for(client)
    }

    /// Whether there are descriptors for another connection. If not, who holds many goes.
    pub(super) fn has_room_for_one(&mut self) -> bool {
        self.is_roomy() || self.look() || {
            if !self.drop_holder(MANY, None) {
                self.drop_of_crowd();
            }
            false
        }
    }

    /// Whether there is no need to look.
    #[inline]
    fn is_roomy(&self) -> bool {
        self.core.stats.fds_in + self.role.descriptors.accepted < self.role.descriptors.look_at
    }

    /// Looks how many are free. Returns whether there are enough.
    #[cold]
    fn look(&mut self) -> bool {
        let reserve = RESERVE.min(descriptors::limit() / PART);
        let free = descriptors::free().unwrap_or(u64::MAX);
        let taken = self.core.stats.fds_in + self.role.descriptors.accepted;
        self.role.descriptors.look_at = taken.saturating_add(free.saturating_sub(reserve) / USES);
        free >= reserve
    }

    #[cold]
    fn make_room_for(&mut self, client: ClientId) -> bool {
        // Whole messages that were left from a read come first, and nothing is received for them.
        if self.look() || self.core.peer(client).is_none_or(|peer| peer.inbox.has_left()) {
            return true;
        }
        if self.drop_holder(MANY, None) || self.drop_of_crowd() {
            return false;
        }
        // Nobody holds many. What is left may do, and if it does not, nothing has been lost yet.
        let fits = self.core.peer_mut(client).is_none_or(|peer| peer.link.fits());
        if fits {
            return true;
        }
        let own = self.core.held(client, Resource::Fds);
        if !self.drop_holder(own + 1, Some(client)) {
            self.drop_client(client, Disconnect::FdsLost);
        }
        false
    }

    /// Has the client go that holds most fds, if these are so many. Returns whether one goes, or is still going.
    fn drop_holder(&mut self, many: u64, except: Option<ClientId>) -> bool {
        if self.core.has_unfinished_ends() {
            return true;
        }
        let holder = self.core.largest_holder(Resource::Fds);
        let Some((holder, held)) = holder.filter(|&(holder, held)| held >= many && except != Some(holder)) else {
            return false;
        };
        let error = LimitError { resource: Resource::Fds, scope: Scope::Server, limit: descriptors::limit() };
        tracing::warn!("no descriptors are left: {holder:?} holds {held}, more than others, and is dropped");
        self.drop_for(holder, format!("no memory: {error}"), Disconnect::Limit(error));
        true
    }

    /// Has the newest connections of the process go that has most, if these are so many that it holds descriptors by them
    /// alone. Returns whether any go.
    fn drop_of_crowd(&mut self) -> bool {
        let mut crowds: BTreeMap<u32, Vec<ClientId>> = BTreeMap::new();
        for (process, client) in self.core.processes() {
            crowds.entry(process).or_default().push(client);
        }
        let Some((pid, mut crowd)) = crowds.into_iter().max_by_key(|(_, crowd)| crowd.len()) else { return false };
        if (crowd.len() as u64) < MANY {
            return false;
        }
        tracing::warn!(
            "no descriptors are left: process {pid} has {} connections, the newest of which go",
            crowd.len()
        );
        crowd.sort_unstable_by_key(|client| Reverse(client.number()));
        crowd.truncate(crowd.len() / 2);
        crowd.truncate(MANY as usize);
        let error = LimitError { resource: Resource::Fds, scope: Scope::Server, limit: descriptors::limit() };
        for client in crowd {
            self.drop_for(client, format!("no memory: {error}"), Disconnect::Limit(error));
        }
        true
    }
}
