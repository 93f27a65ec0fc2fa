//! The kit against libwayland, which is known: what it passes, it must be seen to pass, and its known defects must be
//! seen. Without libwayland's headers and tools the tests say so and end.

use std::time::Duration;

use wayline_conformance::case::{Outcome, Record, Selection};
use wayline_conformance::matrix::Peers;
use wayline_conformance::server::{self, Start};
use wayline_conformance::target::Template;
use wayline_conformance::{client, matrix};

/// Long enough for a loaded machine, short enough for the cases that wait in vain.
const PATIENCE: Duration = Duration::from_secs(2);

fn peers() -> Option<Peers> {
    Peers::build().inspect_err(|error| eprintln!("skipped: {error}")).ok()
}

fn template(line: &str) -> Template {
    Template::parse(line).expect("a command")
}

fn select(ids: &[&str]) -> Selection {
    Selection { ids: ids.iter().map(|id| (*id).to_owned()).collect(), musts_only: false }
}

/// Requires that exactly the records of `defects` failed, and that none was skipped.
fn only(defects: &[&str], records: &[Record]) {
    assert!(!records.is_empty());
    for record in records {
        match (&record.outcome, defects.contains(&record.row.id)) {
            (Outcome::Passed, false) | (Outcome::Failed(_), true) => {}
            (outcome, _) => panic!("{}: {outcome:?}", record.row.id),
        }
    }
}

fn judge_server(selection: &Selection) -> Option<Vec<Record>> {
    let peers = peers()?;
    let command = template(&format!("{} {{name}}", peers.server().display()));
    let target = server::Target::new(Start::Command(command), PATIENCE);
    Some(server::run(&target, selection, &mut |_| {}).expect("the peer starts"))
}

#[test]
fn libwayland_keeps_the_rules_of_ids_and_globals() {
    let cases =
        ["O01", "O02", "O03", "O04", "O05", "O06", "O07", "O08", "O09", "O10", "O16", "V01", "V02", "V03", "V04", "V1"];
    let Some(mut records) = judge_server(&select(&cases)) else { return };
    // wl_fixes came later than the libwayland of many systems.
    records.retain(|record| !record.row.id.starts_with("V14") && !record.row.id.starts_with("V19"));
    only(&[], &records);
}

#[test]
fn the_defects_of_libwayland_are_seen() {
    // delete_id held back, surplus bytes ignored, events newer than the object, the successor's socket removed.
    let defects = ["O11", "W22s", "V09", "K10b"];
    let Some(records) = judge_server(&select(&defects)) else { return };
    only(&defects, &records);
}

#[test]
fn a_libwayland_client_keeps_the_contract() {
    let Some(peers) = peers() else { return };
    let target = client::Target { command: template(&peers.client().display().to_string()), patience: PATIENCE };
    // Events for ids it never knew are dropped in silence, with the fds they came with.
    let selection = select(&["O19", "O20", "O25", "O28", "O29", "D01", "D05", "V16", "K0"]);
    only(&["O25"], &client::run(&target, &selection, &mut |_| {}));
}

#[test]
fn the_matrix_names_every_column_and_every_case() {
    let columns = matrix::columns(std::path::Path::new("/nowhere/conform"), None, PATIENCE);
    let selection = select(&["W01"]);
    let kit = columns.iter().filter(|column| column.name == "kit");
    let judged: Vec<_> = kit.map(|column| matrix::judge(column, &selection, &mut |_| {})).collect();
    let page = matrix::render(&judged);
    for section in matrix::SECTIONS {
        assert!(page.contains(&format!("## {}", section.title)));
        for row in (section.rows)() {
            assert!(page.contains(&format!("| {} | {} |", row.id, row.severity)), "{}", row.id);
        }
    }
    assert!(page.contains("| W01 | must |") && page.contains("✓"));
}
