//! What each connection makes this process hold, and all connections of one user together.
//!
//! What the runtime holds itself is looked at after each read and at the end of a turn, not with each message, so a limit
//! is met by what one turn brings at most. What an application holds for a client it charges, which is refused
//! beforehand. A user is a uid of credentials; a connection without any counts as a user of its own.

use std::collections::HashMap;

use super::{Core, Peer};
use crate::error::{LimitError, Resource, Scope};
use crate::handle::ClientId;
#[cfg(feature = "io")]
use crate::io::shm::Quota;
use crate::limits::Limits;
use crate::objects::Side;

/// Amounts by resource; nothing is ever noted of [`Resource::Clients`].
type Amounts = [u64; Resource::COUNT];

/// The account of one connection.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Whose it is, once that is known.
    user: Option<u32>,
    /// Of what was counted, the objects: all that most connections have.
    objects: u32,
    /// From when it first holds something else.
    more: Option<Box<More>>,
}

/// What a connection holds besides objects.
#[derive(Debug, Default)]
struct More {
    /// What the application charged.
    charged: Amounts,
    /// All that it holds but objects, as it was when somebody looked.
    counted: Amounts,
    /// The account of its shared memory, from when it is first asked for.
    #[cfg(feature = "io")]
    shm: Option<Quota>,
}

impl Account {
    /// What the application holds for it: what it charged, and pools.
    fn charged(&self) -> Amounts {
        let Some(more) = &self.more else { return Amounts::default() };
        #[cfg(feature = "io")]
        if let Some(quota) = &more.shm {
            let (mut charged, used) = (more.charged, quota.used());
            for (resource, amount) in [(Resource::MappedBytes, used.bytes), (Resource::Fds, used.pools)] {
                charged[resource as usize] = charged[resource as usize].saturating_add(amount as u64);
            }
            return charged;
        }
        more.charged
    }

    /// All that it holds, as it was when somebody looked; its user's account has the same.
    fn counted(&self) -> Amounts {
        let mut counted = self.more.as_ref().map_or_else(Amounts::default, |more| more.counted);
        let objects = &mut counted[Resource::Objects as usize];
        *objects = objects.saturating_add(self.objects.into());
        counted
    }

    fn set_counted(&mut self, mut held: Amounts) {
        let objects = &mut held[Resource::Objects as usize];
        self.objects = u32::try_from(*objects).unwrap_or(u32::MAX);
        *objects -= u64::from(self.objects);
        if self.more.is_some() || held != Amounts::default() {
            self.more.get_or_insert_default().counted = held;
        }
    }

    /// Whether something was counted that waits for the client.
    pub(super) fn has_queue(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.counted[Resource::QueuedBytes as usize] != 0)
    }
}

/// The account of one user.
#[derive(Debug, Default)]
struct User {
    clients: usize,
    held: Amounts,
    /// Whether the log has it that a client of this user was refused.
    refused: bool,
}

/// The accounts of an endpoint.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    users: HashMap<u32, User>,
    /// All connections.
    clients: usize,
    /// Whether the log has it that a client was refused since there are too many.
    refused: bool,
    /// Limits that were found to be crossed, and by whom.
    over: Vec<(ClientId, LimitError)>,
}

impl Accounts {
    /// Whether a client of this user can be taken; if not, also whether that is news.
    pub(crate) fn admit(&mut self, uid: u32, limits: &Limits) -> Result<(), (LimitError, bool)> {
        let room = self.has_room(Some(uid), limits);
        if self.clients < limits.clients {
            // Said again once there is room to speak of.
            self.refused &= self.clients > limits.clients / 2;
        }
        room.map_err(|error| {
            let of_user = self.users.get_mut(&uid).filter(|_| error.scope == Scope::User);
            let refused = of_user.map_or(&mut self.refused, |user| &mut user.refused);
            (error, !std::mem::replace(refused, true))
        })
    }

    /// Whether there is room for a client of this user, or of one that nobody knows.
    pub(crate) fn has_room(&self, uid: Option<u32>, limits: &Limits) -> Result<(), LimitError> {
        let of_user = uid.and_then(|uid| self.users.get(&uid)).map_or(0, |user| user.clients);
        let (scope, limit) = match () {
            () if self.clients >= limits.clients => (Scope::Server, limits.clients),
            () if of_user >= limits.user.clients => (Scope::User, limits.user.clients),
            () => return Ok(()),
        };
        Err(LimitError { resource: Resource::Clients, scope, limit: limit as u64 })
    }

    /// How many users have an account.
    #[cfg(test)]
    pub(crate) fn users(&self) -> usize {
        self.users.len()
    }

    /// Changes what is counted of a connection.
    fn count(&mut self, account: &mut Account, held: Amounts) {
        if let Some(user) = account.user.and_then(|uid| self.users.get_mut(&uid)) {
            for ((total, before), now) in user.held.iter_mut().zip(account.counted()).zip(held) {
                *total = total.saturating_sub(before).saturating_add(now);
            }
        }
        account.set_counted(held);
    }

