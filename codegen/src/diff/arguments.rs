//! Arguments of messages that were there before.

use std::mem::discriminant;

use super::context::{Context, kind};
use super::docs::compare_docs;
use super::node::{Arg, Message};
use super::pairs::{Pairs, moved};
use super::{Changes, Rule};
use crate::ast::Text;
use crate::model::{ArgKind, Direction, InterfaceRef};
use crate::text::quote;

/// Where an argument is: the message, as an item and as words.
struct Parent<'p> {
    interface: &'p str,
    message: &'p str,
    words: &'p str,
    direction: Direction,
}

pub(super) fn compare(
    context: &Context<'_, '_>,
    direction: Direction,
    (old, new): (Message<'_>, Message<'_>),
    changes: &mut Changes,
) {
    let words = format!("{} {}", kind(direction), quote(new.name()));
    let parent = Parent { interface: context.new.name(), message: new.name(), words: &words, direction };
    let old = old.below(|spec| &spec.args, |model| &model.args);
    let new = new.below(|spec| &spec.args, |model| &model.args);
    let pairs = pair(&old, &new);
    for at in pairs.removed() {
        let name = old[at].name();
        let message = format!("argument {} of {words} is gone", quote(name));
        changes.push(Rule::ArgumentRemoved, &parent.item(name), (Some(old[at].place()), None), message);
    }
    compare_order(&parent, &old, &new, &pairs, changes);
    for (arg, partner) in new.iter().zip(&pairs.of_new) {
        match partner {
            Some(before) => compare_one(context, &parent, old[*before], *arg, changes),
            None => {
                let message = format!("{words} has the new argument {}", quote(arg.name()));
                changes.push(Rule::ArgumentAdded, &parent.item(arg.name()), (None, Some(arg.place())), message);
            }
        }
    }
}

impl<'p> Parent<'p> {
    fn item(&self, name: &'p str) -> [&'p str; 3] {
        [self.interface, self.message, name]
    }
}

/// By name; then by place and type, which is an argument with a new name; then, if as many are left, by place.
fn pair(old: &[Arg<'_>], new: &[Arg<'_>]) -> Pairs {
    let mut pairs = Pairs::none(old.len(), new.len());
    pairs.by(|at| old[at].name(), |at| new[at].name());
    pairs.by(|at| (at, word(&old[at].model.kind)), |at| (at, word(&new[at].model.kind)));
    if old.len() == new.len() {
        pairs.by(|at| at, |at| at);
    }
    pairs
}

/// Values are read in their order, and so are file descriptors; how the two kinds mix is known to functions alone.
fn compare_order(parent: &Parent<'_>, old: &[Arg<'_>], new: &[Arg<'_>], pairs: &Pairs, changes: &mut Changes) {
    let is_fd = |&(before, after): &(usize, usize)| {
        old[before].model.kind == ArgKind::Fd && new[after].model.kind == ArgKind::Fd
    };
    let all: Vec<_> = pairs.pairs().collect();
    let (fds, values): (Vec<_>, Vec<_>) = all.iter().copied().partition(is_fd);
    let mut on_the_wire = moved(&values);
    on_the_wire.extend(moved(&fds));
    let (rule, list) = match on_the_wire.is_empty() {
        true => (Rule::FdMoved, moved(&all)),
        false => (Rule::ArgumentMoved, on_the_wire),
    };
    for (before, after) in list {
        let (words, name) = (parent.words, new[after].name());
        let message = format!("argument {} of {words} is number {}, and was {}", quote(name), after + 1, before + 1);
        let places = (Some(old[before].place()), Some(new[after].place()));
        changes.push(rule, &parent.item(name), places, message);
    }
}

fn compare_one(context: &Context<'_, '_>, parent: &Parent<'_>, old: Arg<'_>, new: Arg<'_>, changes: &mut Changes) {
    let item = parent.item(new.name());
    let what = format!("argument {} of {}", quote(new.name()), parent.words);
    if old.name() != new.name() {
        let message = format!("{what} was {}", quote(old.name()));
        changes.push(Rule::ArgumentRenamed, &item, (Some(old.place()), Some(new.place())), message);
    }
    compare_kind(context, parent, (old, new), &what, changes);
    compare_enum(context, (old, new), &what, &item, changes);
    compare_docs(&what, &item, old, new, changes);
}

