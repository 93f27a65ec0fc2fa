//! Text of a peer on its way to people.

use std::fmt;

/// Shows text that a peer wrote, so that it stays one line and says nothing to a terminal: control characters, line
/// separators, and characters that turn the direction of writing are shown by their number, such as `\u{1b}`.
///
/// The errors of this crate do so by themselves. Programs that print titles, names or interfaces of a peer do it with this:
///
/// ```
/// assert_eq!(wayline::Escaped("a\x1b[31m\nb").to_string(), "a\\u{1b}[31m\\nb");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.contains(is_unfit) {
            // Also keeps to a width.
            return f.pad(self.0);
        }
        let mut rest = self.0;
        while let Some(at) = rest.find(is_unfit) {
            let (fit, unfit) = rest.split_at(at);
            f.write_str(fit)?;
            let mut characters = unfit.chars();
            match characters.next() {
                Some('\n') => f.write_str("\\n")?,
                Some('\r') => f.write_str("\\r")?,
                Some('\t') => f.write_str("\\t")?,
                Some(unfit) => write!(f, "{}", unfit.escape_unicode())?,
                None => {}
            }
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

/// As many whole characters from the start of `text` as `limit` bytes can hold.
pub(crate) fn shortened(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

/// Whether a character does something else than to be seen at its place.
fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Arabic letter mark, left-to-right mark, right-to-left mark.
            '\u{61c}' | '\u{200e}' | '\u{200f}'
            // Line and paragraph separator; embeddings and overrides.
            | '\u{2028}'..='\u{202e}'
            // Isolates, and deprecated controls of shaping.
            | '\u{2066}'..='\u{206f}'
            // Annotations; tags, which cannot be seen at all.
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{Escaped, shortened};

    #[test]
    fn shortened_text_ends_with_a_whole_character() {
        assert_eq!([0, 1, 2, 3, 4, 9].map(|limit| shortened("aéb", limit)), ["", "a", "a", "aé", "aéb", "aéb"]);
    }

    #[test]
    fn control_characters_and_changes_of_direction_are_shown_by_their_number() {
        for (text, shown) in [
            ("", ""),
            ("plain text, naïve, 漢字 \\n", "plain text, naïve, 漢字 \\n"),
            ("two\nlines\r\n\t", "two\\nlines\\r\\n\\t"),
            ("\x1b]0;title\x07\x7f", "\\u{1b}]0;title\\u{7}\\u{7f}"),
            ("\u{9b}31m\u{85}", "\\u{9b}31m\\u{85}"),
            ("a\u{202e}b\u{2066}c\u{2028}d\u{200f}", "a\\u{202e}b\\u{2066}c\\u{2028}d\\u{200f}"),
        ] {
            assert_eq!(Escaped(text).to_string(), shown);
        }
        assert_eq!(format!("{:<6}|", Escaped("ab")), "ab    |");
    }
}
