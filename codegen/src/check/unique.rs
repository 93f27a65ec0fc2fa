//! Names that may occur only once (X15 to X17).

use std::collections::BTreeMap;

use crate::ast::Text;
use crate::diagnose::Sink;
use crate::rule::Rule;
use crate::source::Span;
use crate::text::quote;

/// The names seen so far in one place where each may occur once.
pub(super) struct Unique<'a> {
    rule: Rule,
    what: &'static str,
    seen: BTreeMap<&'a str, Span>,
}

impl<'a> Unique<'a> {
    pub(super) fn new(rule: Rule, what: &'static str) -> Self {
        Self { rule, what, seen: BTreeMap::new() }
    }

    /// Adds a name; reports it if it is there already.
    pub(super) fn insert(&mut self, sink: &mut Sink<'_>, name: Option<&'a Text>) {
        let Some(name) = name.filter(|name| !name.value.is_empty()) else { return };
        if let Some(&first) = self.seen.get(name.value.as_str()) {
            sink.report(self.rule, name.span, format!("there are two of the {} {}", self.what, quote(&name.value)))
                .label("used again here")
                .related(first, "first used here")
                .help("rename one of them");
        } else {
            self.seen.insert(&name.value, name.span);
        }
    }
}
