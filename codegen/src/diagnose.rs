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
    pub(crate) rule: Rule,
    pub(crate) remark: Remark,
}

/// What is said of a place in a file, by whatever rule.
#[derive(Debug, Clone)]
pub(crate) struct Remark {
    pub(crate) file: usize,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) label: Option<String>,
    pub(crate) related: Option<(Span, String)>,
    pub(crate) help: Option<String>,
}

impl Diagnostic {
    /// The rule that was violated.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.remark.message
    }

    /// What to do about it.
    pub fn help_text(&self) -> Option<&str> {
        self.remark.help.as_deref()
    }
}

impl Remark {
    pub(crate) fn new(file: usize, span: Span, message: impl Into<String>) -> Self {
        Self { file, span, message: message.into(), label: None, related: None, help: None }
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
    pub(crate) fn report(&mut self, rule: Rule, span: Span, message: impl Into<String>) -> &mut Remark {
        self.list.push(Diagnostic { rule, remark: Remark::new(self.file, span, message) });
        let last = self.list.len() - 1;
        &mut self.list[last].remark
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
        fn order(found: &Diagnostic, policy: Policy) -> impl Ord + '_ {
            let Diagnostic { rule, remark } = found;
            (remark.file, remark.span, rule.severity(policy), rule, &remark.message)
        }
        diagnostics.sort_by(|a, b| order(a, policy).cmp(&order(b, policy)));
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
        self.sources[diagnostic.remark.file].name()
    }

    /// The place of a finding.
    pub fn position(&self, diagnostic: &Diagnostic) -> Position {
        self.sources[diagnostic.remark.file].position(diagnostic.remark.span.start)
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
        let render = |found: &Diagnostic| {
            let source = &self.sources[found.remark.file];
            found.remark.render(source, self.severity(found), found.rule.name(), style) + "\n"
        };
        shown.map(render).collect()
    }
}

impl Remark {
    /// The finding in full, with the name of its rule.
    pub(crate) fn render(&self, source: &Source, severity: Severity, rule: &str, style: Style) -> String {
        let Position { line, column } = source.position(self.span.start);
        let (colour, end) = match (style, severity) {
            (Style::Plain, _) => ("", ""),
            (Style::Coloured, Severity::Error) => ("\x1b[1;31m", "\x1b[0m"),
            (Style::Coloured, Severity::Warning) => ("\x1b[1;33m", "\x1b[0m"),
            (Style::Coloured, Severity::Note) => ("\x1b[1;32m", "\x1b[0m"),
        };
        let name = one_line(source.name());
        let message = &self.message;
        let mut text = format!("{name}:{line}:{column}: {colour}{severity}{end}: {message} [{rule}]\n");
        text.push_str(&explain(self, source, severity, style));
        text.push('\n');
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Style::Plain, Severity::Note).trim_end())
    }
}
