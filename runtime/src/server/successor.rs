//! What a server gets from its predecessor, and leaves to its successor.

use std::io;
use std::os::fd::OwnedFd;

use super::{HasServer, Server};
use crate::endpoint::Baggage;
use crate::handle::{ClientId, Handle, ListenerId};
use crate::io::credentials::Credentials;
use crate::io::listener::Listener;

impl<A: HasServer> Server<A> {
    /// Where it listens.
    pub(crate) fn listeners(&self) -> &[Listener] {
        self.role.poll_set.as_ref().map_or(&[], |set| &set.listeners)
    }

    /// Takes over a client. Returns the handles of its live objects, in the order of ids.
    pub(crate) fn adopt(&mut self, baggage: Baggage) -> io::Result<(ClientId, Vec<Handle>)> {
        self.poll_set()?;
        self.raise_descriptor_limit();
        let listener = baggage.listener;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a client that there cannot be");
        let (client, handles) = self.core.unpack(baggage).ok_or_else(damaged)?;
        if let (Some(set), Some(peer)) = (&self.role.poll_set, self.core.peer(client))
            && let Some(fd) = peer.link.as_fd()
        {
            set.add_client(fd, client)?;
        }
        let listeners = self.listeners().len();
        if let Some(Credentials { uid, pid, .. }) = self.credentials(client) {
            self.core.set_user(client, uid);
            if let Some(peer) = self.core.peer_mut(client) {
                peer.process = pid.unwrap_or(0);
            }
        }
        if let Some(peer) = self.core.peer_mut(client) {
            peer.listener = listener.map(|at| at as usize).filter(|&at| at < listeners).map(ListenerId::of);
        }
        Ok((client, handles))
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
