//! A look at the DOCTYPE before the XML parser sees it: how much text can its entities turn into?
//!
//! The parser bounds the depth of entities and how often one reference may use others, but not how often the document
//! itself uses them; a file of a few megabytes could still grow to terabytes.

use crate::diagnose::Sink;
use crate::rule::Rule;
use crate::source::{MAX_INPUT, Span};

/// How many references one reference may contain, all levels together: the parser's own limit.
const REFERENCES_EACH: usize = 255;

/// Whether the text stays within [`MAX_INPUT`] when every reference in it is replaced, in the worst case. Reports if not.
pub(super) fn is_bounded(text: &str, sink: &mut Sink<'_>) -> bool {
    let Some(entities) = find(text) else { return true };
    let references = text.matches('&').count();
    let worst = references.saturating_mul(REFERENCES_EACH).saturating_mul(entities.subset_len);
    if worst <= MAX_INPUT {
        return true;
    }
    let span = Span { start: entities.first, end: entities.first + "<!ENTITY".len() };
    sink.report(Rule::Entity, span, format!("these entities could grow the text by up to {worst} bytes"))
        .help("write the text itself; a protocol needs no entities");
    false
}

struct Entities {
    /// Where the first declaration starts.
    first: usize,
    /// Length of the DOCTYPE, and so of the longest entity.
    subset_len: usize,
}

/// Finds entity declarations in the DOCTYPE, which can only stand in front of the first element.
fn find(text: &str) -> Option<Entities> {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let start = at + rest.find('<')?;
        let rest = &text[start..];
        if rest.starts_with("<?") {
            at = start + rest.find("?>")? + 2;
        } else if rest.starts_with("<!--") {
            at = start + rest.find("-->")? + 3;
        } else if rest.starts_with("<!DOCTYPE") {
            // Everything up to the first element counts as the subset: more than there is, never less.
            let first = start + rest.find("<!ENTITY")?;
            return Some(Entities { first, subset_len: rest.len().min(subset_len(rest)) });
        } else {
            return None;
        }
    }
}

/// Length of a DOCTYPE: up to the `>` outside quotes, comments and brackets.
fn subset_len(doctype: &str) -> usize {
    let bytes = doctype.as_bytes();
    let (mut at, mut depth, mut quote) = (0, 0usize, None);
    while let Some(&byte) = bytes.get(at) {
        if quote.is_none() && bytes[at..].starts_with(b"<!--") {
            at += bytes[at..].windows(3).position(|end| end == b"-->").map_or(bytes.len(), |end| end + 3);
            continue;
        }
        match (quote, byte) {
            (Some(open), _) => quote = Some(open).filter(|&open| open != byte),
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'<') => depth += 1,
            (None, b'>') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded(text: &str) -> bool {
        is_bounded(text, &mut Sink { file: 0, list: &mut Vec::new() })
    }

    #[test]
    fn a_plain_doctype_is_bounded() {
        assert!(bounded("<!DOCTYPE protocol SYSTEM \"wayland.dtd\"><protocol name=\"a\"/>"));
        assert!(bounded("<!DOCTYPE p [<!ENTITY a \"text\">]><p>&a;&a;</p>"));
    }

    #[test]
    fn x39_many_uses_of_a_long_entity_are_not() {
        let long = "x".repeat(1 << 10);
        let many = "&a;".repeat(1 << 10);
        assert!(!bounded(&format!("<!-- c --><?pi?><!DOCTYPE p [<!-- > --><!ENTITY a \"{long}\">]><p>{many}</p>")));
    }

    #[test]
    fn the_doctype_ends_where_it_ends() {
        for doctype in ["<!DOCTYPE p>", "<!DOCTYPE p [<!ENTITY a \">\">]>", "<!DOCTYPE p [<!-- ' > -->]>"] {
            assert_eq!(subset_len(&format!("{doctype}<p>é</p>")), doctype.len());
        }
        assert_eq!(subset_len("<!DOCTYPE p ["), 13);
    }
}
