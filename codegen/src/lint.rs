//! What is legal in a protocol and harms its users all the same: requests that kill clients, objects that nobody can
//! destroy, numbers without names. The rules of the format are checked on the way.
//!
//! ```
//! use wayline_codegen::lint::{Id, Levels, Rule, lint};
//! use wayline_codegen::source::Source;
//!
//! let text = r#"<protocol name="house_lamp">
//!   <interface name="house_lamp" version="1">
//!     <request name="destroy" type="destructor"/>
//!     <request name="set_mode"><arg name="mode" type="uint"/></request>
//!     <enum name="mode"><entry name="off" value="0"/><entry name="on" value="1"/></enum>
//!   </interface>
//! </protocol>"#;
//! let report = lint(vec![Source::new("lamp.xml", text.into())], &Levels::default());
//! let found = &report.findings()[0];
//! assert_eq!(found.id(), Id::Lint(Rule::MissingEnum));
//! assert_eq!(found.item(), "house_lamp.set_mode.mode");
//! assert!(report.fixed()[0].text.contains(r#"type="uint" enum="mode""#));
//! ```
//!
//! A comment in front of an element, or directly inside it, allows what a rule says of it:
//!
//! ```xml
//! <!-- wayline: allow no-destructor: there is one for each process, and it ends with that -->
//! ```
//!
//! In front of an element it covers the element and all below it; inside, the element alone. It needs a reason. One that
//! allows nothing is reported itself. The command `wayline check` does the same for files.

mod allow;
mod docs;
mod edits;
mod elements;
mod family;
mod finding;
mod fixes;
mod levels;
mod lifetime;
mod names;
mod report;
mod rule;
mod typing;
mod values;
mod versions;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use crate::ast;
use crate::check;
use crate::model::Protocol;
use crate::parse;
use crate::source::Source;

use elements::Elements;
use family::Families;
use finding::Sink;

pub use edits::Fixed;
pub use finding::Finding;
pub use levels::{LevelError, Levels};
pub use report::Report;
pub use rule::{Id, Level, Rule};

/// Checks files together, as those of one builder, and looks for what is legal and harmful. Files that cannot be read are
/// among the findings.
///
/// The time it takes grows with the size of the files, not with its square.
pub fn lint(sources: Vec<Source>, levels: &Levels) -> Report {
    let mut diagnostics = Vec::new();
    let files: Vec<_> =
        sources.iter().enumerate().map(|(file, source)| parse::parse(file, source, &mut diagnostics)).collect();
    let models = check::check(&files, &BTreeMap::new(), &mut diagnostics);
    let mut by_file: Vec<Vec<Finding>> = sources.iter().map(|_| Vec::new()).collect();
    for diagnostic in diagnostics {
        by_file[diagnostic.remark.file].push(Finding::of_format(diagnostic));
    }
    let families = Families::new(&models);
    let (mut allowed, mut rest) = (0, models.iter());
    for ((file, source), spec) in sources.iter().enumerate().zip(&files) {
        let Some(spec) = spec else { continue };
        let Some(model) = rest.next() else { break };
        let found = &mut by_file[file];
        allowed += of_file(file, source, spec, model, &families, levels, found);
    }
    let mut findings = by_file.concat();
    findings.retain_mut(|found| found.set_severity(levels));
    Report::new(sources, findings, allowed, files.iter().all(Option::is_some))
}

/// Adds the findings of one file to those about its format. How many are allowed in the file itself.
fn of_file(
    file: usize,
    source: &Source,
    spec: &ast::Protocol,
    model: &Protocol,
    families: &Families<'_>,
    levels: &Levels,
    findings: &mut Vec<Finding>,
) -> usize {
    let mut sink = Sink { file, list: Vec::new() };
    lifetime::look(spec, model, families, &mut sink);
    wire::look(spec, model, &mut sink);
    typing::look(spec, model, &mut sink);
    versions::look(spec, model, families, &mut sink);
    values::look(spec, model, &mut sink);
    names::look(spec, model, &mut sink);
    docs::look(source, spec, model, &mut sink);
    let document = Elements::read(source);
    versions::attributes(&document, source, spec, &mut sink);
    // Both speak of the same attribute; the lint knows more.
    let of_lint: BTreeSet<_> =
        sink.list.iter().filter(|one| one.is(Rule::VersionForSince)).map(Finding::start).collect();
    if levels.leaves(Id::Format(crate::rule::Rule::UnknownAttribute)) {
        findings.retain(|one| !one.is_unknown_attribute() || !of_lint.contains(&one.start()));
    }
    fixes::add(source, spec, model, findings);
    findings.append(&mut sink.list);
    allow::apply(&document, source, file, findings)
}
