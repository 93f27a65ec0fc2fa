//! The handler table: what an application does with each interface it knows.

use super::data::{Slab, Store};
use super::{Core, Stream};
use crate::error::Handled;
use crate::interface::{Handle, Message, Spec, Target};
use crate::objects::Side;
use crate::wire::MAX_SIZE;

/// Decodes a message and calls its handler. Its arguments are six words, all in registers.
pub(crate) type DispatchFn<A> = fn(&mut A, Target, &[u8], &mut Stream<'_>) -> Handled;

/// How an application handles one interface: a row of its handler table.
pub(crate) struct Kind<A> {
    pub(crate) spec: &'static Spec,
    /// Absent where only dead objects of the interface are known.
    pub(crate) handlers: Option<Handlers<A>>,
    /// Takes the object's data out of the slab and hands it to the application.
    pub(crate) destroyed: fn(&mut A, Handle),
}

/// What to call with a message.
pub(crate) struct Handlers<A> {
    pub(crate) dispatch: DispatchFn<A>,
    /// As `dispatch`, but ends the object afterwards.
    pub(crate) destruct: DispatchFn<A>,
}

/// What is asked of each message of one kind before it is dispatched. All that
/// the loop needs of the tables, in one place of 16 bytes.
pub(super) struct Gate<A> {
    /// Version of the object that may have it; [`CLOSED`] lets nothing pass.
    since: u32,
    /// Bytes of the smallest one, and how many words more the largest may have.
    size: u16,
    span: u16,
    pub(super) dispatch: DispatchFn<A>,
}

const CLOSED: u32 = u32::MAX;

impl<A> Gate<A> {
    /// Whether a message may pass without a closer look. Its object is live,
    /// then, and known to be so; its end may still be to come.
    #[inline]
    pub(super) fn admits(&self, size: u16, version: u32) -> bool {
        // A size that is too small or no whole words comes out large.
        self.since <= version && size.wrapping_sub(self.size).rotate_right(2) <= self.span
    }
}

impl<A> Core<A> {
    /// The row of the handler table for `slot`. Objects exist only for installed kinds.
    #[inline]
    pub(super) fn kind(&self, slot: u16) -> Option<&Kind<A>> {
        self.kinds.get(slot as usize)?.as_ref()
    }

    pub(crate) fn spec(&self, slot: u16) -> Option<&'static Spec> {
        self.kind(slot).map(|kind| kind.spec)
    }

    #[inline]
    pub(crate) fn install<D: Default + Send + 'static>(&mut self, slot: u16, kind: impl FnOnce() -> Kind<A>) {
        if self.kinds.get(slot as usize).is_none_or(|kind| kind.as_ref().is_none_or(|kind| kind.handlers.is_none())) {
            self.install_cold(slot, kind(), Box::new(Slab::<D>::new()));
        }
    }

    /// Makes the tables of an interface known for objects that are dead from the start.
    pub(super) fn install_dead(&mut self, spec: &'static Spec) {
        if self.kind(spec.slot.get()).is_none() {
            let kind = Kind { spec, handlers: None, destroyed: |_, _| {} };
            self.install_cold(spec.slot.get(), kind, Box::new(()));
        }
    }

    /// What this side receives for an interface.
    pub(crate) fn received(&self, spec: &'static Spec) -> &'static [Message] {
        match self.side {
            Side::Client => spec.events,
            Side::Server => spec.requests,
        }
    }

    #[cold]
    fn install_cold(&mut self, slot: u16, kind: Kind<A>, slab: Box<dyn Store>) {
        if self.kinds.len() <= slot as usize {
            self.kinds.resize_with(slot as usize + 1, || None);
            self.gates.resize_with(slot as usize + 1, Box::default);
            self.slabs.resize_with(slot as usize + 1, || Box::new(()));
        }
        self.slabs[slot as usize] = slab;
        self.gates[slot as usize] = self.gates_of(&kind);
        self.kinds[slot as usize] = Some(kind);
    }

    /// Makes the gates anew after a limit has changed.
    pub(super) fn renew_gates(&mut self) {
        let gates = self.kinds.iter().map(|kind| kind.as_ref().map(|kind| self.gates_of(kind)).unwrap_or_default());
        self.gates = gates.collect();
    }

    fn gates_of(&self, kind: &Kind<A>) -> Box<[Gate<A>]> {
        let Some(handlers) = &kind.handlers else { return Box::default() };
        let largest = self.limits.message_size.min(MAX_SIZE) as u16;
        let gate = |message: &Message| {
            let size = message.size;
            let most = if message.fixed_size { size } else { largest };
            // The trace looks at every message more closely.
            let closed = self.trace || size > largest;
            Gate {
                since: if closed { CLOSED } else { message.since },
                size,
                span: most.saturating_sub(size) / 4,
                dispatch: if message.destructor { handlers.destruct } else { handlers.dispatch },
            }
        };
        self.received(kind.spec).iter().map(gate).collect()
    }
}