fn compare_kind(
    context: &Context<'_, '_>,
    parent: &Parent<'_>,
    (old, new): (Arg<'_>, Arg<'_>),
    what: &str,
    changes: &mut Changes,
) {
    let item = parent.item(new.name());
    let places = |attribute: fn(&crate::ast::Arg) -> Option<&Text>| {
        (Some(old.place_or(attribute(old.spec))), Some(new.place_or(attribute(new.spec))))
    };
    let (before, after) = (&old.model.kind, &new.model.kind);
    if discriminant(before) != discriminant(after) {
        let message = format!("{what} is `{}`, and was `{}`", word(after), word(before));
        changes.push(Rule::ArgumentRetyped, &item, places(|spec| spec.kind.as_ref()), message);
        return;
    }
    let is_request = parent.direction == Direction::Request;
    let by_direction = |request, event| if is_request { request } else { event };
    if let Some(now_nullable) = nullable(after).filter(|now| nullable(before) != Some(*now)) {
        let (rule, may) = match now_nullable {
            true => (by_direction(Rule::RequestAllowsNull, Rule::EventAllowsNull), "may be null, and could not be"),
            false => (by_direction(Rule::RequestRefusesNull, Rule::EventRefusesNull), "cannot be null, and could be"),
        };
        changes.push(rule, &item, places(|spec| spec.allow_null.as_ref()), format!("{what} {may}"));
    }
    let is_new_id = matches!(after, ArgKind::NewId { .. });
    let rule = match (interface(before), interface(after)) {
        (Some(one), Some(other)) if context.is_same_interface(&one.name, &other.name) => return,
        (None, None) => return,
        (Some(_), Some(_)) if is_new_id => Rule::NewIdInterfaceChanged,
        _ if is_new_id => Rule::NewIdRetyped,
        (Some(_), Some(_)) => Rule::ArgumentInterfaceChanged,
        (Some(_), None) => by_direction(Rule::RequestTakesAnyObject, Rule::EventHasAnyObject),
        (None, Some(_)) => by_direction(Rule::RequestTakesOneInterface, Rule::EventHasOneInterface),
    };
    let of = |kind| interface(kind).map_or("any interface".to_owned(), |other| quote(&other.name));
    let message = format!("{what} is of {}, and was of {}", of(after), of(before));
    changes.push(rule, &item, places(|spec| spec.interface.as_ref()), message);
}

/// The enum of an argument as the interface that has it and its name, as far as the file names one.
fn compare_enum(
    context: &Context<'_, '_>,
    (old, new): (Arg<'_>, Arg<'_>),
    what: &str,
    item: &[&str],
    changes: &mut Changes,
) {
    let (before, after) = (old.spec.enumeration.as_ref(), new.spec.enumeration.as_ref());
    let same = match (before, after) {
        (None, None) => true,
        (Some(before), Some(after)) => {
            let (owner, name) = parts(&before.value, context.old.name());
            let (new_owner, new_name) = parts(&after.value, context.new.name());
            let is_own = owner == context.old.name() && new_owner == context.new.name();
            context.is_same_interface(owner, new_owner)
                && if is_own { context.is_same_enum(name, new_name) } else { name == new_name }
        }
        _ => false,
    };
    if !same {
        let of = |text: Option<&Text>| text.map_or("no enum".to_owned(), |text| format!("enum {}", quote(&text.value)));
        let places = (Some(old.place_or(before)), Some(new.place_or(after)));
        changes.push(
            Rule::ArgumentEnumChanged,
            item,
            places,
            format!("{what} is of {}, and was of {}", of(after), of(before)),
        );
    }
}

fn parts<'t>(text: &'t str, own: &'t str) -> (&'t str, &'t str) {
    text.split_once('.').unwrap_or((own, text))
}

fn word(kind: &ArgKind) -> &'static str {
    match kind {
        ArgKind::Int(_) => "int",
        ArgKind::Uint(_) => "uint",
        ArgKind::Fixed => "fixed",
        ArgKind::String { .. } => "string",
        ArgKind::Array => "array",
        ArgKind::Object { .. } => "object",
        ArgKind::NewId { .. } => "new_id",
        ArgKind::Fd => "fd",
    }
}

fn nullable(kind: &ArgKind) -> Option<bool> {
    match kind {
        ArgKind::String { nullable } | ArgKind::Object { nullable, .. } => Some(*nullable),
        _ => None,
    }
}

fn interface(kind: &ArgKind) -> Option<&InterfaceRef> {
    match kind {
        ArgKind::Object { interface, .. } | ArgKind::NewId { interface } => interface.as_ref(),
        _ => None,
    }
}
