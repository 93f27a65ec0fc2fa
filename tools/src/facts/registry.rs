//! What the server offers, and what the client makes of it.

use std::collections::HashMap;

use wayline::Escaped;
use wayline::dynamic::ValueRef;

use super::fault::{Fault, Rule};
use crate::meaning::Known;
use crate::record::Record;

/// Names of removed globals that are remembered.
const REMEMBERED: usize = 1024;

/// Names that are remembered, more than servers have.
const MOST: usize = 4096;

#[derive(Default)]
pub(super) struct Registry {
    offers: HashMap<u32, Offer>,
    removed: usize,
    /// Whether there were more, so that a name that is not here need not be unknown.
    forgotten: bool,
}

struct Offer {
    interface: String,
    version: u32,
    removed: bool,
}

impl Registry {
    /// `shown` is the version that the client sees of a global, if that is another one.
    #[inline(never)]
    pub(super) fn see(&mut self, known: Known, record: &Record<'_>, shown: Option<u32>, faults: &mut Vec<Fault>) {
        match known {
            Known::Global => {
                let (Some(name), Some(version), Some(ValueRef::String(Some(interface)))) =
                    (record.number("name"), record.number("version"), record.value("interface"))
                else {
                    return;
                };
                let version = shown.unwrap_or(version);
                if self.offers.len() < MOST || self.offers.contains_key(&name) {
                    self.offers.insert(name, Offer { interface: interface.to_owned(), version, removed: false });
                } else {
                    self.forgotten = true;
                }
            }
            Known::GlobalRemove => {
                if let Some(offer) = record.number("name").and_then(|name| self.offers.get_mut(&name)) {
                    offer.removed = true;
                    self.removed += 1;
                }
                if self.removed > REMEMBERED {
                    self.offers.retain(|_, offer| !offer.removed);
                    self.removed = 0;
                }
            }
            Known::Bind => faults.extend(self.bind(record)),
            _ => {}
        }
    }

    fn bind(&self, record: &Record<'_>) -> Option<Fault> {
        let name = record.number("name")?;
        let (wanted, version) = record.message.args().find_map(|(_, value)| match value {
            ValueRef::AnyNewId { interface, version, .. } => Some((interface, version)),
            _ => None,
        })?;
        let wanted = Escaped(wanted);
        let Some(offer) = self.offers.get(&name) else {
            if self.forgotten {
                return None;
            }
            let text = format!("the client binds {wanted} by the name {name}, which no global has");
            return Some(Rule::BindUnknownName.fault(text));
        };
        let interface = Escaped(&offer.interface);
        if offer.interface != wanted.0 {
            let text = format!("the client binds global {name} as {wanted}, and it is {interface}");
            Some(Rule::BindOther.fault(text))
        } else if version > offer.version || version == 0 {
            let offered = offer.version;
            let text = format!("the client binds {wanted} version {version}, and is offered version {offered}");
            Some(Rule::BindAboveOffer.fault(text))
        } else if offer.removed {
            let text = format!("the client binds {wanted} (global {name}) after the server has removed it");
            Some(Rule::BindRemoved.fault(text))
        } else {
            None
        }
    }
}
