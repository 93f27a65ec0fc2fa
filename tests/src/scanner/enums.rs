//! Names that occur twice, and enums: entries, values, bitfields, references (X15 to X22, X25 to X27).

use super::names::two_interfaces;
use super::{Scanner, interface, protocol, request};
use crate::case::{Case, Verdict};

pub(super) const CASES: &[Case<Scanner>] = &[
    Case::must("X15a", "Two requests of one name are an error.", "rule of the kit; libwayland accepts it", |scanner| {
        scanner.refuses(&interface("<request name=\"act\"/>\n<request name=\"act\"/>"))
    }),
    Case::must("X15b", "Two events of one name are an error.", "rule of the kit; libwayland accepts it", |scanner| {
        scanner.refuses(&interface("<event name=\"done\"/>\n<event name=\"done\"/>"))
    }),
    Case::must("X15c", "A request and an event of one name are legal.", "practice", |scanner| {
        scanner.accepts(&interface("<request name=\"move_to\"/>\n<event name=\"move_to\"/>"))
    }),
    Case::must(
        "X16",
        "Two arguments of one name in a message are an error.",
        "rule of the kit; libwayland accepts it",
        |scanner| scanner.refuses(&request("<arg name=\"x\" type=\"int\"/><arg name=\"x\" type=\"int\"/>")),
    ),
    Case::must(
        "X17a",
        "Two interfaces of one name are an error.",
        "rule of the kit; libwayland accepts it",
        |scanner| scanner.refuses(&two_interfaces("thing", "thing")),
    ),
    Case::must(
        "X17b",
        "Two enums of one name in an interface are an error.",
        "rule of the kit; libwayland accepts it",
        |scanner| {
            let one = "<enum name=\"e\"><entry name=\"one\" value=\"1\"/></enum>\n";
            scanner.refuses(&interface(&one.repeat(2)))
        },
    ),
    Case::must(
        "X17c",
        "Two entries of one name in an enum are an error.",
        "rule of the kit; libwayland accepts it",
        |scanner| entries(scanner, "<entry name=\"one\" value=\"1\"/><entry name=\"one\" value=\"2\"/>", false),
    ),
    Case::must("X18", "Two entries of one value are legal.", "enum semantics", |scanner| {
        entries(scanner, "<entry name=\"one\" value=\"1\"/><entry name=\"uno\" value=\"1\"/>", true)
    }),
    Case::must("X19a", "The entry value 4294967295 is legal.", "rule of the kit", |scanner| {
        value(scanner, "4294967295", true)
    }),
    Case::must("X19b", "The entry value 0x10 is legal.", "rule of the kit", |scanner| value(scanner, "0x10", true)),
    Case::must("X19c", "The entry value -1 is an error.", "rule of the kit; libwayland copies any text", |scanner| {
        value(scanner, "-1", false)
    }),
    Case::must(
        "X19d",
        "The entry value 4294967296 is an error.",
        "rule of the kit; libwayland copies any text",
        |scanner| value(scanner, "4294967296", false),
    ),
    Case::must("X19e", "The entry value abc is an error.", "rule of the kit; libwayland copies any text", |scanner| {
        value(scanner, "abc", false)
    }),
    Case::must(
        "X19f",
        "An entry without a value is an error.",
        "wayland.dtd; libwayland crashes without --strict",
        |scanner| entries(scanner, "<entry name=\"one\"/>", false),
    ),
    Case::must("X19g", "An entry with an empty value is an error.", "rule of the kit", |scanner| {
        value(scanner, "", false)
    }),
    Case::must("X20", "An enum without entries is an error.", "scanner.c end_element", |scanner| {
        entries(scanner, "", false)
    }),
    Case::must("X21", "bitfield=\"1\" is an error; it is true or false.", "scanner.c", |scanner| {
        scanner.refuses(&interface("<enum name=\"e\" bitfield=\"1\"><entry name=\"one\" value=\"1\"/></enum>"))
    }),
    Case::should(
        "X22",
        "A bitfield may have the entries 0 and 3 beside single bits.",
        "core XML practice",
        |scanner| {
            let entries: String = (0..4).map(|value| format!("<entry name=\"e{value}\" value=\"{value}\"/>")).collect();
            scanner.accepts(&interface(&format!("<enum name=\"e\" bitfield=\"true\">{entries}</enum>")))
        },
    ),
    Case::must("X25a", "An int argument of a plain enum is legal.", "scanner.c verify_arguments", |scanner| {
        typed(scanner, "int", false, true)
    }),
    Case::must(
        "X25b",
        "An int argument of a bitfield is an error: bits have no sign.",
        "scanner.c verify_arguments",
        |scanner| typed(scanner, "int", true, false),
    ),
    Case::must("X25c", "A uint argument of a bitfield is legal.", "scanner.c verify_arguments", |scanner| {
        typed(scanner, "uint", true, true)
    }),
    Case::should(
        "X26a",
        "An enum that this interface does not have is an error.",
        "rule of the kit; libwayland accepts it",
        |scanner| scanner.refuses(&request("<arg name=\"kind\" type=\"uint\" enum=\"nope\"/>")),
    ),
    Case::should(
        "X26b",
        "An enum that another interface of the file does not have is an error.",
        "rule of the kit; libwayland accepts it",
        |scanner| {
            let other = "<interface name=\"other\" version=\"1\"><request name=\"act\"/></interface>";
            let user = "<interface name=\"user\" version=\"1\"><request name=\"act\"><arg name=\"kind\" type=\"uint\" enum=\"other.nope\"/></request></interface>";
            scanner.refuses(&protocol(&format!("{other}\n{user}")))
        },
    ),
    Case::should(
        "X26c",
        "An enum of an interface that is not in the file is accepted, if with a warning.",
        "rule of the kit",
        |scanner| scanner.accepts(&request("<arg name=\"kind\" type=\"uint\" enum=\"foreign.kind\"/>")),
    ),
    Case::must(
        "X27a",
        "enum=\"wl_shm.format\" means wl_shm's although wl_shm_pool has one and comes first: plain for an int.",
        "scanner.c find_enumeration",
        |scanner| prefix(scanner, true, false, true),
    ),
    Case::must(
        "X27b",
        "The same with wl_shm's a bitfield: an int argument is an error.",
        "scanner.c find_enumeration",
        |scanner| prefix(scanner, false, true, false),
    ),
];

