//! Rust text: lines, and blocks that are indented. One statement or item stands on a line, however long; the command
//! `wayline` breaks lines for people. Text of protocol files cannot end a line, and with it a comment.

use crate::text::turns_text;

/// Text under construction.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// A writer for what stands inside a module.
    pub(super) fn inside() -> Self {
        Self { text: String::new(), depth: 1 }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// One line; an empty one has no indentation.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n("    ", self.depth));
            let is_line_end = |c| matches!(c, '\n' | '\r');
            if line.contains(|c| is_line_end(c) || turns_text(c)) {
                let kept = line.chars().filter(|&c| !turns_text(c));
                self.text.extend(kept.map(|c| if is_line_end(c) { ' ' } else { c }));
            } else {
                self.text.push_str(line);
            }
        }
        self.text.push('\n');
    }

    pub(super) fn lines<T: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = T>) {
        lines.into_iter().for_each(|line| self.line(line));
    }

    /// Text that is laid out already.
    pub(super) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Lines that are indented further.
    pub(super) fn deeper(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    /// `head {`, the body, and `tail`.
    pub(super) fn block(&mut self, head: &str, tail: &str, body: impl FnOnce(&mut Self)) {
        self.line(format!("{head} {{"));
        self.deeper(body);
        self.line(tail);
    }

    /// A block whose head ends with where-clauses.
    pub(super) fn bounded_block(&mut self, head: &str, bounds: &[String], body: impl FnOnce(&mut Self)) {
        if bounds.is_empty() {
            return self.block(head, "}", body);
        }
        self.line(head);
        self.line("where");
        self.deeper(|w| w.lines(bounds.iter().map(|bound| format!("{bound},"))));
        self.line("{");
        self.deeper(body);
        self.line("}");
    }

    /// `use path::{names};`
    pub(super) fn import(&mut self, path: &str, names: &[&str]) {
        match names {
            [only] => self.line(format!("use {path}::{only};")),
            names => self.line(format!("use {path}::{{{}}};", names.join(", "))),
        }
    }
}
