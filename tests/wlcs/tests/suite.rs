//! Runs WLCS on demo-server. The tests that fail must be those of `expected-failures.txt`, no more and no less.
//!
//! `WAYLINE_WLCS` names another runner than the installed one, and `WAYLINE_WLCS_VERSION` says which version it is;
//! `tests/wlcs/newest` sets both.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Processes that share the tests.
const SHARDS: usize = 2;

/// Seconds after which a runner hangs.
const PATIENCE: &str = "300";

const EXPECTED: &str = include_str!("../expected-failures.txt");

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Passed,
    Failed,
    /// It is about something that is not offered, or about skipping.
    Skipped,
}

/// Another project's program, and what it loads of ours.
struct Suite {
    runner: PathBuf,
    module: PathBuf,
    version: String,
}

fn pkg_config(question: &str) -> Option<String> {
    let output = Command::new("pkg-config").args([question, "wlcs"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `None`, and a line that says so, without the suite.
fn installed() -> Option<Suite> {
    let asked = |name, question| std::env::var(name).ok().or_else(|| pkg_config(question));
    let runner = asked("WAYLINE_WLCS", "--variable=test_runner").map(PathBuf::from).filter(|runner| runner.is_file());
    let (Some(runner), Some(version)) = (runner, asked("WAYLINE_WLCS_VERSION", "--modversion")) else {
        println!("skipped: wlcs is not installed");
        return None;
    };
    // Cargo builds the module beside its tests.
    let module = std::env::current_exe().unwrap().with_file_name("libwayline_wlcs.so");
    assert!(module.is_file(), "no {}", module.display());
    Some(Suite { runner, module, version })
}

fn command(suite: &Suite) -> Command {
    let mut command = Command::new("timeout");
    command.arg(PATIENCE).arg(&suite.runner).arg(&suite.module);
    command
}

/// The name of a test in what the runner says about its end.
fn ended<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(mark)?;
    // Sums at the end have no time.
    rest.ends_with("ms)").then(|| rest.split([' ', ',']).next()).flatten()
}

fn outcome(line: &str) -> Option<(String, Outcome)> {
    let marks =
        [("[       OK ] ", Outcome::Passed), ("[  FAILED  ] ", Outcome::Failed), ("[     SKIP ] ", Outcome::Skipped)];
    marks.into_iter().find_map(|(mark, outcome)| Some((ended(line, mark)?.to_owned(), outcome)))
}

/// The tests of one share, and how each ended.
fn run(suite: &Suite, shard: usize) -> BTreeMap<String, Outcome> {
    let output = command(suite)
        .env("GTEST_TOTAL_SHARDS", SHARDS.to_string())
        .env("GTEST_SHARD_INDEX", shard.to_string())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().rev().take(30).collect::<Vec<_>>();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}: {last:#?}", output.status);
    let started: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("[ RUN      ] ")).collect();
    let outcomes: BTreeMap<_, _> = text.lines().filter_map(outcome).collect();
    assert_eq!(outcomes.len(), started.len(), "not all ended: {last:#?}");
    outcomes
}

/// A test, or several of a name that ends in `*`, and why it fails.
struct Expected {
    name: &'static str,
    reason: &'static str,
}

impl Expected {
    fn is(&self, test: &str) -> bool {
        self.name.strip_suffix('*').map_or(test == self.name, |start| test.starts_with(start))
    }
}

/// What is expected of a version: a line that begins with another one in brackets is not about it.
fn expected(version: &str) -> Vec<Expected> {
    let lines = EXPECTED.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines = lines.filter_map(|line| match line.strip_prefix('[').and_then(|line| line.split_once("] ")) {
        Some((versions, line)) => version.starts_with(versions).then_some(line),
        None => Some(line),
    });
    lines
        .map(|line| {
            let (name, reason) = line.split_once(' ').unwrap_or_else(|| panic!("no reason: {line}"));
            Expected { name, reason: reason.trim() }
        })
        .collect()
}

#[test]
fn the_tests_that_fail_are_those_that_are_expected_to() {
    let Some(suite) = installed() else { return };
    let expected = expected(&suite.version);
    let outcomes = std::thread::scope(|scope| {
        let suite = &suite;
        let shards: Vec<_> = (0..SHARDS).map(|shard| scope.spawn(move || run(suite, shard))).collect();
        shards.into_iter().flat_map(|shard| shard.join().unwrap()).collect::<BTreeMap<_, _>>()
    });
    let all = |wanted| outcomes.iter().filter(move |(_, outcome)| **outcome == wanted).map(|(name, _)| name.as_str());
    let failed: BTreeSet<_> = all(Outcome::Failed).collect();
    let surprises: Vec<_> = failed.iter().filter(|name| !expected.iter().any(|line| line.is(name))).collect();
    assert!(surprises.is_empty(), "failed, and are not in the list: {surprises:#?}");
    // What was not offered says nothing; layer-shell is only where its XML was.
    let skipped: BTreeSet<_> = all(Outcome::Skipped).collect();
    let happens = |line: &&Expected| !failed.iter().chain(&skipped).any(|name| line.is(name));
    let stale: Vec<_> = expected.iter().filter(happens).map(|line| (line.name, line.reason)).collect();
    assert!(stale.is_empty(), "in the list, and did not fail: {stale:#?}");
    let (passed, failed, skipped) = (all(Outcome::Passed).count(), failed.len(), skipped.len());
    println!(
        "wlcs {}: {passed} passed, {failed} failed as expected, {skipped} are about what is not offered",
        suite.version
    );
}

/// What a process holds: descriptors, and resident memory in KiB.
fn held(pid: &str) -> Option<(usize, usize)> {
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some((fds, resident.trim_end_matches("kB").trim().parse().ok()?))
}

#[test]
fn a_thousand_servers_leave_nothing() {
    let Some(suite) = installed() else { return };
    let mut timeout = command(&suite)
        .arg("--gtest_filter=SelfTest.when_a_client_creates_a_surface_nothing_bad_happens")
        .arg("--gtest_repeat=1000")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut passed, mut samples) = (0, Vec::new());
    for line in BufReader::new(timeout.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some((_, Outcome::Passed)) = outcome(&line) {
            passed += 1;
            // The runner is the one child of `timeout`. It goes on meanwhile.
            let id = timeout.id();
            let child = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
            samples.extend(held(child.trim()));
        }
    }
    assert!(timeout.wait().unwrap().success());
    assert_eq!(passed, 1000);
    // The least of many is what is held between two servers.
    let least = |samples: &[(usize, usize)]| {
        let of = |pick: fn(&(usize, usize)) -> usize| samples.iter().map(pick).min().unwrap();
        (of(|sample| sample.0), of(|sample| sample.1))
    };
    let (early, late) = (least(&samples[100..200]), least(&samples[samples.len() - 100..]));
    println!("fds, KiB: {early:?} among the second hundred servers, {late:?} among the tenth");
    assert!(late.0 <= early.0 + 8, "descriptors");
    assert!(late.1 <= early.1 + 2048, "memory");
}
