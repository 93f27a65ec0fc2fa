//! For each lint a file that it finds something in, and one like it that is harmless. What the command says of the first
//! is a snapshot.

use wayline_codegen::Severity;
use wayline_codegen::lint::{Id, Level, Levels, Rule};

use crate::{directory, lamp, protocol, report, stderr, wayline};

struct Pair {
    rule: Rule,
    wrong: String,
    twin: String,
}

/// The body of an interface of version 1.
fn plain(rule: Rule, wrong: &str, twin: &str) -> Pair {
    Pair { rule, wrong: lamp(1, wrong), twin: lamp(1, twin) }
}

fn whole(rule: Rule, wrong: &str, twin: &str) -> Pair {
    Pair { rule, wrong: protocol(wrong), twin: protocol(twin) }
}

fn in_enum(rule: Rule, wrong: &str, twin: &str) -> Pair {
    let of = |entries: &str| format!("<enum name=\"mode\">{entries}</enum>");
    plain(rule, &of(wrong), &of(twin))
}

fn pairs() -> Vec<Pair> {
    let mut pairs = of_objects();
    pairs.extend(of_messages());
    pairs.extend(of_versions());
    pairs.extend(of_names());
    pairs.extend(of_texts());
    pairs
}

fn of_objects() -> Vec<Pair> {
    let made = |body: &str| {
        let bulb = format!("<interface name=\"my_bulb\" version=\"1\">{body}</interface>");
        let event = "<event name=\"bulb\"><arg name=\"id\" type=\"new_id\" interface=\"my_bulb\"/></event>";
        let lamp = format!(
            "<interface name=\"my_lamp\" version=\"1\"><request name=\"destroy\" type=\"destructor\"/>{event}</interface>"
        );
        protocol(&format!("{lamp}\n  {bulb}"))
    };
    vec![
        whole(
            Rule::NoDestructor,
            "<interface name=\"my_lamp\" version=\"1\"><request name=\"light\"/></interface>",
            "<interface name=\"my_lamp\" version=\"1\"><event name=\"done\" type=\"destructor\"/></interface>",
        ),
        Pair {
            rule: Rule::UndestroyableObject,
            wrong: made("<event name=\"broken\"/>"),
            twin: made("<event name=\"broken\"/><request name=\"release\" type=\"destructor\"/>"),
        },
    ]
}

fn of_messages() -> Vec<Pair> {
    let fds = |count: usize| {
        let args: String = (0..count).map(|n| format!("<arg name=\"fd{n}\" type=\"fd\"/>")).collect();
        format!("<event name=\"sent\">{args}</event>")
    };
    let number = |attributes: &str| {
        format!(
            "<request name=\"set\"><arg name=\"mode\" {attributes}/></request>\n    \
             <enum name=\"mode\"><entry name=\"off\" value=\"0\"/></enum>"
        )
    };
    vec![
        plain(Rule::TooManyFds, &fds(29), &fds(20)),
        plain(
            Rule::UnboundedMessage,
            "<event name=\"named\"><arg name=\"name\" type=\"string\"/></event>",
            "<event name=\"named\"><arg name=\"name\" type=\"string\" summary=\"at most 100 bytes\"/></event>",
        ),
        plain(Rule::MissingEnum, &number("type=\"uint\""), &number("type=\"uint\" enum=\"mode\"")),
    ]
}

fn of_versions() -> Vec<Pair> {
    let family = |lamp: u32, since: u32| {
        format!(
            "<interface name=\"my_lamp\" version=\"{lamp}\"><request name=\"destroy\" type=\"destructor\"/>\
             <request name=\"bulb\"><arg name=\"id\" type=\"new_id\" interface=\"my_bulb\"/></request></interface>\n  \
             <interface name=\"my_bulb\" version=\"2\"><request name=\"destroy\" type=\"destructor\"/>\
             <event name=\"on\" since=\"{since}\"/></interface>"
        )
    };
    let frozen = |version: u32| {
        format!(
            "<interface name=\"my_lamp\" version=\"{version}\" frozen=\"true\">\
             <description summary=\"a lamp\">Version 2 is brighter.</description>\
             <request name=\"destroy\" type=\"destructor\"/></interface>"
        )
    };
    let attribute =
        |name: &str| lamp(2, &format!("<event name=\"on\" {name}=\"2\"/><event name=\"off\" since=\"2\"/>"));
    vec![
        Pair { rule: Rule::VersionForSince, wrong: attribute("version"), twin: attribute("since") },
        whole(Rule::VersionWithoutChange, &family(1, 1), &family(2, 2)),
        whole(Rule::FrozenChanged, &frozen(2), &frozen(1)),
    ]
}

fn of_names() -> Vec<Pair> {
    let entry = |name: &str, rest: &str| format!("<entry name=\"{name}\" {rest}/>");
    let interface = |name: &str| {
        format!("<interface name=\"{name}\" version=\"1\"><request name=\"destroy\" type=\"destructor\"/></interface>")
    };
    let taken = |name: &str| format!("<request name=\"take\"><arg name=\"{name}\" type=\"int\"/></request>");
    vec![
        in_enum(
            Rule::DuplicateValue,
            &[entry("off", "value=\"1\""), entry("dark", "value=\"0x1\"")].concat(),
            &[entry("off", "value=\"1\""), entry("dark", "value=\"1\" summary=\"same as off\"")].concat(),
        ),
        plain(
            Rule::CNameCollision,
            "<request name=\"mode_off\"/><enum name=\"mode\"><entry name=\"off\" value=\"0\"/></enum>",
            "<request name=\"mode_on\"/><enum name=\"mode\"><entry name=\"off\" value=\"0\"/></enum>",
        ),
        plain(Rule::Keyword, &taken("namespace"), &taken("space")),
        plain(Rule::NameStyle, "<request name=\"setMode\"/>", "<request name=\"set_mode2\"/>"),
        whole(Rule::InterfacePrefix, &interface("lamp"), &interface("my_lamp")),
    ]
}