    /// What the user of an account holds.
    fn of_user(&self, account: &Account) -> Amounts {
        account.user.and_then(|uid| self.users.get(&uid)).map_or_else(|| account.counted(), |user| user.held)
    }

    /// The limit that `more` of a resource would cross.
    fn crossed(&self, account: &Account, resource: Resource, more: u64, limits: &Limits) -> Option<LimitError> {
        let at = resource as usize;
        let held = [account.counted()[at], self.of_user(account)[at]];
        [Scope::Client, Scope::User].into_iter().zip(held).find_map(|(scope, held)| {
            let limit = limits.of(resource, scope);
            (held.saturating_add(more) > limit).then_some(LimitError { resource, scope, limit })
        })
    }
}

impl Peer {
    /// All that this process holds for it.
    fn holds(&self) -> Amounts {
        let mut held = self.account.charged();
        let mut add = |resource: Resource, amount: usize| {
            let place = &mut held[resource as usize];
            *place = place.saturating_add(amount as u64);
        };
        add(Resource::Objects, self.objects.len() as usize);
        // What is sent when the turn ends, and the first bytes of a message, would change the account with each read.
        let (bytes, fds) = if self.blocked { (self.outbox.len(), self.outbox.fds()) } else { (0, 0) };
        add(Resource::QueuedBytes, bytes);
        add(Resource::UnreadBytes, if self.inbox.has_left() { self.inbox.len() } else { 0 });
        add(Resource::Fds, self.inbox.fds.len() + fds);
        held
    }
}

impl<A> Core<A> {
    /// Notes whose a connection is.
    pub(crate) fn set_user(&mut self, client: ClientId, uid: u32) {
        let Core { peers, accounts, .. } = self;
        if let Some(peer) = peers.get_mut(client).filter(|peer| peer.account.user.is_none()) {
            let counted = peer.account.counted();
            peer.account.set_counted(Amounts::default());
            peer.account.user = Some(uid);
            accounts.users.entry(uid).or_default().clients += 1;
            accounts.count(&mut peer.account, counted);
        }
    }

    /// Looks at what a connection holds now. What it crosses is left to [`Core::next_over`].
    pub(crate) fn recount(&mut self, client: ClientId) {
        let Core { peers, accounts, limits, side, .. } = self;
        let Some(peer) = peers.get_mut(client).filter(|peer| peer.ending.is_none()) else { return };
        let held = peer.holds();
        let before = peer.account.counted();
        if held == before || *side == Side::Client {
            return;
        }
        accounts.count(&mut peer.account, held);
        for resource in Resource::ALL {
            if held[resource as usize] > before[resource as usize]
                && let Some(error) = accounts.crossed(&peer.account, resource, 0, limits)
            {
                accounts.over.push((client, error));
            }
        }
    }

    /// Takes the next limit that is crossed, and the client that has to go for it: the one itself, or that of its user
    /// which holds most.
    pub(crate) fn next_over(&mut self) -> Option<(ClientId, LimitError)> {
        while let Some((client, error)) = self.accounts.over.pop() {
            // Another one may have gone for it already.
            let Some(peer) = self.peer(client).filter(|peer| peer.ending.is_none()) else { continue };
            let still = self.accounts.crossed(&peer.account, error.resource, 0, &self.limits);
            let Some(error) = still else { continue };
            let user = peer.account.user.filter(|_| error.scope == Scope::User);
            let guilty = match user {
                Some(uid) => {
                    self.largest_of(error.resource, |account| account.user == Some(uid)).map(|(client, _)| client)
                }
                None => Some(client),
            };
            // There may be more to do before its user is within the limit.
            if guilty.is_some_and(|guilty| guilty != client) {
                self.accounts.over.push((client, error));
            }
            return guilty.map(|guilty| (guilty, error));
        }
        None
    }

    /// The client that holds most of a resource among those of some accounts, and how much.
    fn largest_of(&self, resource: Resource, is_meant: impl Fn(&Account) -> bool) -> Option<(ClientId, u64)> {
        let live = self.peers.iter().filter(|peer| peer.ending.is_none() && is_meant(&peer.account));
        let amount = |peer: &Peer| peer.account.counted()[resource as usize];
        live.map(|peer| (peer.client, amount(peer))).max_by_key(|&(_, amount)| amount)
    }

    /// The client that holds most of a resource of those of the user that holds most, and how much.
    pub(crate) fn largest_holder(&self, resource: Resource) -> Option<(ClientId, u64)> {
        let live = self.peers.iter().filter(|peer| peer.ending.is_none());
        let of_user = |peer: &&Peer| self.accounts.of_user(&peer.account)[resource as usize];
        let first = live.max_by_key(of_user)?;
        match first.account.user {
            Some(uid) => self.largest_of(resource, |account| account.user == Some(uid)),
            None => Some((first.client, of_user(&first))),
        }
    }