fn entries(scanner: &Scanner, entries: &str, legal: bool) -> Verdict {
    let xml = interface(&format!("<enum name=\"e\">{entries}</enum>"));
    if legal { scanner.accepts(&xml) } else { scanner.refuses(&xml) }
}

fn value(scanner: &Scanner, value: &str, legal: bool) -> Verdict {
    entries(scanner, &format!("<entry name=\"one\" value=\"{value}\"/>"), legal)
}

/// An argument of `kind` that refers to an enum of its own interface.
fn typed(scanner: &Scanner, kind: &str, bitfield: bool, legal: bool) -> Verdict {
    let message = format!("<request name=\"act\"><arg name=\"kind\" type=\"{kind}\" enum=\"e\"/></request>");
    let xml = interface(&format!(
        "{message}<enum name=\"e\" bitfield=\"{bitfield}\"><entry name=\"one\" value=\"1\"/></enum>"
    ));
    if legal { scanner.accepts(&xml) } else { scanner.refuses(&xml) }
}

/// `wl_shm_pool` with an enum `format`, `wl_shm` with another, and an int argument of the latter.
fn prefix(scanner: &Scanner, pool_is_bitfield: bool, shm_is_bitfield: bool, legal: bool) -> Verdict {
    let interface = |name: &str, bitfield: bool, body: &str| {
        format!(
            "<interface name=\"{name}\" version=\"1\">{body}<enum name=\"format\" bitfield=\"{bitfield}\"><entry name=\"one\" value=\"1\"/></enum></interface>\n"
        )
    };
    let user = "<request name=\"use\"><arg name=\"format\" type=\"int\" enum=\"wl_shm.format\"/></request>";
    let xml = protocol(&(interface("wl_shm_pool", pool_is_bitfield, user) + &interface("wl_shm", shm_is_bitfield, "")));
    if legal { scanner.accepts(&xml) } else { scanner.refuses(&xml) }
}
