//! Documentation: the prose of the XML as rustdoc. Everything that Markdown or rustdoc would take for markup is escaped,
//! except what prose of this kind means by it: lists, headings underlined with dashes, and words in backticks. Names such
//! as `wl_surface.attach` become code. Indented passages become preformatted text, never doc tests.

use crate::model::Docs;

/// Longest line of documentation, without indentation and slashes.
const WIDTH: usize = 88;

/// Words that look like identifiers and are none.
const ORDINARY: &[&str] = &["GHz", "GiB", "GitHub", "KiB", "MHz", "MiB", "OpenGL"];

/// The lines of a doc comment, without `///`: the summary (or something to say instead), the text, and `notes` as
/// paragraphs of their own.
pub(super) fn rustdoc(docs: &Docs, instead: &str, notes: &[String]) -> Vec<String> {
    let mut lines = match &docs.summary {
        Some(summary) => wrap(&words(&sentence(summary)), "", ""),
        None => vec![instead.to_owned()],
    };
    for block in blocks(&docs.text) {
        lines.push(String::new());
        lines.extend(block);
    }
    for note in notes {
        lines.push(String::new());
        lines.extend(note.lines().map(str::to_owned));
    }
    lines
}

/// As a doc comment.
pub(super) fn comment(lines: &[String]) -> impl Iterator<Item = String> + '_ {
    lines.iter().map(|line| if line.is_empty() { "///".to_owned() } else { format!("/// {line}") })
}

/// A list item, if there is anything to say.
pub(super) fn list_item(term: &str, docs: &Docs) -> Vec<String> {
    match &docs.summary {
        Some(summary) => wrap(&words(summary), &format!("- {term}: "), "  "),
        None => Vec::new(),
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let mut letters = text.chars();
    let mut sentence = match letters.next() {
        Some(letter)
            if first.chars().skip(1).all(|c| c.is_ascii_lowercase() || c.is_ascii_punctuation()) && !is_name(first) =>
        {
            letter.to_uppercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    };
    if !sentence.ends_with(['.', '!', '?', ':']) {
        sentence.push('.');
    }
    sentence
}

/// Paragraphs, lists, headings and preformatted passages, as lines of Markdown.
fn blocks(text: &str) -> Vec<Vec<String>> {
    let mut blocks = Vec::new();
    for chunk in text.split("\n\n").map(|chunk| chunk.trim_matches('\n')).filter(|chunk| !chunk.trim().is_empty()) {
        let mut lines: &[&str] = &chunk.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>();
        if let [title, rule, rest @ ..] = lines
            && is_rule(rule)
        {
            blocks.push(vec![format!("# {}", words(title).join(" "))]);
            lines = rest;
        }
        if lines.is_empty() {
            continue;
        }
        if lines.iter().all(|line| line.starts_with("    ")) && !lines.iter().any(|line| item(line).is_some()) {
            let indent = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
            let code = lines.iter().map(|line| line[indent..].replace("```", "'''"));
            blocks.push(std::iter::once("```text".to_owned()).chain(code).chain(["```".to_owned()]).collect());
            continue;
        }
        blocks.extend(flowing(lines));
    }
    blocks
}

/// A line of dashes or equals signs under a title.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && (line.bytes().all(|byte| byte == b'-') || line.bytes().all(|byte| byte == b'='))
}

/// Prose with or without list items in it.
fn flowing(lines: &[&str]) -> Vec<Vec<String>> {
    let mut blocks: Vec<Vec<String>> = Vec::new();
    let mut in_list = false;
    let mut rest = lines;
    while let Some((first, mut after)) = rest.split_first() {
        let (marker, first) = item(first).map_or(("", *first), |(marker, text)| (marker, text));
        let mut text = first.to_owned();
        while let Some((next, later)) = after.split_first().filter(|(next, _)| item(next).is_none()) {
            text.push('\n');
            text.push_str(next);
            after = later;
        }
        rest = after;
        let start = if marker.is_empty() { String::new() } else { format!("{marker} ") };
        let wrapped = wrap(&words(&text), &start, &" ".repeat(start.len()));
        // The items of one list follow each other directly.
        match blocks.last_mut().filter(|_| in_list && !marker.is_empty()) {
            Some(list) => list.extend(wrapped),
            None => blocks.push(wrapped),
        }
        in_list = !marker.is_empty();
    }
    blocks
}

/// Marker and text of a list item: `- text`, `* text`, `1. text`.
fn item(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (marker, text) = line.split_once(' ')?;
    let text = text.trim_start();
    let number = marker
        .strip_suffix(['.', ')'])
        .is_some_and(|n| !n.is_empty() && n.len() < 3 && n.bytes().all(|b| b.is_ascii_digit()));
    match marker {
        "-" | "*" | "+" => Some(("-", text)),
        _ if number => Some((marker, text)),
        _ => None,
    }
}

fn wrap(words: &[String], first: &str, others: &str) -> Vec<String> {
    let mut lines = vec![first.to_owned()];
    let mut is_new = true;
    for word in words {
        let line = lines.last_mut().expect("there is always a line");
        if !is_new && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{others}{word}"));
        } else {
            if !is_new {
                line.push(' ');
            }
            line.push_str(word);
        }
        is_new = false;
    }
    lines
}

