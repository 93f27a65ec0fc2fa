//! Requests and events: their numbers, names, versions and ends.

use super::context::{Context, is_common, kind};
use super::docs::{compare_docs, deprecation};
use super::node::{Interface, Message};
use super::pairs::{Pairs, moved};
use super::{Changes, Rule, arguments};
use crate::model::{ArgKind, Direction};
use crate::text::quote;

fn list<'a>(interface: Interface<'a>, direction: Direction) -> Vec<Message<'a>> {
    match direction {
        Direction::Request => interface.below(|spec| &spec.requests, |model| &model.requests),
        Direction::Event => interface.below(|spec| &spec.events, |model| &model.events),
    }
}

/// What a message is on the wire, without its names.
fn form(message: Message<'_>) -> (String, Vec<&str>) {
    let interface = |kind| match kind {
        &ArgKind::Object { ref interface, .. } | &ArgKind::NewId { ref interface } => interface.as_ref(),
        _ => None,
    };
    let interfaces = message.model.args.iter().map(|arg| interface(&arg.kind).map_or("", |other| other.name.as_str()));
    (message.model.signature(), interfaces.collect())
}

/// By name; then by number, version and form, which is a message with a new name. What has another version has taken the
/// number of one that is gone.
fn pair(old: &[Message<'_>], new: &[Message<'_>]) -> Pairs {
    let mut pairs = Pairs::none(old.len(), new.len());
    pairs.by(|at| old[at].name(), |at| new[at].name());
    pairs.by(|at| (at, old[at].model.since, form(old[at])), |at| (at, new[at].model.since, form(new[at])));
    pairs
}

/// Whether two interfaces share no more than the name: most messages are gone or have other arguments, and there are new
/// ones. How many of how many.
pub(super) fn redefined(context: &Context<'_, '_>) -> Option<(usize, usize)> {
    let (mut all, mut gone, mut strangers) = (0, 0, 0);
    for direction in [Direction::Request, Direction::Event] {
        let (old, new) = (list(context.old, direction), list(context.new, direction));
        let pairs = pair(&old, &new);
        for (message, partner) in old.iter().zip(&pairs.of_old) {
            if !is_common(message.name()) {
                all += 1;
                let letters =
                    |message: Message<'_>| message.model.signature().trim_start_matches(char::is_numeric).to_owned();
                gone += usize::from(partner.is_none_or(|at| letters(new[at]) != letters(*message)));
            }
        }
        strangers += pairs.added().len();
    }
    (gone >= 3 && 2 * gone > all && strangers > 0).then_some((gone, all))
}

/// Compares the messages of one direction, and returns those that are new.
pub(super) fn compare<'a>(context: &Context<'_, 'a>, direction: Direction, changes: &mut Changes) -> Vec<Message<'a>> {
    let (old, new) = (list(context.old, direction), list(context.new, direction));
    let pairs = pair(&old, &new);
    let interface = context.new.name();
    let kind = kind(direction);
    for at in pairs.removed() {
        let name = old[at].name();
        let message = format!("{kind} {}, number {at}, is gone", quote(name));
        changes.push(Rule::MessageRemoved, &[interface, name], (Some(old[at].place()), None), message);
    }
    let in_order: Vec<_> = pairs.pairs().collect();
    for (before, after) in moved(&in_order) {
        let message = format!("{kind} {} has number {after}, and had {before}", quote(new[after].name()));
        let places = (Some(old[before].place()), Some(new[after].place()));
        changes.push(Rule::MessageMoved, &[interface, new[after].name()], places, message);
    }
    let last = in_order.last().map_or(0, |(_, after)| *after);
    let mut behind = in_order.len();
    for (at, (message, partner)) in new.iter().zip(&pairs.of_new).enumerate() {
        match partner {
            Some(before) => {
                behind -= 1;
                compare_one(context, direction, (old[*before], *message), changes);
            }
            None => added(context, kind, *message, (at < last).then_some(behind), changes),
        }
    }
    pairs.added().into_iter().map(|at| new[at]).collect()
}

/// A new message, with the number of old ones behind it.
fn added(context: &Context<'_, '_>, kind: &str, new: Message<'_>, behind: Option<usize>, changes: &mut Changes) {
    let item = [context.new.name(), new.name()];
    let name = quote(new.name());
    let place = || (None, Some(new.place()));
    match behind {
        Some(behind) => {
            let those = match behind {
                1 => format!("1 {kind} that was there before"),
                _ => format!("{behind} {kind}s that were there before"),
            };
            let message = format!("the new {kind} {name} stands in front of {those}");
            changes.push(Rule::MessageInserted, &item, place(), message);
        }
        None => changes.push(Rule::MessageAdded, &item, place(), format!("{kind} {name} is new")),
    }
    let (before, after) = (context.old.model.version, context.new.model.version);
    if after > before && new.model.since <= before {
        let given = if new.spec.since.is_some() { "" } else { ", because it does not say" };
        let message = format!(
            "the new {kind} {name} is since version {}{given}; version {before} was there before",
            new.model.since
        );
        changes.push(Rule::SinceNotRaised, &item, (None, Some(new.place_or(new.spec.since.as_ref()))), message);
    }
}

fn compare_one(
    context: &Context<'_, '_>,
    direction: Direction,
    (old, new): (Message<'_>, Message<'_>),
    changes: &mut Changes,
) {
    let item = [context.new.name(), new.name()];
    let kind = kind(direction);
    let name = quote(new.name());
    if old.name() != new.name() {
        let message = format!("{kind} {name} was {}", quote(old.name()));
        changes.push(Rule::MessageRenamed, &item, (Some(old.place()), Some(new.place())), message);
    }
    if old.model.destructor != new.model.destructor {
        let places = (Some(old.place_or(old.spec.kind.as_ref())), Some(new.place_or(new.spec.kind.as_ref())));
        let rule = match (direction, new.model.destructor) {
            (Direction::Request, true) => Rule::RequestDestructorAdded,
            (Direction::Request, false) => Rule::RequestDestructorRemoved,
            (Direction::Event, true) => Rule::EventDestructorAdded,
            (Direction::Event, false) => Rule::EventDestructorRemoved,
        };
        let ends = if new.model.destructor { "now ends its object" } else { "no longer ends its object" };
        changes.push(rule, &item, places, format!("{kind} {name} {ends}"));
    }
    let (before, after) = (old.model.since, new.model.since);
    if before != after {
        let rule = if after > before { Rule::SinceRaised } else { Rule::SinceLowered };
        let places = (Some(old.place_or(old.spec.since.as_ref())), Some(new.place_or(new.spec.since.as_ref())));
        changes.push(rule, &item, places, format!("{kind} {name} is since version {after}, and was since {before}"));
    }
    if old.model.deprecated_since != new.model.deprecated_since {
        let attributes = (&old.spec.deprecated_since, &new.spec.deprecated_since);
        let places = (Some(old.place_or(attributes.0.as_ref())), Some(new.place_or(attributes.1.as_ref())));
        let versions = (old.model.deprecated_since, new.model.deprecated_since);
        changes.push(Rule::DeprecationChanged, &item, places, deprecation(&format!("{kind} {name}"), versions));
    }
    compare_docs(&format!("{kind} {name}"), &item, old, new, changes);
    arguments::compare(context, direction, (old, new), changes);
}
