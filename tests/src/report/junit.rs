//! `JUnit` XML: one testsuite, one testcase per case.

use std::fmt::Write;

use super::{Run, Tally, escape_markup};
use crate::case::{Outcome, Severity};

/// Renders `run`. A failed should is written to the case's output, not as a failure: it must not break a build.
pub(super) fn render(run: &Run<'_>) -> String {
    let tally = Tally::of(run.records);
    let time: f64 = run.records.iter().map(|record| record.took.as_secs_f64()).sum();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{time:.3}\">\n",
        escape_markup(run.target),
        run.records.len(),
        tally.failed_musts,
        tally.skipped,
    );
    for record in run.records {
        let (part, took) = (record.part, record.took.as_secs_f64());
        let name = escape_markup(&format!("{} {}", record.row.id, record.row.what));
        let body = match &record.outcome {
            Outcome::Passed => String::new(),
            Outcome::Skipped(missing) => format!("<skipped message=\"{}\"/>", escape_markup(missing)),
            Outcome::Failed(observed) if record.row.severity == Severity::Must => {
                format!("<failure message=\"{}\"/>", escape_markup(observed))
            }
            Outcome::Failed(observed) => format!("<system-out>should: {}</system-out>", escape_markup(observed)),
        };
        writeln!(xml, "  <testcase classname=\"{part}\" name=\"{name}\" time=\"{took:.3}\">{body}</testcase>")
            .expect("writing to a String cannot fail");
    }
    xml + "</testsuite>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::records;

    #[test]
    fn musts_fail_the_suite_and_text_is_escaped() {
        let xml = render(&Run { target: "a & b", records: &records() });
        assert!(xml.contains("name=\"a &amp; b\" tests=\"4\" failures=\"1\" skipped=\"1\""));
        assert!(xml.contains("<failure message=\"said &quot;no&quot;\u{fffd}\"/>"));
        assert!(xml.contains("<system-out>should: late</system-out>"));
    }
}
