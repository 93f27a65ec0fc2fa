//! What changed in each version of an interface: by the `since` and `deprecated-since` of a file, and by comparing earlier
//! releases with it.

use std::collections::BTreeMap;

use super::links;
use super::read;
use crate::diff::{Change, Rule, compare};
use crate::error::Error;
use crate::model::{Direction, Interface};
use crate::source::Source;

/// An earlier release of the protocols.
pub(super) struct Release {
    pub(super) name: String,
    pub(super) sources: Vec<Source>,
}

/// What is new in a version, or advised against from it on.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Version<'a> {
    pub(super) added: Vec<Item<'a>>,
    pub(super) deprecated: Vec<Item<'a>>,
}

/// Something that has a place on a page.
#[derive(Debug, PartialEq)]
pub(super) struct Item<'a> {
    pub(super) kind: &'static str,
    /// `attach`, or `error.role` for an entry.
    pub(super) name: String,
    pub(super) id: String,
    pub(super) summary: Option<&'a str>,
}

/// A change between releases.
pub(super) struct Step {
    /// The release before.
    pub(super) since: String,
    /// The version of the interface after it, if it still has one.
    pub(super) version: Option<u32>,
    pub(super) change: Change,
}

/// What the file says about its versions, but for what was there from the start.
pub(super) fn versions(interface: &Interface) -> BTreeMap<u32, Version<'_>> {
    let mut versions = BTreeMap::<u32, Version<'_>>::new();
    let mut add = |since: u32, deprecated: Option<u32>, item: &dyn Fn() -> Item<'static>, summary| {
        let mut insert = |version: u32, is_new: bool| {
            let version = versions.entry(version).or_default();
            let list = if is_new { &mut version.added } else { &mut version.deprecated };
            let Item { kind, name, id, .. } = item();
            list.push(Item { kind, name, id, summary });
        };
        if since > 1 {
            insert(since, true);
        }
        if let Some(deprecated) = deprecated {
            insert(deprecated, false);
        }
    };
    let owner = &interface.name;
    for (direction, kind) in [(Direction::Request, "request"), (Direction::Event, "event")] {
        for message in interface.messages(direction) {
            let id = || links::message(owner, &message.name, direction);
            let item = || Item { kind, name: message.name.clone(), id: id(), summary: None };
            add(message.since, message.deprecated_since, &item, message.docs.summary.as_deref());
        }
    }
    for one in &interface.enums {
        let id = || links::enumeration(owner, &one.name);
        let item = || Item { kind: "enum", name: one.name.clone(), id: id(), summary: None };
        add(one.since, None, &item, one.docs.summary.as_deref());
        for entry in &one.entries {
            let name = || format!("{}.{}", one.name, entry.name);
            let item = || Item { kind: "entry", name: name(), id: links::entry(&id(), &entry.name), summary: None };
            // The entries of a new enum come with it.
            let since = if entry.since == one.since { 1 } else { entry.since };
            add(since, entry.deprecated_since, &item, entry.docs.summary.as_deref());
        }
    }
    versions
}

/// What happened from each release to the next and to the present, by interface. The oldest release is the first.
pub(super) fn steps(releases: &[Release], present: &[Source]) -> Result<BTreeMap<String, Vec<Step>>, Error> {
    let mut steps = BTreeMap::<_, Vec<_>>::new();
    for (at, release) in releases.iter().enumerate() {
        let next = releases.get(at + 1).map_or(present, |next| &next.sources);
        let changes = compare(release.sources.clone(), next.to_vec())?;
        let files = read::read(next)?.files;
        let interfaces = files.iter().flat_map(|file| &file.model.interfaces);
        let versions: BTreeMap<_, _> = interfaces.map(|one| (one.name.as_str(), one.version)).collect();
        for change in changes.into_iter().filter(|change| !is_told_by_since(change.rule())) {
            let interface = change.item().split('.').next().unwrap_or_default().to_owned();
            let version = versions.get(interface.as_str()).copied();
            steps.entry(interface).or_default().push(Step { since: release.name.clone(), version, change });
        }
    }
    Ok(steps)
}

/// Whether the file itself tells of such a change, in the version that it came with.
fn is_told_by_since(rule: Rule) -> bool {
    matches!(rule, Rule::MessageAdded | Rule::EntryAdded | Rule::EnumAdded | Rule::VersionRaised)
}
