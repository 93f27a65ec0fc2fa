//! Completions that shells can read, and man pages without warnings. Programs that are missing are skipped, and the tests
//! say so.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn wayline(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wayline")).args(args).output().unwrap()
}

/// Has a program read a text, and returns what it says of it; nothing if it is not installed.
fn read_by(words: &[&str], text: &[u8]) -> Option<Output> {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("skipped: {} is not installed", words[0]);
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    Some(output)
}

#[test]
fn shells_can_read_their_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let script = wayline(&["completions", shell]);
        assert!(script.status.success());
        let Some(read) = read_by(&[shell, "-n"], &script.stdout) else { continue };
        assert!(read.status.success() && read.stderr.is_empty(), "{shell}: {}", String::from_utf8_lossy(&read.stderr));
    }
    assert_eq!(wayline(&["completions", "cmd"]).status.code(), Some(2));
}

#[test]
fn bash_completes_commands_options_and_their_values() {
    let script = String::from_utf8(wayline(&["completions", "bash"]).stdout).unwrap();
    for (words, expected) in [
        ("wayline ins", "inspect"),
        ("wayline inspect --stop", "--stop-at"),
        ("wayline check --format sa", "sarif"),
        ("wayline completions z", "zsh"),
    ] {
        let count = words.split(' ').count();
        let run = format!(
            "{script}\nCOMP_WORDS=({words}) COMP_CWORD={} COMP_LINE='{words}'\n\
             _wayline wayline \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            count - 1
        );
        let Some(said) = read_by(&["bash"], run.as_bytes()) else { return };
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), expected, "{words}");
    }
}

/// The names of the commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = String::from_utf8(wayline(&["--help"]).stdout).unwrap();
    let list = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.map(|line| line.trim().split(' ').next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn there_is_a_man_page_for_every_command_and_no_warning() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("share/man1");
    assert!(wayline(&["man", pages.to_str().unwrap()]).status.success());
    let mut expected: Vec<_> = commands().iter().map(|name| format!("wayline-{name}.1")).collect();
    assert!(expected.len() >= 10, "{expected:?}");
    expected.push("wayline.1".to_owned());
    expected.sort();
    let entries = std::fs::read_dir(&pages).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, expected);
    for name in &expected {
        let path = pages.join(name);
        assert_renders(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS") && text.contains(".SH OPTIONS"), "{name}");
    }
    // One line is one example.
    let info = std::fs::read_to_string(pages.join("wayline-info.1")).unwrap();
    assert!(info.contains(".SH EXAMPLES\n.nf\n  wayline info\n"), "{info}");
}

/// No warning of the formatters that are installed.
fn assert_renders(page: &Path) {
    let path = page.to_str().unwrap();
    for words in [&["man", "--warnings", "-P", "cat", "-l"][..], &["mandoc", "-T", "lint", "-W", "error"]] {
        let Ok(said) = Command::new(words[0]).args(&words[1..]).arg(path).env("MANWIDTH", "100").output() else {
            eprintln!("skipped: {} is not installed", words[0]);
            continue;
        };
        let warnings = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success() && warnings.is_empty(), "{path}: {warnings}");
    }
}

#[test]
fn pages_that_cannot_be_written_are_one_line_and_exit_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = wayline(&["man", file.join("man1").to_str().unwrap()]);
    let error = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert!(error.starts_with(&format!("error: {}", file.display())) && error.lines().count() == 1, "{error}");
}
