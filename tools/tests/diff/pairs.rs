//! For each rule a file, a change that breaks it, and one like it that is harmless. What the command says of both is a
//! snapshot.

use wayline_codegen::diff::{Class, Rule};
use wayline_codegen::model::Direction::{self, Event, Request};

use crate::{breaks_peers, changes, directory, lamp, lamps, stderr, stdout, wayline};

struct Pair {
    rule: Rule,
    old: String,
    new: String,
    /// What the old file may become instead.
    twin: String,
}

const SOCKET: &str = r#"<interface name="socket" version="1"><request name="plug"/></interface>"#;
const LAMP: &str = r#"<interface name="lamp" version="1"><request name="light"/></interface>"#;

/// Many requests without arguments.
fn requests(names: &[&str]) -> String {
    names.iter().map(|name| format!("<request name=\"{name}\"/>\n    ")).collect::<String>().trim_end().to_owned()
}

fn pair(rule: Rule, old: String, new: String, twin: String) -> Pair {
    Pair { rule, old, new, twin }
}

/// All in version 1 of one interface.
fn plain(rule: Rule, old: &str, new: &str, twin: &str) -> Pair {
    pair(rule, lamp(1, old), lamp(1, new), lamp(1, twin))
}

/// One argument of a request.
fn in_request(rule: Rule, old: &str, new: &str, twin: &str) -> Pair {
    let request = |arg: &str| format!("<request name=\"set\">{arg}</request>");
    plain(rule, &request(old), &request(new), &request(twin))
}

/// One argument of an event.
fn in_event(rule: Rule, old: &str, new: &str, twin: &str) -> Pair {
    let event = |arg: &str| format!("<event name=\"told\">{arg}</event>");
    plain(rule, &event(old), &event(new), &event(twin))
}

/// One argument of a request and of an event. What breaks peers in one direction does not in the other.
fn directional(rule: Rule, breaks: Direction, old: &str, new: &str) -> Pair {
    let both = |request: &str, event: &str| {
        format!("<request name=\"set\">{request}</request>\n    <event name=\"told\">{event}</event>")
    };
    let (request, event) = (both(new, old), both(old, new));
    match breaks {
        Request => plain(rule, &both(old, old), &request, &event),
        Event => plain(rule, &both(old, old), &event, &request),
    }
}

/// The entries of one enum.
fn in_enum(rule: Rule, old: &str, new: &str, twin: &str) -> Pair {
    let of = |entries: &str| format!("<enum name=\"mode\">{entries}</enum>");
    plain(rule, &of(old), &of(new), &of(twin))
}

fn pairs() -> Vec<Pair> {
    let mut pairs = of_interfaces();
    pairs.extend(of_messages());
    pairs.extend(of_arguments());
    pairs.extend(of_enums());
    pairs
}

