//! What of the server's offers reaches the client. A message of an interface that no XML describes cannot be passed on,
//! since nothing says how many descriptors belong to it; so the client must not know of it.

use std::collections::HashSet;

use wayline::dynamic::{Message, Protocols, Value, ValueRef, View};

use crate::catalog::Catalog;
use crate::meaning::Known;

/// More names of hidden globals than any server has; what is offered beyond is hidden too.
const MOST: usize = 65_536;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is passed on as it is.
    Passed,
    /// It is not passed on.
    Hidden,
    /// The version that it offers is lowered to this one, the highest that is described.
    Clamped(u32),
}

/// The globals of one connection that its client does not see.
#[derive(Default)]
pub(crate) struct Offers {
    hidden: HashSet<u32>,
}

impl Offers {
    /// What becomes of an event about a global.
    pub(super) fn judge(&mut self, known: Known, message: &View<'_>, catalog: &Catalog) -> Fate {
        let mut args = message.args().map(|(_, value)| value);
        let (name, interface, version) = (args.next(), args.next(), args.next());
        let Some(ValueRef::Uint(name)) = name else { return Fate::Passed };
        match (known, interface, version) {
            (Known::Global, Some(ValueRef::String(Some(interface))), Some(ValueRef::Uint(version))) => {
                self.offered(name, interface, version, catalog.protocols())
            }
            (Known::GlobalRemove, ..) if self.hidden.remove(&name) => Fate::Hidden,
            _ => Fate::Passed,
        }
    }

    fn offered(&mut self, name: u32, interface: &str, version: u32, protocols: &Protocols) -> Fate {
        match protocols.get(interface) {
            Some(known) if version > known.version => Fate::Clamped(known.version),
            Some(_) => {
                self.hidden.remove(&name);
                Fate::Passed
            }
            None => {
                if self.hidden.len() < MOST {
                    self.hidden.insert(name);
                }
                Fate::Hidden
            }
        }
    }
}

impl Fate {
    /// The message as it is passed on.
    pub(crate) fn apply(self, mut message: Message) -> Message {
        if let (Fate::Clamped(highest), Some(Value::Uint(version))) = (self, message.values.last_mut()) {
            *version = highest;
        }
        message
    }
}
