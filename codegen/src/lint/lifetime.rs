//! Objects that nobody can end.

use super::family::{Families, made, messages};
use super::finding::Sink;
use super::rule::Rule;
use crate::ast;
use crate::model::{BOOTSTRAP, Interface, Protocol};
use crate::text::quote;

pub(super) fn look(spec: &ast::Protocol, model: &Protocol, families: &Families<'_>, sink: &mut Sink) {
    for (spec, model) in spec.interfaces.iter().zip(&model.interfaces) {
        let is_dead_end = !has_destructor(model) && messages(model).next().is_some();
        if is_dead_end && !BOOTSTRAP.contains(&model.name.as_str()) {
            let span = spec.name.as_ref().map_or(spec.tag, |name| name.span);
            sink.report(Rule::NoDestructor, span, &[&model.name], format!("no message ends a {}", quote(&model.name)))
                .help(
                    "add `<request name=\"destroy\" type=\"destructor\"/>`, with `since` if the interface is released",
                );
        }
        for (event, checked) in spec.events.iter().zip(&model.events) {
            for name in made(checked) {
                let Some(other) = families.find(name).filter(|other| !has_destructor(other)) else { continue };
                let span = event.name.as_ref().map_or(event.tag, |name| name.span);
                let message = format!(
                    "the event {} makes a {}, which its client cannot destroy",
                    quote(&checked.name),
                    quote(&other.name)
                );
                sink.report(Rule::UndestroyableObject, span, &[&model.name, &checked.name], message)
                    .help(format!("give {} a request of type `destructor`", quote(&other.name)));
            }
        }
    }
}

fn has_destructor(interface: &Interface) -> bool {
    messages(interface).any(|message| message.destructor)
}
