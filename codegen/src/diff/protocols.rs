//! Which interface is which, and what became of protocols, whose names are not on the wire.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Renames;
use super::docs::compare_docs;
use super::node::{Interface, Protocol};
use super::pairs::Pairs;
use super::{Changes, Rule, interfaces};
use crate::text::quote;

/// An interface and the place of its file.
struct Definition<'a> {
    interface: Interface<'a>,
    file: usize,
}

pub(super) fn compare(old_files: &[Protocol<'_>], new_files: &[Protocol<'_>], changes: &mut Changes) {
    let (old, new) = (definitions(old_files), definitions(new_files));
    let pairs = pair_interfaces((old_files, &old), (new_files, &new));
    let renames: Renames<'_> = pairs
        .pairs()
        .map(|(one, other)| (old[one].interface.name(), new[other].interface.name()))
        .filter(|(one, other)| one != other)
        .collect();
    let files = pair_files((old_files, &old), (new_files, &new), &pairs);
    let mut next = 0;
    for (file, protocol) in new_files.iter().enumerate() {
        changes.unstable = false;
        if let Some(before) = files.of_new[file] {
            compare_protocol(&old_files[before], protocol, changes);
        }
        while let Some(definition) = new.get(next).filter(|definition| definition.file == file) {
            changes.unstable = is_unstable(definition.interface.name(), protocol.name());
            match pairs.of_new[next] {
                Some(before) => interfaces::compare(old[before].interface, definition.interface, &renames, changes),
                None => added(definition.interface, changes),
            }
            next += 1;
        }
    }
    let remaining: BTreeSet<_> = new.iter().map(|definition| definition.interface.name()).collect();
    for removed in pairs.removed() {
        let Definition { interface, file } = old[removed];
        // One of several of this name; another one is still there.
        if remaining.contains(interface.name()) {
            continue;
        }
        changes.unstable = is_unstable(interface.name(), old_files[file].name());
        let message = format!("interface {} is gone", quote(interface.name()));
        changes.push(Rule::InterfaceRemoved, &[interface.name()], (Some(interface.place()), None), message);
    }
}

fn definitions<'a>(files: &[Protocol<'a>]) -> Vec<Definition<'a>> {
    let below = |(file, protocol): (usize, &Protocol<'a>)| {
        let interfaces = protocol.below(|spec| &spec.interfaces, |model| &model.interfaces);
        interfaces.into_iter().map(move |interface| Definition { interface, file })
    };
    files.iter().enumerate().flat_map(below).collect()
}

fn added(interface: Interface<'_>, changes: &mut Changes) {
    let message = format!("interface {} is new", quote(interface.name()));
    changes.push(Rule::InterfaceAdded, &[interface.name()], (None, Some(interface.place())), message);
}

type Side<'s, 'a> = (&'s [Protocol<'a>], &'s [Definition<'a>]);

/// By name. Several protocols may have an interface of one name, as versions 5 and stable of xdg-shell do; then that of
/// the same protocol is the one. What is left is the same if it has the same messages under another name.
fn pair_interfaces((old_files, old): Side<'_, '_>, (new_files, new): Side<'_, '_>) -> Pairs {
    let mut pairs = Pairs::none(old.len(), new.len());
    pairs.by(
        |at| (old[at].interface.name(), old_files[old[at].file].name()),
        |at| (new[at].interface.name(), new_files[new[at].file].name()),
    );
    pairs.by(|at| old[at].interface.name(), |at| new[at].interface.name());
    let names: [BTreeSet<_>; 2] = [old, new].map(|side| side.iter().map(|one| one.interface.name()).collect());
    let form = |definition: &Definition<'_>, other: &BTreeSet<&str>| {
        let interface = definition.interface;
        if other.contains(interface.name()) { None } else { interfaces::form(interface) }
    };
    pairs.by_unique(|at| form(&old[at], &names[1]), |at| form(&new[at], &names[0]));
    pairs
}

/// By name; then a protocol is the one that all its interfaces are in now, if that is nobody else's.
fn pair_files((old_files, old): Side<'_, '_>, (new_files, new): Side<'_, '_>, interfaces: &Pairs) -> Pairs {
    let mut pairs = Pairs::none(old_files.len(), new_files.len());
    pairs.by(|at| old_files[at].name(), |at| new_files[at].name());
    // Files from which interfaces went to another file, and the other way round.
    let mut went = BTreeMap::<usize, BTreeSet<usize>>::new();
    let mut came = BTreeMap::<usize, BTreeSet<usize>>::new();
    for (one, other) in interfaces.pairs() {
        went.entry(old[one].file).or_default().insert(new[other].file);
        came.entry(new[other].file).or_default().insert(old[one].file);
    }
    let only = |files: Option<&BTreeSet<usize>>| files.filter(|files| files.len() == 1)?.first().copied();
    for one in pairs.removed() {
        if let Some(other) = only(went.get(&one)).filter(|other| only(came.get(other)) == Some(one))
            && pairs.of_new[other].is_none()
        {
            (pairs.of_old[one], pairs.of_new[other]) = (Some(other), Some(one));
        }
    }
    pairs
}

fn compare_protocol(old: &Protocol<'_>, new: &Protocol<'_>, changes: &mut Changes) {
    if old.name() != new.name() {
        changes.unstable = is_unstable("", new.name());
        let message = format!("protocol {} was {}", quote(new.name()), quote(old.name()));
        changes.push(Rule::ProtocolRenamed, &[new.name()], (Some(old.place()), Some(new.place())), message);
    }
    compare_docs(&format!("protocol {}", quote(new.name())), &[new.name()], *old, *new, changes);
}

/// Whether the names say that an interface may be an experiment.
fn is_unstable(interface: &str, protocol: &str) -> bool {
    let is_numbered = |name: &str| {
        let number = name.rsplit_once("_v").map_or("", |(_, number)| number);
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    interface.starts_with('z')
        || [interface, protocol].iter().any(|name| is_numbered(name) || name.contains("unstable"))
}
