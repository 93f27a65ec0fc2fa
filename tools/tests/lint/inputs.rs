//! What cannot be read is exit code 2 and one clear line.

use std::fs::File;
use std::process::{Command, Stdio};

use crate::{directory, lamp, stderr, stdout, wayline};

#[test]
fn directories_are_checked_with_all_files_below_them() {
    let directory = directory(&[
        ("a/lamp.xml", &lamp(1, "")),
        ("a/b/socket.xml", &lamp(1, "").replace("lamp", "socket")),
        ("a/notes", ""),
    ]);
    let output = wayline(directory.path(), &["a"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "2 files ok\n"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_read_is_exit_code_2_and_a_clear_line() {
    let deep = format!("<protocol name=\"p\">{}", "<a>".repeat(100_000));
    let closed = format!("{deep}{}</protocol>", "</a>".repeat(100_000));
    let directory = directory(&[
        ("cut.xml", "<protocol name=\"p\"><interface"),
        ("empty/readme", ""),
        ("deep.xml", &deep),
        ("none.xml", ""),
        ("closed.xml", &closed),
    ]);
    std::fs::write(directory.path().join("latin.xml"), b"<protocol name=\"\xe9\"/>").unwrap();
    File::create(directory.path().join("huge.xml")).unwrap().set_len(17 << 20).unwrap();
    let cases = [
        ("cut.xml", "cut.xml:1:30: error: the XML is not well-formed"),
        ("none.xml", "none.xml:1:1: error: the input is empty [empty-input]"),
        ("latin.xml", "latin.xml:1:17: error: the text is not valid UTF-8"),
        ("huge.xml", "huge.xml:1:1: error: the input is longer than 16 MiB"),
        ("missing.xml", "missing.xml:1:1: error: the file cannot be read: "),
        ("empty", "error: there is no XML file in empty"),
        ("deep.xml", "deep.xml:1:"),
    ];
    for (name, said) in cases {
        for format in ["text", "json"] {
            let output = wayline(directory.path(), &["--fix", "--format", format, name]);
            assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
            if format == "text" {
                assert!(stderr(&output).starts_with(said), "{name}: {}", stderr(&output));
                assert_eq!(stdout(&output), "");
            }
        }
    }
    // Deep nesting that is closed is read, or refused, and never a crash.
    let output = wayline(directory.path(), &["closed.xml"]);
    assert!(matches!(output.status.code(), Some(0..=2)), "{:?}", output.status);
}

#[test]
fn a_full_disk_is_an_error_and_a_reader_that_left_is_none() {
    let directory = directory(&[("lamp.xml", &lamp(1, ""))]);
    for format in ["text", "json", "sarif"] {
        let run = |stdout: Stdio| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
            command.args(["check", "--format", format, "lamp.xml"]).current_dir(directory.path());
            command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
        };
        let output = run(File::options().write(true).open("/dev/full").unwrap().into());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).starts_with("error: the findings cannot be written: "), "{}", stderr(&output));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(run(writer.into()).status.code(), Some(0));
    }
}
