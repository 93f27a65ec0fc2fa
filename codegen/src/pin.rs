//! Version pins: the model as it was at an earlier version of an interface, so that a newer XML file adds no message to a
//! program that was written before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::model::{ArgKind, Direction, Enum, EnumRef, Interface, Lost, Message, Origin, Protocol};
use crate::source::Source;

/// Takes out of each pinned interface what is newer than its pin, and makes the pin its version. Opcodes stay.
pub(crate) fn apply(protocols: &mut [Protocol], pins: &BTreeMap<String, u32>, sources: &[Source]) -> Result<(), Error> {
    for (name, &pin) in pins {
        if pin == 0 {
            return Err(Error::ZeroPin { interface: name.clone() });
        }
        let mut known = false;
        for (protocol, source) in protocols.iter_mut().zip(sources) {
            for interface in protocol.interfaces.iter_mut().filter(|interface| interface.name == *name) {
                known = true;
                if pin > interface.version {
                    return Err(Error::OldXml {
                        interface: name.clone(),
                        pin,
                        version: interface.version,
                        file: source.name().to_owned(),
                    });
                }
                cut(interface, pin);
            }
        }
        if !known {
            return Err(Error::UnknownPin { interface: name.clone() });
        }
    }
    forget_lost_enums(protocols);
    Ok(())
}

fn cut(interface: &mut Interface, pin: u32) {
    interface.version = pin;
    for direction in [Direction::Request, Direction::Event] {
        let messages = match direction {
            Direction::Request => &mut interface.requests,
            Direction::Event => &mut interface.events,
        };
        let lost = messages.extract_if(.., |message| message.since > pin);
        interface.lost.extend(lost.map(|message| Lost {
            direction,
            name: message.name,
            opcode: message.opcode,
            since: message.since,
        }));
    }
    interface.enums.retain(|enumeration| enumeration.since <= pin);
    let deprecations = interface
        .requests
        .iter_mut()
        .chain(&mut interface.events)
        .map(|message: &mut Message| &mut message.deprecated_since)
        .chain(interface.enums.iter_mut().flat_map(|enumeration: &mut Enum| {
            enumeration.entries.retain(|entry| entry.since <= pin);
            enumeration.entries.iter_mut().map(|entry| &mut entry.deprecated_since)
        }));
    for deprecated in deprecations {
        *deprecated = deprecated.filter(|&since| since <= pin);
    }
}

/// An argument whose enum is newer than the pin is the plain integer that it was before.
fn forget_lost_enums(protocols: &mut [Protocol]) {
    let names = |interface: &Interface| interface.enums.iter().map(|one| one.name.clone()).collect();
    let kept = |protocol: &Protocol| -> BTreeMap<String, BTreeSet<String>> {
        protocol.interfaces.iter().map(|interface| (interface.name.clone(), names(interface))).collect()
    };
    let kept: Vec<_> = protocols.iter().map(kept).collect();
    let is_lost = |named: &EnumRef| match named.interface.origin {
        Origin::File(file) => !kept[file].get(&named.interface.name).is_some_and(|names| names.contains(&named.name)),
        Origin::Runtime | Origin::Foreign => false,
    };
    let interfaces = protocols.iter_mut().flat_map(|protocol| &mut protocol.interfaces);
    let messages = interfaces.flat_map(|interface| interface.requests.iter_mut().chain(&mut interface.events));
    for arg in messages.flat_map(|message| &mut message.args) {
        if let ArgKind::Int(named) | ArgKind::Uint(named) = &mut arg.kind {
            *named = named.take().filter(|named| !is_lost(named));
        }
    }
}
