//! The handler table: what an application does with each interface it knows.

use std::any::Any;

use super::data::Slab;
use super::{Core, Incoming};
use crate::error::Handled;
use crate::interface::{Handle, Message, Spec};
use crate::objects::Side;

pub(crate) type DispatchFn<A> = fn(&mut A, &mut Incoming<'_>) -> Handled;

/// How an application handles one interface: a row of its handler table.
pub(crate) struct Kind<A> {
    pub(crate) spec: &'static Spec,
    /// What this side receives.
    pub(crate) messages: &'static [Message],
    /// Absent where only dead objects of the interface are known.
    pub(crate) dispatch: Option<DispatchFn<A>>,
    /// Takes the object's data out of the slab and hands it to the application.
    pub(crate) destroyed: fn(&mut A, Handle, u32),
}

/// The part of a [`Kind`] that every message needs. Without messages for
/// interfaces that are not known here.
pub(super) struct Row<A> {
    pub(super) messages: &'static [Message],
    pub(super) dispatch: Option<DispatchFn<A>>,
}

impl<A> Core<A> {
    /// The row of the handler table for `slot`. Objects exist only for installed kinds.
    #[inline]
    pub(super) fn kind(&self, slot: u16) -> Option<&Kind<A>> {
        self.kinds.get(slot as usize)?.as_ref()
    }

    /// What to call when an object of this kind ends.
    pub(crate) fn destroyer(&self, slot: u16) -> Option<fn(&mut A, Handle, u32)> {
        self.kind(slot).map(|kind| kind.destroyed)
    }

    pub(crate) fn spec(&self, slot: u16) -> Option<&'static Spec> {
        self.kind(slot).map(|kind| kind.spec)
    }

    #[inline]
    pub(crate) fn install<D: Default + Send + 'static>(&mut self, slot: u16, kind: impl FnOnce() -> Kind<A>) {
        if self.rows.get(slot as usize).is_none_or(|row| row.dispatch.is_none()) {
            self.install_cold(slot, kind(), Box::new(Slab::<D>::new()));
        }
    }

    /// Makes the tables of an interface known for objects that are dead from the start.
    pub(super) fn install_dead(&mut self, spec: &'static Spec) {
        let messages = self.received(spec);
        if self.kind(spec.slot.get()).is_none() {
            let destroyed = |_: &mut A, _, _| {};
            let kind = Kind { spec, messages, dispatch: None, destroyed };
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
    fn install_cold(&mut self, slot: u16, kind: Kind<A>, slab: Box<dyn Any + Send>) {
        if self.kinds.len() <= slot as usize {
            self.kinds.resize_with(slot as usize + 1, || None);
            self.rows.resize_with(slot as usize + 1, || Row { messages: &[], dispatch: None });
            self.slabs.resize_with(slot as usize + 1, || Box::new(()));
        }
        self.slabs[slot as usize] = slab;
        self.rows[slot as usize] = Row { messages: kind.messages, dispatch: kind.dispatch };
        self.kinds[slot as usize] = Some(kind);
    }
}
