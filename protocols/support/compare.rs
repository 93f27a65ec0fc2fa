//! Whether two files describe the same protocol, as far as both know it: the same interfaces, messages, arguments, types,
//! numbers. Words are not compared.
//!
//! Some facts were added to protocols without a new version: enums and their entries, references to enums, deprecations,
//! that an enum is a bitfield, that an event is a destructor. Ours may know more of these than the other file. The other
//! file may know more than ours only if its version of the interface is later.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wayline_codegen::Builder;
use wayline_codegen::model::{Arg, ArgKind, Direction, Enum, EnumRef, Interface, InterfaceRef, Message, Protocol};

use super::{Other, model};

/// Enums that some files give to a version later than the first that had them.
const WRONG_ELSEWHERE: &[&str] = &["wl_shm.error"];

/// What a comparison found.
#[derive(Default)]
pub(crate) struct Comparison {
    /// How many interfaces, messages, arguments, enums and entries were compared.
    pub(crate) compared: usize,
    /// What differs; should be empty.
    pub(crate) differences: Vec<String>,
    /// Whether the other file has a later version of the interface that is being compared.
    is_later: bool,
}

/// Compares our file with every other one that describes its first interface. Gives the number of these as well. Early
/// drafts of xdg-shell used later names for other things, but not that of the first interface.
pub(crate) fn with_all(ours: &Path, others: &[Other]) -> (usize, Comparison) {
    let our = model(ours);
    let our_versions = versions(&our);
    let first = &our.interfaces[0].name;
    let mut comparison = Comparison::default();
    let mut files = 0;
    for other in others {
        let their_versions = versions(&other.protocol);
        if !their_versions.contains_key(first) {
            continue;
        }
        files += 1;
        let common: BTreeMap<_, _> = our_versions
            .iter()
            .filter_map(|(name, &version)| Some((name, version.min(*their_versions.get(name)?))))
            .collect();
        let pinned = |path: &Path| {
            let builder = Builder::new().protocol(path);
            let builder = common.iter().fold(builder, |builder, (name, &version)| builder.version(*name, version));
            builder.model().unwrap().remove(0)
        };
        let later = |name: &str| their_versions.get(name) > our_versions.get(name);
        comparison.files(&other.path, &pinned(ours), &pinned(&other.path), &later);
    }
    (files, comparison)
}

fn versions(protocol: &Protocol) -> BTreeMap<String, u32> {
    protocol.interfaces.iter().map(|interface| (interface.name.clone(), interface.version)).collect()
}

impl Comparison {
    fn files(&mut self, path: &Path, our: &Protocol, their: &Protocol, is_later: &dyn Fn(&str) -> bool) {
        let before = self.differences.len();
        for one in &our.interfaces {
            self.is_later = is_later(&one.name);
            match their.interfaces.iter().find(|other| other.name == one.name) {
                Some(other) => self.interfaces(one, other),
                // Came later than that file, with a version that it does not know either.
                None if one.name == "wl_fixes" => {}
                None => self.differs(&one.name, "only here"),
            }
        }
        for difference in &mut self.differences[before..] {
            *difference = format!("{}: {difference}", path.display());
        }
    }

    fn interfaces(&mut self, one: &Interface, other: &Interface) {
        self.compared += 1;
        for direction in [Direction::Request, Direction::Event] {
            let (ours, theirs) = (one.messages(direction), other.messages(direction));
            self.equal(&one.name, "number of messages", ours.len(), theirs.len());
            for (message, other) in ours.iter().zip(theirs) {
                self.messages(&one.name, direction, message, other);
            }
        }
        for ours in &one.enums {
            let place = format!("{}.{}", one.name, ours.name);
            if let Some(theirs) = other.enums.iter().find(|theirs| theirs.name == ours.name) {
                self.enums(&place, ours, theirs);
            }
        }
        let names = |one: &Interface| one.enums.iter().map(|one| one.name.clone()).collect();
        self.none_lost(&one.name, "enum", names(one), names(other));
    }

