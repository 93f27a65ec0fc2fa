//! What of the server's offers reaches the client. A message of an interface that no XML describes cannot be passed on,
//! since nothing says how many descriptors belong to it; so the client must not know of it.

use std::collections::HashSet;

use wayline::dynamic::{Message, Protocols, Value, ValueRef, View};

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

/// What a server says of a global.
pub(super) enum Offer<'a> {
    Made { name: u32, interface: &'a str, version: u32 },
    Removed { name: u32 },
}

impl<'a> Offer<'a> {
    /// What an event says, if it is about a global.
    pub(super) fn of(message: View<'a>) -> Option<Offer<'a>> {
        if message.interface.name != "wl_registry" {
            return None;
        }
        let mut args = message.args().map(|(_, value)| value);
        match (message.signature().name.as_str(), args.next(), args.next(), args.next()) {
            (
                "global",
                Some(ValueRef::Uint(name)),
                Some(ValueRef::String(Some(interface))),
                Some(ValueRef::Uint(version)),
            ) => Some(Offer::Made { name, interface, version }),
            ("global_remove", Some(ValueRef::Uint(name)), ..) => Some(Offer::Removed { name }),
            _ => None,
        }
    }
}

impl Offers {
    pub(super) fn judge(&mut self, offer: Offer<'_>, protocols: &Protocols) -> Fate {
        match offer {
            Offer::Made { name, interface, version } => match protocols.get(interface) {
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
            },
            Offer::Removed { name } if self.hidden.remove(&name) => Fate::Hidden,
            Offer::Removed { .. } => Fate::Passed,
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
