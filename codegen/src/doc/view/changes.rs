//! What a template shows of the versions of an interface.

use std::collections::BTreeMap;

use minijinja::context;
use minijinja::value::Value;

use super::{Scope, View};
use crate::doc::history::{self, Item, Step};
use crate::doc::links;

impl<'a> View<'a> {
    /// What changed, the newest version first. Runs of versions in which nothing did are one row.
    pub(super) fn history(&self, scope: &Scope<'a>) -> Vec<Value> {
        let mut versions = history::versions(scope.interface);
        let name = scope.interface.name.as_str();
        let mut changes = BTreeMap::<u32, Vec<&Step>>::new();
        for step in self.steps.get(name).into_iter().flatten() {
            let version = step.version.unwrap_or(scope.interface.version).min(scope.interface.version);
            changes.entry(version).or_default().push(step);
            versions.entry(version).or_default();
        }
        let mut rows = Vec::new();
        let mut before = scope.interface.version;
        for (&version, found) in versions.iter().rev() {
            if version < before {
                rows.extend(silent(version + 1, before));
            }
            let items = |items: &[Item<'_>]| -> Vec<_> {
                let values = items.iter().map(|item| {
                    let summary = item.summary.map(|text| scope.prose.line(text));
                    context! { kind => item.kind, name => &item.name, href => format!("#{}", item.id), summary }
                });
                values.collect()
            };
            let steps = changes.get(&version).into_iter().flatten().map(|step| {
                let class = step.change.class().name();
                context! { class, rule => step.change.rule().name(), since => &step.since, message => words(step.change.message()) }
            });
            rows.push(context! {
                version,
                id => links::version(name, version),
                added => items(&found.added),
                deprecated => items(&found.deprecated),
                changes => steps.collect::<Vec<_>>(),
            });
            before = version - 1;
        }
        if before > 1 {
            rows.extend(silent(2, before));
        }
        rows
    }
}

/// Versions in which the file says nothing of an interface.
fn silent(first: u32, last: u32) -> Option<Value> {
    (first <= last).then(|| context! { first, last })
}

/// A message of the diff, in which names are in backticks.
fn words(message: &str) -> Value {
    let pieces = message.split('`').enumerate().filter(|(_, text)| !text.is_empty());
    let pieces =
        pieces.map(|(at, text)| context! { text, code => at % 2 == 1, stressed => false, href => Value::from(()) });
    pieces.collect::<Vec<_>>().into()
}
