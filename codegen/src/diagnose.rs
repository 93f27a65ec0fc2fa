//! Findings: collected while a file is read, sorted by place, shown with the line that they are about.

use std::fmt;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

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

    /// The lines it is about: one piece, or two if the related place is far away.
    fn snippets<'a>(&'a self, source: &'a Source) -> impl Iterator<Item = Snippet<'a, Annotation<'a>>> {
        let related = self.related.as_ref();
        let near = related.filter(|(span, _)| span.start.abs_diff(self.span.start) < NEAR);
        let excerpt = Excerpt::around(source, self.span, near.map_or(self.span, |(span, _)| *span));
        let mark = excerpt.mark(AnnotationKind::Primary, self.span, self.label.as_deref());
        let other = near.map(|(span, label)| excerpt.mark(AnnotationKind::Context, *span, Some(label)));
        let main = excerpt.snippet().annotation(mark).annotations(other);
        let far = related.filter(|_| near.is_none()).map(|(span, label)| {
            let excerpt = Excerpt::around(source, *span, *span);
            excerpt.snippet().annotation(excerpt.mark(AnnotationKind::Context, *span, Some(label)))
        });
        std::iter::once(main).chain(far)
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
    /// is about, then what to do.
    pub fn render(&self, style: Style, least: Severity) -> String {
        let shown = self.diagnostics.iter().filter(|found| self.severity(found) <= least);
        shown.map(|found| self.render_one(found, style)).collect()
    }

    fn render_one(&self, found: &Diagnostic, style: Style) -> String {
        let source = &self.sources[found.file];
        let Position { line, column } = source.position(found.span.start);
        let severity = self.severity(found);
        let (level, colour) = match severity {
            Severity::Error => (Level::ERROR, "\x1b[1;31m"),
            Severity::Warning => (Level::WARNING, "\x1b[1;33m"),
            Severity::Note => (Level::NOTE, "\x1b[1;32m"),
        };
        let (renderer, colour, end) = match style {
            Style::Plain => (Renderer::plain(), "", ""),
            Style::Coloured => (Renderer::styled(), colour, "\x1b[0m"),
        };
        let name = one_line(source.name());
        let mut text = format!("{name}:{line}:{column}: {colour}{severity}{end}: {} [{}]\n", found.message, found.rule);

        let mut group = Group::with_level(level);
        if !source.text().is_empty() {
            group = group.elements(found.snippets(source));
        }
        if let Some(help) = &found.help {
            group = group.element(Level::HELP.message(help));
        }
        text.push_str(&renderer.decor_style(DecorStyle::Ascii).render(&[group]));
        text.push_str("\n\n");
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Style::Plain, Severity::Note).trim_end())
    }
}

/// The lines that are shown. A file of one endless line costs no more to show than any other.
struct Excerpt<'a> {
    text: &'a str,
    start: usize,
    line: usize,
}

/// How many bytes of a line beside the marked ones are shown at most, on each side.
const MARGIN: usize = 200;

/// How many bytes may lie between two marked places that are shown in one piece.
const NEAR: usize = 1 << 12;

impl<'a> Excerpt<'a> {
    /// The lines from one place to another, in whatever order.
    fn around(source: &'a Source, one: Span, other: Span) -> Self {
        let text = source.text();
        let (first, last) = (one.min(other), one.max(other));
        let line = source.line_at(first.start);
        let start = text.ceil_char_boundary(line.start.max(first.start.saturating_sub(MARGIN)));
        let end = source.line_at(last.start).end.min(last.end.min(last.start + MARGIN) + MARGIN);
        let end = text.floor_char_boundary(end).max(start);
        Self { text: &text[start..end], start, line: source.position(line.start).line }
    }

    fn mark<'l>(&self, kind: AnnotationKind, span: Span, label: Option<&'l str>) -> Annotation<'l> {
        let inside = |offset: usize| self.text.floor_char_boundary(offset.saturating_sub(self.start));
        let start = inside(span.start);
        // What is marked ends with its line: the rest of a long text says nothing more.
        let line = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let mark = kind.span(start..inside(span.end).clamp(start, line));
        match label {
            Some(label) => mark.label(label),
            None => mark,
        }
    }

    fn snippet<T: Clone>(&self) -> Snippet<'a, T> {
        Snippet::source(self.text).line_start(self.line)
    }
}
