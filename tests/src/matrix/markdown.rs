//! `CONFORMANCE.md`: who passes what, and what the others do instead.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Judged, SECTIONS};
use crate::case::{Outcome, Record, Row, Severity};
use crate::report::Tally;

/// How to read the tables; the groups are those of the kit's front page.
const LEGEND: &[&str] = &[
    "An id is the letter of a group, a number, and a letter where several stimuli share the number. `s` behind the id of a",
    "codec row is the same input given to a server, `x` to a client. Ids S01 to S06, M15 to M17, X43 and X44 are no rows here:",
    "they ask something of a library, and are tests of the crates `wayline` and `wayline-codegen`. `conform server --list`",
    "prints the source of each case as well.\n",
    "✓ passed, **✗** failed a must, ✗ failed a should, – not judged: the implementation has no such part, or does not offer",
    "what the case needs. What each did instead is said below the tables.\n",
];

/// What the first letter of an id stands for.
const GROUPS: &[(char, &str)] = &[
    ('W', "the wire"),
    ('X', "protocol XML"),
    ('B', "arguments and sizes that are refused"),
    ('O', "objects"),
    ('V', "globals and versions"),
    ('D', "file descriptors"),
    ('P', "pressure and endings"),
    ('M', "shared memory"),
    ('K', "connecting and listening"),
];

/// Renders the columns. Every case is a row, whether a column was judged by it or not.
#[must_use]
pub fn render(columns: &[Judged]) -> String {
    let mut page = String::from("# Conformance\n\n");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let versions: Vec<String> = columns.iter().map(|column| column.version.clone()).collect();
    line(&mut page, &format!("Written by `conform matrix` on {} under Linux {}.", today(), kernel.trim()));
    line(&mut page, &format!("Judged: {}.\n", versions.join(", ")));
    for text in LEGEND {
        line(&mut page, text);
    }
    summary(&mut page, columns);
    groups(&mut page, columns);
    for section in SECTIONS {
        let rows = (section.rows)();
        let judged: Vec<&Judged> =
            columns.iter().filter(|column| rows.iter().any(|row| find(column, row).is_some())).collect();
        line(&mut page, &format!("\n## {}\n", section.title));
        table(&mut page, &rows, &judged);
    }
    lonely(&mut page, columns);
    for column in columns {
        failures(&mut page, column);
    }
    page
}

/// Names the rows that more than one implementation fails and at most one passes, with their source: the kit must not
/// test anybody's taste.
fn lonely(page: &mut String, columns: &[Judged]) {
    line(page, "\n## Rows that at most one implementation passes\n");
    line(page, "This is where each comes from.\n");
    for section in SECTIONS {
        for row in (section.rows)() {
            let records: Vec<Record> = columns.iter().filter_map(|column| find(column, &row)).cloned().collect();
            let tally = Tally::of(&records);
            if tally.passed <= 1 && tally.failed > 1 {
                let title = section.title.to_lowercase();
                line(page, &format!("- {title} {} ({}): {}", row.id, row.severity, plain(row.source)));
            }
        }
    }
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("writing to a String cannot fail");
}

fn find<'a>(column: &'a Judged, row: &Row) -> Option<&'a Record> {
    column.records.iter().find(|record| record.row.id == row.id && record.row.what == row.what)
}

fn summary(page: &mut String, columns: &[Judged]) {
    line(
        page,
        "| | musts passed | musts failed | shoulds passed | shoulds failed | not judged |\n|---|---|---|---|---|---|",
    );
    for column in columns {
        let tally = |severity| {
            let of = column.records.iter().filter(|record| record.row.severity == severity).cloned();
            Tally::of(&of.collect::<Vec<Record>>())
        };
        let (musts, shoulds) = (tally(Severity::Must), tally(Severity::Should));
        let skipped = musts.skipped + shoulds.skipped;
        line(
            page,
            &format!(
                "| {} | {} | {} | {} | {} | {skipped} |",
                column.name, musts.passed, musts.failed, shoulds.passed, shoulds.failed,
            ),
        );
    }
}

