//! Files as they were in a git repository.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::{directory, lamp, stderr, stdout, wayline};

fn git(directory: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    let settings = ["user.name=a", "user.email=a@b", "commit.gpgsign=false", "init.defaultBranch=main"];
    command.args(settings.iter().flat_map(|setting| ["-c", setting])).args(args).current_dir(directory);
    let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
}

/// A repository with a tag `v1`, whose files have changed since. `None` without git.
fn repository() -> Option<TempDir> {
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("skipped: git is not installed");
        return None;
    }
    let old = lamp(1, "<request name=\"light\"/><request name=\"dim\"/>");
    let directory = directory(&[("xml/lamp.xml", &old), ("xml/more/socket.xml", &old.replace("lamp", "socket"))]);
    git(directory.path(), &["init", "--quiet"]);
    git(directory.path(), &["add", "."]);
    git(directory.path(), &["commit", "--quiet", "-m", "a"]);
    git(directory.path(), &["tag", "v1"]);
    std::fs::write(directory.path().join("xml/lamp.xml"), lamp(1, "<request name=\"light\"/>")).unwrap();
    std::fs::write(directory.path().join("xml/new.xml"), lamp(1, "<event name=\"a\"/>").replace("lamp", "new"))
        .unwrap();
    Some(directory)
}

const CHANGE: &str = "wire: request `dim`, number 1, is gone [message-removed]\n";

#[test]
fn a_file_is_compared_with_itself_at_a_tag() {
    let Some(repository) = repository() else { return };
    let output = wayline(repository.path(), &["--against", "git:v1", "xml/lamp.xml"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""));
    assert!(stdout(&output).starts_with(&format!("git:v1:xml/lamp.xml:3:43: {CHANGE}")), "{}", stdout(&output));
    // The repository is that of the file.
    let file = repository.path().join("xml/lamp.xml");
    let output = wayline(Path::new("/"), &["--against", "git:v1", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let output = wayline(&repository.path().join("xml"), &["--against", "git:v1", "lamp.xml"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
}

#[test]
fn hooks_of_git_can_run_it() {
    let Some(repository) = repository() else { return };
    let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
    command.args(["diff", "--against", "git:v1", "xml/lamp.xml"]).current_dir(repository.path());
    let output = command.env("GIT_DIR", ".git").env("GIT_INDEX_FILE", ".git/index").output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""));
}

#[test]
fn a_directory_is_compared_with_itself_at_a_tag() {
    let Some(repository) = repository() else { return };
    for (path, directory) in [("xml", ""), (".", ""), (".", "xml"), ("more/..", "xml")] {
        let output = wayline(&repository.path().join(directory), &["--against", "git:v1", path, "--all"]);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""), "{path}");
        let text = stdout(&output);
        assert!(text.contains(CHANGE) && text.ends_with("\n1 wire, 1 compatible\n"), "{path}: {text}");
    }
}

#[test]
fn a_file_that_is_new_since_the_tag_is_all_new() {
    let Some(repository) = repository() else { return };
    let output = wayline(repository.path(), &["--against", "git:v1", "xml/new.xml"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "note: xml/new.xml is not in v1: everything in it is new\n");
    let output = wayline(repository.path(), &["--against", "git:v2", "xml/new.xml"]);
    assert_eq!(output.status.code(), Some(2), "a tag that is not there is no reason to be quiet");
    assert!(stderr(&output).starts_with("error: git: "), "{}", stderr(&output));
}

#[test]
fn either_side_is_a_file_or_a_directory_of_a_revision() {
    let Some(repository) = repository() else { return };
    for (old, new) in
        [("git:v1:xml/lamp.xml", "xml/lamp.xml"), ("git:v1:xml", "xml"), ("git:v1:xml/", "./xml/"), ("git:v1:", "xml")]
    {
        let output = wayline(repository.path(), &[old, new]);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""), "{old}");
        assert!(stdout(&output).starts_with("git:v1:xml/lamp.xml:3:"), "{old}: {}", stdout(&output));
        assert!(stdout(&output).contains(CHANGE), "{old}");
    }
    let output = wayline(repository.path(), &["git:v1:xml", "git:v1:./xml"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "nothing to report\n"));
}

#[test]
fn what_git_does_not_have_is_bad_input() {
    let Some(repository) = repository() else { return };
    for input in ["git:v1:xml/none.xml", "git:v2:xml/lamp.xml", "git:v1;touch x:xml", "git:$(touch x):xml"] {
        let output = wayline(repository.path(), &[input, "xml"]);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{input}");
        assert!(stderr(&output).starts_with("error: git: "), "{input}: {}", stderr(&output));
    }
    assert!(!repository.path().join("x").exists());
    let outside = tempfile::tempdir().unwrap();
    let output = wayline(outside.path(), &["git:v1:a.xml", "b.xml"]);
    assert_eq!(output.status.code(), Some(2));
}
