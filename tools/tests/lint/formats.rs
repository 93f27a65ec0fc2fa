//! JSON and SARIF of findings.

use serde_json::Value;
use wayline_codegen::lint::Id;

use crate::{directory, lamp, sarif, stderr, stdout, wayline};

const BODY: &str = "<request name=\"setMode\"><arg name=\"mode\" type=\"uint\"/></request><event name=\"a-b\"/>\
                    <enum name=\"mode\"><entry name=\"on\" value=\"0\"/><entry name=\"off\" value=\"0\"/></enum>";

fn run(args: &[&str]) -> Value {
    let directory = directory(&[("a dir/lamp.xml", &lamp(1, BODY))]);
    let output = wayline(directory.path(), &[&["a dir/lamp.xml"], args].concat());
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""));
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn json_has_every_finding_with_its_place_and_reason() {
    let value = run(&["--format", "json"]);
    let findings = value["findings"].as_array().unwrap();
    let rules: Vec<_> = findings.iter().map(|found| found["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["name-style", "missing-enum", "invalid-name", "duplicate-value"]);
    for found in findings {
        assert!(
            ["message", "why", "help", "severity"]
                .iter()
                .all(|field| found[field].as_str().is_some_and(|text| !text.is_empty())),
            "{found}"
        );
        assert!(found["place"]["line"].as_u64() > Some(0) && found["place"]["file"] == "a dir/lamp.xml", "{found}");
    }
    assert_eq!((&value["failed"], &value["complete"]), (&true.into(), &true.into()));
    insta::assert_snapshot!(format!("{value:#}"));
}

#[test]
fn sarif_has_what_the_standard_requires() {
    let log = run(&["--format", "sarif"]);
    let (rules, results) = sarif::checked(&log);
    assert_eq!((rules.len(), results.len()), (Id::all().count(), 4));
    assert_eq!(log["runs"][0]["tool"]["driver"]["name"], "wayline check");
    let uri = |result: &Value| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert!(results.iter().all(|result| uri(result) == "a%20dir/lamp.xml"));
    insta::assert_snapshot!(results.iter().map(|result| format!("{result:#}\n")).collect::<String>());
}

#[test]
fn quiet_shows_errors_only_in_every_format() {
    assert_eq!(run(&["--format", "json", "--quiet"])["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(run(&["--format", "sarif", "-q"])["runs"][0]["results"].as_array().map(Vec::len), Some(1));
}

#[test]
fn text_of_files_cannot_control_the_terminal() {
    let text = lamp(1, "<!-- wayline: allow \u{202e}: x --><event name=\"&#x9b;2J\u{202e}\" version=\"\u{202e}\"/>");
    let directory = directory(&[("lamp\u{1b}[2J\u{202e}.xml", &text)]);
    for format in ["json", "sarif"] {
        let output = wayline(directory.path(), &["lamp\u{1b}[2J\u{202e}.xml", "--format", format]);
        let text = stdout(&output);
        assert!(
            !text.is_empty() && !text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{format}: {text:?}"
        );
    }
}
