//! The text of a message: `wl_surface#3.attach(buffer=wl_buffer#5, x=0, y=0)`.
//!
//! Peers' text is escaped, so that a line is one line.

use std::fmt::Write;

use wayline::Escaped;
use wayline::dynamic::{ArgKind, ValueRef};
use wayline_codegen::model;

use crate::catalog::Catalog;
use crate::record::Record;

/// Characters of a string that are shown.
const SHOWN: usize = 200;

/// Words of a message that was refused that are shown.
const SHOWN_WORDS: usize = 16;

/// The message. `interface_of` knows the interfaces of objects.
pub(crate) fn message(record: &Record<'_>, catalog: &Catalog, interface_of: impl Fn(u32) -> Option<String>) -> String {
    let signature = record.signature();
    let message = record.message;
    let mut text = format!("{}#{}.{}(", record.interface(), message.object, signature.name);
    let mut fds = record.fds.iter();
    for (index, (arg, value)) in message.args().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(&arg.name);
        text.push('=');
        let listed = || catalog.enum_of(record.interface(), message.direction, message.opcode, index);
        // Writing to a string cannot fail.
        let _ = match value {
            ValueRef::Int(value) => match listed() {
                Some(one) => write!(text, "{}", entry(one, value as u32)),
                None => write!(text, "{value}"),
            },
            ValueRef::Uint(value) => match listed() {
                Some(one) => write!(text, "{}", entry(one, value)),
                None => write!(text, "{value}"),
            },
            ValueRef::Fixed(value) => write!(text, "{value}"),
            ValueRef::String(None) | ValueRef::Object(0) => write!(text, "nil"),
            ValueRef::String(Some(string)) => write!(text, "{}", quoted(string)),
            ValueRef::Array(array) => write!(text, "{} bytes", array.len()),
            ValueRef::Fd(_) => match fds.next() {
                Some(info) => write!(text, "{info}"),
                None => write!(text, "fd"),
            },
            ValueRef::Object(id) => {
                let described = match &arg.kind {
                    ArgKind::Object { interface, .. } => interface.clone(),
                    _ => None,
                };
                write!(text, "{}#{id}", interface_of(id).or(described).unwrap_or_default())
            }
            ValueRef::NewId(id) => match &arg.kind {
                ArgKind::NewId { interface } => write!(text, "new {interface}#{id}"),
                _ => write!(text, "new #{id}"),
            },
            ValueRef::AnyNewId { interface, version, id } => {
                write!(text, "new {}#{id} version {version}", Escaped(interface))
            }
        };
    }
    text.push(')');
    text
}

/// A string of a peer between quotes, shortened if it is long.
pub(crate) fn quoted(string: &str) -> String {
    match string.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}… {} bytes", &string[..end], string.len()),
        None => format!("{string:?}"),
    }
}

/// The words of a message that is none: `63000000 00000800`, as they lie in memory.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let hex = |word: &[u8]| word.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let words: Vec<String> = bytes.chunks(4).take(SHOWN_WORDS).map(hex).collect();
    let more = if bytes.len() > 4 * SHOWN_WORDS { "…" } else { "" };
    format!("{} bytes: {}{more}", bytes.len(), words.join(" "))
}

/// The name of a value, or the names of its bits; numbers for what has none.
pub(crate) fn entry(one: &model::Enum, value: u32) -> String {
    if let Some(entry) = one.entries.iter().find(|entry| entry.value == value) {
        return entry.name.clone();
    }
    if !one.bitfield || value == 0 {
        return value.to_string();
    }
    let mut rest = value;
    let mut names = Vec::new();
    for entry in one.entries.iter().filter(|entry| entry.value != 0) {
        if rest & entry.value == entry.value {
            rest &= !entry.value;
            names.push(entry.name.clone());
        }
    }
    if rest != 0 {
        names.push(format!("{rest:#x}"));
    }
    names.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_names_bits_have_several_and_unknown_ones_stay_numbers() {
        let catalog = Catalog::of_files(vec![(
            "lamp.xml".into(),
            b"<protocol name=\"lamp\"><interface name=\"lamp\" version=\"1\">\
              <enum name=\"color\"><entry name=\"red\" value=\"0\"/><entry name=\"green\" value=\"1\"/></enum>\
              <enum name=\"edge\" bitfield=\"true\"><entry name=\"none\" value=\"0\"/><entry name=\"top\" value=\"1\"/>\
              <entry name=\"left\" value=\"4\"/><entry name=\"top_left\" value=\"5\"/></enum>\
              <request name=\"a\"/></interface></protocol>"
                .to_vec(),
        )])
        .unwrap();
        let text = |name, value| entry(catalog.enum_named("lamp", name).unwrap(), value);
        assert_eq!([0, 1, 7].map(|value| text("color", value)), ["red", "green", "7"]);
        let edges = [0, 1, 5, 12, 13, 8].map(|value| text("edge", value));
        assert_eq!(edges, ["none", "top", "top_left", "left|0x8", "top|left|0x8", "0x8"]);
    }

    #[test]
    fn strings_of_peers_stay_one_line_and_are_shortened() {
        assert_eq!(quoted("a\n\u{1b}[31m\u{202e}\"b"), "\"a\\n\\u{1b}[31m\\u{202e}\\\"b\"");
        assert_eq!(quoted(&"é".repeat(201)), format!("\"{}\"… 402 bytes", "é".repeat(200)));
    }
}
