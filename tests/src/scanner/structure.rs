//! The shape of the file: what may stand where, destructors, sizes, hostile XML, reproducibility (X31 to X42).

use super::{Attempt, Scanner, first_line, interface, protocol, request};
use crate::case::{Case, Verdict, ensure, fail};

pub(super) const CASES: &[Case<Scanner>] = &[
    Case::must("X31a", "A request named destroy that is no destructor is an error.", "scanner.c", |scanner| {
        scanner.refuses(&interface("<request name=\"destroy\"/>"))
    }),
    Case::must("X31b", "An event named destroy that is no destructor is an error.", "scanner.c", |scanner| {
        scanner.refuses(&interface("<event name=\"destroy\"/>"))
    }),
    Case::must(
        "X32",
        "A message of type=\"bogus\" is an error.",
        "rule of the kit; libwayland ignores it",
        |scanner| scanner.refuses(&interface("<request name=\"act\" type=\"bogus\"/>")),
    ),
    Case::must(
        "X33",
        "A destructor named release, without a destroy, is legal.",
        "tests/data example.xml",
        |scanner| scanner.accepts(&interface("<request name=\"release\" type=\"destructor\"/>")),
    ),
    Case::must("X34a", "A protocol without interfaces is an error.", "wayland.dtd", |scanner| {
        scanner.refuses(&protocol(""))
    }),
    Case::must("X34b", "An interface without messages and enums: an error or a warning.", "wayland.dtd", |scanner| {
        scanner.refuses_or_warns(&protocol("<interface name=\"thing\" version=\"1\"></interface>"))
    }),
    Case::must("X35a", "An unknown element is an error.", "wayland.dtd", |scanner| {
        scanner.refuses(&interface("<request name=\"act\"/>\n<remark/>"))
    }),
    Case::must("X35b", "An unknown attribute is an error.", "wayland.dtd", |scanner| {
        scanner.refuses(&interface("<event name=\"happened\" version=\"2\"/>"))
    }),
    Case::must("X35c", "A description after a request is an error.", "wayland.dtd", |scanner| {
        scanner.refuses(&protocol(
            "<interface name=\"thing\" version=\"1\"><request name=\"act\"/><description summary=\"s\"/></interface>",
        ))
    }),
    Case::must("X35d", "Two descriptions are an error.", "wayland.dtd", |scanner| {
        scanner.refuses(&interface("<description summary=\"again\"/>\n<request name=\"act\"/>"))
    }),
    Case::must("X35e", "A description without a summary is an error.", "wayland.dtd", |scanner| {
        scanner.refuses(&interface("<request name=\"act\"><description>text</description></request>"))
    }),
    Case::must(
        "X35f",
        "An argument outside a message is an error.",
        "wayland.dtd; libwayland crashes without --strict",
        |scanner| scanner.refuses(&interface("<request name=\"act\"/>\n<arg name=\"x\" type=\"int\"/>")),
    ),
    Case::must(
        "X35g",
        "A request outside an interface is an error.",
        "wayland.dtd; libwayland crashes without --strict",
        |scanner| {
            scanner.refuses(&protocol(
                "<request name=\"act\"/>\n<interface name=\"thing\" version=\"1\"><request name=\"act\"/></interface>",
            ))
        },
    ),
    Case::must("X35h", "An entry outside an enum is an error.", "wayland.dtd", |scanner| {
        scanner.refuses(&interface("<request name=\"act\"/>\n<entry name=\"one\" value=\"1\"/>"))
    }),
    Case::should(
        "X36a",
        "A description of 8192 bytes is accepted.",
        "rule of the kit; libwayland stops there",
        |scanner| described(scanner, 8192),
    ),
    Case::should("X36b", "A description of 100000 bytes is accepted.", "rule of the kit", |scanner| {
        described(scanner, 100_000)
    }),
    Case::must(
        "X39a",
        "An external entity is not resolved: nothing of the file it names is read.",
        "XML hygiene",
        x39a_external_entity,
    ),
    Case::must(
        "X39b",
        "Entities nested ten deep, a thousand million words in all, are refused or bounded.",
        "XML hygiene",
        x39b_entity_bomb,
    ),
    Case::must(
        "X40a",
        "A file that ends in the middle of an element is an error with its position.",
        "scanner.c is_dtd_valid",
        x40a_truncated,
    ),
    Case::must("X40b", "An empty file is an error.", "libwayland aborts", |scanner| scanner.refuses("")),
    Case::must("X40c", "A file may be read from a pipe.", "libwayland aborts", x40c_pipe),
    Case::must("X41", "The same input gives the same output, byte for byte.", "reproducibility", x41_same_twice),
    Case::must(
        "X42a",
        "An object of an interface that is not in the file is legal.",
        "extensions of wayland.xml",
        |scanner| scanner.accepts(&request("<arg name=\"surface\" type=\"object\" interface=\"wl_surface\"/>")),
    ),
    Case::must(
        "X42b",
        "A new_id of an interface that is not in the file is legal.",
        "extensions of wayland.xml",
        |scanner| scanner.accepts(&request("<arg name=\"callback\" type=\"new_id\" interface=\"wl_callback\"/>")),
    ),
];

