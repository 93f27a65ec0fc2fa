//! Versions: of interfaces, of messages, of their end (X09 to X14).

use super::{Scanner, interface};
use crate::case::{Case, Verdict};

pub(super) const CASES: &[Case<Scanner>] = &[
    Case::must("X09a", "An interface without a version is an error on its line.", "scanner.c strtouint", |scanner| {
        scanner.refuses_at(3, &interface("<request name=\"act\"/>").replace(" version=\"3\"", ""))
    }),
    Case::must("X09b", "Version 0 is an error on its line.", "scanner.c strtouint", |scanner| {
        bad_version(scanner, "0")
    }),
    Case::must("X09c", "Version -1 is an error on its line.", "scanner.c strtouint", |scanner| {
        bad_version(scanner, "-1")
    }),
    Case::must("X09d", "Version abc is an error on its line.", "scanner.c strtouint", |scanner| {
        bad_version(scanner, "abc")
    }),
    Case::must(
        "X09e",
        "Version 4294967296, which no u32 holds, is an error on its line.",
        "scanner.c strtouint",
        |scanner| bad_version(scanner, "4294967296"),
    ),
    Case::must("X09f", "An empty version is an error on its line.", "scanner.c strtouint", |scanner| {
        bad_version(scanner, "")
    }),
    Case::should("X10a", "Version \" 1\", with a space before it, is an error.", "rule of the kit", |scanner| {
        bad_version(scanner, " 1")
    }),
    Case::should("X10b", "Version \"+1\" is an error.", "rule of the kit", |scanner| bad_version(scanner, "+1")),
    Case::should("X10c", "Version \"01\" is an error.", "rule of the kit", |scanner| bad_version(scanner, "01")),
    Case::must("X11a", "A request newer than its interface is an error.", "scanner.c version_from_since", |scanner| {
        scanner.refuses(&interface("<request name=\"act\" since=\"4\"/>"))
    }),
    Case::must("X11b", "An entry newer than its interface is an error.", "scanner.c version_from_since", |scanner| {
        scanner.refuses(&interface("<enum name=\"e\"><entry name=\"one\" value=\"1\" since=\"4\"/></enum>"))
    }),
    Case::must("X11c", "A request as new as its interface is legal.", "scanner.c version_from_since", |scanner| {
        scanner.accepts(&interface("<request name=\"act\" since=\"3\"/>"))
    }),
    Case::must("X12", "since=\"0\" is an error.", "rule of the kit; libwayland warns", |scanner| {
        scanner.refuses(&interface("<request name=\"act\" since=\"0\"/>"))
    }),
    Case::must(
        "X13a",
        "since falls from one request to the next: an error or a warning, as opcodes go with the order.",
        "scanner.c",
        |scanner| scanner.refuses_or_warns(&interface("<request name=\"one\" since=\"2\"/>\n<request name=\"two\"/>")),
    ),
    Case::must(
        "X13b",
        "since falls from one entry to the next: an error or a warning.",
        "rule of the kit",
        |scanner| {
            let entries = "<entry name=\"one\" value=\"1\" since=\"2\"/><entry name=\"two\" value=\"2\"/>";
            scanner.refuses_or_warns(&interface(&format!("<enum name=\"e\">{entries}</enum>")))
        },
    ),
    Case::must(
        "X14a",
        "deprecated-since not after since is an error.",
        "scanner.c version_from_deprecated_since",
        |scanner| deprecated(scanner, 2, "2"),
    ),
    Case::must(
        "X14b",
        "deprecated-since after the interface's version is an error.",
        "scanner.c version_from_deprecated_since",
        |scanner| deprecated(scanner, 1, "4"),
    ),
    Case::must("X14c", "deprecated-since=\"0\" is an error.", "rule of the kit; libwayland accepts it", |scanner| {
        deprecated(scanner, 1, "0")
    }),
    Case::must(
        "X14d",
        "deprecated-since between since and the interface's version is legal.",
        "wayland.dtd",
        |scanner| scanner.accepts(&interface("<event name=\"happened\" since=\"2\" deprecated-since=\"3\"/>")),
    ),
];

fn bad_version(scanner: &Scanner, version: &str) -> Verdict {
    let with = interface("<request name=\"act\"/>").replace("version=\"3\"", &format!("version=\"{version}\""));
    scanner.refuses_at(3, &with)
}

fn deprecated(scanner: &Scanner, since: u32, until: &str) -> Verdict {
    scanner.refuses(&interface(&format!("<event name=\"happened\" since=\"{since}\" deprecated-since=\"{until}\"/>")))
}
