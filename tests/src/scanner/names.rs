//! Names: what an identifier may be (X01 to X08).

use super::{Scanner, interface, protocol, request};
use crate::case::{Case, Verdict};

pub(super) const CASES: &[Case<Scanner>] = &[
    Case::must(
        "X01",
        "A protocol name that begins with a digit is an error on its line.",
        "tests/data bad-identifier-protocol",
        |scanner| {
            scanner
                .refuses_at(2, &interface("<request name=\"act\"/>").replace("name=\"test\"", "name=\"1badprotocol\""))
        },
    ),
    Case::must(
        "X02",
        "An interface name with a space is an error on its line.",
        "tests/data bad-identifier-interface",
        |scanner| scanner.refuses_at(3, &interface("<request name=\"act\"/>").replace("thing", "inter face")),
    ),
    Case::must(
        "X03",
        "A request name with a hyphen is an error on its line.",
        "tests/data bad-identifier-request",
        |scanner| scanner.refuses_at(6, &interface("<request name=\"req-west\"/>")),
    ),
    Case::must(
        "X04",
        "An event name with a letter that is not ASCII is an error on its line.",
        "tests/data bad-identifier-event",
        |scanner| scanner.refuses_at(6, &interface("<event name=\"événement\"/>")),
    ),
    Case::must("X05", "An empty argument name is an error on its line.", "tests/data bad-identifier-arg", |scanner| {
        scanner.refuses_at(7, &request("<arg name=\"\" type=\"int\"/>"))
    }),
    Case::must(
        "X06",
        "An enum name with a hyphen is an error on its line.",
        "tests/data bad-identifier-enum",
        |scanner| scanner.refuses_at(6, &interface("<enum name=\"the-enum\"><entry name=\"one\" value=\"1\"/></enum>")),
    ),
    Case::must(
        "X07a",
        "An enum name and an entry name may begin with a digit: in code they follow another name.",
        "tests/data bad-identifier-entry",
        |scanner| {
            scanner.accepts(&interface("<enum name=\"4the_enum\">\n<entry name=\"60_seconds\" value=\"1\"/>\n</enum>"))
        },
    ),
    Case::must(
        "X07b",
        "An entry name with a space is an error on its line.",
        "tests/data bad-identifier-entry",
        |scanner| {
            let entries = "<entry name=\"60_seconds\" value=\"1\"/>\n<entry name=\"invalid entry\" value=\"2\"/>";
            scanner.refuses_at(8, &interface(&format!("<enum name=\"4the_enum\">\n{entries}\n</enum>")))
        },
    ),
    Case::must(
        "X08a",
        "An interface attribute that is no identifier is an error.",
        "scanner.c start_element",
        |scanner| scanner.refuses(&request("<arg name=\"other\" type=\"object\" interface=\"a-b\"/>")),
    ),
    Case::must("X08b", "An interface attribute that is empty is an error.", "scanner.c start_element", |scanner| {
        scanner.refuses(&request("<arg name=\"other\" type=\"object\" interface=\"\"/>"))
    }),
    Case::must("X38a", "An interface may be named as a keyword: type.", "rule of the kit", |scanner| {
        scanner.accepts(&interface("<request name=\"act\"/>").replace("thing", "type"))
    }),
    Case::must(
        "X38b",
        "Messages may be named as keywords: self, crate, async, ref, move.",
        "rule of the kit",
        |scanner| keywords(scanner, |word| format!("<request name=\"{word}\"/>\n<event name=\"{word}\"/>")),
    ),
    Case::must("X38c", "Arguments may be named as keywords.", "rule of the kit", |scanner| {
        keywords(scanner, |word| format!("<request name=\"act_{word}\"><arg name=\"{word}\" type=\"int\"/></request>"))
    }),
    Case::must("X38d", "Entries may be named as keywords.", "rule of the kit", |scanner| {
        keywords(scanner, |word| format!("<enum name=\"e_{word}\"><entry name=\"{word}\" value=\"0\"/></enum>"))
    }),
];

fn keywords(scanner: &Scanner, element: impl Fn(&str) -> String) -> Verdict {
    let elements: Vec<String> =
        ["self", "crate", "async", "ref", "move", "type"].iter().map(|word| element(word)).collect();
    scanner.accepts(&interface(&elements.join("\n")))
}

pub(super) fn two_interfaces(first: &str, second: &str) -> String {
    protocol(&format!(
        "<interface name=\"{first}\" version=\"1\">\n<request name=\"act\"/>\n</interface>\n<interface name=\"{second}\" version=\"1\">\n<request name=\"act\"/>\n</interface>"
    ))
}
