//! Has the tests of a package judge a tree: which of them fail, or that they do not end.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use wayline_conformance::target::Launch;

use super::Result;

/// How long the tests of a package may take. Those of the runtime take half a minute.
const DEADLINE: Duration = Duration::from_secs(240);

/// What is run of a package: not its documentation, whose examples are about other things.
const TARGETS: [&str; 3] = ["--lib", "--bins", "--tests"];

/// Builds the tests of `package` in the tree at `root`.
pub(crate) fn build(root: &Path, target: &Path, package: &str) -> Result<()> {
    let words = words(target, package, &["--no-run", "--quiet"]);
    let mut command = Command::new(&words[0]);
    let built = super::cheap(command.args(&words[1..])).current_dir(root).output()?;
    let said = String::from_utf8_lossy(&built.stderr);
    if built.status.success() { Ok(()) } else { Err(format!("it does not compile:\n{said}").into()) }
}

/// The tests of `package` that fail.
pub(crate) fn judge(root: &Path, target: &Path, package: &str) -> Result<Vec<String>> {
    let mut launch = Launch::prepare()?.words(&words(target, package, &["--no-fail-fast"]));
    super::cheap(launch.command()).current_dir(root);
    let mut running = launch.start()?;
    // What hangs is ended with all its processes.
    let Some(status) = running.wait(DEADLINE)? else {
        return Ok(vec![format!("(they do not end within {} s)", DEADLINE.as_secs())]);
    };
    let log = running.log();
    let failed = log.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    let mut failed: Vec<String> = failed.map(str::to_owned).collect();
    if failed.is_empty() && !status.success() {
        failed.push(format!("(they end with {status})"));
    }
    Ok(failed)
}

fn words(target: &Path, package: &str, more: &[&str]) -> Vec<String> {
    let mut words = vec![env!("CARGO").to_owned(), "test".to_owned(), "--package".to_owned(), package.to_owned()];
    words.extend(TARGETS.iter().chain(more).map(|word| (*word).to_owned()));
    words.extend(["--target-dir".to_owned(), target.display().to_string()]);
    words
}
