//! The connections of an endpoint, by [`ClientId`].

use crate::conn::{Inbox, Link, Outbox};
use crate::error::Disconnect;
use crate::interface::ClientId;
use crate::objects::{Epoch, Objects};

/// One connection.
pub(crate) struct Peer {
    pub(crate) client: ClientId,
    pub(crate) objects: Objects,
    pub(crate) outbox: Outbox,
    pub(crate) inbox: Inbox,
    pub(crate) link: Box<dyn Link>,
    /// Set once: from then on nothing is read or queued any more.
    pub(crate) ending: Option<Box<Disconnect>>,
    /// Nothing more is read, and the connection ends this way once what waits
    /// for the peer is gone: it may have closed one direction only (P08), or
    /// the error that explains the end is still to be sent.
    pub(super) closing: Option<Box<Disconnect>>,
    /// Whether the link refused bytes; the source waits for it to become writable.
    pub(crate) blocked: bool,
    /// Whether the application was told that the peer will be dropped if it stays blocked.
    pub(crate) warned: bool,
    /// What the event loop waits for: to read, to write.
    #[cfg(feature = "io")]
    pub(crate) watched: (bool, bool),
    /// Whether the connection is in `Core::dirty`.
    pub(super) dirty: bool,
}

impl Peer {
    /// Whether what arrives is still looked at.
    pub(super) fn is_read(&self) -> bool {
        self.ending.is_none() && self.closing.is_none()
    }
}

#[derive(Default)]
pub(super) struct Peers {
    slots: Vec<Slot>,
    /// Who comes next in the slots that are free.
    vacant: Vec<ClientId>,
    /// Advances whenever an object or a connection ends.
    epoch: Epoch,
}

struct Slot {
    /// Whose messages flow here; nobody's from the moment the connection ends.
    open: ClientId,
    /// Boxed: slots outlive their connections, and finding one is a shift.
    peer: Option<Box<Peer>>,
}

impl Peers {
    /// Makes room for a connection; [`Peers::enter`] takes it.
    pub(super) fn allocate(&mut self) -> ClientId {
        self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(Slot { open: ClientId::NOBODY, peer: None });
            ClientId::first(self.slots.len() as u32 - 1)
        })
    }

    pub(super) fn enter(&mut self, peer: Peer) {
        if let Some(slot) = self.slots.get_mut(peer.client.index() as usize) {
            slot.open = peer.client;
            slot.peer = Some(Box::new(peer));
        }
    }

    /// Lets no more messages flow.
    pub(super) fn shut(&mut self, client: ClientId) {
        if let Some(slot) = self.slots.get_mut(client.index() as usize).filter(|slot| slot.open == client) {
            slot.open = ClientId::NOBODY;
            self.epoch.advance();
        }
    }

    pub(super) fn remove(&mut self, client: ClientId) -> Option<Box<Peer>> {
        self.get(client)?;
        self.shut(client);
        self.vacant.push(client.next());
        self.epoch.advance();
        self.slots.get_mut(client.index() as usize)?.peer.take()
    }

    /// A connection that messages still flow on.
    #[inline]
    pub(super) fn open(&self, client: ClientId) -> Option<&Peer> {
        let slot = self.slots.get(client.index() as usize)?;
        if slot.open == client { slot.peer.as_deref() } else { None }
    }

    #[inline]
    pub(super) fn open_mut(&mut self, client: ClientId) -> Option<&mut Peer> {
        let slot = self.slots.get_mut(client.index() as usize)?;
        if slot.open == client { slot.peer.as_deref_mut() } else { None }
    }

    /// As [`Peers::open_mut`], with what the end of an object needs.
    #[inline]
    pub(super) fn open_with_epoch(&mut self, client: ClientId) -> Option<(&mut Peer, &mut Epoch)> {
        let slot = self.slots.get_mut(client.index() as usize)?;
        if slot.open == client { Some((slot.peer.as_deref_mut()?, &mut self.epoch)) } else { None }
    }

    /// The objects of a connection, ended or not, with what the end of one needs.
    #[inline]
    pub(super) fn objects_with_epoch(&mut self, client: ClientId) -> Option<(&mut Objects, &mut Epoch)> {
        let peer = self.slots.get_mut(client.index() as usize)?.peer.as_deref_mut();
        let peer = peer.filter(|peer| peer.client == client)?;
        Some((&mut peer.objects, &mut self.epoch))
    }

    /// A connection, ended or not.
    #[inline]
    pub(super) fn get(&self, client: ClientId) -> Option<&Peer> {
        self.slots.get(client.index() as usize)?.peer.as_deref().filter(|peer| peer.client == client)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, client: ClientId) -> Option<&mut Peer> {
        self.slots.get_mut(client.index() as usize)?.peer.as_deref_mut().filter(|peer| peer.client == client)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.slots.iter().filter_map(|slot| slot.peer.as_deref())
    }
}
