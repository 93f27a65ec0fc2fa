//! A look at the tags before the XML parser sees them: how many attributes have they?
//!
//! The parser compares each attribute with all others of its element, and copies the namespaces that are in force into each
//! element that adds one. The format has at most six attributes for an element, and no namespaces.

use crate::diagnose::Sink;
use crate::rule::Rule;
use crate::source::Span;

/// The most attributes of one element.
const MAX_ATTRIBUTES: usize = 64;

/// The most namespaces that all elements of a file declare.
const MAX_NAMESPACES: usize = 64;

/// Whether elements have so few attributes that the parser takes no more than linear time. Reports if not.
///
/// Tags in entities count like any other. What is no tag for the parser, such as one that never ends, may be taken for one;
/// the parser refuses the file then.
pub(super) fn are_bounded(text: &str, sink: &mut Sink<'_>) -> bool {
    let mut at = 0;
    let mut namespaces = 0;
    while let Some(start) = text[at..].find('<').map(|start| at + start) {
        let rest = &text[start..];
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((open, close)) = skipped.into_iter().find(|(open, _)| rest.starts_with(open)) {
            let Some(end) = rest[open.len()..].find(close) else { return true };
            at = start + open.len() + end + close.len();
            continue;
        }
        at = start + 1;
        if !rest[1..].starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | ':')) {
            continue;
        }
        let tag = Tag::read(&rest[1..]);
        at += tag.len;
        namespaces += tag.namespaces;
        let (count, what, place) = if tag.attributes > MAX_ATTRIBUTES {
            (MAX_ATTRIBUTES, "attributes", "an element")
        } else if namespaces > MAX_NAMESPACES {
            (MAX_NAMESPACES, "namespaces", "a file")
        } else {
            continue;
        };
        let name = rest[1..].find(|c: char| c.is_whitespace()).unwrap_or(0);
        sink.report(
            Rule::TooLarge,
            Span { start, end: start + 1 + name },
            format!("more than {count} {what} in {place}"),
        )
        .help("the elements of the format have at most six attributes, and no namespaces");
        return false;
    }
    true
}

/// What follows a `<`, up to the next `<` or `>` outside quotes.
struct Tag {
    len: usize,
    attributes: usize,
    namespaces: usize,
}

impl Tag {
    fn read(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut tag = Self { len: 0, attributes: 0, namespaces: 0 };
        // Behind the value of the attribute before.
        let mut behind = 0;
        while let Some(&byte) = bytes.get(tag.len) {
            match byte {
                b'<' | b'>' => break,
                b'"' | b'\'' => {
                    tag.attributes += 1;
                    let name = text[behind..tag.len].trim_end().trim_end_matches('=').trim_end();
                    let name = name.rsplit(char::is_whitespace).next().unwrap_or(name);
                    tag.namespaces += usize::from(name.starts_with("xmlns"));
                    let value = &bytes[tag.len + 1..];
                    // A value has no `<`; one that is not closed ends the tag.
                    tag.len +=
                        1 + value.iter().position(|&other| other == byte || other == b'<').unwrap_or(value.len());
                    if bytes.get(tag.len) == Some(&b'<') {
                        break;
                    }
                    behind = tag.len + 1;
                }
                _ => {}
            }
            tag.len += 1;
        }
        tag.len = tag.len.min(bytes.len());
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded(text: &str) -> bool {
        are_bounded(text, &mut Sink { file: 0, list: &mut Vec::new() })
    }

    fn attributes(count: usize, name: &str) -> String {
        (0..count).map(|number| format!(" {name}{number} = 'v > \"'")).collect()
    }

    #[test]
    fn attributes_are_counted_for_each_element() {
        let element = |count| format!("<a{}/>", attributes(count, "b"));
        assert!(bounded(&element(MAX_ATTRIBUTES).repeat(5)));
        assert!(!bounded(&element(MAX_ATTRIBUTES + 1)));
        assert!(!bounded(&format!("<p>é<b c=\"x\"></b>{}</p>", element(MAX_ATTRIBUTES + 1))));
    }

    #[test]
    fn namespaces_are_counted_for_all_elements() {
        let element = |count| format!("<a{}>", attributes(count, "xmlns:n"));
        assert!(bounded(&element(MAX_NAMESPACES)));
        assert!(!bounded(&(element(MAX_NAMESPACES) + "<b xmlns='a'>")));
        assert!(!bounded(&"<a x='' xmlns:n='u'>".repeat(MAX_NAMESPACES + 1)));
    }

    #[test]
    fn what_is_no_tag_does_not_count() {
        let many = format!("<a{}/>", attributes(1000, "b"));
        for text in [format!("<!-- {many} -->"), format!("<p><![CDATA[{many}]]></p>"), format!("<?pi {many}?>")] {
            assert!(bounded(&text), "{text}");
        }
        assert!(!bounded(&format!("<!DOCTYPE p [<!ENTITY e \"{}\">]><p>&e;</p>", many.replace('"', ""))));
    }

    #[test]
    fn each_byte_is_looked_at_once_or_twice() {
        // None of these ends, so that what looks for the end of each would go through the rest every time.
        for piece in ["<a ", "<a b=\"", "<!", "<", "<a b='c", "<é"] {
            assert!(bounded(&piece.repeat(100_000)));
        }
    }
}
