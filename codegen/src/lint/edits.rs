//! Changes of a file's text.

use crate::source::Span;

/// Bytes that become others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) span: Span,
    pub(super) text: String,
}

/// A file with findings mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The name of the [`Source`](crate::source::Source).
    pub name: String,
    /// The new text. What is not mended is as it was, byte for byte.
    pub text: String,
    /// How many findings are mended.
    pub count: usize,
}

/// The text with as many of these groups of edits as do not overlap, and how many those are.
pub(super) fn apply<'e>(text: &str, groups: impl Iterator<Item = &'e [Edit]>) -> (String, usize) {
    let (mut edits, mut count, mut taken) = (Vec::new(), 0, std::collections::BTreeMap::new());
    for group in groups {
        // Two that touch are left for the next round: one may be inside of what the other moves.
        let is_free = |edit: &Edit| {
            let before = taken.range(..=edit.span.end).next_back();
            before.is_none_or(|(_, end): (&usize, &usize)| *end < edit.span.start)
        };
        if group.iter().all(is_free) {
            taken.extend(group.iter().map(|edit| (edit.span.start, edit.span.end)));
            edits.extend(group);
            count += 1;
        }
    }
    edits.sort_by_key(|edit| edit.span);
    let (mut new, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        new += &text[at..edit.span.start];
        new += &edit.text;
        at = edit.span.end;
    }
    new += &text[at..];
    (new, count)
}
