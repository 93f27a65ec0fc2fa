//! Descriptions as paragraphs, lists, headings and preformatted passages, in whose words references are links. Nothing an
//! author writes is markup here: texts stay texts, which templates escape.

mod blocks;

use minijinja::context;
use minijinja::value::Value;

use super::links::{Here, Hint, Links};
use blocks::{Block, blocks};

/// Words that are shown alike.
#[derive(Debug, Clone, PartialEq, Default)]
struct Piece {
    text: String,
    code: bool,
    stressed: bool,
    href: Option<String>,
}

/// Makes values for templates from texts that stand at a place.
#[derive(Clone, Copy)]
pub(super) struct Prose<'a> {
    pub(super) links: &'a Links<'a>,
    pub(super) here: Here<'a>,
    /// The id of what the text is about, to which it has no links.
    pub(super) own: Option<&'a str>,
}

impl Prose<'_> {
    /// A description.
    pub(super) fn blocks(&self, text: &str) -> Value {
        let values = blocks(text).into_iter().map(|block| match block {
            Block::Heading(text) => context! { kind => "heading", pieces => self.line(&text) },
            Block::Paragraph(text) => context! { kind => "paragraph", pieces => self.line(&text) },
            Block::Preformatted(text) => context! { kind => "preformatted", text },
            Block::List(start, items) => {
                let paragraphs = |item: &Vec<String>| item.iter().map(|text| self.line(text)).collect::<Vec<_>>();
                let items: Vec<_> = items.iter().map(paragraphs).collect();
                context! { kind => "list", start, items }
            }
        });
        values.collect::<Vec<_>>().into()
    }

    /// A summary, or words that flow.
    pub(super) fn line(&self, text: &str) -> Value {
        let values = self.pieces(text).into_iter().map(|piece| {
            context! { text => piece.text, code => piece.code, stressed => piece.stressed, href => piece.href }
        });
        values.collect::<Vec<_>>().into()
    }

    fn pieces(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Pieces::default();
        let mut words = text.split_whitespace().peekable();
        let mut first = true;
        while let Some(word) = words.next() {
            if !std::mem::take(&mut first) {
                pieces.plain(" ");
            }
            // A passage in backticks may have spaces.
            if let Some((before, after)) = word.split_once('`') {
                let mut passage = after.to_owned();
                let mut ahead = words.clone();
                while !passage.contains('`') && passage.len() < LONGEST_PASSAGE {
                    let Some(next) = ahead.next() else { break };
                    passage.push(' ');
                    passage.push_str(next);
                }
                if let Some((code, rest)) = passage.split_once('`').filter(|(code, _)| !code.trim().is_empty()) {
                    words = ahead;
                    self.word(before, None, &mut pieces);
                    let href = self.reference(code, hint(words.peek().copied()), true);
                    pieces.push(Piece { text: code.trim().to_owned(), code: true, href, ..Piece::default() });
                    self.word(&rest.replace('`', "'"), None, &mut pieces);
                    continue;
                }
            }
            self.word(word, hint(words.peek().copied()), &mut pieces);
        }
        pieces.list
    }

    /// A word outside backticks.
    fn word(&self, word: &str, hint: Option<Hint>, pieces: &mut Pieces) {
        let at = ["http://", "https://"].iter().filter_map(|scheme| word.find(scheme)).min();
        if let Some(at) = at {
            let url = word[at..].split(['<', '>', '"']).next().unwrap_or_default();
            let url = url.trim_end_matches(['.', ',', ';', ':', ')', ']', '\'']);
            if url.len() > "https://".len() {
                pieces.plain(&word[..at]);
                pieces.push(Piece { text: url.to_owned(), href: Some(url.to_owned()), ..Piece::default() });
                return pieces.plain(&word[at + url.len()..]);
            }
        }
        if let Some((stressed, rest)) = word.strip_prefix('*').and_then(|word| word.split_once('*'))
            && !stressed.is_empty()
            && stressed.chars().all(char::is_alphanumeric)
        {
            pieces.push(Piece { text: stressed.to_owned(), stressed: true, ..Piece::default() });
            return pieces.plain(rest);
        }
        let mut rest = word;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
            pieces.plain(&rest[..start]);
            let name = path(&rest[start..]);
            rest = &rest[start + name.len()..];
            let singular = || self.reference(name.strip_suffix('s')?, hint, false);
            let href = self.reference(name, hint, false).or_else(singular);
            if href.is_some() || is_name(name) {
                pieces.push(Piece { text: name.to_owned(), code: true, href, ..Piece::default() });
            } else {
                pieces.plain(name);
            }
        }
        pieces.plain(rest);
    }

    /// The address behind a reference: `wl_surface`, `wl_surface.attach`, `wl_surface::attach()`, `error.role`.
    fn reference(&self, text: &str, hint: Option<Hint>, is_marked: bool) -> Option<String> {
        let text = text.trim().trim_end_matches("()").replace("::", ".").replace('#', ".");
        let names: Vec<_> = text.split('.').collect();
        let href = if names.len() > 3 { None } else { self.links.resolve(self.here, &names, hint, is_marked) };
        href.filter(|href| self.own.is_none() || href.strip_prefix('#') != self.own)
    }
}

/// The longest passage in backticks, in bytes.
const LONGEST_PASSAGE: usize = 200;

/// Pieces under construction; neighbours that are alike become one.
#[derive(Default)]
struct Pieces {
    list: Vec<Piece>,
}

impl Pieces {
    fn plain(&mut self, text: &str) {
        self.push(Piece { text: text.to_owned(), ..Piece::default() });
    }

    fn push(&mut self, piece: Piece) {
        let is_plain = |piece: &Piece| !piece.code && !piece.stressed && piece.href.is_none();
        match self.list.last_mut() {
            _ if piece.text.is_empty() => {}
            Some(last) if is_plain(last) && is_plain(&piece) => last.text.push_str(&piece.text),
            _ => self.list.push(piece),
        }
    }
}

/// The names at the start of a text, which starts with one: `wl_surface.attach()` of `wl_surface.attach(), then`.
fn path(text: &str) -> &str {
    let name = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut end = name(text);
    loop {
        let rest = &text[end..];
        let Some(joint) = ["::", ".", "#"].into_iter().find(|joint| rest.starts_with(joint)) else { break };
        let next = name(&rest[joint.len()..]);
        if next == 0 {
            break;
        }
        end += joint.len() + next;
    }
    if text[end..].starts_with("()") { &text[..end + 2] } else { &text[..end] }
}

/// Whether a word looks like a name of code.
fn is_name(word: &str) -> bool {
    word.len() > 1
        && word.contains(|c: char| c.is_ascii_alphanumeric())
        && (word.trim_matches('_').contains('_') || word.contains("::") || word.ends_with("()"))
}

/// What the next word says about a reference.
fn hint(next: Option<&str>) -> Option<Hint> {
    match next?.trim_matches(|c: char| !c.is_ascii_alphabetic()) {
        "request" | "requests" => Some(Hint::Request),
        "event" | "events" => Some(Hint::Event),
        "enum" | "enums" | "error" | "errors" => Some(Hint::Enum),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_where_prose_goes_on() {
        let paths = ["wl_a.b.", "wl_a::b(), c", "a's", "wl_a#b/c", "x..y"].map(path);
        assert_eq!(paths, ["wl_a.b", "wl_a::b()", "a", "wl_a#b", "x"]);
    }
}
