//! Texts that are missing or out of shape.

use super::finding::Sink;
use super::rule::Rule;
use crate::ast::{self, Description, Text};
use crate::model::Protocol;
use crate::source::Span;
use crate::text::quote;

pub(super) fn look(spec: &ast::Protocol, model: &Protocol, sink: &mut Sink) {
    described(sink, spec.description.as_ref(), &[&model.name]);
    for (spec, model) in spec.interfaces.iter().zip(&model.interfaces) {
        let interface = model.name.as_str();
        present(sink, spec.description.as_ref(), spec.name.as_ref(), "interface", &[interface]);
        for (what, messages) in [("request", &spec.requests), ("event", &spec.events)] {
            for message in messages {
                let name = message.name.as_ref().map_or("", |name| &name.value);
                present(sink, message.description.as_ref(), message.name.as_ref(), what, &[interface, name]);
                for arg in &message.args {
                    let item = [interface, name, arg.name.as_ref().map_or("", |name| &name.value)];
                    value(sink, arg.summary.as_ref(), arg.description.as_ref(), arg.name.as_ref(), &item);
                }
            }
        }
        for one in &spec.enums {
            let name = one.name.as_ref().map_or("", |name| &name.value);
            present(sink, one.description.as_ref(), one.name.as_ref(), "enum", &[interface, name]);
            for entry in &one.entries {
                let item = [interface, name, entry.name.as_ref().map_or("", |name| &name.value)];
                value(sink, entry.summary.as_ref(), entry.description.as_ref(), entry.name.as_ref(), &item);
            }
        }
    }
}

fn present(sink: &mut Sink, description: Option<&Description>, name: Option<&Text>, what: &str, item: &[&str]) {
    if let (None, Some(name)) = (description, name) {
        let text = format!("the {what} {} has no description", quote(&name.value));
        sink.report(Rule::Undocumented, name.span, item, text).help("say what it does, when, and what may go wrong");
    }
    described(sink, description, item);
}

fn value(
    sink: &mut Sink,
    summary: Option<&Text>,
    description: Option<&Description>,
    name: Option<&Text>,
    item: &[&str],
) {
    if let (None, None, Some(name)) = (summary, description, name) {
        let text = format!("{} has no summary", quote(&name.value));
        sink.report(Rule::MissingSummary, name.span, item, text)
            .help("say in a few words what it is: `summary=\"...\"`");
    }
    described(sink, description, item);
    if let Some(summary) = summary {
        shape(sink, summary, item);
    }
}

fn described(sink: &mut Sink, description: Option<&Description>, item: &[&str]) {
    if let Some(summary) = description.and_then(|description| description.summary.as_ref()) {
        shape(sink, summary, item);
    }
}

/// The parser makes a space of each line break in an attribute.
fn shape(sink: &mut Sink, summary: &Text, item: &[&str]) {
    let text = summary.value.as_str();
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // A reference such as `&#10;` has other bytes than its value, and is left to a person.
    let is_plain = summary.span.end - summary.span.start == text.len();
    let found = match (joined.is_empty(), joined == text) {
        (true, _) => sink.report(Rule::MalformedSummary, summary.span, item, "the summary is empty"),
        (_, false) => sink.report(
            Rule::MalformedSummary,
            summary.span,
            item,
            "the summary has line breaks, or more space than it needs",
        ),
        (false, true) => return,
    };
    match joined.is_empty() {
        true => found.help("say in a few words what this is"),
        false if is_plain => found.help("one line, one space between words").edit(Span { ..summary.span }, joined),
        false => found.help("one line, one space between words"),
    };
}
