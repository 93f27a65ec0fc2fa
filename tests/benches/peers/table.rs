//! Tables, for terminals and for PERF.md.

use std::fmt;

/// A table: the first column is text, the others are figures.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) title: String,
    /// A sentence below it; may be empty.
    pub(crate) note: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: &str, head: &[&str], note: &str) -> Table {
        let head = head.iter().map(ToString::to_string).collect();
        Table { title: title.to_owned(), note: note.to_owned(), head, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, first: impl Into<String>, figures: impl IntoIterator<Item = String>) {
        self.rows.push([first.into()].into_iter().chain(figures).collect());
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.head.len()];
        for row in self.rows.iter().chain([&self.head]) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }

    /// As GitHub reads it.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = self.head.iter().enumerate().map(|(index, _)| if index == 0 { "---" } else { "---:" });
        let rule: Vec<String> = rule.map(String::from).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        let note = if self.note.is_empty() { String::new() } else { format!("\n{}\n", self.note) };
        format!("### {}\n\n{}{}{rows}{note}", self.title, line(&self.head), line(&rule))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.title)?;
        let widths = self.widths();
        for row in [&self.head].into_iter().chain(&self.rows) {
            for (index, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if index == 0 {
                    write!(f, "  {cell:width$}")?;
                } else {
                    write!(f, "  {cell:>width$}")?;
                }
            }
            writeln!(f)?;
        }
        if self.note.is_empty() { Ok(()) } else { writeln!(f, "  {}", self.note) }
    }
}

/// A figure with about three digits.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "–".to_owned(),
        0.0..0.995 => format!("{value:.2}"),
        0.0..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The figures of both sides.
pub(crate) fn sides([client, server]: [f64; 2]) -> String {
    format!("{} / {}", figure(client), figure(server))
}
