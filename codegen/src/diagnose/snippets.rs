//! The lines that a finding is about, with marks under them.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Remark, Style};
use crate::rule::Severity;
use crate::source::{Source, Span};
use crate::text::{boundary_before, boundary_behind};

/// What stands below the first line of a finding.
pub(super) fn explain(found: &Remark, source: &Source, severity: Severity, style: Style) -> String {
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let mut group = Group::with_level(level);
    if !source.text().is_empty() {
        group = group.elements(snippets(found, source));
    }
    if let Some(help) = &found.help {
        group = group.element(Level::HELP.message(help));
    }
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// The lines it is about: one piece, or two if the related place is far away.
fn snippets<'a>(found: &'a Remark, source: &'a Source) -> impl Iterator<Item = Snippet<'a, Annotation<'a>>> {
    let related = found.related.as_ref();
    let near = related.filter(|(span, _)| span.start.abs_diff(found.span.start) < NEAR);
    let excerpt = Excerpt::around(source, found.span, near.map_or(found.span, |(span, _)| *span));
    let mark = excerpt.mark(AnnotationKind::Primary, found.span, found.label.as_deref());
    let other = near.map(|(span, label)| excerpt.mark(AnnotationKind::Context, *span, Some(label)));
    let main = excerpt.snippet().annotation(mark).annotations(other);
    let far = related.filter(|_| near.is_none()).map(|(span, label)| {
        let excerpt = Excerpt::around(source, *span, *span);
        excerpt.snippet().annotation(excerpt.mark(AnnotationKind::Context, *span, Some(label)))
    });
    std::iter::once(main).chain(far)
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
        let start = boundary_behind(text, line.start.max(first.start.saturating_sub(MARGIN)));
        let end = source.line_at(last.start).end.min(last.end.min(last.start + MARGIN) + MARGIN);
        let end = boundary_before(text, end).max(start);
        Self { text: &text[start..end], start, line: source.position(line.start).line }
    }

    fn mark<'l>(&self, kind: AnnotationKind, span: Span, label: Option<&'l str>) -> Annotation<'l> {
        let inside = |offset: usize| boundary_before(self.text, offset.saturating_sub(self.start));
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
