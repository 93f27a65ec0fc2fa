//! The gate: instructions for each message must stay near the checked-in figures.
//!
//! Counts, not times, so it holds on any machine and under any load. Compilers
//! and C libraries move the figures a little; what they may move is the slack.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::count::{callgrind, callgrind_memory, is_installed};
use crate::memory::Case;
use crate::pair::{Failure, Programs};
use crate::peer::Library;
use crate::table::{Table, figure};
use crate::work::Work;

/// How far a count may be from its figure, either way: a message that became
/// cheaper wants its figure renewed, or the gain could be lost unseen.
const SLACK: f64 = 0.05;

/// What is counted: W1, W2, W4, W6; and what of it comes from memory.
const WORKS: [Work; 5] = [Work::Calc, Work::Motion, Work::Text, Work::Bytes, Work::Churn];

const SIDES: [&str; 2] = ["client", "server"];

/// Workload and side; `memory` is the side of what is received without sockets.
type Figures = BTreeMap<(String, String), f64>;

/// Compares, or writes the figures anew. Returns whether all is well. Leaves what callgrind wrote
/// in `keep`, a directory for each workload.
pub(crate) fn gate(bless: bool, keep: Option<&Path>) -> Result<bool, Failure> {
    if !is_installed("valgrind") {
        println!("skipped: instructions are counted by valgrind, which is not installed");
        return Ok(true);
    }
    let place = tempfile::tempdir().map_err(Failure::io("making a directory"))?;
    let counted = count(keep.unwrap_or(place.path()))?;
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.txt"));
    if bless {
        fs::write(&path, write(&counted)).map_err(Failure::io(path.display().to_string()))?;
        println!("wrote {}", path.display());
        return Ok(true);
    }
    let text = fs::read_to_string(&path).map_err(Failure::io(path.display().to_string()))?;
    let (table, good) = compare(&counted, &read(&text));
    println!("{table}");
    if !good {
        println!(
            "beyond {:.0} %: if that is meant, write the figures anew with `tests/instructions --bless`",
            SLACK * 100.0
        );
    }
    Ok(good)
}

fn count(place: &Path) -> Result<Figures, Failure> {
    let programs = Programs::new(None)?;
    let mut figures = Figures::new();
    let directory = |name: String| {
        let place = place.join(name);
        fs::create_dir_all(&place).map_err(Failure::io(place.display().to_string()))?;
        Ok(place)
    };
    for work in WORKS {
        let place = directory(work.to_string())?;
        let counts = callgrind(&programs, Library::Wayline, work, &place)?;
        for (side, count) in SIDES.into_iter().zip(counts.instructions) {
            figures.insert((work.to_string(), side.to_owned()), count);
        }
    }
    for case in Case::ALL {
        let count = callgrind_memory(&programs, Library::Wayline, case, &directory(case.word())?)?;
        figures.insert((case.word(), "memory".to_owned()), count.instructions);
    }
    Ok(figures)
}

fn compare(counted: &Figures, checked_in: &Figures) -> (Table, bool) {
    let mut good = counted.len() == checked_in.len();
    let head = ["message", "checked in", "now", "change"];
    let mut table = Table::new("User instructions for each message", &head, "");
    for ((work, side), now) in counted {
        let before = checked_in.get(&(work.clone(), side.clone())).copied().unwrap_or(f64::NAN);
        let change = now / before - 1.0;
        // Without a figure the change is not a number, which is not within the slack either.
        let within = change.abs() <= SLACK;
        good &= within;
        let mark = if within { "" } else { " !" };
        table.row(format!("{work}, {side}"), [figure(before), figure(*now), format!("{:+.1} %{mark}", change * 100.0)]);
    }
    (table, good)
}

fn write(figures: &Figures) -> String {
    let mut text = "# User instructions for each message, written by `tests/instructions --bless`.\n".to_owned();
    for ((work, side), count) in figures {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{work} {side} {count:.1}");
    }
    text
}

fn read(text: &str) -> Figures {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (work, side) = (words.next()?.to_owned(), words.next()?.to_owned());
        Some(((work, side), words.next()?.parse().ok()?))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect()
}