fn of_texts() -> Vec<Pair> {
    let described = "<description summary=\"a text\">Text.</description>";
    let interface = |body: &str, request: &str| {
        format!(
            "<interface name=\"my_lamp\" version=\"1\">{body}\
             <request name=\"destroy\" type=\"destructor\">{request}</request></interface>"
        )
    };
    let allow = |text: &str| format!("<!-- wayline: {text} -->\n    <request name=\"setMode\"/>");
    vec![
        whole(Rule::Undocumented, &interface("", described), &interface(described, described)),
        in_enum(
            Rule::UndocumentedValue,
            "<entry name=\"off\" value=\"0\"/>",
            "<entry name=\"off\" value=\"0\" summary=\"dark\"/>",
        ),
        in_enum(
            Rule::MalformedSummary,
            "<entry name=\"off\" value=\"0\" summary=\"it is\n      dark\"/>",
            "<entry name=\"off\" value=\"0\" summary=\"it is dark\"/>",
        ),
        plain(
            Rule::UnusedAllow,
            "<!-- wayline: allow keyword: it is an old name -->\n    <request name=\"set\"/>",
            &allow("allow name-style: it is an old name"),
        ),
        plain(
            Rule::MalformedAllow,
            "<!-- wayline: allow keyword -->\n    <request name=\"set\"/>",
            "<!-- way: allow keyword -->\n    <request name=\"set\"/>",
        ),
    ]
}

fn finds(rule: Rule, text: &str) -> usize {
    let mut levels = Levels::default();
    levels.set(rule.name(), Level::Warn).unwrap();
    report(text, &levels).findings().iter().filter(|found| found.id() == Id::Lint(rule)).count()
}

#[test]
fn every_lint_has_a_file_that_it_finds_something_in_and_a_harmless_one() {
    let pairs = pairs();
    for rule in Rule::ALL {
        assert_eq!(pairs.iter().filter(|pair| pair.rule == *rule).count(), 1, "{rule}");
    }
    for Pair { rule, wrong, twin } in &pairs {
        assert_eq!((finds(*rule, wrong), finds(*rule, twin)), (1, 0), "{rule}\n{wrong}\n{twin}");
    }
}

#[test]
fn what_the_command_says_of_each_lint() {
    let mut said = String::new();
    for Pair { rule, wrong, .. } in pairs() {
        let directory = directory(&[("lamp.xml", &wrong)]);
        let output = wayline(directory.path(), &["--allow", "all", "--deny", rule.name(), "lamp.xml"]);
        assert_eq!(output.status.code(), Some(1), "{rule}: {}", stderr(&output));
        said += &format!("{wrong}\n{}\n", stderr(&output));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn each_lint_says_what_happens_to_whom_and_what_to_do() {
    for Pair { rule, wrong, .. } in pairs() {
        let mut levels = Levels::default();
        levels.set(rule.name(), Level::Warn).unwrap();
        let report = report(&wrong, &levels);
        let found = report.findings().iter().find(|found| found.id() == Id::Lint(rule)).unwrap();
        assert!(
            found.help_text().is_some() && rule.why().ends_with('.') && rule.explanation().ends_with('.'),
            "{rule}"
        );
        assert_eq!(found.severity(), Severity::Warning);
    }
}

#[test]
fn an_enum_of_the_name_of_the_message_comes_first() {
    let enums = "<enum name=\"state\"><entry name=\"a\" value=\"0\"/></enum><enum name=\"shade\"><entry name=\"b\" value=\"0\"/></enum>";
    let of = |message: &str| {
        lamp(1, &format!("<request name=\"{message}\"><arg name=\"state\" type=\"uint\"/></request>{enums}"))
    };
    assert_eq!(finds(Rule::MissingEnum, &of("set_shade")), 0);
    assert_eq!(finds(Rule::MissingEnum, &of("set_light")), 1);
}

#[test]
fn an_underscore_that_keeps_a_name_from_being_a_keyword_is_in_style() {
    let of = |name: &str| lamp(1, &format!("<request name=\"set\"><arg name=\"{name}\" type=\"int\"/></request>"));
    assert_eq!([finds(Rule::NameStyle, &of("class_")), finds(Rule::NameStyle, &of("clas_"))], [0, 1]);
}

#[test]
fn interfaces_that_every_connection_has_need_no_destructor() {
    let text = protocol("<interface name=\"wl_registry\" version=\"1\"><event name=\"global\"/></interface>");
    assert_eq!(finds(Rule::NoDestructor, &text), 0);
}

#[test]
fn macros_that_are_defined_twice_in_the_same_way_are_no_collision() {
    let of =
        |since: u32| lamp(2, &format!("<request name=\"done\" since=\"{since}\"/><event name=\"done\" since=\"2\"/>"));
    assert_eq!([finds(Rule::CNameCollision, &of(2)), finds(Rule::CNameCollision, &of(1))], [0, 1]);
}
