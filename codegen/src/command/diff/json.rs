//! Changes for programs: JSON of our own, and SARIF 2.1.0.

use crate::diff::{Class, Place, Rule};
use serde_json::{Value, json};

use super::text::one_line;
use super::{Judged, Verdict};

/// `changes`, a list; `counts`, by class and of those exempted; `failed`, as the exit code says.
pub(super) fn render(verdict: &Verdict<'_>) -> String {
    let mut counts: serde_json::Map<_, _> =
        Class::ALL.iter().map(|class| (class.name().to_owned(), json!(verdict.count(*class)))).collect();
    counts.insert("exempted".to_owned(), json!(verdict.exempted()));
    let value = json!({
        "changes": verdict.shown().map(change).collect::<Vec<_>>(),
        "counts": counts,
        "fail_on": verdict.fail_on.name(),
        "failed": verdict.has_failed(),
    });
    printed(&value)
}

/// JSON that a terminal can show: only strings have other characters than those of ASCII, and may have them as escapes.
fn printed(value: &Value) -> String {
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

fn change(one: &Judged<'_>) -> Value {
    let change = &one.change;
    let exemption = one.exemption.map(
        |exemption| json!({ "reason": exemption.reason, "until": exemption.until.to_string(), "expired": !one.exempt }),
    );
    json!({
        "rule": change.rule().name(),
        "class": one.class.name(),
        "languages": change.rule().languages(),
        "item": change.item(),
        "message": change.message(),
        "why": change.rule().why(),
        "old": change.old_place().map(place),
        "new": change.new_place().map(place),
        "unstable": change.is_unstable(),
        "exemption": exemption,
    })
}

fn place(place: &Place) -> Value {
    json!({ "file": place.file, "line": place.position.line, "column": place.position.column })
}

/// A log with one run. Results point to the new file, or to the old one for what is gone.
pub(super) fn sarif(verdict: &Verdict<'_>) -> String {
    let rules: Vec<_> = Rule::ALL
        .iter()
        .map(|rule| {
            json!({
                "id": rule.name(),
                "shortDescription": { "text": rule.name().replace('-', " ") },
                "fullDescription": { "text": rule.why() },
                "defaultConfiguration": { "level": level(rule.class()) },
                "properties": { "class": rule.class().name(), "languages": rule.languages() },
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "wayline diff",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": verdict.shown().map(result).collect::<Vec<_>>(),
        }],
    });
    printed(&log)
}

fn result(one: &Judged<'_>) -> Value {
    let change = &one.change;
    let primary = change.new_place().or(change.old_place());
    let related = change.old_place().filter(|_| change.new_place().is_some());
    let mut result = json!({
        "ruleId": change.rule().name(),
        "ruleIndex": Rule::ALL.iter().position(|rule| *rule == change.rule()),
        "level": level(one.class),
        "message": { "text": format!("{}. {}", change.message(), change.rule().why()) },
        "locations": primary.map(|place| location(place, change.item())).into_iter().collect::<Vec<_>>(),
    });
    if let Some(old) = related {
        let mut location = location(old, change.item());
        location["message"] = json!({ "text": "before" });
        location["id"] = json!(1);
        result["relatedLocations"] = json!([location]);
    }
    if let Some(exemption) = one.exemption.filter(|_| one.exempt) {
        result["suppressions"] = json!([{ "kind": "external", "justification": exemption.reason }]);
    }
    result
}

fn location(place: &Place, item: &str) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.file) },
            "region": { "startLine": place.position.line, "startColumn": place.position.column },
        },
        "logicalLocations": [{ "fullyQualifiedName": one_line(item) }],
    })
}

fn level(class: Class) -> &'static str {
    match class {
        Class::Wire => "error",
        Class::Source => "warning",
        Class::Docs => "note",
        Class::Compatible => "none",
    }
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
