//! What a server gets from its predecessor, and leaves to its successor.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::globals::{Bind, Listing, Removed};
use super::{HasServer, Server};
use crate::endpoint::Baggage;
use crate::error::LimitError;
use crate::handle::{ClientId, GlobalId, Handle, ListenerId};
use crate::io::credentials::Credentials;
use crate::io::listener::Listener;
use crate::io::poll_set::Task;
use crate::protocol::WlRegistry;
use crate::spec::Spec;

/// In milliseconds: longer than any server has run, and far from where numbers end.
const CENTURY: u64 = 100 * 366 * 86_400_000;

/// So many milliseconds before a moment; that moment if the clock cannot say it.
fn before(now: Instant, milliseconds: u64) -> Instant {
    now.checked_sub(Duration::from_millis(milliseconds)).unwrap_or(now)
}

impl<A: HasServer> Server<A> {
    /// Where it listens.
    pub(crate) fn listeners(&self) -> &[Listener] {
        self.role.poll_set.as_ref().map_or(&[], |set| &set.listeners)
    }

    /// Whether there is room for a client that comes from another server.
    pub(crate) fn has_room_for_another(&self, baggage: &Baggage) -> Result<(), LimitError> {
        let who = baggage.link.as_fd().and_then(|fd| Credentials::of_peer(fd).ok());
        self.core.accounts.has_room(who.map(|who| who.uid), &self.core.limits)
    }

    /// Takes over a client. Its times count back from `now`. Returns the handles of its live objects, in the order of ids.
    pub(crate) fn adopt(&mut self, baggage: Baggage, now: Instant) -> io::Result<(ClientId, Vec<Handle>)> {
        self.poll_set()?;
        self.raise_descriptor_limit();
        let Baggage { listener, heard, waited, .. } = baggage;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a client that there cannot be");
        let (client, handles) = self.core.unpack(baggage).ok_or_else(damaged)?;
        if let (Some(set), Some(peer)) = (&self.role.poll_set, self.core.peer(client))
            && let Some(fd) = peer.link.as_fd()
            && let Err(error) = set.add_client(fd, client)
        {
            self.core.forget(client);
            return Err(error);
        }
        let listeners = self.listeners().len();
        if let Some(Credentials { uid, pid, .. }) = self.credentials(client) {
            self.core.set_user(client, uid);
            if let Some(peer) = self.core.peer_mut(client) {
                peer.process = pid.unwrap_or(0);
            }
        }
        let uptime = self.uptime(now);
        if let Some(peer) = self.core.peer_mut(client) {
            peer.heard = heard.map_or(0, |ago| uptime.saturating_sub(ago) + 1);
            peer.listener = listener.map(|at| at as usize).filter(|&at| at < listeners).map(ListenerId::of);
        }
        if let Some(set) = &mut self.role.poll_set {
            for (task, waited) in Task::OF_CLIENTS.into_iter().zip(waited) {
                if let Some(waited) = waited {
                    set.arm_since(client, task, before(now, waited));
                }
            }
        }
        Ok((client, handles))
    }

    /// Drops a client that another server has, and tells nobody.
    pub(crate) fn forget(&mut self, client: ClientId) {
        if let (Some(set), Some(peer)) = (&mut self.role.poll_set, self.core.peer(client))
            && let Err(error) = set.remove_client(peer.link.as_fd(), client)
        {
            tracing::debug!("{client} was not watched: {error}");
        }
        self.core.forget(client);
    }

    /// Up to which name registries of a client have heard of globals; `None` if it has no registry.
    ///
    /// # Errors
    /// A removed global that it may still bind.
    pub(crate) fn heard_of(&mut self, client: ClientId) -> Result<Option<u32>, GlobalId> {
        let listings = self.core.all_data::<WlRegistry, Listing>();
        let own = listings.filter(|listing| listing.registry.is_some_and(|registry| registry.client() == client));
        let last = own.map(|listing| listing.last).max();
        let is_own = |registry: &WlRegistry| registry.client() == client;
        let removed = self.role.globals.removed();
        let open = removed.iter().find(|removed| removed.registries.iter().any(is_own));
        open.map_or(Ok(last), |removed| Err(removed.id))
    }

    /// How long before `now` a client was last read from, in milliseconds, and how long it has had each task.
    pub(crate) fn times(&self, client: ClientId, now: Instant) -> (Option<u64>, [Option<u64>; 3]) {
        let heard = self.core.peer(client).map_or(0, |peer| peer.heard);
        let heard = (heard > 0).then(|| (self.uptime(now) + 1).saturating_sub(heard));
        (heard, Task::OF_CLIENTS.map(|task| self.waited(client, task, now)))
    }

    /// How long before `now` a deadline began, in milliseconds.
    fn waited(&self, client: ClientId, task: Task, now: Instant) -> Option<u64> {
        let since = self.role.poll_set.as_ref()?.armed_since(client, task)?;
        Some(now.saturating_duration_since(since).as_millis() as u64)
    }

    /// How long it has counted time at a moment, in milliseconds.
    pub(crate) fn uptime(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.role.started).as_millis() as u64
    }

    /// Counts time as a server does that has run for so long at a moment, in milliseconds.
    pub(crate) fn set_uptime(&mut self, uptime: u64, now: Instant) {
        self.role.started = before(now, uptime.min(CENTURY));
    }

    /// So long nobody was served, which is no client's fault.
    pub(crate) fn forgive(&mut self, frozen: Duration) {
        if let Some(set) = &mut self.role.poll_set {
            set.forgive(frozen);
        }
    }

    /// Removed globals that clients may still bind, and how long they have waited at a moment.
    pub(crate) fn removed_globals(&self, now: Instant) -> Vec<Removed> {
        let mut removed = self.role.globals.removed();
        for one in &mut removed {
            one.waited = self.waited(ClientId::NOBODY, Task::Acknowledge(one.id), now);
        }
        removed
    }

    /// Has registries bind a global that another process removed, as long as they may. Its time counts back from `now`.
    pub(crate) fn restore_removed(
        &mut self,
        removed: Removed,
        spec: &'static Spec,
        bind: Bind<A>,
        now: Instant,
    ) -> io::Result<()> {
        let (id, waited) = (removed.id, removed.waited);
        if self.role.globals.restore(removed, spec, bind) {
            let since = before(now, waited.unwrap_or(0));
            self.poll_set()?.arm_since(ClientId::NOBODY, Task::Acknowledge(id), since);
        }
        Ok(())
    }

    /// Takes the files of its listeners over, or leaves them to another process.
    pub(crate) fn own_files(&mut self, owned: bool) {
        if let Some(set) = &mut self.role.poll_set {
            set.listeners.iter_mut().for_each(|listener| listener.own(owned));
        }
    }

    /// Leaves all to another process: nothing is sent, read or removed any more.
    pub(crate) fn leave(&mut self) {
        self.own_files(false);
        self.stop();
    }

    /// Keeps what says that this process serves, as long as it does.
    pub(crate) fn keep(&mut self, token: OwnedFd) {
        self.role.token = Some(token);
    }
}
