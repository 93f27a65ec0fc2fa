//! JSON: one object with the target, the tally and a list of cases.

use serde_json::{Value, json};

use super::{Run, Tally};
use crate::case::{Outcome, Record};

/// Renders `run`.
pub(super) fn render(run: &Run<'_>) -> String {
    let tally = Tally::of(run.records);
    let report = json!({
        "target": run.target,
        "passed": tally.passed,
        "failed": tally.failed,
        "failed_musts": tally.failed_musts,
        "skipped": tally.skipped,
        "cases": run.records.iter().map(case).collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}

fn case(record: &Record) -> Value {
    let (outcome, remark) = match &record.outcome {
        Outcome::Passed => ("passed", ""),
        Outcome::Failed(observed) => ("failed", observed.as_str()),
        Outcome::Skipped(missing) => ("skipped", missing.as_str()),
    };
    json!({
        "id": record.row.id,
        "part": record.part.to_string(),
        "severity": record.row.severity.to_string(),
        "what": record.row.what,
        "source": record.row.source,
        "outcome": outcome,
        "remark": remark,
        "milliseconds": u64::try_from(record.took.as_millis()).unwrap_or(u64::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::records;

    #[test]
    fn the_report_has_the_tally_and_every_case_as_it_is() {
        let report: Value = serde_json::from_str(&render(&Run { target: "t", records: &records() })).unwrap();
        assert_eq!((&report["passed"], &report["failed"], &report["failed_musts"]), (&json!(1), &json!(2), &json!(1)));
        assert_eq!(report["cases"][1]["remark"], "said \"no\"\u{1b}");
        let skipped = &report["cases"][3];
        assert_eq!((&skipped["outcome"], &skipped["milliseconds"]), (&json!("skipped"), &json!(1500)));
    }
}
