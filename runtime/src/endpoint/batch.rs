//! The messages of one read on their way through the loop.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use super::{Core, Role};
use crate::handle::{ClientId, ObjectRef};
use crate::wire::{HEADER, Header};

/// The messages of one read, and how far they were handled.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub(super) client: ClientId,
    pub(super) turn: Turn,
    /// What is still to be handled; begins with a message.
    pub(super) rest: &'a [u8],
    /// The interface and the object of the next message.
    pub(super) index: u16,
    pub(super) target: ObjectRef,
    /// Whether the run of another interface has called this one, to which it returns.
    pub(super) nested: bool,
}

/// How to go on after a run of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// With the object of another interface that was found.
    Other,
    /// With another look for the object.
    Find,
    /// Not now: the rest is no whole message, or the connection has ended.
    Stop,
}

/// What the messages of one read have in common.
#[derive(Debug)]
pub(super) struct Turn {
    /// Fds that no message has consumed yet.
    pub(super) fds: VecDeque<OwnedFd>,
    /// Messages that may be handled until the budget is asked.
    pub(super) left: u32,
    /// Bytes of the largest message that is not refused.
    pub(super) largest: u16,
}

impl Batch<'_> {
    /// Finds the object of the next message; `false` if there is no message, or the connection has ended.
    #[inline(always)]
    pub(super) fn find<A>(&mut self, core: &Core<A>) -> bool {
        let Some(header) = self.rest.first_chunk::<HEADER>() else { return false };
        let object = Header::from_bytes(*header).object;
        let Some(peer) = core.peers.open(self.client) else { return false };
        let entry = peer.objects.entry(object);
        (self.index, self.target) = (entry.interface, entry.target(object));
        self.turn.largest = core.largest();
        true
    }
}

impl<A> Core<A> {
    /// Whether the limits are those that a turn began with, so that runs may go on.
    #[inline]
    pub(super) fn has_limits_of(&self, turn: &Turn) -> bool {
        self.unjudged == turn.largest
    }
}

#[inline(always)]
pub(super) fn core<A, R: Role<A>>(app: &mut A) -> &mut Core<A> {
    &mut R::endpoint(app).core
}