    fn messages(&mut self, interface: &str, direction: Direction, one: &Message, other: &Message) {
        self.compared += 1;
        let place = format!("{interface}.{}", one.name);
        self.equal(&place, "name", &one.name, &other.name);
        self.equal(&place, "opcode", one.opcode, other.opcode);
        self.equal(&place, "since", one.since, other.since);
        if matches!(direction, Direction::Request) {
            self.equal(&place, "destructor", one.destructor, other.destructor);
        }
        self.known(&place, "destructor", one.destructor.then_some(()), other.destructor.then_some(()));
        self.known(&place, "deprecated-since", one.deprecated_since, other.deprecated_since);
        self.equal(&place, "number of arguments", one.args.len(), other.args.len());
        for (arg, other) in one.args.iter().zip(&other.args) {
            self.args(&place, arg, other);
        }
    }

    fn args(&mut self, message: &str, one: &Arg, other: &Arg) {
        self.compared += 1;
        let place = format!("{message}.{}", one.name);
        self.equal(&place, "name", &one.name, &other.name);
        let (ours, theirs) = (bare(&one.kind), bare(&other.kind));
        self.equal(&place, "type", ours, theirs);
        self.known(&place, "enum", enum_name(&one.kind), enum_name(&other.kind));
    }

    fn enums(&mut self, place: &str, one: &Enum, other: &Enum) {
        self.compared += 1;
        let is_wrong = WRONG_ELSEWHERE.contains(&place) && one.since != other.since;
        if !is_wrong {
            self.equal(place, "since", one.since, other.since);
        }
        self.known(place, "bitfield", one.bitfield.then_some(()), other.bitfield.then_some(()));
        for ours in &one.entries {
            let Some(theirs) = other.entries.iter().find(|theirs| theirs.name == ours.name) else { continue };
            self.compared += 1;
            let place = format!("{place}.{}", ours.name);
            self.equal(&place, "value", ours.value, theirs.value);
            if !is_wrong {
                self.equal(&place, "since", ours.since, theirs.since);
            }
            self.known(&place, "deprecated-since", ours.deprecated_since, theirs.deprecated_since);
        }
        let names = |one: &Enum| one.entries.iter().map(|entry| entry.name.clone()).collect();
        self.none_lost(place, "entry", names(one), names(other));
    }

    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, place: &str, what: &str, ours: T, theirs: T) {
        if ours != theirs {
            self.differs(place, &format!("{what}: {ours:?} here, {theirs:?} there"));
        }
    }

    /// Equal where both say something. The other may only be silent if it is older, and ours if it is.
    fn known<T: PartialEq + std::fmt::Debug>(&mut self, place: &str, what: &str, ours: Option<T>, theirs: Option<T>) {
        if theirs.is_some() && (ours.is_some() || !self.is_later) {
            self.equal(place, what, ours, theirs);
        }
    }

    /// Names of enums or entries: those of the older file are all in the newer one.
    fn none_lost(&mut self, place: &str, what: &str, ours: BTreeSet<String>, theirs: BTreeSet<String>) {
        let lost: Vec<_> = theirs.difference(&ours).collect();
        let both_differ = !lost.is_empty() && !ours.is_subset(&theirs);
        if !lost.is_empty() && (both_differ || !self.is_later) {
            self.differs(place, &format!("{what} missing here: {lost:?}"));
        }
    }

    fn differs(&mut self, place: &str, what: &str) {
        self.differences.push(format!("{place}: {what}"));
    }
}

/// The type without its enum, and without where interfaces are defined.
fn bare(kind: &ArgKind) -> String {
    let name = |interface: &Option<InterfaceRef>| interface.as_ref().map_or("any", |one| &one.name).to_owned();
    match kind {
        ArgKind::Int(_) => "int".to_owned(),
        ArgKind::Uint(_) => "uint".to_owned(),
        ArgKind::Object { interface, nullable } => format!("object {} nullable {nullable}", name(interface)),
        ArgKind::NewId { interface } => format!("new_id {}", name(interface)),
        other => format!("{other:?}"),
    }
}

fn enum_name(kind: &ArgKind) -> Option<String> {
    let (ArgKind::Int(named) | ArgKind::Uint(named)) = kind else { return None };
    named.as_ref().map(|EnumRef { interface, name }| format!("{}.{name}", interface.name))
}
