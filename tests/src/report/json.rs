//! JSON: one object with the target, the tally and a list of cases.

use std::fmt::Write;

use super::{Run, Tally};
use crate::case::Outcome;

/// Renders `run`.
pub(super) fn render(run: &Run<'_>) -> String {
    let tally = Tally::of(run.records);
    let cases: Vec<String> = run
        .records
        .iter()
        .map(|record| {
            let (outcome, remark) = match &record.outcome {
                Outcome::Passed => ("passed", ""),
                Outcome::Failed(observed) => ("failed", observed.as_str()),
                Outcome::Skipped(missing) => ("skipped", missing.as_str()),
            };
            format!(
                "{{\"id\": {}, \"part\": \"{}\", \"severity\": \"{}\", \"what\": {}, \"source\": {}, \"outcome\": \"{outcome}\", \"remark\": {}, \"milliseconds\": {}}}",
                quote(record.row.id),
                record.part,
                record.row.severity,
                quote(record.row.what),
                quote(record.row.source),
                quote(remark),
                record.took.as_millis(),
            )
        })
        .collect();
    format!(
        "{{\n\"target\": {},\n\"passed\": {}, \"failed\": {}, \"failed_musts\": {}, \"skipped\": {},\n\"cases\": [\n{}\n]\n}}\n",
        quote(run.target),
        tally.passed,
        tally.failed,
        tally.failed_musts,
        tally.skipped,
        cases.join(",\n"),
    )
}

/// `text` as a JSON string.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control < ' ' => {
                write!(quoted, "\\u{:04x}", u32::from(control)).expect("writing to a String cannot fail");
            }
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::records;

    #[test]
    fn strings_are_quoted_as_json_wants() {
        assert_eq!(quote("a\"b\\c\n\u{1b}é"), "\"a\\\"b\\\\c\\u000a\\u001bé\"");
        let json = render(&Run { target: "t", records: &records() });
        assert!(json.contains("\"passed\": 1, \"failed\": 2, \"failed_musts\": 1, \"skipped\": 1"));
        assert!(json.contains("\"outcome\": \"skipped\", \"remark\": \"no wl_shm\", \"milliseconds\": 1500"));
    }
}
