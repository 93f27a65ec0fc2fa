//! Values and constants that are there twice.

use std::collections::BTreeMap;

use super::finding::Sink;
use super::rule::Rule;
use crate::ast;
use crate::model::Protocol;
use crate::source::Span;
use crate::text::quote;

/// The longest names that are compared, in bytes; constants are made of two.
const LONGEST: usize = 200;

pub(super) fn look(spec: &ast::Protocol, model: &Protocol, sink: &mut Sink) {
    for (spec, model) in spec.interfaces.iter().zip(&model.interfaces) {
        let mut constants = Constants { interface: &model.name, seen: BTreeMap::new() };
        for (request_spec, request) in spec.requests.iter().zip(&model.requests) {
            let Some(name) = &request_spec.name else { continue };
            constants.insert(sink, &[&request.name], "", name.span, 0);
            constants.insert(sink, &[&request.name], "_since_version", name.span, request.since);
        }
        for (event_spec, event) in spec.events.iter().zip(&model.events) {
            let Some(name) = &event_spec.name else { continue };
            constants.insert(sink, &[&event.name], "_since_version", name.span, event.since);
        }
        for (enum_spec, one) in spec.enums.iter().zip(&model.enums) {
            let mut values: BTreeMap<u32, (Span, &str, bool)> = BTreeMap::new();
            for (entry_spec, entry) in enum_spec.entries.iter().zip(&one.entries) {
                let Some(name) = &entry_spec.name else { continue };
                constants.insert(sink, &[&one.name, &entry.name], "", name.span, 0);
                let says = [entry.docs.summary.as_deref().unwrap_or(""), &entry.docs.text];
                let is_alias = entry.deprecated_since.is_some()
                    || says.iter().any(|text| {
                        ["alias", "same", "deprecated", "synonym"]
                            .iter()
                            .any(|word| text.to_ascii_lowercase().contains(word))
                    });
                match values.get(&entry.value) {
                    Some(&(first, other, is_known)) if !is_known && !is_alias && entry_spec.value.is_some() => {
                        let text = format!("{} has the value of {}, {}", quote(&entry.name), quote(other), entry.value);
                        let span = entry_spec.value.as_ref().map_or(name.span, |value| value.span);
                        sink.report(Rule::DuplicateValue, span, &[&model.name, &one.name, &entry.name], text)
                            .related(first, "the other one")
                            .help("give it a value of its own, or say in its summary that it is an alias");
                    }
                    Some(_) => {}
                    None => {
                        values.insert(entry.value, (name.span, &entry.name, is_alias));
                    }
                }
            }
        }
    }
}

/// The constants of an interface as C has them: each name in capitals, behind that of the interface.
struct Constants<'a> {
    interface: &'a str,
    /// What each stands for; the same message may be there twice, with the same version.
    seen: BTreeMap<String, (Span, u32)>,
}

impl Constants<'_> {
    fn insert(&mut self, sink: &mut Sink, names: &[&str], suffix: &str, span: Span, value: u32) {
        if names.iter().any(|name| name.len() > LONGEST) {
            return;
        }
        let constant = names.join("_").to_ascii_uppercase() + &suffix.to_ascii_uppercase();
        match self.seen.get(&constant) {
            // A macro may be defined again as it was.
            Some(&(_, before)) if before == value && value > 0 => {}
            Some(&(first, _)) => {
                let text = format!(
                    "C has two constants `{}_{constant}`",
                    self.interface.to_ascii_uppercase().get(..LONGEST.min(self.interface.len())).unwrap_or("")
                );
                let item: Vec<_> = std::iter::once(self.interface).chain(names.iter().copied()).collect();
                sink.report(Rule::CNameCollision, span, &item, text)
                    .related(first, "the other one")
                    .help("rename one of them");
            }
            None => {
                self.seen.insert(constant, (span, value));
            }
        }
    }
}
