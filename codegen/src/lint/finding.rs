//! One finding, of a rule of the format or of a lint.

use super::edits::Edit;
use super::levels::Levels;
use super::rule::{Id, Level, Rule};
use crate::diagnose::{Diagnostic, Remark};
use crate::rule::{Policy, Severity};
use crate::source::Span;
use crate::text::one_line;

/// One finding in one file.
#[derive(Debug, Clone)]
pub struct Finding {
    id: Id,
    item: String,
    severity: Severity,
    pub(super) remark: Remark,
    pub(super) edits: Vec<Edit>,
}

impl Finding {
    pub(super) fn of_format(found: Diagnostic) -> Self {
        let id = Id::Format(found.rule);
        let severity = found.rule.severity(Policy::default());
        Self { id, item: String::new(), severity, remark: found.remark, edits: Vec::new() }
    }

    /// The rule.
    pub fn id(&self) -> Id {
        self.id
    }

    /// How serious it is, by the levels that were asked for.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What it is about: names from the interface down, joined by dots. Empty for rules of the format.
    pub fn item(&self) -> &str {
        &self.item
    }

    /// What was found, in one line that is safe to print.
    pub fn message(&self) -> &str {
        &self.remark.message
    }

    /// What to do about it.
    pub fn help_text(&self) -> Option<&str> {
        self.remark.help.as_deref()
    }

    /// Whether [`Report::fixed`](super::Report::fixed) mends it.
    pub fn is_fixable(&self) -> bool {
        !self.edits.is_empty()
    }

    pub(super) fn is(&self, rule: Rule) -> bool {
        self.id == Id::Lint(rule)
    }

    pub(super) fn is_unknown_attribute(&self) -> bool {
        self.id == Id::Format(crate::rule::Rule::UnknownAttribute)
    }

    pub(super) fn start(&self) -> usize {
        self.remark.span.start
    }

    /// Takes the severity from the levels; whether it is shown at all.
    pub(super) fn set_severity(&mut self, levels: &Levels) -> bool {
        self.severity = match (self.id, levels.level(self.id)) {
            (Id::Format(rule), None) => rule.severity(Policy { strict: levels.strict, generate: false }),
            (_, Some(Level::Error)) => Severity::Error,
            (_, Some(Level::Warn)) => Severity::Warning,
            (_, Some(Level::Allow)) | (Id::Lint(_), None) => return false,
        };
        true
    }

    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.remark.help = Some(help.into());
        self
    }

    pub(super) fn related(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.remark.related = Some((span, label.into()));
        self
    }

    pub(super) fn edit(&mut self, span: Span, text: impl Into<String>) -> &mut Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }
}

/// Collects the findings of one file.
pub(super) struct Sink {
    pub(super) file: usize,
    pub(super) list: Vec<Finding>,
}

/// The longest name that an item repeats, in characters.
const LONGEST: usize = 200;

impl Sink {
    pub(super) fn report(&mut self, rule: Rule, span: Span, item: &[&str], message: impl Into<String>) -> &mut Finding {
        let name = |name: &&str| one_line(&name.chars().take(LONGEST).collect::<String>());
        self.list.push(Finding {
            id: Id::Lint(rule),
            item: item.iter().map(name).collect::<Vec<_>>().join("."),
            severity: Severity::Warning,
            remark: Remark::new(self.file, span, message),
            edits: Vec::new(),
        });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }
}
