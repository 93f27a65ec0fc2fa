//! Files and directories; and what cannot be compared, which is exit code 2 and nothing on standard output.

use std::fs::File;
use std::process::{Command, Stdio};

use crate::{directory, lamp, lamps, stderr, stdout, wayline};

#[test]
fn directories_are_compared_with_all_files_below_them() {
    let (lamp, socket) =
        (lamp(1, "<request name=\"light\"/>"), lamp(1, "<event name=\"on\"/>").replace("lamp", "socket"));
    let directory = directory(&[
        ("old/lamp.xml", &lamp),
        ("old/deep/er/socket.xml", &socket),
        ("old/notes.txt", "no protocol"),
        ("new/stable/lamp.xml", &lamp),
        ("new/socket.xml", &socket.replace("name=\"on\"", "name=\"off\"")),
    ]);
    let output = wayline(directory.path(), &["old", "new", "--fail-on", "source"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stdout(&output));
}

#[test]
fn what_cannot_be_compared_is_exit_code_2_and_nothing_is_printed() {
    let good = lamp(1, "<request name=\"light\"/>");
    let directory = directory(&[
        ("good.xml", &good),
        ("bad.xml", &lamps("<interface name=\"lamp\" version=\"0\"/>")),
        ("worse.xml", "<protocol"),
        ("empty/readme", ""),
    ]);
    let cases: [(&[&str], &str); 13] = [
        (&["good.xml", "bad.xml"], "bad.xml:2:35: error: `0` is not a valid version [invalid-version]\n"),
        (&["worse.xml", "good.xml"], "worse.xml:1:10: error: "),
        (&["good.xml", "none.xml"], "none.xml:1:1: error: the file cannot be read: "),
        (&["good.xml", "empty"], "error: there is no XML file in empty\n"),
        (&["good.xml"], "error: one file is given; "),
        (&["good.xml", "good.xml", "good.xml"], "error: 3 files are given; "),
        (&["good.xml", "git:v1"], "error: `git:v1` is not `git:REF:PATH`\n"),
        (&["good.xml", "git:--output=x:good.xml"], "error: `--output=x` is no revision of git\n"),
        (&["good.xml", "git::good.xml"], "error: `` is no revision of git\n"),
        (&["--against", "v1", "good.xml"], "error: `--against v1` is not `git:REF`\n"),
        (&["--against", "git:v1", "git:v1:a"], "error: `--against` compares files and directories, and git:v1:a is a"),
        (&["--against", "git:v1", "none/a.xml"], "error: none/a.xml cannot be read: "),
        (&["--exempt", "none", "good.xml", "good.xml"], "error: none cannot be read: "),
    ];
    for (args, said) in cases {
        let output = wayline(directory.path(), args);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{args:?}");
        assert!(stderr(&output).starts_with(said), "{args:?}: {}", stderr(&output));
    }
    let both = wayline(directory.path(), &["bad.xml", "worse.xml"]);
    let said = stderr(&both);
    assert!(said.contains("bad.xml:2:35: error: ") && said.contains("worse.xml:1:10: error: "), "{said}");
}

#[test]
fn a_full_disk_is_an_error_and_a_reader_that_left_is_none() {
    let (old, new) =
        (lamp(1, "<request name=\"a\"/>"), lamp(2, "<request name=\"a\"/><request name=\"b\" since=\"2\"/>"));
    let directory = directory(&[("old.xml", &old), ("new.xml", &new)]);
    let run = |stdout: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
        command.args(["diff", "--format", "json", "old.xml", "new.xml"]).current_dir(directory.path());
        command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
    };
    let output = run(File::options().write(true).open("/dev/full").unwrap().into());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: the changes cannot be written: "), "{}", stderr(&output));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(run(writer.into()).status.code(), Some(0));
}

#[test]
fn what_is_no_file_is_left_out_of_a_directory() {
    let good = lamp(1, "<request name=\"light\"/>");
    let directory = directory(&[("old/lamp.xml", &good), ("new/lamp.xml", &good), ("new/folder.xml/notes", "")]);
    let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("new/socket.xml")).unwrap();
    std::os::unix::fs::symlink(".", directory.path().join("new/loop")).unwrap();
    let output = wayline(directory.path(), &["old", "new"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn files_that_only_deserve_warnings_are_compared() {
    let shift = lamp(1, "<enum name=\"e\"><entry name=\"a\" value=\"1 &lt;&lt; 3\"/></enum>");
    let plain = shift.replace("1 &lt;&lt; 3", "8");
    let directory = directory(&[("old.xml", &shift), ("new.xml", &plain)]);
    let output = wayline(directory.path(), &["old.xml", "new.xml"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(stdout(&output), "nothing to report\n");
}
