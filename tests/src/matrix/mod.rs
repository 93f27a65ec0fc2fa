//! The matrix: every implementation at hand under every case, written to `CONFORMANCE.md`.
//!
//! [`columns`] is the table of implementations. One that is not installed, or a program of this workspace that has not
//! been built, leaves its column out.

mod columns;
mod markdown;
mod peers;

use std::time::Duration;

pub use columns::{Column, columns};
pub(crate) use markdown::plain;
pub use markdown::{render, today};
pub use peers::{BuildError, PROTOCOL, Peers};

use crate::case::{Outcome, Record, Row, Selection};
use crate::{client, codec, scanner, server};

/// A judged column.
#[derive(Debug)]
pub struct Judged {
    /// Its heading.
    pub name: &'static str,
    /// Name and version.
    pub version: String,
    /// How every case came out that was run.
    pub records: Vec<Record>,
}

/// The rows of one part of the kit.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// The cases, in order.
    pub rows: fn() -> Vec<Row>,
}

/// All parts, in the order of reports.
pub const SECTIONS: &[Section] = &[
    Section { title: "Codec", rows: || codec::cases().iter().map(|case| case.row).collect() },
    Section { title: "Scanner", rows: || scanner::cases().iter().map(|case| case.row).collect() },
    Section { title: "Server", rows: || server::cases().iter().map(|case| case.row).collect() },
    Section { title: "Client", rows: || client::cases().iter().map(|case| case.row).collect() },
];

/// Runs everything that `column` offers, telling `report` of each case as it is over.
pub fn judge(column: &Column, selection: &Selection, report: &mut dyn FnMut(&Record)) -> Judged {
    let mut records = Vec::new();
    if let Some(target) = &column.codec {
        records.extend(
            target.bench(20_000).map(|mut bench| codec::run(&mut bench, selection, report)).unwrap_or_default(),
        );
    }
    if let Some(target) = &column.scanner {
        records.extend(scanner::run(target, selection, report).unwrap_or_default());
    }
    if let Some(target) = &column.server {
        match server::run(target, selection, report) {
            Ok(run) => records.extend(run),
            Err(error) => records.extend(unjudged(&error.to_string(), selection)),
        }
    }
    if let Some(target) = &column.client {
        records.extend(client::run(target, selection, report));
    }
    Judged { name: column.name, version: column.version.clone(), records }
}

/// Records that say why no server case could be run.
fn unjudged(reason: &str, selection: &Selection) -> Vec<Record> {
    let rows = server::cases().into_iter().map(|case| case.row).filter(|row| selection.includes(row));
    let skipped = |row| Record {
        row,
        part: crate::case::Part::Server,
        outcome: Outcome::Skipped(reason.to_owned()),
        took: Duration::ZERO,
    };
    rows.map(skipped).collect()
}
