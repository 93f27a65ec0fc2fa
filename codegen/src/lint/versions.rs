//! Versions that say nothing, and attributes that are meant to be one.

use super::elements::Elements;
use super::family::{Families, messages};
use super::finding::Sink;
use super::rule::Rule;
use crate::ast;
use crate::model::Protocol;
use crate::source::Source;
use crate::text::quote;

pub(super) fn look(spec: &ast::Protocol, model: &Protocol, families: &Families<'_>, sink: &mut Sink) {
    for (spec, model) in spec.interfaces.iter().zip(&model.interfaces) {
        let Some(version) = &spec.version else { continue };
        // A file without a usable version has an error already.
        if model.version > 1 && model.version != u32::MAX && !families.has_version(&model.name, model.version) {
            let text = format!("nothing says what version {} of {} has", model.version, quote(&model.name));
            sink.report(Rule::VersionWithoutChange, version.span, &[&model.name], text)
                .help("mark what is new with `since`, or say in the description what changed in this version");
        }
        let is_later = messages(model).any(|message| message.since > 1)
            || model.enums.iter().flat_map(|one| &one.entries).any(|entry| entry.since > 1);
        if model.frozen && (model.version > 1 || is_later) {
            let text = format!("{} is frozen, and has version {}", quote(&model.name), model.version);
            sink.report(Rule::FrozenChanged, version.span, &[&model.name], text)
                .help("leave a frozen interface as it is, and make a new one");
        }
    }
}

/// Attributes `version` of elements that have `since`.
pub(super) fn attributes(elements: &Elements, source: &Source, spec: &ast::Protocol, sink: &mut Sink) {
    let interfaces: Vec<_> = spec.interfaces.iter().map(|one| (one.tag.start, one)).collect();
    for attribute in &elements.versions {
        let at = interfaces.partition_point(|(start, _)| *start < attribute.span.start);
        let Some((_, interface)) = at.checked_sub(1).map(|at| interfaces[at]) else { continue };
        let name = interface.name.as_ref().map_or("", |name| &name.value);
        let text = format!("`{}` has no attribute `version`, so this is part of version 1", attribute.element);
        let found = sink.report(Rule::VersionForSince, attribute.span, &[name], text);
        found.help("write `since`; the opcode of the message stays the same");
        let number = attribute.value.parse::<u32>().ok().filter(|_| !attribute.value.starts_with(['0', '+']));
        let highest = interface.version.as_ref().and_then(|version| version.value.parse::<u32>().ok());
        let is_version = number.is_some_and(|number| highest.is_some_and(|highest| number <= highest));
        let is_plain = source.text().get(attribute.span.start..attribute.span.end) == Some("version");
        if is_version && is_plain && !attribute.has_since {
            found.edit(attribute.span, "since");
        }
    }
}
