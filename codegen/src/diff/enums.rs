//! Enums and their entries. Their order is not on the wire, and neither is how a value is written.

use super::context::{Context, Renames};
use super::docs::{compare_docs, deprecation};
use super::node::{Entry, Enum, Interface};
use super::pairs::Pairs;
use super::{Changes, Rule, counted};
use crate::text::quote;

fn list(interface: Interface<'_>) -> Vec<Enum<'_>> {
    interface.below(|spec| &spec.enums, |model| &model.enums)
}

/// By name; then by entries, which is an enum with a new name. The new names too.
pub(super) fn pair<'a>(old: Interface<'a>, new: Interface<'a>) -> (Pairs, Renames<'a>) {
    let (old, new) = (list(old), list(new));
    let mut pairs = Pairs::none(old.len(), new.len());
    pairs.by(|at| old[at].name(), |at| new[at].name());
    pairs.by_unique(|at| Some(form(old[at])), |at| Some(form(new[at])));
    let names = pairs.pairs().map(|(before, after)| (old[before].name(), new[after].name()));
    let names = names.filter(|(before, after)| before != after).collect();
    (pairs, names)
}

fn form<'a>(enumeration: Enum<'a>) -> Vec<(&'a str, u32)> {
    let mut entries: Vec<_> =
        enumeration.model.entries.iter().map(|entry| (entry.name.as_str(), entry.value)).collect();
    entries.sort_unstable();
    entries
}

/// Whether an enum has codes of errors, with which a connection ends in any case.
fn is_of_errors(name: &str) -> bool {
    name == "error" || name.ends_with("_error")
}

pub(super) fn compare(context: &Context<'_, '_>, changes: &mut Changes) {
    let (old, new) = (list(context.old), list(context.new));
    let interface = context.new.name();
    for at in context.enums.removed() {
        let name = old[at].name();
        let message = format!("enum {} is gone", quote(name));
        changes.push(Rule::EnumRemoved, &[interface, name], (Some(old[at].place()), None), message);
    }
    for (one, partner) in new.iter().zip(&context.enums.of_new) {
        match partner {
            Some(before) => compare_one(context, old[*before], *one, changes),
            None => {
                let message = format!("enum {} is new", quote(one.name()));
                changes.push(Rule::EnumAdded, &[interface, one.name()], (None, Some(one.place())), message);
            }
        }
    }
}

fn compare_one(context: &Context<'_, '_>, old: Enum<'_>, new: Enum<'_>, changes: &mut Changes) {
    let item = [context.new.name(), new.name()];
    let what = format!("enum {}", quote(new.name()));
    if old.name() != new.name() {
        let message = format!("{what} was {}", quote(old.name()));
        changes.push(Rule::EnumRenamed, &item, (Some(old.place()), Some(new.place())), message);
    }
    if old.model.bitfield != new.model.bitfield {
        let is = if new.model.bitfield { "is now a bitfield" } else { "is no longer a bitfield" };
        let places = (Some(old.place_or(old.spec.bitfield.as_ref())), Some(new.place_or(new.spec.bitfield.as_ref())));
        changes.push(Rule::BitfieldChanged, &item, places, format!("{what} {is}"));
    }
    if old.model.since != new.model.since {
        let places = (Some(old.place_or(old.spec.since.as_ref())), Some(new.place_or(new.spec.since.as_ref())));
        let message = format!("{what} is since version {}, and was since {}", new.model.since, old.model.since);
        changes.push(Rule::EnumSinceChanged, &item, places, message);
    }
    compare_docs(&what, &item, old, new, changes);
    compare_entries(context, old, new, changes);
}

fn compare_entries(context: &Context<'_, '_>, old_enum: Enum<'_>, new_enum: Enum<'_>, changes: &mut Changes) {
    let old = old_enum.below(|spec| &spec.entries, |model| &model.entries);
    let new = new_enum.below(|spec| &spec.entries, |model| &model.entries);
    let mut pairs = Pairs::none(old.len(), new.len());
    pairs.by(|at| old[at].name(), |at| new[at].name());
    // With another version a value has been used again.
    let form = |entry: Entry<'_>| (entry.model.value, entry.model.since);
    pairs.by(|at| form(old[at]), |at| form(new[at]));
    let item = |name| [context.new.name(), new_enum.name(), name];
    let what = |name: &str| format!("entry {} of enum {}", quote(name), quote(new_enum.name()));
    for at in pairs.removed() {
        let name = old[at].name();
        let message = format!("{}, value {}, is gone", what(name), old[at].model.value);
        changes.push(Rule::EntryRemoved, &item(name), (Some(old[at].place()), None), message);
    }
    let mut late = Vec::new();
    for (entry, partner) in new.iter().zip(&pairs.of_new) {
        let item = item(entry.name());
        let what = what(entry.name());
        match partner {
            Some(before) => {
                let is_given = (old_enum.model.since, new_enum.model.since);
                compare_entry((old[*before], *entry), is_given, &what, &item, changes);
            }
            None => {
                changes.push(Rule::EntryAdded, &item, (None, Some(entry.place())), format!("{what} is new"));
                if entry.model.since <= context.old.model.version {
                    late.push(*entry);
                }
            }
        }
    }
    let is_lowered = context.new.model.version < context.old.model.version;
    if let Some(first) = late.first().filter(|_| !is_lowered && !is_of_errors(new_enum.name())) {
        let names: Vec<_> = late.iter().map(Entry::name).collect();
        let message = format!(
            "enum {} has {} that version {} is said to have, which was there before",
            quote(new_enum.name()),
            counted(("the new entry", "new entries"), &names),
            first.model.since
        );
        let places = (Some(old_enum.place()), Some(first.place()));
        changes.push(Rule::EntriesInOldVersion, &[context.new.name(), new_enum.name()], places, message);
    }
}

/// An entry that was there before; also the versions of its enum, before and after.
fn compare_entry(
    (old, new): (Entry<'_>, Entry<'_>),
    enum_since: (u32, u32),
    what: &str,
    item: &[&str],
    changes: &mut Changes,
) {
    if old.name() != new.name() {
        let message = format!("{what} was {}", quote(old.name()));
        changes.push(Rule::EntryRenamed, item, (Some(old.place()), Some(new.place())), message);
    }
    let (before, after) = (old.model.value, new.model.value);
    if before != after {
        let places = (Some(old.place_or(old.spec.value.as_ref())), Some(new.place_or(new.spec.value.as_ref())));
        changes.push(Rule::EntryRenumbered, item, places, format!("{what} is {after}, and was {before}"));
    }
    let since = (old.model.since, new.model.since);
    // What follows from the enum has been said of the enum.
    if since.0 != since.1 && since != enum_since {
        let places = (Some(old.place_or(old.spec.since.as_ref())), Some(new.place_or(new.spec.since.as_ref())));
        let message = format!("{what} is since version {}, and was since {}", since.1, since.0);
        changes.push(Rule::EnumSinceChanged, item, places, message);
    }
    if old.model.deprecated_since != new.model.deprecated_since {
        let attributes = (&old.spec.deprecated_since, &new.spec.deprecated_since);
        let places = (Some(old.place_or(attributes.0.as_ref())), Some(new.place_or(attributes.1.as_ref())));
        let versions = (old.model.deprecated_since, new.model.deprecated_since);
        changes.push(Rule::DeprecationChanged, item, places, deprecation(what, versions));
    }
    compare_docs(what, item, old, new, changes);
}
