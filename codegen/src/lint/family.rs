//! Interfaces whose versions go together: an object has the version of the object that made it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ArgKind, Interface, Message, Protocol};

/// What the files say of each other's interfaces.
pub(super) struct Families<'a> {
    interfaces: BTreeMap<&'a str, &'a Interface>,
    /// The family of each interface, as one of its members.
    family: BTreeMap<&'a str, usize>,
    /// Versions that some member of a family has something of.
    versions: BTreeSet<(usize, u32)>,
}

impl<'a> Families<'a> {
    pub(super) fn new(models: &'a [Protocol]) -> Self {
        let all: Vec<_> = models.iter().flat_map(|protocol| &protocol.interfaces).collect();
        let interfaces: BTreeMap<_, _> = all.iter().map(|one| (one.name.as_str(), *one)).collect();
        let numbers: BTreeMap<_, _> = interfaces.keys().enumerate().map(|(number, name)| (*name, number)).collect();
        // Sets of numbers that are joined where one interface makes objects of another.
        let mut roots: Vec<usize> = (0..numbers.len()).collect();
        for interface in &all {
            for made in messages(interface).flat_map(made) {
                if let Some(&other) = numbers.get(made) {
                    let (one, other) = (root(&mut roots, numbers[interface.name.as_str()]), root(&mut roots, other));
                    roots[one.max(other)] = one.min(other);
                }
            }
        }
        let family: BTreeMap<_, _> =
            numbers.into_iter().map(|(name, number)| (name, root(&mut roots, number))).collect();
        let mut versions = BTreeSet::new();
        for interface in &all {
            let family = family[interface.name.as_str()];
            versions.extend(versions_of(interface).map(|version| (family, version)));
        }
        Self { interfaces, family, versions }
    }

    pub(super) fn find(&self, name: &str) -> Option<&'a Interface> {
        self.interfaces.get(name).copied()
    }

    /// Whether an interface, or one whose version goes with its own, has something of a version.
    pub(super) fn has_version(&self, name: &str, version: u32) -> bool {
        self.family.get(name).is_some_and(|&family| self.versions.contains(&(family, version)))
    }
}

fn root(roots: &mut [usize], mut at: usize) -> usize {
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

pub(super) fn messages(interface: &Interface) -> impl Iterator<Item = &Message> {
    interface.requests.iter().chain(&interface.events)
}

/// The interfaces of the objects that a message makes.
pub(super) fn made(message: &Message) -> impl Iterator<Item = &str> {
    message.args.iter().filter_map(|arg| match &arg.kind {
        ArgKind::NewId { interface: Some(interface) } => Some(interface.name.as_str()),
        _ => None,
    })
}

/// The versions that messages and entries name, and those that texts speak of.
fn versions_of(interface: &Interface) -> impl Iterator<Item = u32> + '_ {
    let of_messages = messages(interface).flat_map(|message| [Some(message.since), message.deprecated_since]);
    let entries = interface.enums.iter().flat_map(|one| &one.entries);
    let of_entries = entries.flat_map(|entry| [Some(entry.since), entry.deprecated_since]);
    let of_enums = interface.enums.iter().map(|one| Some(one.since));
    let docs = std::iter::once(&interface.docs).chain(messages(interface).map(|message| &message.docs));
    let docs = docs.chain(interface.enums.iter().map(|one| &one.docs));
    let docs = docs.chain(interface.enums.iter().flat_map(|one| &one.entries).map(|entry| &entry.docs));
    let docs = docs.chain(messages(interface).flat_map(|message| &message.args).map(|arg| &arg.docs));
    let of_texts = docs.flat_map(|docs| spoken_of(docs.summary.as_deref().unwrap_or("")).chain(spoken_of(&docs.text)));
    of_messages.chain(of_entries).chain(of_enums).flatten().chain(of_texts)
}

/// The numbers behind the word "version".
fn spoken_of(text: &str) -> impl Iterator<Item = u32> + '_ {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut before = "";
    words.filter_map(move |word| {
        let number = before.to_ascii_lowercase().starts_with("version").then(|| word.parse().ok()).flatten();
        before = word;
        number
    })
}
