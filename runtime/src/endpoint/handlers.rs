//! The handler table: what an application does with each interface it knows.

use super::batch::{Batch, Next};
use super::data::{Slab, Store};
use super::receive::run;
use super::{Core, Dispatch, Role};
use crate::handle::{Handle, ObjectRef};
use crate::objects::Side;
use crate::spec::{Message, Spec};
use crate::wire::LARGEST_FIXED;

/// Handles messages for an object and those that follow it, as long as they are for objects of the same interface.
pub(super) type RunFn<A> = fn(&mut A, ObjectRef, &mut Batch<'_>) -> Next;

/// Hands an object that has ended to the application.
pub(super) type DestroyedFn<A> = fn(&mut A, Handle);

/// How an application handles one interface.
pub(crate) struct HandlerEntry<A> {
    pub(crate) spec: &'static Spec,
    /// Absent where only dead objects of the interface are known.
    pub(super) run: Option<RunFn<A>>,
    /// Takes the object's data out of the slab and hands it to the application.
    pub(super) destroyed: DestroyedFn<A>,
}

impl<A> HandlerEntry<A> {
    pub(crate) fn of<R: Role<A>, I: Dispatch<A, R>>() -> HandlerEntry<A> {
        HandlerEntry { spec: I::SPEC, run: Some(run::<A, R, I>), destroyed: R::object_ended::<I> }
    }
}

/// The table, by the index of the interface.
pub(super) struct Handlers<A> {
    entries: Vec<Option<HandlerEntry<A>>>,
    /// What the loop calls, in a table of its own: a function pointer for each interface.
    runs: Vec<RunFn<A>>,
    /// Whether there is a handler, in a table of its own too: each message that makes an object asks.
    installed: Vec<bool>,
    /// Judges a message before it is handled; for all of them while that is asked for.
    slow: RunFn<A>,
    all_slow: bool,
}

impl<A> Handlers<A> {
    pub(super) fn new(slow: RunFn<A>) -> Handlers<A> {
        Handlers { entries: Vec::new(), runs: Vec::new(), installed: Vec::new(), slow, all_slow: false }
    }

    #[inline]
    pub(super) fn get(&self, index: u16) -> Option<&HandlerEntry<A>> {
        self.entries.get(index as usize)?.as_ref()
    }

    /// What to call with a message for an object of this interface.
    #[inline]
    pub(super) fn run(&self, index: u16) -> RunFn<A> {
        self.runs.get(index as usize).copied().unwrap_or(self.slow)
    }

    #[inline]
    fn has(&self, index: u16) -> bool {
        self.installed.get(index as usize) == Some(&true)
    }

    fn insert(&mut self, index: usize, entry: HandlerEntry<A>) {
        if self.entries.len() <= index {
            self.entries.resize_with(index + 1, || None);
            self.runs.resize(index + 1, self.slow);
            self.installed.resize(index + 1, false);
        }
        self.runs[index] = entry.run.filter(|_| !self.all_slow).unwrap_or(self.slow);
        self.installed[index] = entry.run.is_some();
        self.entries[index] = Some(entry);
    }

    /// Decoders check all that matters of a message but its size against a limit that is lower than what they read.
    fn set_slow(&mut self, all_slow: bool) {
        self.all_slow = all_slow;
        for (run, entry) in self.runs.iter_mut().zip(&self.entries) {
            let fast = entry.as_ref().and_then(|entry| entry.run).filter(|_| !all_slow);
            *run = fast.unwrap_or(self.slow);
        }
    }
}

impl<A> Core<A> {
    /// The entry of the handler table for an interface. Objects exist only for those that are installed.
    #[inline]
    pub(super) fn handlers(&self, index: u16) -> Option<&HandlerEntry<A>> {
        self.handlers.get(index)
    }

    pub(crate) fn spec(&self, index: u16) -> Option<&'static Spec> {
        self.handlers(index).map(|entry| entry.spec)
    }

    /// Inserts an interface into the handler table. Returns its index.
    #[inline]
    pub(crate) fn install<R: Role<A>, I: Dispatch<A, R>>(&mut self) -> u16 {
        let index = I::SPEC.index.get();
        if !self.handlers.has(index) {
            self.install_cold(HandlerEntry::of::<R, I>(), || Box::new(Slab::<I::Data>::new()));
        }
        index
    }

    /// Makes the tables of an interface known for objects that are dead from the start.
    pub(super) fn install_dead(&mut self, spec: &'static Spec) {
        if self.handlers(spec.index.get()).is_none() {
            self.install_cold(HandlerEntry { spec, run: None, destroyed: |_, _| {} }, || Box::new(()));
        }
    }

    #[cold]
    #[inline(never)]
    fn install_cold(&mut self, entry: HandlerEntry<A>, slab: fn() -> Box<dyn Store>) {
        let index = entry.spec.index.get() as usize;
        if self.slabs.len() <= index {
            self.slabs.resize_with(index + 1, || Box::new(()));
        }
        self.slabs[index] = slab();
        self.handlers.insert(index, entry);
    }

    /// Has each message judged before it is handled where a limit demands it.
    pub(super) fn renew_handlers(&mut self) {
        let all_slow = self.trace || self.traced > 0 || self.limits.message_size < LARGEST_FIXED;
        self.handlers.set_slow(all_slow);
        self.unjudged = if all_slow { 0 } else { self.largest() };
    }

    /// What this side receives for an interface.
    pub(crate) fn received(&self, spec: &'static Spec) -> &'static [Message] {
        match self.side {
            Side::Client => spec.events,
            Side::Server => spec.requests,
        }
    }
}
