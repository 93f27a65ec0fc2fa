//! HTML: one page, no scripts, no outside references.

use std::fmt::Write;

use super::{Run, Tally, escape_markup};
use crate::case::Outcome;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 1em}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3em .6em;\
border-bottom:1px solid #8884}.passed td:first-child{color:#287a3e}.failed td:first-child{color:#c0272d;font-weight:600}\
.skipped{color:#777}small{color:#777}.observed{color:#c0272d}";

/// Renders `run`.
pub(super) fn render(run: &Run<'_>) -> String {
    let target = escape_markup(run.target);
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Conformance of {target}</title><style>{STYLE}</style>\n\
         <h1>Conformance of {target}</h1><p>{}</p>\n<table><tr><th>Outcome<th>Case<th>Level<th>What\n",
        Tally::of(run.records),
    );
    for record in run.records {
        let (class, remark) = match &record.outcome {
            Outcome::Passed => ("passed", String::new()),
            Outcome::Failed(observed) => {
                ("failed", format!("<br><span class=\"observed\">{}</span>", escape_markup(observed)))
            }
            Outcome::Skipped(missing) => ("skipped", format!("<br>{}", escape_markup(missing))),
        };
        writeln!(
            html,
            "<tr class=\"{class}\"><td>{class}<td>{}<td>{}<td>{}<br><small>{}</small>{remark}",
            record.row.id,
            record.row.severity,
            escape_markup(record.row.what),
            escape_markup(record.row.source),
        )
        .expect("writing to a String cannot fail");
    }
    html + "</table></html>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::records;

    #[test]
    fn every_case_is_a_row_and_text_is_escaped() {
        let html = render(&Run { target: "<t>", records: &records() });
        assert_eq!(html.matches("<tr class=").count(), 4);
        assert!(html.contains("Conformance of &lt;t&gt;") && html.contains("a &lt;b&gt; &amp;"));
    }
}
