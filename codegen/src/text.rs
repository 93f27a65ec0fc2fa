//! Words for messages: quoting what a file said, listing what it could have said.

/// The longest piece of a file that a message repeats, in characters.
const QUOTED: usize = 60;

/// The value in backticks, on one line, without control characters, shortened if it is long.
pub(crate) fn quote(value: &str) -> String {
    let mut text: String = value
        .chars()
        .take(QUOTED)
        .flat_map(|c| match c {
            c if c.is_control() => c.escape_default().collect::<Vec<_>>(),
            c => vec![c],
        })
        .collect();
    if value.chars().nth(QUOTED).is_some() {
        text.push('…');
    }
    format!("`{text}`")
}

/// The most words that a message lists.
const LISTED: usize = 12;

/// "`a`, `b` and `c`".
pub(crate) fn list(words: &[&str]) -> String {
    match words {
        [first @ .., _] if first.len() >= LISTED => {
            let first: Vec<_> = first[..LISTED].iter().map(|word| format!("`{word}`")).collect();
            format!("{} and {} more", first.join(", "), words.len() - LISTED)
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
        assert_eq!(quote("a\n\u{1b}[31m"), "`a\\n\\u{1b}[31m`");
        assert_eq!(quote(&"ü".repeat(100)), format!("`{}…`", "ü".repeat(60)));
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert!(list(&["a"; 15]).ends_with("`a` and 3 more"));
    }
}
