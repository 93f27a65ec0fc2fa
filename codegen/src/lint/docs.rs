//! Texts that are missing or out of shape.

use super::finding::Sink;
use super::rule::Rule;
use crate::ast::{self, Description, Text};
use crate::model::Protocol;
use crate::source::Source;
use crate::text::quote;

pub(super) fn look(source: &Source, spec: &ast::Protocol, model: &Protocol, sink: &mut Sink) {
    let sink = &mut Docs { source, sink };
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

fn present(sink: &mut Docs<'_>, description: Option<&Description>, name: Option<&Text>, what: &str, item: &[&str]) {
    if let (None, Some(name)) = (description, name) {
        let text = format!("the {what} {} has no description", quote(&name.value));
        sink.sink
            .report(Rule::Undocumented, name.span, item, text)
            .help("say what it does, when, and what may go wrong");
    }
    described(sink, description, item);
}

fn value(
    sink: &mut Docs<'_>,
    summary: Option<&Text>,
    description: Option<&Description>,
    name: Option<&Text>,
    item: &[&str],
) {
    if let (None, None, Some(name)) = (summary, description, name) {
        let text = format!("{} has no summary", quote(&name.value));
        sink.sink
            .report(Rule::UndocumentedValue, name.span, item, text)
            .help("say in a few words what it is: `summary=\"...\"`");
    }
    described(sink, description, item);
    if let Some(summary) = summary {
        shape(sink, summary, item);
    }
}

fn described(sink: &mut Docs<'_>, description: Option<&Description>, item: &[&str]) {
    if let Some(summary) = description.and_then(|description| description.summary.as_ref()) {
        shape(sink, summary, item);
    }
}

/// Where findings go, and the file that they are about.
struct Docs<'a> {
    source: &'a Source,
    sink: &'a mut Sink,
}

/// The parser makes a space of each line break in an attribute.
fn shape(sink: &mut Docs<'_>, summary: &Text, item: &[&str]) {
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined(&summary.value).is_empty() {
        let found = sink.sink.report(Rule::MalformedSummary, summary.span, item, "the summary is empty");
        found.help("say in a few words what this is");
    } else if joined(&summary.value) != summary.value {
        let text = "the summary has line breaks, or more space than it needs";
        let found = sink.sink.report(Rule::MalformedSummary, summary.span, item, text);
        found.help("one line, one space between words");
        let written = &sink.source.text()[summary.span.start..summary.span.end];
        // White space that a reference stands for is left to a person.
        if !written.contains('&') {
            found.edit(summary.span, joined(written));
        }
    }
}
