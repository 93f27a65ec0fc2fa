//! Reports of a run: for people at a terminal, for a CI (`JUnit`), for programs (JSON), for a browser (HTML).
//!
//! Knows records; refuses to know targets. Each format is a function from [`Run`] to text.

mod html;
mod json;
mod junit;
mod terminal;

pub use terminal::Terminal;

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use crate::case::{Outcome, Record, Severity};

/// A finished run.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What was judged, as the user named it.
    pub target: &'a str,
    /// How each case came out, in order.
    pub records: &'a [Record],
}

/// How many cases came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: usize,
    /// Failed, musts and shoulds.
    pub failed: usize,
    /// Failed musts among them.
    pub failed_musts: usize,
    /// Skipped.
    pub skipped: usize,
}

impl Tally {
    /// Counts `records`.
    #[must_use]
    pub fn of(records: &[Record]) -> Self {
        let mut tally = Self::default();
        for record in records {
            match record.outcome {
                Outcome::Passed => tally.passed += 1,
                Outcome::Skipped(_) => tally.skipped += 1,
                Outcome::Failed(_) => {
                    tally.failed += 1;
                    tally.failed_musts += usize::from(record.row.severity == Severity::Must);
                }
            }
        }
        tally
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The file formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One testsuite element, as CI systems read it.
    Junit,
    /// One object with a list of cases.
    Json,
    /// One page without outside references.
    Html,
}

/// A format name that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not one of junit, json, html")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        match name {
            "junit" => Ok(Self::Junit),
            "json" => Ok(Self::Json),
            "html" => Ok(Self::Html),
            other => Err(UnknownFormat(other.to_owned())),
        }
    }
}

/// Writes `run` to `path` in `format`.
///
/// # Errors
/// When the file cannot be written.
pub fn write(run: &Run<'_>, format: Format, path: &Path) -> io::Result<()> {
    let text = match format {
        Format::Junit => junit::render(run),
        Format::Json => json::render(run),
        Format::Html => html::render(run),
    };
    std::fs::write(path, text)
}

/// `text` with what XML and HTML give a meaning to escaped, and control characters, which XML cannot hold, replaced.
fn escape_markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::case::{Part, Row};

    /// One record of each outcome, with text that needs escaping.
    pub(crate) fn records() -> Vec<Record> {
        let record = |id, severity, outcome| Record {
            row: Row { id, what: "a <b> & \"c\"", source: "manual", severity },
            part: Part::Server,
            outcome,
            took: Duration::from_millis(1500),
        };
        vec![
            record("O01", Severity::Must, Outcome::Passed),
            record("O02", Severity::Must, Outcome::Failed("said \"no\"\u{1b}".to_owned())),
            record("O03", Severity::Should, Outcome::Failed("late".to_owned())),
            record("O04", Severity::Must, Outcome::Skipped("no wl_shm".to_owned())),
        ]
    }

    #[test]
    fn the_tally_counts_failed_musts_apart() {
        let tally = Tally::of(&records());
        assert_eq!(tally, Tally { passed: 1, failed: 2, failed_musts: 1, skipped: 1 });
        assert_eq!(tally.to_string(), "1 passed, 2 failed, 1 skipped");
    }
}
