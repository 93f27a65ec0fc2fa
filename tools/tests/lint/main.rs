//! `wayline check` as a linter: what it says of files, one for each lint and one that is harmless; comments that allow,
//! levels, formats, fixes, bad input, and protocols that are installed.

mod allow;
mod documents;
mod fix;
mod formats;
mod inputs;
mod installed;
mod pairs;
#[path = "../support/sarif.rs"]
mod sarif;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Output;

use support::{directory, stderr, stdout};
use wayline_codegen::lint::{Levels, Report, lint};
use wayline_codegen::source::Source;

fn wayline(directory: &Path, args: &[&str]) -> Output {
    support::run("check", directory, args)
}

/// A protocol of one interface that has all that it needs.
fn lamp(version: u32, body: &str) -> String {
    let destroy = "<request name=\"destroy\" type=\"destructor\"/>";
    protocol(&format!("<interface name=\"my_lamp\" version=\"{version}\">\n    {destroy}\n    {body}\n  </interface>"))
}

fn protocol(body: &str) -> String {
    format!("<protocol name=\"lamp\">\n  {body}\n</protocol>\n")
}

fn report(text: &str, levels: &Levels) -> Report {
    lint(vec![Source::new("lamp.xml", text.into())], levels)
}

/// The names of the rules that are broken, in the order of the findings.
fn rules(text: &str) -> Vec<&'static str> {
    report(text, &Levels::default()).findings().iter().map(|found| found.id().name()).collect()
}
