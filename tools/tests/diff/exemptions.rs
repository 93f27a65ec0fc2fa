//! `--exempt`: changes that are allowed, with a reason and for a time; and `--allow-unstable`.

use crate::{directory, lamp, stderr, stdout, wayline};

fn run(exempt: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let old = lamp(1, "<request name=\"light\"/><request name=\"dim\"/><request name=\"blink\"/>");
    let new = lamp(1, "<request name=\"light\"/>");
    let directory = directory(&[("old.xml", &old), ("new.xml", &new), ("allowed", exempt)]);
    let output = wayline(directory.path(), &[&["--exempt", "allowed", "old.xml", "new.xml"], args].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn exempted_changes_do_not_fail_and_are_shown_on_request() {
    let lines = "# what nobody used\n\nmessage-removed lamp.dim until=9999-12-31 never shipped\n\
                 message-removed lamp.blink until=9999-12-31 never shipped either\n";
    let (code, said, warned) = run(lines, &[]);
    assert_eq!((code, warned.as_str()), (Some(0), ""));
    assert_eq!(said, "nothing to report; not shown: 2 exempted (`--all` shows them)\n");
    let (code, said, _) = run(lines, &["--all"]);
    assert_eq!(code, Some(0));
    assert!(said.contains("  = note: allowed until 9999-12-31: never shipped\n"), "{said}");
    assert!(said.ends_with("\n2 exempted\n"), "{said}");
}

#[test]
fn an_exemption_of_an_interface_covers_what_is_below_it() {
    let (code, _, warned) = run("message-removed lamp until=9999-12-31 a rewrite\n", &[]);
    assert_eq!((code, warned.as_str()), (Some(0), ""));
    let (code, _, warned) = run("message-removed lam until=9999-12-31 no such item\n", &[]);
    assert_eq!(code, Some(1));
    assert!(
        warned.contains("allowed:1: warning: the exemption of lam from message-removed matches no change"),
        "{warned}"
    );
}

#[test]
fn expired_exemptions_count_again_and_unused_ones_are_named() {
    let lines = "message-removed lamp.dim until=2000-02-29 for a while\n\
                 message-removed lamp.blink until=9999-12-31 r\n\
                 argument-added lamp.light until=9999-12-31 r\n";
    let (code, said, warned) = run(lines, &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("  = note: was allowed until 2000-02-29, which is over: for a while\n"), "{said}");
    assert!(said.ends_with("\n1 wire; not shown: 1 exempted (`--all` shows them)\n"), "{said}");
    insta::assert_snapshot!(warned, @r"
    allowed:1: warning: the exemption of lamp.dim from message-removed expired on 2000-02-29; the change counts again
    allowed:3: warning: the exemption of lamp.light from argument-added matches no change; remove the line
    ");
}

#[test]
fn lines_that_are_wrong_are_refused_with_their_place() {
    for (line, said) in [
        ("message-removed lamp.dim", "allowed:1: error: a line is `RULE ITEM until=YYYY-MM-DD REASON`\n"),
        ("message-gone lamp.dim until=9999-12-31 r", "allowed:1: error: there is no rule `message-gone`"),
        ("message-removed lamp.dim until=2026-02-30 r", "allowed:1: error: `2026-02-30` is no date"),
        ("message-removed lamp.dim until=9999-12-31 ", "allowed:1: error: the reason is missing"),
        ("message-removed \u{1b}[2J until=x r", "allowed:1: error: `x` is no date"),
        ("message-\u{1b}[2J a until=9999-12-31 r", "allowed:1: error: there is no rule `message-\\u{1b}[2J`"),
        (
            "message-removed a until=9999-12-31 r\nmessage-removed a until=9999-12-31 r",
            "allowed:2: error: line 1 has the same rule and item\n",
        ),
    ] {
        let (code, out, err) = run(line, &[]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{line}");
        assert!(err.starts_with(said), "{line}: {err}");
    }
}

#[test]
fn experiments_may_break_if_they_are_allowed_to() {
    for (name, protocol, is_unstable) in [
        ("zlamp", "lamp", true),
        ("lamp_v1", "lamp", true),
        ("lamp", "lamp_unstable", true),
        ("lamp", "lamp_v12", true),
        ("lamp", "lamp", false),
        ("lamp_v", "lamp_vx1", false),
    ] {
        let of = |body: &str| {
            format!(
                "<protocol name=\"{protocol}\"><interface name=\"{name}\" version=\"1\"><request name=\"light\"/>{body}\
                 </interface></protocol>"
            )
        };
        let directory = directory(&[("old.xml", &of("<request name=\"dim\"/>")), ("new.xml", &of(""))]);
        let code = |args: &[&str]| wayline(directory.path(), &[&["old.xml", "new.xml"], args].concat()).status.code();
        assert_eq!(code(&[]), Some(1), "{name}");
        assert_eq!(code(&["--allow-unstable"]), Some(i32::from(!is_unstable)), "{name} of {protocol}");
        assert_eq!(code(&["--allow-unstable", "--fail-on", "source"]), Some(1), "{name}");
    }
}
