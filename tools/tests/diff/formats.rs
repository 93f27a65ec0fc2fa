//! What is printed: text for terminals, JSON, SARIF; and the exit code.

use serde_json::Value;
use wayline_codegen::diff::Rule;

use crate::{directory, lamp, sarif, stderr, stdout, wayline};

const OLD: &str = "<description summary=\"s\"/><request name=\"light\"/><request name=\"dim\"><arg name=\"a\" type=\"int\"/></request>";
const NEW: &str = "<description summary=\"t\"/><request name=\"dim\"><arg name=\"b\" type=\"int\"/></request>";

fn run(args: &[&str]) -> (Option<i32>, String) {
    let directory = directory(&[("old.xml", &lamp(1, OLD)), ("a dir/new.xml", &lamp(2, NEW))]);
    let output = wayline(directory.path(), &[&["old.xml", "a dir/new.xml"], args].concat());
    assert_eq!(stderr(&output), "");
    (output.status.code(), stdout(&output))
}

#[test]
fn json_has_every_change_with_its_places_and_reasons() {
    let (code, text) = run(&["--format", "json", "--all"]);
    assert_eq!(code, Some(1));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["failed"], &value["fail_on"]), (&true.into(), &"wire".into()));
    let changes = value["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 4);
    for change in changes {
        for field in ["rule", "class", "item", "message", "why"] {
            assert!(change[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {change}");
        }
        assert!(change["languages"].is_array() && change["unstable"].is_boolean() && change["exemption"].is_null());
        assert!(change["old"].is_object() || change["new"].is_object());
        for place in ["old", "new"].map(|side| &change[side]).into_iter().filter(|place| !place.is_null()) {
            assert!(
                place["file"].is_string() && place["line"].as_u64() > Some(0) && place["column"].as_u64() > Some(0)
            );
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn sarif_has_what_the_standard_requires() {
    let (code, text) = run(&["--format", "sarif"]);
    assert_eq!(code, Some(1));
    let log: Value = serde_json::from_str(&text).unwrap();
    let (rules, results) = sarif::checked(&log);
    assert_eq!((rules.len(), results.len()), (Rule::ALL.len(), 3));
    for result in results {
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(["old.xml", "a%20dir/new.xml"].contains(&uri.as_str().unwrap()), "{uri}");
    }
    insta::assert_snapshot!(results.iter().map(|result| format!("{result:#}\n")).collect::<String>());
}

#[test]
fn the_exit_code_follows_the_chosen_class() {
    let cases = [
        ("<request name=\"light\"/>", "", [1, 1, 1]),
        ("", "<request name=\"dim\"><arg name=\"b\" type=\"int\"/></request>", [0, 1, 1]),
        ("<description summary=\"s\"/>", "<description summary=\"t\"/>", [0, 0, 1]),
        ("", "<enum name=\"e\"><entry name=\"a\" value=\"0\"/></enum>", [0, 0, 0]),
    ];
    for (old, new, codes) in cases {
        let dim = "<request name=\"dim\"><arg name=\"a\" type=\"int\"/></request>";
        let rest = if new.contains("dim") { "" } else { dim };
        let order = |body: &str, rest: &str| match body.contains("enum") {
            true => lamp(1, &[rest, body].concat()),
            false => lamp(1, &[body, rest].concat()),
        };
        let directory = directory(&[("old.xml", &order(old, dim)), ("new.xml", &order(new, rest))]);
        let code = |class: &str| wayline(directory.path(), &["old.xml", "new.xml", "--fail-on", class]).status.code();
        assert_eq!(["wire", "source", "docs"].map(code), codes.map(Some), "{old} {new}");
    }
}

#[test]
fn colours_are_asked_for() {
    let (_, plain) = run(&[]);
    let (_, coloured) = run(&["--color", "always"]);
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}[1;31mwire\u{1b}[0m"), "{coloured}");
    assert_eq!(coloured.replace("\u{1b}[0m", "").split("\u{1b}[1;").count(), 4);
}

#[test]
fn text_of_files_cannot_control_the_terminal() {
    let hostile = |text: &str| lamp(1, &format!("<description summary=\"{text}\"/><request name=\"a\"/>"));
    let (old, new) = (hostile("&#x9b;31m\u{202e}a"), hostile("&#x9b;2J\u{202e}b"));
    let directory = directory(&[("old\u{1b}[2J\u{202e}.xml", &old), ("new.xml", &new)]);
    for format in ["text", "json", "sarif"] {
        let output = wayline(directory.path(), &["old\u{1b}[2J\u{202e}.xml", "new.xml", "--format", format]);
        let text = stdout(&output);
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{format}: {text:?}");
    }
}
