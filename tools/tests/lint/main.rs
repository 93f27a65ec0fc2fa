//! `wayline check` as a linter: what it says of files, one for each lint and one that is harmless; comments that allow,
//! levels, formats, fixes, bad input, and protocols that are installed.

mod allow;
mod documents;
mod fix;
mod formats;
mod inputs;
mod installed;
mod pairs;

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use wayline_codegen::lint::{Levels, Report, lint};
use wayline_codegen::source::Source;

/// A directory with files of these names and texts.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn wayline(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
    command.arg("check").args(args).current_dir(directory).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
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
