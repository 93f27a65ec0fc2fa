//! Which messages a relay shows.

use std::sync::Arc;

use super::interface::{Direction, Interface, Signature};
use super::protocols::Protocols;

/// A set of messages, for [`Relay::select`](super::Relay::select). Cheap to clone: all clones share one set.
#[derive(Clone, Debug)]
pub struct Selection(Arc<[[Box<[bool]>; 2]]>);

impl Selection {
    /// The messages that `selects` says yes to. It is asked once for each that is described: interfaces in the order of
    /// [`Protocols::iter`], of each the requests and then the events.
    ///
    /// ```
    /// # use wayline::dynamic::{Protocols, Selection};
    /// let protocols = Protocols::new([])?;
    /// let registries = Selection::new(&protocols, |interface, _, _| interface.name == "wl_registry");
    /// # let _ = registries;
    /// # Ok::<(), wayline::dynamic::DescriptionError>(())
    /// ```
    #[must_use]
    pub fn new(protocols: &Protocols, mut selects: impl FnMut(&Interface, Direction, &Signature) -> bool) -> Selection {
        let of = protocols.iter().map(|interface| {
            [Direction::Request, Direction::Event].map(|direction| {
                let messages = interface.messages(direction).iter();
                messages.map(|signature| selects(interface, direction, signature)).collect()
            })
        });
        Selection(of.collect())
    }

    /// Whether the message of the interface with this number is one of them. What is not described is.
    #[inline]
    pub(super) fn has(&self, number: u16, direction: Direction, opcode: u16) -> bool {
        let Some([requests, events]) = self.0.get(usize::from(number).wrapping_sub(1)) else { return true };
        let messages = if direction == Direction::Request { requests } else { events };
        messages.get(usize::from(opcode)).is_none_or(|&selected| selected)
    }
}
