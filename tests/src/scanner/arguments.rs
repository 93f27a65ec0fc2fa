//! Arguments: types, nullability, new ids, how many (X23, X24, X28 to X30, X37).

use super::{Scanner, event, request};
use crate::case::{Case, Verdict};

pub(super) const CASES: &[Case<Scanner>] = &[
    Case::must(
        "X23a",
        "An argument without a type is an error.",
        "wayland.dtd; libwayland crashes without --strict",
        |scanner| scanner.refuses(&request("<arg name=\"x\"/>")),
    ),
    Case::must("X23b", "type=\"long\" is an error.", "scanner.c", |scanner| {
        scanner.refuses(&request("<arg name=\"x\" type=\"long\"/>"))
    }),
    Case::must("X24a", "An interface attribute on an int is an error.", "scanner.c", |scanner| {
        scanner.refuses(&request("<arg name=\"x\" type=\"int\" interface=\"thing\"/>"))
    }),
    Case::must("X24b", "An enum attribute on a string is an error.", "scanner.c", |scanner| {
        scanner.refuses(&request("<arg name=\"x\" type=\"string\" enum=\"e\"/>"))
    }),
    Case::must("X28a", "allow-null on an int is an error.", "scanner.c is_nullable_type", |scanner| {
        allow_null(scanner, "int", "true")
    }),
    Case::must("X28b", "allow-null on a new_id is an error.", "scanner.c is_nullable_type", |scanner| {
        allow_null(scanner, "new_id", "true")
    }),
    Case::must("X28c", "allow-null on an array is an error.", "scanner.c is_nullable_type", |scanner| {
        allow_null(scanner, "array", "true")
    }),
    Case::must("X28d", "allow-null on an fd is an error.", "scanner.c is_nullable_type", |scanner| {
        allow_null(scanner, "fd", "true")
    }),
    Case::must(
        "X28e",
        "allow-null=\"false\" on an int is an error as well.",
        "scanner.c is_nullable_type",
        |scanner| allow_null(scanner, "int", "false"),
    ),
    Case::must("X28f", "allow-null=\"yes\" is an error; it is true or false.", "scanner.c", |scanner| {
        allow_null(scanner, "string", "yes")
    }),
    Case::must("X28g", "allow-null on a string and on an object is legal.", "wayland.dtd", |scanner| {
        scanner.accepts(&request("<arg name=\"x\" type=\"string\" allow-null=\"true\"/><arg name=\"y\" type=\"object\" interface=\"thing\" allow-null=\"true\"/>"))
    }),
    Case::should(
        "X29",
        "Two new_id arguments in a request are an error, or supported: not accepted with half of them missing.",
        "scanner.c emit_stubs",
        |scanner| {
            let one = |name: &str| format!("<arg name=\"{name}\" type=\"new_id\" interface=\"thing\"/>");
            scanner.refuses_or_supports(&request(&(one("first") + &one("second"))))
        },
    ),
    Case::must(
        "X30a",
        "A new_id without an interface in an event is an error: no client could make the object.",
        "rule of the kit",
        |scanner| scanner.refuses(&event("<arg name=\"id\" type=\"new_id\"/>")),
    ),
    Case::must(
        "X30b",
        "A new_id without an interface in a request is legal, as in wl_registry.bind.",
        "wayland.xml",
        |scanner| scanner.accepts(&request("<arg name=\"id\" type=\"new_id\"/>")),
    ),
    Case::must("X37a", "20 arguments are legal.", "WL_CLOSURE_MAX_ARGS", |scanner| {
        scanner.accepts(&request(&ints(20)))
    }),
    Case::must(
        "X37b",
        "21 arguments are an error.",
        "WL_CLOSURE_MAX_ARGS; libwayland's scanner does not notice",
        |scanner| scanner.refuses(&request(&ints(21))),
    ),
    Case::must(
        "X37c",
        "18 arguments and an untyped new_id, which counts three, are an error.",
        "WL_CLOSURE_MAX_ARGS",
        |scanner| scanner.refuses(&request(&(ints(18) + "<arg name=\"id\" type=\"new_id\"/>"))),
    ),
    Case::must("X37d", "17 arguments and an untyped new_id are legal.", "WL_CLOSURE_MAX_ARGS", |scanner| {
        scanner.accepts(&request(&(ints(17) + "<arg name=\"id\" type=\"new_id\"/>")))
    }),
];

fn allow_null(scanner: &Scanner, kind: &str, value: &str) -> Verdict {
    let interface = if kind == "new_id" { " interface=\"thing\"" } else { "" };
    scanner.refuses(&request(&format!("<arg name=\"x\" type=\"{kind}\"{interface} allow-null=\"{value}\"/>")))
}

fn ints(count: usize) -> String {
    (0..count).map(|index| format!("<arg name=\"x{index}\" type=\"int\"/>\n")).collect()
}