fn of_interfaces() -> Vec<Pair> {
    let frozen = |version: u32, text: &str, body: &str| {
        lamps(&format!("<interface name=\"lamp\" version=\"{version}\"{text}>{body}</interface>"))
    };
    let described = "<description summary=\"s\">It shines.</description><request name=\"light\"/>";
    vec![
        pair(
            Rule::InterfaceRemoved,
            lamps(&format!("{LAMP}\n  {SOCKET}")),
            lamps(LAMP),
            lamps(&format!("{SOCKET}\n  {LAMP}")),
        ),
        pair(
            Rule::InterfaceRenamed,
            lamps(LAMP),
            lamps(&LAMP.replace("lamp", "torch")),
            lamps(&format!("{LAMP}\n  {}", LAMP.replace("lamp", "torch"))),
        ),
        plain(
            Rule::InterfaceRedefined,
            &requests(&["destroy\" type=\"destructor", "set_colour", "move", "resize", "set_title"]),
            "<request name=\"destroy\" type=\"destructor\"/>
    <request name=\"get_bulb\"><arg name=\"id\" type=\"new_id\" interface=\"bulb\"/></request>
    <request name=\"resize\"><arg name=\"size\" type=\"uint\"/></request>",
            &requests(&["destroy\" type=\"destructor", "set_color", "shift", "size", "title"]),
        ),
        pair(
            Rule::InterfaceAdded,
            lamps(LAMP),
            lamps(&format!("{LAMP}\n  {SOCKET}")),
            lamps(&format!("{LAMP}\n  <!-- {SOCKET} -->")),
        ),
        pair(
            Rule::VersionLowered,
            lamp(2, &requests(&["light"])),
            lamp(1, &requests(&["light"])),
            lamp(3, &requests(&["light"])),
        ),
        pair(
            Rule::VersionRaised,
            lamp(1, &requests(&["light"])),
            lamp(2, &requests(&["light", "dim\" since=\"2"])),
            lamp(1, "<!-- new -->  <request name='light' />"),
        ),
        pair(
            Rule::VersionNotRaised,
            lamp(2, &requests(&["light", "dim\" since=\"2"])),
            lamp(2, &requests(&["light", "dim\" since=\"2", "blink\" since=\"2", "glow\" since=\"2"])),
            lamp(3, &requests(&["light", "dim\" since=\"2", "blink\" since=\"3", "glow\" since=\"3"])),
        ),
        pair(
            Rule::FrozenChanged,
            frozen(1, " frozen=\"true\"", "<request name=\"light\"/>"),
            frozen(2, " frozen=\"true\"", "<request name=\"light\"/><request name=\"dim\" since=\"2\"/>"),
            frozen(1, " frozen=\"true\"", described),
        ),
        pair(
            Rule::FrozenFlagChanged,
            frozen(1, "", "<request name=\"light\"/>"),
            frozen(1, " frozen=\"true\"", "<request name=\"light\"/>"),
            frozen(1, " frozen=\"false\"", "<request name=\"light\"/>"),
        ),
        pair(
            Rule::ProtocolRenamed,
            lamps(LAMP),
            lamps(LAMP).replace("protocol name=\"lamp\"", "protocol name=\"light\""),
            lamps(&format!("<copyright>Us</copyright>{LAMP}")),
        ),
        pair(
            Rule::SummaryChanged,
            frozen(1, "", &described.replace("\"s\"", "\"a  lamp\"")),
            frozen(1, "", &described.replace("\"s\"", "\"a light\"")),
            frozen(1, "", &described.replace("\"s\"", "\" a\n lamp\"")),
        ),
        pair(
            Rule::DescriptionChanged,
            frozen(1, "", described),
            frozen(1, "", &described.replace("It shines.", "It glows.")),
            frozen(1, "", &described.replace("It shines.", "\n      It\n      shines.\n    ")),
        ),
    ]
}

fn of_messages() -> Vec<Pair> {
    vec![
        plain(
            Rule::MessageRemoved,
            &requests(&["light", "dim", "blink"]),
            &requests(&["light", "blink"]),
            &requests(&["light", "dim", "blink\" since=\"1"]),
        ),
        pair(
            Rule::MessageInserted,
            lamp(1, &requests(&["light", "dim"])),
            lamp(2, &requests(&["light", "blink\" since=\"2", "dim"])),
            lamp(2, &requests(&["light", "dim", "blink\" since=\"2"])),
        ),
        plain(
            Rule::MessageMoved,
            "<request name=\"light\"/><request name=\"dim\"/><request name=\"blink\"/><event name=\"broken\"/>",
            "<request name=\"blink\"/><request name=\"light\"/><request name=\"dim\"/><event name=\"broken\"/>",
            "<event name=\"broken\"/><request name=\"light\"/><request name=\"dim\"/><request name=\"blink\"/>",
        ),
        plain(
            Rule::MessageRenamed,
            &requests(&["light", "dim"]),
            &requests(&["light", "darken"]),
            &requests(&["light", "dim"]).replace("/>", "></request>"),
        ),
        pair(
            Rule::MessageAdded,
            lamp(1, &requests(&["light"])),
            lamp(2, "<request name=\"light\"/><event name=\"broken\" since=\"2\"/>"),
            lamp(1, "<request name=\"light\"/><!-- <event name=\"broken\"/> -->"),
        ),
        pair(
            Rule::SinceNotRaised,
            lamp(1, &requests(&["light"])),
            lamp(2, &requests(&["light", "dim"])),
            lamp(2, &requests(&["light", "dim\" since=\"2"])),
        ),
        pair(
            Rule::SinceRaised,
            lamp(2, &requests(&["light", "dim"])),
            lamp(2, &requests(&["light", "dim\" since=\"2"])),
            lamp(2, &requests(&["light", "dim\" since=\"1"])),
        ),
        pair(
            Rule::SinceLowered,
            lamp(2, &requests(&["light", "dim\" since=\"2"])),
            lamp(2, &requests(&["light", "dim"])),
            lamp(3, &requests(&["light", "dim\" since=\"2"])),
        ),
        pair(
            Rule::RequestDestructorAdded,
            lamp(1, &requests(&["light", "release"])),
            lamp(1, &requests(&["light", "release\" type=\"destructor"])),
            lamp(2, &requests(&["light", "release", "destroy\" type=\"destructor\" since=\"2"])),
        ),
        plain(
            Rule::RequestDestructorRemoved,
            &requests(&["light", "release\" type=\"destructor"]),
            &requests(&["light", "release"]),
            "<request name=\"light\"/> <request type=\"destructor\" name=\"release\"/>",
        ),
        pair(
            Rule::EventDestructorAdded,
            lamp(1, "<event name=\"done\"/>"),
            lamp(1, "<event name=\"done\" type=\"destructor\"/>"),
            lamp(2, "<event name=\"done\"/><event name=\"failed\" type=\"destructor\" since=\"2\"/>"),
        ),
        plain(
            Rule::EventDestructorRemoved,
            "<event name=\"done\" type=\"destructor\"/>",
            "<event name=\"done\"/>",
            "<event type=\"destructor\" name=\"done\"/>",
        ),
        pair(
            Rule::DeprecationChanged,
            lamp(2, &requests(&["light", "dim"])),
            lamp(2, &requests(&["light", "dim\" deprecated-since=\"2"])),
            lamp(2, &requests(&["light", "dim"])).replace("\"dim\"", "'dim'"),
        ),
    ]
}

