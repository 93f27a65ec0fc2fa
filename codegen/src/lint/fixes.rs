//! How findings about the format are mended.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::rule::Id;
use crate::ast;
use crate::model::Protocol;
use crate::rule::Rule;
use crate::source::{Source, Span};

pub(super) fn add(source: &Source, spec: &ast::Protocol, model: &Protocol, findings: &mut [Finding]) {
    let mut values = BTreeMap::new();
    for (spec, model) in spec.interfaces.iter().zip(&model.interfaces) {
        for (spec, model) in spec.enums.iter().zip(&model.enums) {
            let entries = spec.entries.iter().zip(&model.entries);
            values.extend(entries.filter_map(|(spec, model)| Some((spec.value.as_ref()?.span.start, model.value))));
        }
    }
    for found in findings {
        let span = found.remark.span;
        match found.id() {
            Id::Format(Rule::ValueExpression) => {
                if let Some(value) = values.get(&span.start) {
                    found.edit(span, format!("{value:#x}"));
                }
            }
            Id::Format(Rule::NumberForm) => {
                let text =
                    source.text()[span.start..span.end].trim_start().trim_start_matches('+').trim_start_matches('0');
                if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
                    found.edit(span, text);
                }
            }
            Id::Format(Rule::SinceZero) => remove(source, found, "since"),
            Id::Format(Rule::UselessAllowNull) => remove(source, found, "allow-null"),
            _ => {}
        }
    }
}

/// Takes out an attribute, whose value the finding is about.
fn remove(source: &Source, found: &mut Finding, name: &str) {
    if let Some(span) = attribute(source, found.remark.span, name) {
        found.edit(span, "");
    }
}

/// An attribute with its name and the space in front, from the place of its value.
fn attribute(source: &Source, value: Span, name: &str) -> Option<Span> {
    let before = source.text()[..value.start].strip_suffix(['"', '\''])?;
    let before = before.trim_end().strip_suffix('=')?.trim_end().strip_suffix(name)?;
    let start = before.trim_end().len();
    (start < before.len()).then_some(Span { start, end: value.end + 1 })
}
