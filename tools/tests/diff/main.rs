//! `wayline diff`: what it says of pairs of files, one for each rule and one that is harmless; exemptions, formats, git,
//! and protocols that are installed.

mod documents;
mod exemptions;
mod formats;
mod git;
mod inputs;
mod installed;
mod pairs;
#[path = "../support/sarif.rs"]
mod sarif;
#[path = "../support/mod.rs"]
mod support;
mod traps;

use std::path::Path;
use std::process::Output;

use support::{directory, stderr, stdout};
use wayline_codegen::diff::{Change, Class, compare};
use wayline_codegen::source::Source;

fn wayline(directory: &Path, args: &[&str]) -> Output {
    support::run("diff", directory, args)
}

/// A protocol of one interface.
fn lamp(version: u32, body: &str) -> String {
    lamps(&format!("<interface name=\"lamp\" version=\"{version}\">\n    {body}\n  </interface>"))
}

fn lamps(body: &str) -> String {
    format!("<protocol name=\"lamp\">\n  {body}\n</protocol>\n")
}

fn changes(old: &str, new: &str) -> Vec<Change> {
    compare(vec![Source::new("old.xml", old.into())], vec![Source::new("new.xml", new.into())]).unwrap()
}

/// The names of the rules, and the classes, in the order of the changes.
fn rules(old: &str, new: &str) -> Vec<&'static str> {
    changes(old, new).iter().map(|change| change.rule().name()).collect()
}

fn breaks_peers(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.class() == Class::Wire)
}