fn described(scanner: &Scanner, bytes: usize) -> Verdict {
    let text = "word and word\n".repeat(bytes / 14 + 1);
    let text = &text[..bytes];
    scanner.accepts(&interface(&format!(
        "<request name=\"act\"><description summary=\"s\">{text}</description></request>"
    )))
}

/// A valid protocol whose description is `text`, with `declarations` in its document type.
fn with_entities(declarations: &str, text: &str) -> String {
    let whole = interface(&format!("<request name=\"act\"><description summary=\"s\">{text}</description></request>"));
    whole.replace("<protocol", &format!("<!DOCTYPE protocol [{declarations}]><protocol"))
}

fn x39a_external_entity(scanner: &mut Scanner) -> Verdict {
    let secret = scanner.dir.path().join("secret");
    std::fs::write(&secret, "rosebud")?;
    let declaration = format!("<!ENTITY secret SYSTEM \"file://{}\">", secret.display());
    let xml = with_entities(&declaration, "&secret;");
    let said = scanner.survives(&xml)?;
    ensure(!said.contains("rosebud"), || "the file's content is in what it says".to_owned())?;
    match scanner.generate(&xml) {
        Ok(generated) => {
            let leaked = String::from_utf8_lossy(&generated).contains("rosebud");
            ensure(!leaked, || "the file's content is in what it generates".to_owned())
        }
        // It need not accept such a file, nor generate at all.
        Err(_) => Ok(()),
    }
}

fn x39b_entity_bomb(scanner: &mut Scanner) -> Verdict {
    let mut declarations = String::from("<!ENTITY a0 \"word \">");
    for depth in 1..10 {
        let uses = format!("&a{};", depth - 1).repeat(10);
        declarations += &format!("<!ENTITY a{depth} \"{uses}\">");
    }
    scanner.survives(&with_entities(&declarations, "&a9;")).map(drop)
}

fn x40a_truncated(scanner: &mut Scanner) -> Verdict {
    let whole = request("<arg name=\"x\" type=\"int\"/>");
    let cut = &whole[..whole.len() - 40];
    let last = cut.lines().count();
    // Parsers differ in whether they name the last line or the element left open.
    (1..=last).map(|line| scanner.refuses_at(line, cut)).reduce(Result::or).unwrap_or(Ok(()))
}

fn x40c_pipe(scanner: &mut Scanner) -> Verdict {
    match scanner.scan_pipe(&interface("<request name=\"act\"/>"))? {
        Attempt::Accepted(_) => Ok(()),
        Attempt::Refused(text) => fail(format!("it is refused: {}", first_line(&text))),
        Attempt::Broke(how) => fail(how),
    }
}

fn x41_same_twice(scanner: &mut Scanner) -> Verdict {
    let messages: Vec<String> = (0..40)
        .map(|index| {
            format!("<request name=\"act{index}\"/>\n<enum name=\"e{index}\"><entry name=\"one\" value=\"1\"/></enum>")
        })
        .collect();
    let xml = interface(&messages.join("\n"));
    let first = scanner.generate(&xml)?;
    ensure(!first.is_empty(), || "nothing is generated".to_owned())?;
    for _ in 0..4 {
        ensure(scanner.generate(&xml)? == first, || "the second output differs from the first".to_owned())?;
    }
    Ok(())
}
