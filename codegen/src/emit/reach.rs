//! Which handlers an application needs: the interfaces that messages create, and those that the messages of these create.
//!
//! The bounds are spelled out for all interfaces that are generated together, because bounds that refer to each other
//! (`Child: Dispatch<A, R>`) would have no end where interfaces create each other. Between crates there are no such cycles,
//! so a foreign interface is asked for its own bound.

use std::collections::{BTreeMap, BTreeSet};

use super::Emitter;
use super::paths::Import;
use crate::model::{ArgKind, Direction, Interface};

/// Most messages of an interface whose messages are also handled where its objects are made.
const SMALL: usize = 4;

impl Emitter<'_> {
    /// The first interface that messages of this one make, other than itself, that is small: such objects are made for
    /// a purpose and ended soon, like a region or a buffer.
    pub(super) fn small_child(&self, direction: Direction) -> Option<String> {
        let args = self.interface.messages(direction).iter().flat_map(|message| &message.args);
        let made = args.filter_map(|arg| match &arg.kind {
            ArgKind::NewId { interface } => interface.as_ref(),
            _ => None,
        });
        made.filter(|made| {
            let child = self.context.interface(made).filter(|child| child.name != self.interface.name);
            child.is_some_and(|child| (1..=SMALL).contains(&child.messages(direction).len()))
        })
        .map(|made| self.handle_of(made))
        .next()
    }

    /// Whether an application has a handler for the messages of this direction: where there are any, or state is wanted.
    fn is_handled(&self, interface: &Interface, direction: Direction) -> bool {
        !interface.messages(direction).is_empty() || self.context.stateful.contains(&interface.name)
    }

    /// The bounds on the application `A` under which this interface can be dispatched. Empty if there is nothing to
    /// dispatch.
    pub(super) fn handler_bounds(&self, direction: Direction) -> Vec<String> {
        let (.., handler) = direction.receiver();
        if !self.is_handled(self.interface, direction) {
            return Vec::new();
        }
        let mut seen = BTreeSet::new();
        let mut handlers = BTreeMap::new();
        let mut foreign = BTreeMap::new();
        let mut waiting: Vec<&Interface> = vec![self.interface];
        while let Some(interface) = waiting.pop() {
            for created in interface.creates(direction).into_iter().flatten() {
                match self.context.interface(created) {
                    Some(child) if seen.insert(&child.name) => {
                        if child.name != self.interface.name && self.is_handled(child, direction) {
                            handlers.insert(&created.name, self.handle_of(created));
                        }
                        waiting.push(child);
                    }
                    Some(_) => {}
                    None => {
                        foreign.insert(&created.name, self.handle_of(created));
                    }
                }
            }
        }
        self.import([Import::Runtime(handler)]);
        let handlers = std::iter::once(&self.names.handle).chain(handlers.values());
        let handlers = handlers.map(|handle| format!("A: {handler}<{handle}>"));
        handlers.chain(foreign.values().map(|handle| format!("{handle}: {}", direction.receiving()))).collect()
    }
}
