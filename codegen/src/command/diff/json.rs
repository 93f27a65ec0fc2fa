//! Changes for programs: JSON of our own, and SARIF 2.1.0.

use crate::diff::{Class, Place, Rule};
use serde_json::{Value, json};

use super::{Judged, Verdict};
use crate::command::output;

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
    output::printed(&value)
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
    output::place(&place.file, place.position)
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
    let results: Vec<_> = verdict.shown().map(result).collect();
    output::sarif("wayline diff", &rules, &results)
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
    output::location(&place.file, place.position, item)
}

fn level(class: Class) -> &'static str {
    match class {
        Class::Wire => "error",
        Class::Source => "warning",
        Class::Docs => "note",
        Class::Compatible => "none",
    }
}
