//! `--fix`: what is mended is gone, all else stays, a file that cannot be written is as it was.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::{directory, lamp, stderr, stdout, wayline};

/// All that can be mended, with line ends, quotes and comments of all kinds around it.
const BROKEN: &str = "\u{feff}<?xml version=\"1.0\"?>\r\n<!-- é -->\r\n<protocol name='p'>\r\n\t<interface name=\"my_lamp\" version='02'>\r\n\
  <request name=\"destroy\"   type=\"destructor\" since='0'/>\r\n\
  <request  name='set' ><arg name='mode'\ttype='uint' /><arg name=\"a\" type=\"array\" allow-null=\"true\"/></request>\r\n\
  <event name=\"on\" version = \"2\"></event>\r\n\
  <enum name=\"mode\"><entry name=\"x\" value=\"1 &lt;&lt; 3\" summary=\"a\r\n   b\"/><entry name=\"y\" value='-1'/></enum>\r\n\t</interface>\r\n</protocol>";

const MENDED: &str = "\u{feff}<?xml version=\"1.0\"?>\r\n<!-- é -->\r\n<protocol name='p'>\r\n\t<interface name=\"my_lamp\" version='2'>\r\n\
  <request name=\"destroy\"   type=\"destructor\"/>\r\n\
  <request  name='set' ><arg name='mode'\ttype='uint' enum=\"mode\" /><arg name=\"a\" type=\"array\"/></request>\r\n\
  <event name=\"on\" since = \"2\"></event>\r\n\
  <enum name=\"mode\"><entry name=\"x\" value=\"0x8\" summary=\"a b\"/><entry name=\"y\" value='0xffffffff'/></enum>\r\n\t</interface>\r\n</protocol>";

#[test]
fn what_is_mended_is_gone_and_all_else_is_as_it_was() {
    let directory = directory(&[("lamp.xml", BROKEN)]);
    let path = directory.path().join("lamp.xml");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let output = wayline(directory.path(), &["--fix", "lamp.xml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), MENDED, "{}", stderr(&output));
    assert!(stdout(&output).contains(", 8 fixed"), "{}", stdout(&output));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let again = wayline(directory.path(), &["--fix", "lamp.xml"]);
    assert!(!stdout(&again).contains("fixed"), "{}", stdout(&again));
    assert_eq!(fs::read_to_string(&path).unwrap(), MENDED);
    let checked = wayline(
        directory.path(),
        &[
            "--strict",
            "--deny",
            "all",
            "--allow",
            "undocumented",
            "--allow",
            "undocumented-value",
            "--allow",
            "unbounded-message",
            "lamp.xml",
        ],
    );
    assert_eq!((checked.status.code(), stderr(&checked).as_str()), (Some(0), ""));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn what_is_not_mechanical_or_not_a_version_is_left_alone() {
    for text in [
        lamp(2, "<event name=\"on\" version=\"3\"/><event name=\"off\" since=\"2\"/>"),
        lamp(2, "<event name=\"on\" version=\"2\" since=\"1\"/><event name=\"off\" since=\"2\"/>"),
        lamp(1, "<request name=\"setMode\"/>"),
        "<!DOCTYPE p [<!ENTITY e \"<request name='a' since='0'/>\">]>\n".to_owned() + &lamp(1, "&e;"),
        lamp(
            1,
            "<!-- wayline: allow malformed-summary: a table --><event name=\"on\"><description summary=\"a  b\"/></event>",
        ),
    ] {
        let directory = directory(&[("lamp.xml", &text)]);
        let output = wayline(directory.path(), &["--fix", "lamp.xml"]);
        assert_eq!(fs::read_to_string(directory.path().join("lamp.xml")).unwrap(), text, "{}", stderr(&output));
    }
}

#[test]
fn a_link_stays_a_link() {
    let directory = directory(&[("real/lamp.xml", BROKEN)]);
    std::os::unix::fs::symlink("real/lamp.xml", directory.path().join("lamp.xml")).unwrap();
    assert_eq!(wayline(directory.path(), &["--fix", "lamp.xml"]).status.code(), Some(0));
    assert!(fs::symlink_metadata(directory.path().join("lamp.xml")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(directory.path().join("real/lamp.xml")).unwrap(), MENDED);
}

/// `/dev/full` refuses every byte; a draft that is there already stands for a disk that refuses a new file.
#[test]
fn a_file_that_cannot_be_written_is_as_it_was() {
    let directory = directory(&[("lamp.xml", BROKEN)]);
    let path = directory.path().join("lamp.xml");
    let script = "exec 2>&1; ulimit -f 0; trap '' XFSZ; exec \"$0\" check --fix lamp.xml";
    let mut command = std::process::Command::new("sh");
    let output =
        command.args(["-c", script, env!("CARGO_BIN_EXE_wayline")]).current_dir(directory.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(
        stdout(&output).starts_with("error: lamp.xml cannot be written, and is as it was: "),
        "{}",
        stdout(&output)
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), BROKEN);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_read_only_file_is_left_alone() {
    let directory = directory(&[("lamp.xml", BROKEN)]);
    let path = directory.path().join("lamp.xml");
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    if fs::File::options().write(true).open(&path).is_ok() {
        eprintln!("skipped: this user may write to read-only files");
        return;
    }
    let output = wayline(directory.path(), &["--fix", "lamp.xml"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&path).unwrap(), BROKEN);
}

#[test]
fn what_is_no_file_cannot_be_mended() {
    let directory = directory(&[("lamp.xml", BROKEN)]);
    for name in ["-", "git:HEAD:lamp.xml"] {
        let output = wayline(directory.path(), &["--fix", name]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).starts_with("error: `--fix` is for files, and "), "{}", stderr(&output));
    }
}
