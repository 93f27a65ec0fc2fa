//! Runs the command in a directory of files.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A directory with files of these names and texts.
pub(crate) fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

/// Runs a subcommand there.
pub(crate) fn run(subcommand: &str, directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
    command.arg(subcommand).args(args).current_dir(directory).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
