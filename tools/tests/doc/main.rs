//! `wayline doc`: files, streams, exit codes, and what it leaves behind when it fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn wayline(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wayline")).arg("doc").args(args).current_dir(directory).output().unwrap()
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let lamp = Path::new(env!("CARGO_MANIFEST_DIR")).join("../codegen/tests/doc/lamp.xml");
    fs::copy(lamp, directory.path().join("lamp.xml")).unwrap();
    directory
}

fn names(directory: &Path) -> BTreeSet<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Exit code 2, and one message that starts so.
fn assert_fails(output: &Output, start: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.starts_with(start), "{text}");
    assert!(output.stdout.is_empty());
}

const SITE: [&str; 5] =
    ["index.html", "lamp_unstable_v1.html", "wayline-doc.css", "wayline-doc.js", "wayline-search.js"];

#[test]
fn a_site_is_written_beside_other_files() {
    let directory = directory();
    fs::create_dir(directory.path().join("site")).unwrap();
    fs::write(directory.path().join("site/CNAME"), "lamps.example.org").unwrap();
    for _ in 0..2 {
        let output = wayline(directory.path(), &["lamp.xml", "--output", "site"]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "5 files written, site/index.html is the first\n");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
        let expected = SITE.into_iter().chain(["CNAME"]).map(str::to_owned).collect();
        assert_eq!(names(&directory.path().join("site")), expected);
    }
    let index = fs::read_to_string(directory.path().join("site/index.html")).unwrap();
    wayline(directory.path(), &[".", "-o", "new/site", "--title", "Lamps <&>"]);
    let titled = fs::read_to_string(directory.path().join("new/site/index.html")).unwrap();
    assert!(titled.contains("<h1>Lamps &lt;&amp;&gt;</h1>") && index.contains("<h1>lamp_unstable_v1</h1>"));
}

#[test]
fn markdown_is_written_instead() {
    let directory = directory();
    let output = wayline(directory.path(), &["lamp.xml", "--markdown", "--output", "docs"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 files written, docs/README.md is the first\n");
    assert_eq!(names(&directory.path().join("docs")), ["README.md", "lamp_unstable_v1.md"].map(str::to_owned).into());
}

#[test]
fn releases_and_support_are_read_from_files() {
    let directory = directory();
    let xml = fs::read_to_string(directory.path().join("lamp.xml")).unwrap();
    fs::create_dir(directory.path().join("old")).unwrap();
    fs::write(directory.path().join("old/lamp.xml"), xml.replace("\"wiring\"", "\"wires\"")).unwrap();
    fs::write(directory.path().join("west.json"), r#"{"format":1,"globals":[]}"#).unwrap();
    let args = ["lamp.xml", "-o", "site", "--previous", "old", "--support", "west.json"];
    assert_eq!(wayline(directory.path(), &args).status.code(), Some(0));
    let page = fs::read_to_string(directory.path().join("site/lamp_unstable_v1.html")).unwrap();
    assert!(page.contains("[argument-renamed, after old]") && page.contains("<li>west "));
    assert!(directory.path().join("site/support.html").exists());
}

#[test]
fn truncated_xml_is_named_with_its_place_and_nothing_is_written() {
    let directory = directory();
    let xml = fs::read(directory.path().join("lamp.xml")).unwrap();
    for length in [0, 60, 700, xml.len() - 20] {
        fs::write(directory.path().join("cut.xml"), &xml[..length]).unwrap();
        let output = wayline(directory.path(), &["lamp.xml", "cut.xml", "--output", "site"]);
        assert_fails(&output, "cut.xml:");
        assert!(
            String::from_utf8_lossy(&output.stderr)
                .ends_with("nothing was written: all files must be such that `wayline check` accepts them\n")
        );
        assert!(!directory.path().join("site").exists());
    }
    assert_fails(
        &wayline(directory.path(), &["none.xml", "-o", "site"]),
        "none.xml:1:1: error: the file cannot be read",
    );
}

#[test]
fn support_that_is_no_json_of_ours_is_named_in_one_line() {
    let directory = directory();
    fs::write(directory.path().join("bad.json"), "{\"format\": 1, \"glo").unwrap();
    let output = wayline(directory.path(), &["lamp.xml", "-o", "site", "--support", "bad.json"]);
    assert_fails(&output, "error: bad.json: it is not JSON: EOF while parsing a string at line 1 column 18\n");
    let output = wayline(directory.path(), &["lamp.xml", "-o", "site", "--support", "none.json"]);
    assert_fails(&output, "error: none.json cannot be read: ");
    assert!(!directory.path().join("site").exists());
}

#[test]
fn output_that_is_no_directory_is_named_in_one_line() {
    let directory = directory();
    let output = wayline(directory.path(), &["lamp.xml", "--output", "lamp.xml"]);
    assert_fails(&output, "error: lamp.xml is not a directory\n");
    let output = wayline(directory.path(), &["lamp.xml", "--output", "lamp.xml/site"]);
    assert_fails(&output, "error: cannot write lamp.xml/site: ");
    assert_eq!(names(directory.path()), ["lamp.xml".to_owned()].into());
}

/// A limit on the size of files stands for a full disk: writing fails in the middle of a page.
#[test]
fn a_full_disk_leaves_the_old_site_as_it_was() {
    let directory = directory();
    let limited = || {
        let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" doc lamp.xml --output site";
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_wayline")]).current_dir(directory.path()).output().unwrap()
    };
    assert_fails(&limited(), "error: cannot write site/lamp_unstable_v1.html: ");
    assert_eq!(names(directory.path()), ["lamp.xml".to_owned()].into());
    wayline(directory.path(), &["lamp.xml", "--output", "site", "--title", "before"]);
    let read = || SITE.map(|name| fs::read(directory.path().join("site").join(name)).unwrap());
    let before = read();
    assert_fails(&limited(), "error: cannot write site/lamp_unstable_v1.html: ");
    assert_eq!(read(), before);
    assert_eq!(names(&directory.path().join("site")), SITE.map(str::to_owned).into());
}

#[test]
fn names_too_long_for_ids_are_refused() {
    let directory = directory();
    let xml = fs::read_to_string(directory.path().join("lamp.xml")).unwrap();
    fs::write(directory.path().join("long.xml"), xml.replace("zlamp_room", &"z".repeat(201))).unwrap();
    let output = wayline(directory.path(), &["long.xml", "--output", "site"]);
    assert_fails(&output, "long.xml:");
    assert!(String::from_utf8_lossy(&output.stderr).contains("names of at most 200 bytes are described"));
}