/// Who fails how many rows of each group: where to look first.
fn groups(page: &mut String, columns: &[Judged]) {
    line(page, "\n## Where each fails\n");
    line(page, "Failed rows of those judged, musts and shoulds together; ✓ where none failed.\n");
    let names: String = columns.iter().map(|column| format!(" {} |", column.name)).collect();
    line(page, &format!("| part | group |{names}"));
    line(page, &format!("|---|---|{}", "---|".repeat(columns.len())));
    for section in SECTIONS {
        let rows = (section.rows)();
        for (letter, about) in GROUPS {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.id.starts_with(*letter)).collect();
            let cell = |column: &Judged| {
                let records: Vec<Record> = rows.iter().filter_map(|row| find(column, row)).cloned().collect();
                match Tally::of(&records) {
                    Tally { passed: 0, failed: 0, .. } => " – |".to_owned(),
                    Tally { failed: 0, .. } => " ✓ |".to_owned(),
                    Tally { passed, failed, .. } => format!(" **{failed}** of {} |", passed + failed),
                }
            };
            let cells: String = columns.iter().map(cell).collect();
            if cells.contains(['✓', '*']) {
                line(page, &format!("| {} | {letter}: {about} |{cells}", section.title));
            }
        }
    }
}

fn table(page: &mut String, rows: &[Row], columns: &[&Judged]) {
    let names: String = columns.iter().map(|column| format!(" {} |", column.name)).collect();
    line(page, &format!("| id | level | what |{names}"));
    line(page, &format!("|---|---|---|{}", "---|".repeat(columns.len())));
    for row in rows {
        let cells: String = columns.iter().map(|column| format!(" {} |", cell(find(column, row)))).collect();
        line(page, &format!("| {} | {} | {} |{cells}", row.id, row.severity, plain(row.what)));
    }
}

fn cell(record: Option<&Record>) -> &'static str {
    match record.map(|record| (&record.outcome, record.row.severity)) {
        None | Some((Outcome::Skipped(_), _)) => "–",
        Some((Outcome::Passed, _)) => "✓",
        Some((Outcome::Failed(_), Severity::Must)) => "**✗**",
        Some((Outcome::Failed(_), Severity::Should)) => "✗",
    }
}

fn failures(page: &mut String, column: &Judged) {
    let failed: Vec<(&Record, &String)> = column
        .records
        .iter()
        .filter_map(|record| match &record.outcome {
            Outcome::Failed(observed) => Some((record, observed)),
            _ => None,
        })
        .collect();
    if failed.is_empty() {
        return;
    }
    line(page, &format!("\n## What {} did instead\n", column.name));
    for (record, observed) in failed {
        line(page, &format!("- {} ({}): {}", record.row.id, record.row.severity, plain(observed)));
    }
}

/// Text that Markdown takes as it is, in one line.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '*' | '_' | '<' | '\\' | '`' => plain.extend(['\\', letter]),
            control if control.is_control() => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain
}

/// The date in UTC, as year-month-day.
#[must_use]
pub fn today() -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86400);
    let (year, month, day) = civil(days);
    format!("{year}-{month:02}-{day:02}")
}

/// The Gregorian date that many days after 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years are counted from a first of March, so that the leap day is the last of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_over_leap_days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_454), (2026, 1, 1));
    }

    #[test]
    fn ids_are_unique_in_each_section() {
        for section in SECTIONS {
            let mut ids: Vec<&str> = (section.rows)().iter().map(|row| row.id).collect();
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), count, "{}", section.title);
        }
    }

    #[test]
    fn every_row_is_in_a_group() {
        let rows = SECTIONS.iter().flat_map(|section| (section.rows)());
        for row in rows {
            assert!(GROUPS.iter().any(|(letter, _)| row.id.starts_with(*letter)), "{}", row.id);
        }
    }

    #[test]
    fn text_cannot_break_the_table() {
        assert_eq!(plain("a|b\n`c`"), "a\\|b \\`c\\`");
    }
}
