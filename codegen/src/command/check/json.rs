//! Findings for programs: JSON of our own, and SARIF 2.1.0.

use crate::Severity;
use crate::lint::{Finding, Id, Level, Report};
use serde_json::{Value, json};

use crate::command::output;

/// `findings`, a list; `counts`, by severity and of those allowed and fixed; `failed`, whether there is an error.
pub(super) fn render(report: &Report, fixed: usize, least: Severity) -> String {
    output::printed(&json!({
        "findings": shown(report, least).map(|found| finding(report, found)).collect::<Vec<_>>(),
        "counts": {
            "error": report.count(Severity::Error),
            "warning": report.count(Severity::Warning),
            "note": report.count(Severity::Note),
            "allowed": report.allowed(),
            "fixed": fixed,
        },
        "complete": report.is_complete(),
        "failed": report.count(Severity::Error) > 0,
    }))
}

fn shown(report: &Report, least: Severity) -> impl Iterator<Item = &Finding> {
    report.findings().iter().filter(move |found| found.severity() <= least)
}

fn finding(report: &Report, found: &Finding) -> Value {
    let file = report.file(found);
    let related = report.related(found).map(|(position, label)| {
        let mut place = output::place(file, position);
        place["message"] = json!(label);
        place
    });
    json!({
        "rule": found.id().name(),
        "severity": found.severity().to_string(),
        "item": found.item(),
        "message": found.message(),
        "why": found.id().why(),
        "help": found.help_text(),
        "place": output::place(file, report.position(found)),
        "related": related,
        "fixable": found.is_fixable(),
    })
}

pub(super) fn sarif(report: &Report, least: Severity) -> String {
    let rules: Vec<_> = Id::all().map(rule).collect();
    let results: Vec<_> = shown(report, least).map(|found| result(report, found)).collect();
    output::sarif("wayline check", &rules, &results)
}

fn rule(id: Id) -> Value {
    let level = match id {
        Id::Lint(rule) => match rule.level() {
            Level::Error => "error",
            Level::Warn => "warning",
            Level::Allow => "none",
        },
        Id::Format(rule) => word(rule.severity(Default::default())),
    };
    json!({
        "id": id.name(),
        "shortDescription": { "text": id.explanation() },
        "fullDescription": { "text": id.why() },
        "defaultConfiguration": { "level": level },
    })
}

fn result(report: &Report, found: &Finding) -> Value {
    let file = report.file(found);
    let text = match found.id() {
        Id::Lint(rule) => format!("{}. {}", found.message(), rule.why()),
        Id::Format(_) => found.message().to_owned(),
    };
    let mut result = json!({
        "ruleId": found.id().name(),
        "ruleIndex": Id::all().position(|id| id == found.id()),
        "level": word(found.severity()),
        "message": { "text": text },
        "locations": [output::location(file, report.position(found), found.item())],
    });
    if let Some((position, label)) = report.related(found) {
        let mut location = output::location(file, position, "");
        location["message"] = json!({ "text": label });
        location["id"] = json!(1);
        result["relatedLocations"] = json!([location]);
    }
    result
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
