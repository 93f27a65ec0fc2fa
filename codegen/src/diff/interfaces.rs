//! One interface, before and after.

use super::context::{Context, Renames, is_common};
use super::docs::compare_docs;
use super::node::{Interface, Message};
use super::{Changes, Class, Rule, counted, enums, messages};
use crate::model::{ArgKind, Direction};
use crate::text::quote;

/// What stays of an interface when it gets another name: its messages. `None` if it has none of its own.
pub(super) fn form(interface: Interface<'_>) -> Option<String> {
    let model = interface.model;
    let mut form = String::new();
    for (mark, list) in [('>', &model.requests), ('<', &model.events)] {
        for message in list {
            form.push(mark);
            form.extend([&message.name, " ", &message.signature()]);
            for arg in &message.args {
                // A message may name the interface itself.
                if let ArgKind::Object { interface: Some(other), .. } | ArgKind::NewId { interface: Some(other) } =
                    &arg.kind
                {
                    form.extend([" ", if other.name == model.name { "." } else { &other.name }]);
                }
            }
        }
    }
    let has_own = model.requests.iter().chain(&model.events).any(|message| !is_common(&message.name));
    has_own.then_some(form)
}

pub(super) fn compare<'a>(old: Interface<'a>, new: Interface<'a>, renames: &Renames<'a>, changes: &mut Changes) {
    let first = changes.list.len();
    let name = quote(new.name());
    if old.name() != new.name() {
        let message = format!("interface {name} was {}", quote(old.name()));
        changes.push(Rule::InterfaceRenamed, &[new.name()], (Some(old.place()), Some(new.place())), message);
        // No deployed peer knows it under this name, so nothing else of it can break one.
        return;
    }
    let (enums, enum_names) = enums::pair(old, new);
    let context = Context { old, new, interface_names: renames, enums, enum_names };
    if let Some((gone, all)) = messages::redefined(&context) {
        let message =
            format!("{gone} of the {all} messages of interface {name} are gone or others, and it has new ones");
        changes.push(Rule::InterfaceRedefined, &[new.name()], (Some(old.place()), Some(new.place())), message);
        return;
    }
    compare_docs(&format!("interface {name}"), &[new.name()], old, new, changes);
    compare_version(old, new, changes);
    let mut added = messages::compare(&context, Direction::Request, changes);
    added.extend(messages::compare(&context, Direction::Event, changes));
    if let Some(message) = added.first().filter(|_| old.model.version == new.model.version) {
        let names: Vec<_> = added.iter().map(Message::name).collect();
        let text = format!(
            "interface {name} has version {} as before, and {}",
            new.model.version,
            counted(("the new message", "new messages"), &names)
        );
        let places = (Some(old.place_or(old.spec.version.as_ref())), Some(message.place()));
        changes.push(Rule::VersionNotRaised, &[new.name()], places, text);
    }
    enums::compare(&context, changes);
    let matters = |class| matches!(class, Class::Wire | Class::Compatible);
    if old.model.frozen && changes.list[first..].iter().any(|change| matters(change.class())) {
        let places = (Some(old.place_or(old.spec.frozen.as_ref())), Some(new.place()));
        changes.push(
            Rule::FrozenChanged,
            &[new.name()],
            places,
            format!("interface {name} was frozen, and has changed"),
        );
    }
    if old.model.frozen != new.model.frozen {
        let is_frozen = if new.model.frozen { "frozen" } else { "no longer frozen" };
        let places = (Some(old.place_or(old.spec.frozen.as_ref())), Some(new.place_or(new.spec.frozen.as_ref())));
        changes.push(Rule::FrozenFlagChanged, &[new.name()], places, format!("interface {name} is {is_frozen}"));
    }
}

fn compare_version(old: Interface<'_>, new: Interface<'_>, changes: &mut Changes) {
    let (before, after) = (old.model.version, new.model.version);
    let rule = match after.cmp(&before) {
        std::cmp::Ordering::Less => Rule::VersionLowered,
        std::cmp::Ordering::Equal => return,
        std::cmp::Ordering::Greater => Rule::VersionRaised,
    };
    let places = (Some(old.place_or(old.spec.version.as_ref())), Some(new.place_or(new.spec.version.as_ref())));
    let message = format!("interface {} has version {after}, and had {before}", quote(new.name()));
    changes.push(rule, &[new.name()], places, message);
}