/// The words of a text as Markdown. A passage in backticks is part of one word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == '`'
            && let Some((code, after)) = rest.split_once('`').filter(|(code, _)| !code.trim().is_empty())
        {
            word.push_str(&escape(&std::mem::take(&mut plain)));
            let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
            word.push_str(&format!("`{code}`"));
            rest = after;
        } else if c.is_whitespace() {
            word.push_str(&escape(&std::mem::take(&mut plain)));
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        } else {
            plain.push(c);
        }
    }
    word.push_str(&escape(&plain));
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// A word outside backticks as Markdown.
fn escape(word: &str) -> String {
    if word.starts_with("http://") || word.starts_with("https://") {
        let url = word.trim_end_matches(['.', ',', ';', ':', ')', '\'', '"']);
        return format!("<{url}>{}", escape_all(&word[url.len()..]));
    }
    if let Some(rest) = word
        .strip_prefix('*')
        .and_then(|word| word.split_once('*'))
        .filter(|(stressed, _)| !stressed.is_empty() && stressed.chars().all(char::is_alphanumeric))
    {
        return format!("*{}*{}", rest.0, escape_all(rest.1));
    }
    let start = word.find(|c: char| c.is_alphanumeric() || c == '_').unwrap_or(word.len());
    let (before, core) = word.split_at(start);
    let core_len = core.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let (core, after) = core.split_at(core_len);
    let (core, possessive) = core.strip_suffix("'s").map_or((core, ""), |core| (core, "'s"));
    let (core, after) = match after.strip_prefix("()") {
        Some(after) if !core.is_empty() => (format!("{core}()"), after),
        _ => (core.to_owned(), after),
    };
    if is_name(&core) {
        return format!("{}`{core}`{possessive}{}", escape_all(before), escape_all(after));
    }
    escape_all(word)
}

/// Whether a word is a name of some program text: with underscores, colons, parentheses, or capitals inside.
fn is_name(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let camel = word.chars().all(char::is_alphanumeric)
        && word.starts_with(|c: char| c.is_uppercase())
        && capitals > 1
        && word.strip_suffix('s').unwrap_or(word).contains(|c: char| c.is_lowercase());
    !word.contains('`')
        && (word.contains('_') || word.contains("::") || word.ends_with("()") || camel && !ORDINARY.contains(&word))
}

fn escape_all(text: &str) -> String {
    let mut escaped = String::new();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    for (at, c) in text.char_indices() {
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '~' | '|' | '&' => true,
            // Marks that mean something at the start of a line, which any word may come to stand at.
            '#' | '+' | '-' | '=' => at == 0,
            '.' | ')' => at > 0 && at == digits,
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let docs = Docs { summary: Some("set the title".to_owned()), text: text.to_owned() };
        rustdoc(&docs, "", &[]).join("\n")
    }

    #[test]
    fn prose_is_filled_and_escaped() {
        assert_eq!(
            text("See wl_surface.attach and\n  [this] <b>, 3.\n\n*Not* a * list."),
            "Set the title.\n\nSee `wl_surface.attach` and \\[this\\] \\<b\\>, 3\\.\n\n*Not* a \\* list."
        );
        let long = text(&"word ".repeat(40));
        assert!(long.lines().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn lists_headings_and_tables_keep_their_shape() {
        assert_eq!(
            text("The modes:\n  - one,\n    or more\n  - two\n\nUnits\n-----\nPixels.\n\n    a | b\n    c | d"),
            "Set the title.\n\nThe modes:\n\n- one, or more\n- two\n\n# Units\n\nPixels.\n\n```text\na | b\nc | d\n```"
        );
        assert_eq!(text("1. one\n2. two"), "Set the title.\n\n1. one\n2. two");
    }

    #[test]
    fn code_and_addresses_are_left_alone() {
        assert_eq!(
            text("`a[0] *` is \"wl_foo's\", see https://example.org/a_b. Use foo()."),
            "Set the title.\n\n`a[0] *` is \"`wl_foo`'s\", see <https://example.org/a_b>. Use `foo()`."
        );
        assert_eq!(
            text("an open ` tick, OpenGL and DrmFormat"),
            "Set the title.\n\nan open \\` tick, OpenGL and `DrmFormat`"
        );
    }

    #[test]
    fn summaries_become_sentences() {
        assert_eq!(sentence("set the title"), "Set the title.");
        assert_eq!(sentence("wl_surface role"), "wl_surface role.");
        assert_eq!(sentence("is it?"), "Is it?");
    }
}
