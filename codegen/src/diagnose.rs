//! Findings: collected while a file is read, sorted by place, shown with the line that they are about or, without the
//! feature `snippets`, with their notes alone.

use std::fmt;

#[cfg(not(feature = "snippets"))]
mod notes;
#[cfg(feature = "snippets")]
mod snippets;

#[cfg(not(feature = "snippets"))]
use notes::explain;
#[cfg(feature = "snippets")]
use snippets::explain;

use crate::rule::{Policy, Rule, Severity};
use crate::source::{Position, Source, Span};
use crate::text::one_line;

/// One finding in one file.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    pub(crate) file: usize,
    pub(crate) span: Span,
    rule: Rule,
    message: String,
    label: Option<String>,
    related: Option<(Span, String)>,
    help: Option<String>,
}

impl Diagnostic {
    /// The rule that was violated.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The words beside the underlined text.
    pub(crate) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(label.into());
        self
    }

    /// Another place in the same file that explains the finding.
    pub(crate) fn related(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.related = Some((span, label.into()));
        self
    }

    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }
}

/// Collects the findings of one file.
pub(crate) struct Sink<'a> {
    pub(crate) file: usize,
    pub(crate) list: &'a mut Vec<Diagnostic>,
}

impl Sink<'_> {
    pub(crate) fn report(&mut self, rule: Rule, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.list.push(Diagnostic {
            file: self.file,
            span,
            rule,
            message: message.into(),
            label: None,
            related: None,
            help: None,
        });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }
}

/// All findings of one run, in the order of the files and of the places in them, with the texts they are about.
///
/// `Display` shows every finding in full, without colours; [`Report::render`] has more choices.
#[derive(Debug, Default)]
pub struct Report {
    sources: Vec<Source>,
    diagnostics: Vec<Diagnostic>,
    policy: Policy,
}

/// How [`Report::render`] draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI colours.
    Coloured,
}

impl Report {
    pub(crate) fn new(sources: Vec<Source>, mut diagnostics: Vec<Diagnostic>, policy: Policy) -> Self {
        diagnostics.sort_by(|a, b| {
            (a.file, a.span, a.rule.severity(policy), a.rule, &a.message).cmp(&(
                b.file,
                b.span,
                b.rule.severity(policy),
                b.rule,
                &b.message,
            ))
        });
        Self { sources, diagnostics, policy }
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The findings, in order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// How serious a finding of this report is.
    pub fn severity(&self, diagnostic: &Diagnostic) -> Severity {
        diagnostic.rule.severity(self.policy)
    }

    /// The file of a finding, as it was named.
    pub fn file(&self, diagnostic: &Diagnostic) -> &str {
        self.sources[diagnostic.file].name()
    }

    /// The place of a finding.
    pub fn position(&self, diagnostic: &Diagnostic) -> Position {
        self.sources[diagnostic.file].position(diagnostic.span.start)
    }

    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|found| self.severity(found) == severity).count()
    }

    /// Whether any file is refused.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Every finding that is at least this serious: first `path:line:column: severity: message [rule]`, then the text it
    /// is about (with the feature `snippets`), then what to do.
    pub fn render(&self, style: Style, least: Severity) -> String {
        let shown = self.diagnostics.iter().filter(|found| self.severity(found) <= least);
        shown.map(|found| self.render_one(found, style)).collect()
    }

    fn render_one(&self, found: &Diagnostic, style: Style) -> String {
        let source = &self.sources[found.file];
        let Position { line, column } = source.position(found.span.start);
        let severity = self.severity(found);
        let (colour, end) = match (style, severity) {
            (Style::Plain, _) => ("", ""),
            (Style::Coloured, Severity::Error) => ("\x1b[1;31m", "\x1b[0m"),
            (Style::Coloured, Severity::Warning) => ("\x1b[1;33m", "\x1b[0m"),
            (Style::Coloured, Severity::Note) => ("\x1b[1;32m", "\x1b[0m"),
        };
        let name = one_line(source.name());
        let mut text = format!("{name}:{line}:{column}: {colour}{severity}{end}: {} [{}]\n", found.message, found.rule);
        text.push_str(&explain(found, source, severity, style));
        text.push_str("\n\n");
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Style::Plain, Severity::Note).trim_end())
    }
}
