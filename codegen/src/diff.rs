//! What changed between two versions of protocols, and whom it breaks: programs that are deployed, code, or nobody.
//!
//! ```
//! use wayline_codegen::diff::{Class, Rule, compare};
//! use wayline_codegen::source::Source;
//!
//! let old = r#"<protocol name="lamp">
//!   <interface name="lamp" version="1">
//!     <request name="set"><arg name="brightness" type="uint"/></request>
//!   </interface>
//! </protocol>"#;
//! let new = old.replace("uint", "fixed");
//! let changes = compare(
//!     vec![Source::new("old.xml", old.into())],
//!     vec![Source::new("new.xml", new.into())],
//! )?;
//! assert_eq!(changes[0].rule(), Rule::ArgumentRetyped);
//! assert_eq!(changes[0].class(), Class::Wire);
//! assert_eq!(changes[0].item(), "lamp.set.brightness");
//! assert_eq!(changes[0].message(), "argument `brightness` of request `set` is `fixed`, and was `uint`");
//! # Ok::<(), wayline_codegen::Error>(())
//! ```
//!
//! The command `wayline diff` does the same for files, directories and revisions of git.

mod arguments;
mod context;
mod docs;
mod enums;
mod interfaces;
mod messages;
mod node;
mod pairs;
mod protocols;
mod rule;

use std::collections::BTreeMap;

use crate::ast;
use crate::check;
use crate::diagnose::{Diagnostic, Report};
use crate::error::Error;
use crate::model::Protocol;
use crate::parse;
use crate::rule::Policy;
use crate::source::{Position, Source};
use crate::text::quote;

pub use rule::{Class, Rule};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    rule: Rule,
    item: String,
    message: String,
    old: Option<Place>,
    new: Option<Place>,
    unstable: bool,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the [`Source`].
    pub file: String,
    /// Line and column.
    pub position: Position,
}

impl Change {
    /// What kind of change it is.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Whom it breaks.
    pub fn class(&self) -> Class {
        self.rule.class()
    }

    /// What it is about: names from the interface down, joined by dots, such as `wl_surface.attach.buffer`. The new names,
    /// where there are new ones. A name of more than 200 characters is cut.
    pub fn item(&self) -> &str {
        &self.item
    }

    /// What has changed, in one line that is safe to print.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it is in the old files, if it is there.
    pub fn old_place(&self) -> Option<&Place> {
        self.old.as_ref()
    }

    /// Where it is in the new files, if it is there.
    pub fn new_place(&self) -> Option<&Place> {
        self.new.as_ref()
    }

    /// Whether the interface may be an experiment: its name starts with `z`, or its name or that of its protocol ends
    /// with `_v` and a number or has `unstable` in it.
    pub fn is_unstable(&self) -> bool {
        self.unstable
    }
}

/// Compares all old files with all new files. Interfaces are matched by name, wherever they stand; how files are named and
/// in which order elements without a number come does not matter. The changes come in the order of the new files, those
/// about interfaces that are gone at the end.
///
/// The time it takes grows with the size of the files, not with its square.
///
/// # Errors
/// [`Error::Invalid`] if any file has an error, with those of all files. Warnings do not count.
pub fn compare(old: Vec<Source>, new: Vec<Source>) -> Result<Vec<Change>, Error> {
    let mut findings = Vec::new();
    let (old_files, old_models) = read(&old, 0, &mut findings);
    let (new_files, new_models) = read(&new, old.len(), &mut findings);
    let (first_new, sources) = (old.len(), [old, new].concat());
    let report = Report::new(sources, findings, Policy::default());
    if report.has_errors() {
        return Err(Error::Invalid(report));
    }
    let (old, new) = report.sources().split_at(first_new);
    let mut changes = Changes { list: Vec::new(), unstable: false };
    let old = node::files(old, &old_files, &old_models);
    let new = node::files(new, &new_files, &new_models);
    protocols::compare(&old, &new, &mut changes);
    Ok(changes.list)
}

/// The files as written and as models. Findings are about files from `first` on.
fn read(
    sources: &[Source],
    first: usize,
    findings: &mut Vec<Diagnostic>,
) -> (Vec<Option<ast::Protocol>>, Vec<Protocol>) {
    let known = findings.len();
    let files: Vec<_> = sources.iter().enumerate().map(|(file, source)| parse::parse(file, source, findings)).collect();
    let models = check::check(&files, &BTreeMap::new(), findings);
    for found in &mut findings[known..] {
        found.remark.file += first;
    }
    (files, models)
}

/// Collects the changes.
struct Changes {
    list: Vec<Change>,
    /// Whether the interface at hand may be an experiment.
    unstable: bool,
}

impl Changes {
    fn push(&mut self, rule: Rule, item: &[&str], places: (Option<Place>, Option<Place>), message: String) {
        let (old, new) = places;
        let item = item.iter().map(|name| shortened(name)).collect::<Vec<_>>().join(".");
        self.list.push(Change { rule, item, message, old, new, unstable: self.unstable });
    }
}

/// The longest name that an item repeats, in bytes: many changes to what is below a long name must not repeat all of it.
const LONGEST: usize = 200;

/// A name that has been checked, which is ASCII.
fn shortened(name: &str) -> &str {
    name.get(..LONGEST).unwrap_or(name)
}

/// "4 messages: `a`, `b`, `c` and `d`", or "message `a`".
fn counted(what: (&str, &str), names: &[&str]) -> String {
    let listed = match names {
        [only] => return format!("{} {}", what.0, quote(only)),
        _ => names.iter().take(crate::text::LISTED).map(|name| quote(name)).collect::<Vec<_>>().join(", "),
    };
    let more = names.len().saturating_sub(crate::text::LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} {}: {listed}{more}", names.len(), what.1)
}