    /// See [`Server::charge`](crate::Server::charge).
    pub(crate) fn charge(&mut self, client: ClientId, resource: Resource, amount: u64) -> Result<(), LimitError> {
        let Core { peers, accounts, limits, .. } = self;
        let Some(peer) = peers.get_mut(client).filter(|peer| peer.ending.is_none()) else { return Ok(()) };
        if let Some(error) = accounts.crossed(&peer.account, resource, amount, limits) {
            return Err(error);
        }
        // Limits may be infinite, sums are not.
        let mut held = peer.account.counted();
        for amounts in [&mut held, &mut peer.account.more.get_or_insert_default().charged] {
            amounts[resource as usize] = amounts[resource as usize].saturating_add(amount);
        }
        accounts.count(&mut peer.account, held);
        Ok(())
    }

    /// What the application charged to a client.
    #[cfg(feature = "io")]
    pub(crate) fn charged(&self, client: ClientId) -> Amounts {
        let more = self.peer(client).and_then(|peer| peer.account.more.as_ref());
        more.map_or_else(Amounts::default, |more| more.charged)
    }

    /// Charges what another process had charged, which nobody refuses now.
    #[cfg(feature = "io")]
    pub(crate) fn set_charged(&mut self, client: ClientId, charged: Amounts) {
        if let Some(peer) = self.peers.get_mut(client)
            && charged != Amounts::default()
        {
            peer.account.more.get_or_insert_default().charged = charged;
        }
        self.recount(client);
    }

    /// See [`Server::release`](crate::Server::release).
    pub(crate) fn discharge(&mut self, client: ClientId, resource: Resource, amount: u64) {
        let Core { peers, accounts, .. } = self;
        let Some(peer) = peers.get_mut(client).filter(|peer| peer.ending.is_none()) else { return };
        let Some(more) = &mut peer.account.more else { return };
        let charged = &mut more.charged[resource as usize];
        let amount = amount.min(*charged);
        *charged -= amount;
        let mut held = peer.account.counted();
        held[resource as usize] = held[resource as usize].saturating_sub(amount);
        accounts.count(&mut peer.account, held);
    }

    /// See [`Server::shm_policy`](crate::Server::shm_policy).
    #[cfg(feature = "io")]
    pub(crate) fn shm_quota(&mut self, client: ClientId) -> Quota {
        let Limits { mapped_bytes, fds, .. } = self.limits;
        let bytes = usize::try_from(mapped_bytes).unwrap_or(usize::MAX);
        let pools = usize::try_from(fds).unwrap_or(usize::MAX).min(Quota::POOLS);
        match self.peer_mut(client).filter(|peer| peer.ending.is_none()) {
            Some(peer) => {
                let more = peer.account.more.get_or_insert_default();
                more.shm.get_or_insert_with(|| Quota::new(bytes, pools)).clone()
            }
            None => Quota::new(bytes, pools),
        }
    }

    /// The account of a client's shared memory, if it was asked for.
    #[cfg(feature = "io")]
    pub(crate) fn opened_quota(&self, client: ClientId) -> Option<Quota> {
        self.peer(client)?.account.more.as_ref()?.shm.clone()
    }

    /// What a client holds, as it is now.
    pub(crate) fn held(&self, client: ClientId, resource: Resource) -> u64 {
        let peer = self.peer(client).filter(|peer| peer.ending.is_none());
        peer.map_or(0, |peer| peer.holds()[resource as usize])
    }

    /// A connection has been made.
    pub(super) fn open_account(&mut self) {
        self.accounts.clients += 1;
    }

    /// A connection is ending: what it holds goes, as fast as turns allow.
    pub(super) fn clear_account(&mut self, client: ClientId) {
        let Core { peers, accounts, .. } = self;
        if let Some(peer) = peers.get_mut(client) {
            accounts.count(&mut peer.account, Amounts::default());
        }
    }

    /// A connection is gone.
    pub(super) fn close_account(&mut self, account: &Account) {
        self.accounts.clients -= 1;
        if let Some(uid) = account.user
            && let Some(user) = self.accounts.users.get_mut(&uid)
        {
            user.clients -= 1;
            if user.clients == 0 {
                self.accounts.users.remove(&uid);
            }
        }
    }
}

impl Limits {
    /// The limit of a resource for one client, or for one user. What has a limit of its own elsewhere has none here.
    fn of(&self, resource: Resource, scope: Scope) -> u64 {
        match (resource, scope) {
            (Resource::Fds, Scope::Client) => self.fds,
            (Resource::MappedBytes, Scope::Client) => self.mapped_bytes,
            (Resource::StoredBytes, Scope::Client) => self.stored_bytes,
            (_, Scope::Client) => u64::MAX,
            (Resource::Clients, _) => self.user.clients as u64,
            (Resource::Objects, _) => self.user.objects,
            (Resource::QueuedBytes, _) => self.user.queued_bytes,
            (Resource::UnreadBytes, _) => self.user.unread_bytes,
            (Resource::Fds, _) => self.user.fds,
            (Resource::MappedBytes, _) => self.user.mapped_bytes,
            (Resource::StoredBytes, _) => self.user.stored_bytes,
        }
    }
}
