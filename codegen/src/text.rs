//! Words for messages: quoting what a file said, listing what it could have said. Also which characters of a file may
//! stand in messages and in code.

/// The last boundary of characters that is not behind `at`.
pub(crate) fn boundary_before(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The first boundary of characters that is not before `at`.
pub(crate) fn boundary_behind(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

/// The longest piece of a file that a message repeats, in characters.
const QUOTED: usize = 60;

/// Whether a character changes the direction of the text behind it, so that it reads as something else than it is. rustc
/// refuses these, also in comments.
pub(crate) fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text on one line, with control characters and those that turn text around as escapes: `\n`, `\u{202e}`.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns_text(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// The value in backticks, on one line, without control characters, shortened if it is long.
pub(crate) fn quote(value: &str) -> String {
    let mut text = one_line(&value.chars().take(QUOTED).collect::<String>());
    if value.chars().nth(QUOTED).is_some() {
        text.push('…');
    }
    format!("`{text}`")
}

/// The most words that a message lists.
pub(crate) const LISTED: usize = 12;

/// "`a`, `b` and `c`".
pub(crate) fn list(words: &[&str]) -> String {
    list_of(words, words.len())
}

/// The same of the first words of a list of `total`, more than [`LISTED`] of them if there are more.
pub(crate) fn list_of(words: &[&str], total: usize) -> String {
    match words {
        [first @ .., _] if first.len() >= LISTED => {
            let first: Vec<_> = first[..LISTED].iter().map(|word| format!("`{word}`")).collect();
            format!("{} and {} more", first.join(", "), total - LISTED)
        }
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_stays_on_one_line_and_short() {
        assert_eq!(quote("a\n\u{1b}[31m\u{202e}"), "`a\\n\\u{1b}[31m\\u{202e}`");
        assert_eq!(quote(&"ü".repeat(100)), format!("`{}…`", "ü".repeat(60)));
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert!(list(&["a"; 15]).ends_with("`a` and 3 more"));
    }
}
