//! Comments that allow, and levels.

use wayline_codegen::lint::{Level, LevelError, Levels};

use crate::{directory, lamp, protocol, report, rules, stderr, stdout, wayline};

const BAD: &str = "<request name=\"setMode\"/>";

fn allow(rules: &str) -> String {
    format!("<!-- wayline: allow {rules}: an old name -->")
}

#[test]
fn a_comment_in_front_of_an_element_covers_it_and_what_is_below_and_nothing_beside() {
    let comment = allow("name-style");
    assert_eq!(rules(&lamp(1, &format!("{comment}{BAD}"))), [""; 0]);
    assert_eq!(rules(&lamp(1, &format!("{comment}{BAD}<event name=\"isOn\"/>"))), ["name-style"]);
    let arg = "<request name=\"set\"><arg name=\"toMode\" type=\"int\"/></request>";
    assert_eq!(rules(&lamp(1, &format!("{comment}{arg}"))), [""; 0]);
    let all = format!("{comment}{}", lamp(1, &format!("{BAD}{arg}")));
    assert_eq!(rules(&all), [""; 0], "{all}");
}

#[test]
fn a_comment_inside_an_element_covers_the_element_alone() {
    let inside =
        |text: &str| lamp(1, &format!("<request name=\"setMode\">{text}<arg name=\"toMode\" type=\"int\"/></request>"));
    // It stands in front of the argument too.
    assert_eq!(rules(&inside(&allow("name-style"))), [""; 0]);
    let last = lamp(
        1,
        &format!("<request name=\"setMode\"><arg name=\"toMode\" type=\"int\"/>{}</request>", allow("name-style")),
    );
    assert_eq!(rules(&last), ["name-style"]);
    let described = "<description summary=\" s\"/>";
    assert_eq!(
        rules(&lamp(1, &format!("<request name=\"set\">{}{described}</request>", allow("malformed-summary")))),
        [""; 0]
    );
}

#[test]
fn a_comment_may_allow_several_rules_and_each_must_be_of_use() {
    let text = |rules: &str| {
        lamp(1, &format!("{}<request name=\"setMode\"><arg name=\"class\" type=\"int\"/></request>", allow(rules)))
    };
    assert_eq!(rules(&text("name-style, keyword")), [""; 0]);
    assert_eq!(rules(&text("name-style, keyword, no-destructor")), ["unused-allow"]);
    assert_eq!(rules(&text("name-style")), ["keyword"]);
}

#[test]
fn what_a_comment_allows_counts_as_used_whatever_the_level_of_its_rule() {
    let text = lamp(1, &format!("{}<request name=\"set\"/>", allow("undocumented")));
    let report = report(&text, &Levels::default());
    // That of the request, and that of the interface it is in.
    assert_eq!((report.findings().len(), report.allowed()), (0, 2));
}

#[test]
fn rules_of_the_format_that_are_warnings_can_be_allowed_and_no_others() {
    let event = lamp(1, &format!("{}<event name=\"gone\" type=\"destructor\"/>", allow("destructor-event")));
    assert_eq!(rules(&event), [""; 0]);
    let hard = lamp(1, &format!("{}<event name=\"a-b\"/>", allow("invalid-name")));
    assert_eq!(rules(&hard), ["malformed-allow", "invalid-name"]);
}

#[test]
fn comments_without_reason_or_sense_allow_nothing_and_are_reported() {
    for text in [
        "allow name-style",
        "allow name-style:",
        "allow name-style:   ",
        "allow: why",
        "allow no-such: why",
        "deny x: y",
        "",
        "allowname-style: why",
    ] {
        let found = rules(&lamp(1, &format!("<!-- wayline: {text} -->{BAD}")));
        assert_eq!(found, ["malformed-allow", "name-style"], "{text}");
    }
    assert_eq!(rules(&lamp(1, &format!("<!-- about wayline: allow nothing -->{BAD}"))), ["name-style"]);
}

#[test]
fn levels_decide_what_is_shown_and_what_fails() {
    let directory = directory(&[("lamp.xml", &lamp(1, BAD))]);
    let cases: [(&[&str], Option<i32>, &str); 8] = [
        (&[], Some(0), "warning"),
        (&["--deny", "name-style"], Some(1), "error"),
        (&["--allow", "name-style"], Some(0), ""),
        (&["--deny", "all", "--allow", "undocumented"], Some(1), "error"),
        (&["--allow", "all"], Some(0), ""),
        (&["--allow", "all", "--deny", "name-style"], Some(1), "error"),
        (&["--deny", "all", "--warn", "name-style", "--allow", "undocumented"], Some(0), "warning"),
        (&["--quiet"], Some(0), ""),
    ];
    for (args, code, severity) in cases {
        let output = wayline(directory.path(), &[args, &["lamp.xml"]].concat());
        assert_eq!(output.status.code(), code, "{args:?}");
        let text = stderr(&output);
        assert_eq!(text.contains("[name-style]"), !severity.is_empty(), "{args:?}: {text}");
        assert!(text.contains(severity), "{args:?}: {text}");
    }
}

#[test]
fn levels_that_make_no_sense_are_refused() {
    let mut levels = Levels::default();
    assert!(matches!(levels.set("no-such", Level::Warn), Err(LevelError::Unknown(_))));
    assert!(matches!(levels.set("invalid-name", Level::Allow), Err(LevelError::AlwaysError(_))));
    assert_eq!(levels.set("invalid-name", Level::Error), Ok(()));
    assert_eq!(levels.set("keyword", Level::Warn), Ok(()));
    assert!(matches!(levels.set("keyword", Level::Allow), Err(LevelError::Twice(_))));
    let directory = directory(&[("lamp.xml", &lamp(1, ""))]);
    let output = wayline(directory.path(), &["--deny", "no-such", "lamp.xml"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    assert!(stderr(&output).starts_with("error: there is no rule `no-such`"), "{}", stderr(&output));
}

#[test]
fn rules_are_explained() {
    let directory = directory(&[("lamp.xml", &protocol(""))]);
    let output = wayline(directory.path(), &["--explain", "no-destructor"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("no-destructor (lint, warn)\n  An interface of which no message ends"));
    let all = stdout(&wayline(directory.path(), &["--explain", "all"]));
    assert_eq!(all.matches("\n\n").count(), wayline_codegen::lint::Id::all().count());
    assert_eq!(wayline(directory.path(), &["--explain", "no-such"]).status.code(), Some(2));
    let help = stdout(&wayline(directory.path(), &["--help"]));
    assert!(wayline_codegen::lint::Rule::ALL.iter().all(|rule| help.contains(rule.name())), "{help}");
}