fn of_arguments() -> Vec<Pair> {
    let (uint, text) = (r#"<arg name="a" type="uint"/>"#, r#"<arg name="b" type="string"/>"#);
    let fd = r#"<arg name="f" type="fd"/>"#;
    let nullable = text.replace("/>", " allow-null=\"true\"/>");
    let never = text.replace("/>", " allow-null=\"false\"/>");
    let object = |name: &str| format!("<arg name=\"o\" type=\"object\" interface=\"{name}\"/>");
    let any = r#"<arg name="o" type="object"/>"#;
    let new_id = |name: &str| format!("<arg name=\"n\" type=\"new_id\" interface=\"{name}\"/>");
    let untyped = r#"<arg name="n" type="new_id"/>"#;
    let enums = r#"<enum name="mode"><entry name="on" value="0"/></enum>"#;
    let with_enum =
        |text: &str| format!("<request name=\"set\"><arg name=\"a\" type=\"uint\"{text}/></request>{enums}");
    let both = [uint, text].concat();
    let another = format!("{uint}</request><request name=\"set_text\" since=\"2\">{text}");
    let set = |body: &str| format!("<request name=\"set\">{body}</request>");
    let quoted = uint.replace('"', "'");
    vec![
        pair(Rule::ArgumentAdded, lamp(1, &set(uint)), lamp(1, &set(&both)), lamp(2, &set(&another))),
        in_request(Rule::ArgumentRemoved, &both, uint, &[uint, "<!-- now: -->", text].concat()),
        in_event(Rule::ArgumentRetyped, uint, &uint.replace("uint", "fixed"), &quoted),
        in_request(
            Rule::ArgumentMoved,
            &[uint, &uint.replace("\"a\"", "\"c\"")].concat(),
            &[&uint.replace("\"a\"", "\"c\""), uint].concat(),
            &[quoted.as_str(), &uint.replace("\"a\"", "\"c\"")].concat(),
        ),
        in_event(Rule::FdMoved, &[uint, text, fd].concat(), &[fd, uint, text].concat(), &[&quoted, text, fd].concat()),
        in_request(Rule::ArgumentRenamed, uint, &uint.replace("\"a\"", "\"amount\""), &quoted),
        in_request(Rule::RequestAllowsNull, text, &nullable, &never),
        directional(Rule::EventAllowsNull, Event, text, &nullable),
        directional(Rule::RequestRefusesNull, Request, &nullable, &never),
        in_event(Rule::EventRefusesNull, &nullable, text, &nullable.replace('"', "'")),
        in_request(
            Rule::ArgumentInterfaceChanged,
            &object("socket"),
            &object("plug"),
            &object("socket").replace('"', "'"),
        ),
        in_request(Rule::RequestTakesAnyObject, &object("socket"), any, &object("socket").replace("/>", "></arg>")),
        directional(Rule::EventHasAnyObject, Event, &object("socket"), any),
        directional(Rule::RequestTakesOneInterface, Request, any, &object("socket")),
        in_event(Rule::EventHasOneInterface, any, &object("socket"), &any.replace("/>", "></arg>")),
        in_event(Rule::NewIdInterfaceChanged, &new_id("bulb"), &new_id("tube"), &new_id("bulb").replace('"', "'")),
        in_request(Rule::NewIdRetyped, &new_id("bulb"), untyped, &new_id("bulb").replace('"', "'")),
        plain(
            Rule::ArgumentEnumChanged,
            &with_enum(" enum=\"mode\""),
            &with_enum(""),
            &with_enum(" enum=\"lamp.mode\""),
        ),
    ]
}

fn of_enums() -> Vec<Pair> {
    let entry = |name: &str, value: &str| format!("<entry name=\"{name}\" value=\"{value}\"/>");
    let (on, off, dim) = (entry("on", "0"), entry("off", "1"), entry("dim", "2"));
    let mode = |text: &str, body: &str| format!("<enum name=\"mode\"{text}>{body}</enum>");
    let shade = mode("", &off).replace("mode", "shade");
    let all = [on.as_str(), &off, &dim].concat();
    let newer = |text: &str| text.replace("/>", " since=\"2\"/>");
    let error = |body: &str| mode("", body).replace("mode", "error");
    vec![
        plain(Rule::EnumRemoved, &(mode("", &on) + &shade), &mode("", &on), &(shade.clone() + &mode("", &on))),
        plain(
            Rule::EnumRenamed,
            &mode("", &all),
            &mode("", &all).replace("mode", "state"),
            &mode("", &[dim.as_str(), &off, &on].concat()),
        ),
        plain(Rule::EnumAdded, &mode("", &on), &(mode("", &on) + &shade), &mode("", &on).replace('"', "'")),
        in_enum(
            Rule::EntryRenumbered,
            &entry("bright", "1 &lt;&lt; 3"),
            &entry("bright", "1 &lt;&lt; 4"),
            &entry("bright", "0x8"),
        ),
        in_enum(Rule::EntryRemoved, &all, &[on.as_str(), &dim].concat(), &[dim.as_str(), &on, &off].concat()),
        in_enum(Rule::EntryRenamed, &dim, &entry("darker", "2"), &entry("dim", "0x2")),
        pair(
            Rule::EntryAdded,
            lamp(1, &mode("", &on)),
            lamp(2, &mode("", &[on.as_str(), &newer(&off)].concat())),
            lamp(2, &mode("", &on)),
        ),
        pair(
            Rule::EntriesInOldVersion,
            lamp(1, &(mode("", &on) + &error(&on))),
            lamp(2, &(mode("", &all) + &error(&on))),
            lamp(2, &(mode("", &on) + &error(&all))),
        ),
        pair(
            Rule::EnumSinceChanged,
            lamp(2, &mode("", &[on.as_str(), &off].concat())),
            lamp(2, &mode("", &[on.as_str(), &newer(&off)].concat())),
            lamp(2, &mode(" since=\"1\"", &[on.as_str(), &off].concat())),
        ),
        plain(
            Rule::BitfieldChanged,
            &mode("", &off),
            &mode(" bitfield=\"true\"", &off),
            &mode(" bitfield=\"false\"", &off),
        ),
    ]
}

#[test]
fn every_rule_has_a_pair_and_at_least_40_do() {
    let tested: Vec<_> = pairs().iter().map(|pair| pair.rule).collect();
    for rule in Rule::ALL {
        assert_eq!(tested.iter().filter(|tested| *tested == rule).count(), 1, "{rule}");
    }
    assert!(tested.len() >= 40, "{}", tested.len());
}

#[test]
fn a_change_is_found_and_its_harmless_twin_is_not() {
    for Pair { rule, old, new, twin } in pairs() {
        let found = changes(&old, &new);
        assert!(found.iter().any(|change| change.rule() == rule), "{rule}: {found:#?}");
        // What is not about peers is not taken for it either, but for what goes with a frozen interface.
        assert_eq!(breaks_peers(&found), rule.class() == Class::Wire, "{rule}: {found:#?}");
        let harmless = changes(&old, &twin);
        assert!(!breaks_peers(&harmless), "twin of {rule}: {harmless:#?}");
        assert!(harmless.iter().all(|change| change.rule() != rule || rule == Rule::VersionRaised), "twin of {rule}");
        assert!(changes(&old, &old).is_empty(), "{rule}");
    }
}

#[test]
fn what_the_command_says_of_each_pair() {
    for Pair { rule, old, new, twin } in pairs() {
        let directory = directory(&[("old.xml", &old), ("new.xml", &new), ("twin.xml", &twin)]);
        let said = ["new.xml", "twin.xml"].map(|file| {
            let output = wayline(directory.path(), &["--all", "old.xml", file]);
            let fails = file == "new.xml" && rule.class() == Class::Wire;
            assert_eq!(output.status.code(), Some(i32::from(fails)), "{rule} {file}: {}", stderr(&output));
            assert_eq!(stderr(&output), "", "{rule}");
            stdout(&output)
        });
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots/diff");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let text = format!("{}\nThe twin:\n{}", said[0], said[1]);
        settings.bind(|| insta::assert_snapshot!(rule.name(), text));
    }
}
