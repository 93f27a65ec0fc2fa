//! What of the server's offers reaches the client. A message of an interface that no XML describes cannot be passed on,
//! since nothing says how many descriptors belong to it; so the client must not know of it.

use std::collections::HashSet;

use wayline::dynamic::{Direction, Message, Protocols, Received, Value};

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
    pub(crate) fn judge(&mut self, received: &Received, protocols: &Protocols) -> Fate {
        if received.direction != Direction::Event || received.interface.name != "wl_registry" {
            return Fate::Passed;
        }
        match (received.signature().name.as_str(), &received.message.values[..]) {
            ("global", [Value::Uint(name), Value::String(Some(interface)), Value::Uint(version)]) => {
                match protocols.get(interface) {
                    Some(known) if *version > known.version => Fate::Clamped(known.version),
                    Some(_) => {
                        self.hidden.remove(name);
                        Fate::Passed
                    }
                    None => {
                        if self.hidden.len() < MOST {
                            self.hidden.insert(*name);
                        }
                        Fate::Hidden
                    }
                }
            }
            ("global_remove", [Value::Uint(name)]) if self.hidden.remove(name) => Fate::Hidden,
            _ => Fate::Passed,
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
