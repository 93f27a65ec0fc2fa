//! The command `wayline` as a user meets it: streams, exit codes, files.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where the protocol files are that the generator is tested with.
fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../codegen/tests")
}

fn wayline(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
    command.args(args).current_dir(tests());
    command
}

fn run(args: &[&str]) -> Output {
    wayline(args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn files(directory: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(tests().join(directory)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| Path::new(directory).join(entry.unwrap().file_name())).collect();
    files.sort();
    files
}

/// Whether a line is `path:line:column: error: message`.
fn is_error_at(line: &str, path: &str) -> bool {
    let place =
        line.strip_prefix(path).and_then(|rest| rest.strip_prefix(':')).and_then(|rest| rest.split_once(": error: "));
    place.and_then(|(place, _)| place.split_once(':')).is_some_and(|(line, column)| {
        line.parse::<usize>().is_ok_and(|line| line > 0) && column.parse::<usize>().is_ok_and(|column| column > 0)
    })
}

/// Files of which nothing can be known: no protocol could be read from them.
const UNREADABLE: &[&str] = &["x35_root", "x39_", "x40_"];

#[test]
fn bad_files_give_exit_code_1_or_2_and_a_place() {
    let bad = files("bad");
    assert!(bad.len() >= 40);
    for path in bad {
        let path = path.to_str().unwrap();
        let output = run(&["check", path]);
        let is_unreadable = UNREADABLE.iter().any(|name| path.contains(name));
        assert_eq!(output.status.code(), Some(if is_unreadable { 2 } else { 1 }), "{path}");
        let text = stderr(&output);
        assert!(text.lines().any(|line| is_error_at(line, path)), "{path}: {text}");
        assert!(output.stdout.is_empty(), "{path}");
    }
}

#[test]
fn good_files_give_exit_code_0() {
    for path in files("good") {
        let output = run(&["check", "--strict", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{path:?}: {}", stderr(&output));
        assert!(output.stdout.starts_with(b"1 file ok"));
    }
}

#[test]
fn lenient_rules_are_errors_when_strict() {
    for path in files("lenient") {
        let path = path.to_str().unwrap();
        assert_eq!(run(&["check", path]).status.code(), Some(0), "{path}");
        assert_eq!(run(&["check", path, "--strict"]).status.code(), Some(1), "{path}");
    }
}

#[test]
fn all_faults_of_all_files_are_listed() {
    let all = ["bad/many_faults.xml", "bad/x40_empty.xml", "no_such_file.xml", "small.xml"];
    let output = run(&[&["check", "--allow", "all"], &all[..]].concat());
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains("bad/many_faults.xml:2:1: error: "), "{text}");
    assert!(text.contains("bad/x40_empty.xml:1:1: error: "), "{text}");
    assert!(text.contains("no_such_file.xml:1:1: error: "), "{text}");
    assert!(!text.contains("small.xml"), "{text}");
}

#[test]
fn x40_standard_input_can_be_a_pipe() {
    let feed = |name: &str| {
        let mut child = wayline(&["check", "-"]);
        let child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let bytes = std::fs::read(tests().join(name)).unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        child.wait_with_output().unwrap()
    };
    assert_eq!(feed("good/x33_release.xml").status.code(), Some(0));
    let bad = feed("bad/x03_request_name.xml");
    assert_eq!(bad.status.code(), Some(1));
    assert!(stderr(&bad).contains("<stdin>:5:26: error: "), "{}", stderr(&bad));
}

#[test]
fn quiet_hides_what_is_not_an_error() {
    let output = run(&["check", "--quiet", "lenient/x19_value_expression.xml", "good/x42_foreign.xml"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn colours_are_asked_for() {
    let plain = run(&["check", "bad/x03_request_name.xml"]);
    let coloured = run(&["check", "--color", "always", "bad/x03_request_name.xml"]);
    assert!(!plain.stderr.contains(&0x1b) && coloured.stderr.contains(&0x1b));
}

#[test]
fn generate_writes_files_and_checks_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (folder, file) = (path(""), path("other.rs"));
    for output in [&folder, &file] {
        assert_eq!(run(&["generate", "small.xml", "--check", "-o", output]).status.code(), Some(1));
        assert_eq!(run(&["generate", "small.xml", "-o", output]).status.code(), Some(0));
        assert_eq!(run(&["generate", "small.xml", "--check", "-o", output]).status.code(), Some(0));
    }
    let code = std::fs::read(path("small.rs")).unwrap();
    assert_eq!(code, std::fs::read(&file).unwrap());
    assert_eq!(code, run(&["generate", "small.xml"]).stdout);

    assert_eq!(
        run(&["generate", "small.xml", "--side", "server", "--pin", "counter=1", "-o", &file]).status.code(),
        Some(0)
    );
    let pinned = std::fs::read_to_string(&file).unwrap();
    assert!(pinned.contains("ServerRole") && !pinned.contains("ClientRole") && !pinned.contains("Total"));
    assert_eq!(run(&["generate", "small.xml", "--check", "-o", &file]).status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), pinned);
}

#[test]
fn the_code_that_the_runtime_is_tested_with_is_current() {
    let probe = |name: &str| format!("../../runtime/tests/probe/{name}");
    let output = run(&["generate", &probe("probe.xml"), "--check", "-o", &probe("generated.rs")]);
    assert!(output.status.success(), "run `wayline generate probe.xml -o generated.rs` in runtime/tests/probe");
    let (xml, code) = ("../../tests/examples/counter.xml", "../../runtime/tests/counter/generated.rs");
    let output = run(&["generate", xml, "--check", "-o", code]);
    assert!(output.status.success(), "run `wayline generate {xml} -o {code}` in codegen/tests");
}

#[test]
fn the_bootstrap_interfaces_of_the_runtime_are_current() {
    let runtime = |name: &str| format!("../../runtime/{name}");
    let (xml, code) = (runtime("bootstrap.xml"), runtime("src/protocol/generated.rs"));
    let output = run(&["generate", "--bootstrap", &xml, "--check", "-o", &code]);
    let command = "wayline generate --bootstrap bootstrap.xml -o src/protocol/generated.rs";
    assert!(output.status.success(), "run `{command}` in runtime");
}

#[test]
fn generate_touches_nothing_if_anything_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().to_str().unwrap();
    let wrong: [(&[&str], &str); 5] = [
        (&["bad/many_faults.xml"], "bad/many_faults.xml:2:1: error: "),
        (&["small.xml", "bad/x40_empty.xml"], "bad/x40_empty.xml:1:1: error: "),
        (&["good/x42_foreign.xml"], "good/x42_foreign.xml:5:51: error: interface `wall_socket`"),
        (&["small.xml", "--pin", "counter=3"], "error: `counter` is pinned to version 3"),
        (&["small.xml", "--extern", "counter=Counter"], "error: `Counter`, given as the type of `counter`"),
    ];
    for (args, message) in wrong {
        let output = run(&[&["generate", "-o", output], args].concat());
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr(&output).starts_with(message), "{}", stderr(&output));
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn wrong_usage_gives_exit_code_2() {
    for args in
        [&["check"][..], &["generate", "small.xml", "--pin", "counter"], &["generate", "small.xml", "--pin", "a=b"]]
    {
        assert_eq!(run(args).status.code(), Some(2), "{args:?}");
    }
}
