//! Names: which characters they may have (X01 to X08).

use super::Checker;
use crate::ast::Text;
use crate::rule::Rule;
use crate::source::Span;
use crate::text::quote;

/// How a name is used in languages that we generate for or that others do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// An identifier of its own: no leading digit.
    Standalone,
    /// The end of a longer identifier, as the names of enums and entries are in C.
    Trailing,
}

/// What is wrong with a name.
pub(super) struct Fault {
    /// The offending bytes in the name.
    at: std::ops::Range<usize>,
    label: &'static str,
}

pub(super) fn fault(name: &str, role: Role) -> Option<Fault> {
    name.char_indices().find_map(|(at, c)| {
        let label = match c {
            'a'..='z' | 'A'..='Z' | '_' => return None,
            '0'..='9' if at > 0 || role == Role::Trailing => return None,
            '0'..='9' => "a name does not start with a digit",
            c if c.is_whitespace() => "a name has no spaces",
            c if !c.is_ascii() => "only ASCII letters",
            _ => "not allowed in a name",
        };
        Some(Fault { at: at..at + c.len_utf8(), label })
    })
}

impl Checker<'_> {
    /// The name of something; a placeholder if it has none that can be used.
    pub(super) fn name(&mut self, name: Option<&Text>, tag: Span, what: &str, role: Role) -> String {
        let Some(name) = name else {
            self.missing(tag, what, "name", &format!("give the {what} a name: `name=\"...\"`"));
            return "_".to_owned();
        };
        if self.identifier(name, &format!("{what} name"), role) { name.value.clone() } else { "_".to_owned() }
    }

    /// Whether a value is an identifier; reports it if not.
    pub(super) fn identifier(&mut self, name: &Text, what: &str, role: Role) -> bool {
        let value = &name.value;
        if value.is_empty() {
            self.sink
                .report(Rule::InvalidName, name.span, format!("the {what} is empty"))
                .help("a name has at least one letter");
            return false;
        }
        let Some(fault) = fault(value, role) else { return true };
        // With references such as `&#32;` in it the value does not match its bytes; then all of it is marked.
        let exact = name.span.end - name.span.start == value.len();
        let span = if exact {
            Span { start: name.span.start + fault.at.start, end: name.span.start + fault.at.end }
        } else {
            name.span
        };
        self.sink
            .report(Rule::InvalidName, span, format!("{} is not a valid {what}", quote(value)))
            .label(fault.label)
            .help(match role {
                Role::Standalone => "a name is made of ASCII letters, digits and `_`, and does not start with a digit",
                Role::Trailing => "a name of this kind is made of ASCII letters, digits and `_`",
            });
        false
    }
}
