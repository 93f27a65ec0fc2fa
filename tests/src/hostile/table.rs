//! `HOSTILE.md`: what each attack cost each server at hand.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use super::{Figures, Plan, rows};
use crate::case::{Outcome, Record};
use crate::matrix::{self, Peers};
use crate::server::{Start, Target};
use crate::target::Template;

/// A server, and how it came through.
#[derive(Debug)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// Name and version.
    pub version: String,
    /// How it is started.
    pub target: Target,
    /// What was found.
    pub records: Vec<(Record, Option<Figures>)>,
}

/// The servers at hand: demo-server beside the command, and those of the conformance matrix.
#[must_use]
pub fn columns(conform: &Path, peers: Option<&Peers>, patience: Duration) -> Vec<Column> {
    let mut columns = Vec::new();
    let demo = conform.with_file_name("demo-server");
    if demo.exists()
        && let Ok(template) = Template::parse(&format!("{} --headless --socket {{socket}}", demo.display()))
    {
        let target = Target::new(Start::Command(template), patience);
        let version = concat!("demo-server ", env!("CARGO_PKG_VERSION")).to_owned();
        columns.push(Column { name: "demo-server".to_owned(), version, target, records: Vec::new() });
    }
    for column in matrix::columns(conform, peers, patience) {
        if let Some(target) = column.server() {
            let (name, target) = (column.name.to_owned(), target.clone());
            columns.push(Column { name, version: column.version.clone(), target, records: Vec::new() });
        }
    }
    columns
}

/// Renders what was found. `note` says under what conditions.
#[must_use]
pub fn render(columns: &[Column], plan: &Plan, note: &str) -> String {
    let mut page = String::from("# Hostile clients\n\n");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let versions: Vec<&str> = columns.iter().map(|column| column.version.as_str()).collect();
    let mut line = |text: &str| writeln!(page, "{text}").expect("writing to a String cannot fail");
    line(&format!("Written by `conform hostile --peers` on {} under Linux {}.", matrix::today(), kernel.trim()));
    line(&format!("Tried: {}.", versions.join(", ")));
    line(format!("Scale {}. {note}", plan.scale).trim_end());
    line("");
    line(
        "An attack is one client, or a few, that cost the server as much as they can; `conform hostile --list` says where",
    );
    line(
        "each comes from. Beside it an innocent client with a window asks every 4 ms. A cell has: the innocent client's",
    );
    line("worst answer; the server's CPU time for each byte that was sent; memory held while the attackers were");
    line(
        "there, and what of it was left when they were gone; descriptors held; who was dropped. **✗** means that a verdict",
    );
    line("was not held, which is told below the table; – that the server does not offer what the attack needs.\n");
    let names: String = columns.iter().map(|column| format!(" {} |", column.name)).collect();
    line(&format!("| attack |{names}"));
    line(&format!("|---|{}", "---|".repeat(columns.len())));
    for row in rows() {
        let cells: String = columns.iter().map(|column| format!(" {} |", cell(column, row.id))).collect();
        line(&format!("| **{}**: {} |{cells}", row.id, row.what));
    }
    for column in columns {
        let failed: Vec<(&str, &String)> = column
            .records
            .iter()
            .filter_map(|(record, _)| match &record.outcome {
                Outcome::Failed(observed) => Some((record.row.id, observed)),
                _ => None,
            })
            .collect();
        if !failed.is_empty() {
            line(&format!("\n## What {} did instead\n", column.name));
            failed.iter().for_each(|(id, observed)| line(&format!("- {id}: {}", matrix::plain(observed))));
        }
    }
    page
}

fn cell(column: &Column, id: &str) -> String {
    let Some((record, figures)) = column.records.iter().find(|(record, _)| record.row.id == id) else {
        return "–".to_owned();
    };
    let mark = match record.outcome {
        Outcome::Passed => "",
        Outcome::Failed(_) => "**✗** ",
        Outcome::Skipped(_) => return "–".to_owned(),
    };
    let Some(figures) = figures else { return mark.trim().to_owned() };
    format!(
        "{mark}{:.1} ms; {:.1} ns/B; {} → {} KiB; {} fds; {}",
        figures.worst.as_secs_f64() * 1e3,
        figures.work_per_byte(),
        figures.held >> 10,
        figures.left >> 10,
        figures.fds,
        figures.who(),
    )
}
