//! The fast path for messages that make or end an object: the object and the message are handled in one step.
//!
//! It takes the usual case: the queue has room, and a freed id is at hand. Otherwise it returns `None`, and the caller
//! makes or ends the object and sends the message in two steps.

use super::Core;
use super::objects::attach;
use crate::error::SendError;
use crate::handle::Handle;
use crate::objects::Side;
use crate::wire::{self, HEADER};

impl<A> Core<A> {
    /// Makes an object of an interface that is installed, under an id of our own range, and queues
    /// the message that announces it: `words`, with the id at `at`.
    #[inline(always)]
    pub(crate) fn queue_constructor<D, const N: usize>(
        &mut self,
        side: Side,
        (target, opcode): (Handle, u16),
        (interface, version): (u16, u32),
        (mut words, at): ([u32; N], usize),
    ) -> Option<Handle> {
        let client = target.client();
        let Core { peers, slabs, .. } = self;
        let peer = peers.open_mut(client).filter(|peer| peer.objects.is_live(target))?;
        let vacancy = peer.objects.vacancy(side)?;
        let place = peer.outbox.append(HEADER + 4 * N)?;
        let made =
            vacancy.fill(client, interface, version, |generation| attach::<D>(slabs, interface, client, generation));
        if let Some(word) = words.get_mut(at) {
            *word = made.id();
        }
        wire::write_words(place, target.id(), opcode, words);
        Some(made)
    }

    /// Queues the message that ends `target`, an object of the clients' range, and makes a zombie of it.
    #[inline(always)]
    pub(crate) fn queue_destructor<const N: usize>(
        &mut self,
        target: Handle,
        opcode: u16,
        words: [u32; N],
    ) -> Option<()> {
        let (peer, epoch) = self.peers.open_with_epoch(target.client())?;
        let entry = peer.objects.zombie_candidate(target)?;
        let place = peer.outbox.append(HEADER + 4 * N)?;
        entry.mark_zombie(epoch);
        wire::write_words(place, target.id(), opcode, words);
        Some(())
    }

    /// Ends an object of the clients' range, in the server's table, and queues the message about its id. `None` if
    /// nothing was done.
    #[inline(always)]
    pub(crate) fn release_and_tell(&mut self, object: Handle, opcode: u16) -> Option<()> {
        let (peer, epoch) = self.peers.open_with_epoch(object.client())?;
        let releasable = peer.objects.releasable(object)?;
        let place = peer.outbox.append(HEADER + 4)?;
        releasable.release(epoch);
        wire::write_words(place, 1, opcode, [object.id()]);
        Some(())
    }

    /// Whether `target` is as new as a message.
    #[inline(always)]
    pub(crate) fn check_version(target: Handle, since: u32) -> Result<(), SendError> {
        if since > 1 && target.version() < since {
            return Err(SendError::Version { since, version: target.version() });
        }
        Ok(())
    }
}
