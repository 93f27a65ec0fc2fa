//! The connections of an endpoint, by [`ClientId`].

use std::ops::Range;

use super::recorder::{End, Recent};
use super::{Account, Traffic};
use crate::conn::{Inbox, Link, Outbox};
use crate::error::Disconnect;
use crate::handle::{ClientId, ListenerId, reserve_numbers};
use crate::objects::{Epoch, Objects};

/// One connection.
pub(crate) struct Peer {
    pub(crate) client: ClientId,
    /// Whose messages flow here: `client`, and nobody's from the moment the connection ends.
    pub(super) open: ClientId,
    pub(crate) objects: Objects,
    pub(crate) outbox: Outbox,
    pub(crate) inbox: Inbox,
    pub(crate) link: Box<dyn Link>,
    pub(super) account: Account,
    /// Set once: from then on nothing is read or queued any more.
    pub(crate) ending: Option<Box<End>>,
    /// Nothing more is read, and the connection ends this way once what waits
    /// for the peer is gone: it may have closed one direction only (P08), or
    /// the error that explains the end is still to be sent.
    pub(super) closing: Option<Box<End>>,
    /// Of a connection that is ending: objects below this id were handed back to the application.
    pub(super) handed_back: u32,
    /// What crossed it.
    pub(super) traffic: Traffic,
    /// When the loop last read from it, by its own count of time.
    #[cfg(feature = "io")]
    pub(crate) heard: u64,
    /// Its last messages, if they are recorded.
    pub(super) recent: Option<Box<Recent>>,
    /// Whether its messages are traced.
    pub(super) traced: bool,
    /// The process that connected, by its number; 0 if it is not known.
    pub(crate) process: u32,
    /// What the application noted about it when it was admitted.
    #[cfg(feature = "io")]
    pub(crate) tag: u64,
    /// Through which listener it came.
    pub(crate) listener: Option<ListenerId>,
    /// Whether the link refused bytes; the source waits for it to become writable.
    pub(crate) blocked: bool,
    /// Of a blocked one: whether it refused fds, so that the source has to try again after a while.
    pub(crate) congested: bool,
    /// Whether the application was told that the peer will be dropped if it stays blocked.
    pub(crate) warned: bool,
    /// What the event loop was last told to wait for.
    pub(super) interest: Interest,
    /// Whether the connection is in `Core::dirty`, `Core::interest`, `Core::ready` or `Core::paused`.
    pub(super) dirty: bool,
    pub(super) interest_changed: bool,
    pub(super) ready: bool,
    /// Whether it is in `Core::unreadable`.
    pub(super) unreadable: bool,
}

/// What an event loop waits for on the link of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interest {
    pub(crate) read: bool,
    pub(crate) write: bool,
    /// For nothing that the link would tell: what waits is to be tried again on the tick.
    pub(crate) retry: bool,
}

impl Interest {
    /// That of a new connection.
    pub(crate) const FIRST: Interest = Interest { read: true, write: false, retry: false };
}

impl Peer {
    /// Whether what arrives is still looked at.
    pub(super) fn is_read(&self) -> bool {
        self.ending.is_none() && self.closing.is_none()
    }

    /// Why it ends, if it does.
    pub(crate) fn end(&self) -> Option<&Disconnect> {
        self.ending.as_ref().map(|end| &end.reason)
    }

    /// Whether messages still flow.
    pub(super) fn is_open(&self) -> bool {
        self.open == self.client
    }

    /// Whether nobody has noted what it sent last.
    pub(super) fn has_no_last(&self) -> bool {
        self.ending.as_ref().is_some_and(|end| end.last.is_empty())
    }
}

pub(super) struct Peers {
    /// Boxed: places outlive their connections, and one is found without a multiplication.
    slots: Vec<Option<Box<Peer>>>,
    /// Slots that are free.
    vacant: Vec<u32>,
    numbers: Numbers,
    epoch: Epoch,
}

impl Peers {
    pub(super) fn new() -> Peers {
        // No two endpoints of a process share an epoch, so a handler that exchanges them is noticed.
        let epoch = Epoch::new(reserve_numbers(1) << 24);
        Peers { slots: Vec::new(), vacant: Vec::new(), numbers: Numbers::default(), epoch }
    }

    /// Adds a connection.
    pub(super) fn add(&mut self, make: impl FnOnce(ClientId) -> Peer) -> ClientId {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        let client = ClientId::new(index, self.numbers.take());
        if let Some(slot) = self.slots.get_mut(index as usize) {
            *slot = Some(Box::new(make(client)));
        }
        client
    }

