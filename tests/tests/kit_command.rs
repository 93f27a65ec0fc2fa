//! The `conform` command: what it prints, what it writes, how it exits.

use std::process::{Command, Output};

fn conform(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conform")).args(words).output().expect("the command runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_last_line_is_the_tally_alone() {
    let output = conform(&["codec", "--case", "W01", "--case", "W02"]);
    assert!(output.status.success());
    assert_eq!(stdout(&output).lines().last(), Some("2 passed, 0 failed, 0 skipped"));
}

#[test]
fn a_failed_must_is_exit_code_1() {
    // A scanner that refuses everything fails the cases about legal files.
    let output = conform(&["scanner", "--case", "X01", "--case", "X18", "--", "false", "{file}"]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
}

#[test]
fn a_failed_should_is_exit_code_0() {
    // X22 is a should; a scanner that refuses everything fails it.
    let output = conform(&["scanner", "--case", "X22", "--", "false", "{file}"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert_eq!(stdout(&output).lines().last(), Some("0 passed, 1 failed, 0 skipped"));
}

#[test]
fn a_target_that_cannot_be_judged_is_exit_code_2() {
    let output = conform(&["server", "--", "false"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("exit code 1"), "{output:?}");
}

#[test]
fn a_relative_program_is_found_from_a_case_that_changes_the_directory() {
    let probe = std::path::Path::new(env!("CARGO_BIN_EXE_conform")).with_file_name("examples");
    let output = Command::new(env!("CARGO_BIN_EXE_conform"))
        .args(["client", "--case", "K04", "--", "./probe-client"])
        .current_dir(probe)
        .output()
        .expect("the command runs");
    assert!(output.status.success(), "{}", stdout(&output));
}

#[test]
fn the_level_leaves_out_what_is_only_recommended() {
    let all = stdout(&conform(&["server", "--list"]));
    let musts = stdout(&conform(&["server", "--list", "--level", "must"]));
    assert!(all.lines().any(|line| line.starts_with("O11 ")) && !musts.lines().any(|line| line.starts_with("O11 ")));
    assert!(musts.lines().all(|line| line.contains(" must ")));
}

#[test]
fn reports_are_written_in_every_format() {
    let dir = tempfile::tempdir().expect("a directory");
    for (format, sign) in
        [("junit", "<testcase classname=\"codec\""), ("json", "\"id\": \"W01\""), ("html", "<td>W01<td>")]
    {
        let file = dir.path().join(format);
        let output = conform(&["codec", "--case", "W01", "--report", format, &file.to_string_lossy()]);
        assert!(output.status.success());
        let report = std::fs::read_to_string(&file).expect("the report");
        assert!(report.contains(sign), "{report}");
    }
}
