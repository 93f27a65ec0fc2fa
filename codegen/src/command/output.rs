//! What commands print for other programs: JSON that a terminal can show, and logs in SARIF 2.1.0.

use std::io::{self, Write};

use crate::source::Position;
use serde_json::{Value, json};

/// JSON that a terminal can show: only strings have other characters than those of ASCII, and may have them as escapes.
pub(crate) fn printed(value: &Value) -> String {
    let mut text = String::new();
    for c in format!("{value:#}\n").chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                text += &format!("\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

pub(crate) fn place(file: &str, position: Position) -> Value {
    json!({ "file": file, "line": position.line, "column": position.column })
}

/// A log with one run of a command.
pub(crate) fn sarif(command: &str, rules: &[Value], results: &[Value]) -> String {
    printed(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": command,
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

pub(crate) fn location(file: &str, position: Position, item: &str) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(file) },
            "region": { "startLine": position.line, "startColumn": position.column },
        },
    });
    if !item.is_empty() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": one_line(item) }]);
    }
    location
}

/// A path as a reference, relative or not. `git:REF:PATH` stays as it is, which is a URI of its own kind.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b':' if path.starts_with("git:") => uri.push(':'),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    if path.starts_with('/') { format!("file://{uri}") } else { uri }
}

/// The text on one line, with escapes for what would control a terminal or turn the text around.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// Prints all of it. A reader that left (`| head`) is no error; a full disk is, lest a part be taken for all.
pub(crate) fn print(text: &str, what: &str) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("error: {what} cannot be written: {error}\n"))
        }
        _ => Ok(()),
    }
}
