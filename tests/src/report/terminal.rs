//! The terminal: one line per case, a progress line below them while it lasts, the tally at the end.

use std::io::{self, IsTerminal, Write};

use super::Tally;
use crate::case::{Outcome, Record, Row, Severity};

/// Prints a run as it goes. The progress line exists only where stdout is a terminal.
#[derive(Debug)]
pub struct Terminal {
    live: bool,
    done: usize,
    total: usize,
}

impl Terminal {
    /// A printer for a run of `total` cases.
    #[must_use]
    pub fn new(total: usize) -> Self {
        Self { live: io::stdout().is_terminal(), done: 0, total }
    }

    /// Prints one finished case.
    pub fn record(&mut self, record: &Record) {
        self.done += 1;
        let (mark, remark) = match &record.outcome {
            Outcome::Passed => ("ok  ", String::new()),
            Outcome::Failed(observed) => {
                let level = if record.row.severity == Severity::Must { "" } else { "(should) " };
                ("FAIL", format!("\n           {level}{observed}"))
            }
            Outcome::Skipped(missing) => ("skip", format!("\n           {missing}")),
        };
        let clear = if self.live { "\r\x1b[K" } else { "" };
        println!("{clear}{mark} {:5} {}{remark}", record.row.id, record.row.what);
        if self.live && self.done < self.total {
            print!("[{}/{}]", self.done, self.total);
            // A terminal that takes no progress line will not take the rest either.
            let _ = io::stdout().flush();
        }
    }

    /// Prints the last line: the tally, alone.
    pub fn finish(&self, records: &[Record]) {
        println!("{}{}", if self.live { "\r\x1b[K" } else { "" }, Tally::of(records));
    }

    /// Prints a case that is not run.
    pub fn list(part: impl std::fmt::Display, row: &Row) {
        println!("{:5} {part:8} {:7} {}  [{}]", row.id, row.severity, row.what, row.source);
    }
}
