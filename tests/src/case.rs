//! What a case is: an identity, a sentence, a source, a severity, and a function that judges a target.
//!
//! Knows nothing of any target; the function's argument is the context of its part of the kit (a server fixture, a client
//! stage, a scanner, a codec).

use std::fmt;
use std::time::Duration;

use crate::socket::SocketError;
use crate::wire::WireError;

/// How much a failure weighs. A failed must makes the command fail; a should is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth having; a peer without it is poorer, not wrong.
    Should,
    /// Required of every implementation.
    Must,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Should => "should",
            Self::Must => "must",
        })
    }
}

/// Which implementation part a case puts under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Encoding and decoding of messages.
    Codec,
    /// A generator that reads protocol XML.
    Scanner,
    /// A server behind a socket.
    Server,
    /// A client started by the kit.
    Client,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Codec => "codec",
            Self::Scanner => "scanner",
            Self::Server => "server",
            Self::Client => "client",
        })
    }
}

/// The identity of a case: a row of every report.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Letter of the group, number, and where several stimuli share those a letter; see the [front page](crate#ids).
    pub id: &'static str,
    /// One sentence: the stimulus, what must come of it, and why where that is not plain.
    pub what: &'static str,
    /// Where the requirement comes from.
    pub source: &'static str,
    /// How much a failure weighs.
    pub severity: Severity,
}

/// A case over the context `C`.
pub struct Case<C: ?Sized> {
    /// Its identity.
    pub row: Row,
    /// Judges the target.
    pub run: fn(&mut C) -> Verdict,
}

impl<C: ?Sized> Case<C> {
    /// A case every implementation has to pass.
    #[must_use]
    pub const fn must(id: &'static str, what: &'static str, source: &'static str, run: fn(&mut C) -> Verdict) -> Self {
        Self { row: Row { id, what, source, severity: Severity::Must }, run }
    }

    /// A case an implementation is better for passing.
    #[must_use]
    pub const fn should(
        id: &'static str,
        what: &'static str,
        source: &'static str,
        run: fn(&mut C) -> Verdict,
    ) -> Self {
        Self { row: Row { id, what, source, severity: Severity::Should }, run }
    }
}

/// The groups in the order of reports.
const GROUPS: &str = "WXOVDPMSKB";

/// Puts tables of cases into the order of reports: by group, then by id.
#[must_use]
pub fn in_order<C: ?Sized>(tables: &[&'static [Case<C>]]) -> Vec<&'static Case<C>> {
    let mut cases: Vec<&'static Case<C>> = tables.iter().copied().flatten().collect();
    cases.sort_by_key(|case| (case.row.id.chars().next().and_then(|group| GROUPS.find(group)), case.row.id));
    cases
}

/// What a case function returns: `Ok` is a pass.
pub type Verdict = Result<(), Stop>;

/// Why a case ended before its last line.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The target did something else than required; the text says what it did.
    Fail(String),
    /// The target does not offer what the case needs; the text says what is missing.
    Skip(String),
}

impl From<SocketError> for Stop {
    fn from(error: SocketError) -> Self {
        Self::Fail(error.to_string())
    }
}

impl From<WireError> for Stop {
    fn from(error: WireError) -> Self {
        Self::Fail(format!("an event cannot be read: {error}"))
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Fail(format!("the kit's own set-up failed: {error}"))
    }
}

impl From<rustix::io::Errno> for Stop {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Fail(format!("the kit's own set-up failed: {errno}"))
    }
}

/// Fails the case with what was observed.
///
/// # Errors
/// Always.
pub fn fail<T>(observed: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Fail(observed.into()))
}

/// Skips the case, naming what the target lacks.
///
/// # Errors
/// Always.
pub fn skip<T>(missing: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Skip(missing.into()))
}

/// Goes on if `held`, else fails with the text of `observed`.
///
/// # Errors
/// [`Stop::Fail`] if not `held`.
pub fn ensure(held: bool, observed: impl FnOnce() -> String) -> Verdict {
    if held { Ok(()) } else { fail(observed()) }
}

/// How a case came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As required.
    Passed,
    /// Not as required; what was observed instead.
    Failed(String),
    /// Not judged; what the target lacks.
    Skipped(String),
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Ok(()) => Self::Passed,
            Err(Stop::Fail(observed)) => Self::Failed(observed),
            Err(Stop::Skip(missing)) => Self::Skipped(missing),
        }
    }
}

/// One line of a report.
#[derive(Clone, Debug)]
pub struct Record {
    /// Which case.
    pub row: Row,
    /// Which part of the kit ran it.
    pub part: Part,
    /// How it came out.
    pub outcome: Outcome,
    /// How long it took, checks included.
    pub took: Duration,
}

/// Which cases to run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Ids or prefixes of ids (`O04` selects O04a and O04b); empty selects all.
    pub ids: Vec<String>,
    /// Only musts.
    pub musts_only: bool,
}

impl Selection {
    /// Whether `row` is to run.
    #[must_use]
    pub fn includes(&self, row: &Row) -> bool {
        let wanted = self.ids.is_empty() || self.ids.iter().any(|id| row.id.starts_with(id.as_str()));
        wanted && (!self.musts_only || row.severity == Severity::Must)
    }
}