    /// Changes whenever an object or a connection ends.
    #[inline(always)]
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.value()
    }

    /// Has the loop forget what it knows of the limits.
    pub(super) fn limits_changed(&mut self) {
        self.epoch.advance();
    }

    /// Lets no more messages flow.
    pub(super) fn shut(&mut self, client: ClientId) {
        self.epoch.advance();
        if let Some(peer) = self.open_mut(client) {
            peer.open = ClientId::NOBODY;
        }
    }

    pub(super) fn remove(&mut self, client: ClientId) -> Option<Box<Peer>> {
        self.get(client)?;
        self.shut(client);
        self.vacant.push(client.index());
        self.slots.get_mut(client.index() as usize)?.take()
    }

    /// A connection that messages still flow on.
    #[inline]
    pub(super) fn open(&self, client: ClientId) -> Option<&Peer> {
        let peer = self.slots.get(client.index() as usize)?.as_deref()?;
        if peer.open == client { Some(peer) } else { None }
    }

    #[inline]
    pub(super) fn open_mut(&mut self, client: ClientId) -> Option<&mut Peer> {
        self.open_with_epoch(client).map(|(peer, _)| peer)
    }

    /// As [`Peers::open_mut`], for what may end an object.
    #[inline]
    pub(super) fn open_with_epoch(&mut self, client: ClientId) -> Option<(&mut Peer, &mut Epoch)> {
        let peer = self.slots.get_mut(client.index() as usize)?.as_deref_mut()?;
        if peer.open == client { Some((peer, &mut self.epoch)) } else { None }
    }

    /// A connection, ended or not.
    #[inline]
    pub(super) fn get(&self, client: ClientId) -> Option<&Peer> {
        self.slots.get(client.index() as usize)?.as_deref().filter(|peer| peer.client == client)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, client: ClientId) -> Option<&mut Peer> {
        self.get_with_epoch(client).map(|(peer, _)| peer)
    }

    /// As [`Peers::get_mut`], for what may end an object.
    #[inline]
    pub(super) fn get_with_epoch(&mut self, client: ClientId) -> Option<(&mut Peer, &mut Epoch)> {
        let peer = self.slots.get_mut(client.index() as usize)?.as_deref_mut()?;
        if peer.client == client { Some((peer, &mut self.epoch)) } else { None }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.slots.iter().filter_map(|slot| slot.as_deref())
    }

    /// Whether a connection belongs to another endpoint of this process, rather than having ended.
    #[cold]
    pub(super) fn is_foreign(&self, client: ClientId) -> bool {
        client != ClientId::NOBODY && !self.numbers.contains(client.number())
    }
}

/// The numbers of an endpoint's connections: blocks of the process's, so that it knows its own.
#[derive(Default)]
struct Numbers {
    /// In rising order; each is twice the one before, so there are few.
    blocks: Vec<Range<u64>>,
    next: u64,
}

impl Numbers {
    /// Most numbers reserved at once.
    const LARGEST_BLOCK: u64 = 4096;

    fn take(&mut self) -> u64 {
        if self.blocks.last().is_none_or(|block| self.next == block.end) {
            let count = self.blocks.last().map_or(1, |block| (block.end - block.start) * 2).min(Numbers::LARGEST_BLOCK);
            let start = reserve_numbers(count);
            self.next = start;
            match self.blocks.last_mut() {
                // Nobody else took any meanwhile.
                Some(block) if block.end == start => block.end += count,
                _ => self.blocks.push(start..start + count),
            }
        }
        self.next += 1;
        self.next - 1
    }

    fn contains(&self, number: u64) -> bool {
        self.blocks.iter().any(|block| block.contains(&number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_connections_are_unique_in_the_process_and_an_endpoint_knows_its_own() {
        let (mut first, mut second) = (Numbers::default(), Numbers::default());
        let taken: Vec<u64> = (0..20_000).flat_map(|_| [first.take(), second.take()]).collect();
        let unique: std::collections::BTreeSet<u64> = taken.iter().copied().collect();
        assert_eq!(unique.len(), taken.len());
        for pair in taken.chunks(2) {
            assert!(first.contains(pair[0]) && !second.contains(pair[0]));
            assert!(second.contains(pair[1]) && !first.contains(pair[1]));
        }
        assert!(first.blocks.len() < 40, "a few blocks for 20,000 connections");
    }
}
