//! What changed in each version: by `since`, and by comparing earlier releases.

use wayline_codegen::doc::Site;
use wayline_codegen::source::Source;

use crate::{html, lamp, one, parse, text, words};

/// The history of the interface `lamp`, a line for each row.
fn history(pages: &[wayline_codegen::doc::Page], path: &str) -> Vec<String> {
    let document = parse(text(pages, path));
    let mut rows = Vec::new();
    for history in document.descendants().filter(|node| node.attribute("class") == Some("history")) {
        for node in history.descendants().filter(|node| ["h4", "li", "p"].contains(&node.tag_name().name())) {
            rows.push(words(node).trim_end_matches(" #").to_owned());
        }
    }
    rows
}

#[test]
fn each_version_lists_what_is_new_and_what_is_deprecated() {
    assert_eq!(
        history(&html(vec![lamp()]), "lamp_unstable_v1.html"),
        [
            "Version 2",
            "new request make_any: make anything",
            "Version 4",
            "new event gone: it is gone",
            "deprecated request set: set everything",
            "deprecated entry state.blinks: it | blinks",
            "Version 3: nothing of this interface.",
            "Version 2",
            "new entry state.2_bulbs",
            "new entry state.blinks: it | blinks",
        ]
    );
}

#[test]
fn changes_between_releases_stand_with_the_version_they_came_with() {
    let first = one(1, "<request name=\"set\"/>");
    let second =
        one(2, "<request name=\"set\"><arg name=\"level\" type=\"int\"/></request><event name=\"off\" since=\"2\"/>");
    let gone = "<interface name=\"bulb\" version=\"1\"><event name=\"burst\"/></interface></protocol>";
    let first = Source::new("lamp.xml", first.text().replace("</protocol>", gone).into_bytes());
    let present = one(
        3,
        "<request name=\"set\"><arg name=\"height\" type=\"int\"/></request><event name=\"off\" since=\"2\"/>\
         <event name=\"on\" since=\"3\"/>",
    );
    let site = Site::new(vec![present]).previous("v1", vec![first]).previous("v2", vec![second]);
    let pages = site.html().unwrap();
    assert_eq!(
        history(&pages, "lamps.html"),
        [
            "Version 3",
            "new event on",
            "source argument `height` of request `set` was `level` [argument-renamed, after v2]"
                .replace('`', "")
                .as_str(),
            "Version 2",
            "new event off",
            "wire request `set` has the new argument `level` [argument-added, after v1]".replace('`', "").as_str(),
        ]
    );
    let index = parse(text(&pages, "index.html"));
    let gone: Vec<_> =
        index.descendants().filter(|node| node.attribute("class") == Some("changes")).map(words).collect();
    assert_eq!(gone.len(), 1);
    assert!(gone[0].contains("`bulb`") && gone[0].contains("[interface-removed, after v1]"), "{gone:?}");
}

#[test]
fn versions_without_changes_take_no_time_however_many_there_are() {
    let pages = html(vec![one(u32::MAX, "<event name=\"a\" since=\"4000000000\"/>")]);
    let expected = [
        "Versions 4000000001 to 4294967295: nothing of this interface.",
        "Version 4000000000",
        "new event a",
        "Versions 2 to 3999999999: nothing of this interface.",
    ];
    assert_eq!(history(&pages, "lamps.html"), expected);
}
