//! The table of receiving: instructions and nanoseconds in memory, CPU of whole
//! processes, and what it takes in text and memory.

use std::path::Path;
use std::process::Command;

use super::Case;
use crate::compare::{Effort, compare_some, measure, median};
use crate::count::{Count, callgrind_memory, is_installed};
use crate::crowd::crowd;
use crate::figures::progress;
use crate::pair::{Cores, Failure, Pair, Programs};
use crate::peer::Library;
use crate::report::title;
use crate::table::{Table, figure};
use crate::work::Work;

/// Who is measured: the measure first.
const LIBRARIES: [Library; 2] = [Library::Floor, Library::Wayline];

const EFFORT: Effort = Effort { rounds: 9, divisor: 1 };

/// Reads in a round: some 5 ms of the floor.
const READS: u32 = 500;

/// Clients for the memory of one.
const CLIENTS: usize = 1000;

/// What a case may cost: instructions, and whole processes in multiples of the floor.
fn goals(case: Case) -> (f64, Option<f64>) {
    match (case.work, case.objects) {
        (Work::Calc, 1) => (85.0, Some(1.3)),
        (Work::Calc, _) => (110.0, None),
        (Work::Motion, _) => (42.0, Some(1.35)),
        (Work::Text, _) => (160.0, Some(1.5)),
        (Work::Bytes, _) => (98.0, None),
        _ => (300.0, Some(1.2)),
    }
}

/// Measures all; without `times` only what a busy machine does not change.
pub(crate) fn tables(times: bool) -> Result<Vec<Table>, Failure> {
    let programs = Programs::new(None)?;
    let place = tempfile::tempdir().map_err(Failure::io("making a directory"))?;
    let mut rows = table();
    for case in Case::ALL {
        progress(&format!("{} in memory", case.word()));
        let counts = counts(&programs, case, place.path())?;
        let [floor, own] = if times { nanoseconds(&programs, case)? } else { [f64::NAN; 2] };
        let (instructions, ratio) = goals(case);
        let whole = match ratio {
            Some(_) if times => whole(&programs, case)?,
            _ => f64::NAN,
        };
        let objects = if case.objects == 1 { String::new() } else { format!(", {} objects in turn", case.objects) };
        let side = ["client", "server"][case.side()];
        rows.row(
            format!("{}{objects}, {side}", title(case.work)),
            [
                figure(counts[0].instructions),
                judged(counts[1].instructions, Some(instructions)),
                figure(instructions),
                figure(floor),
                figure(own),
                judged(whole, ratio),
                ratio.map_or(String::new(), |ratio| format!("{ratio}")),
                figure(counts[1].allocations.abs()),
            ],
        );
    }
    Ok(vec![rows, sizes(&programs, place.path())?])
}

fn table() -> Table {
    let head = [
        "received",
        "instructions, floor",
        "instructions",
        "goal",
        "ns, floor",
        "ns",
        "processes ÷ floor",
        "goal",
        "allocations",
    ];
    let note = "For each message (W6: for each pair), in memory: 64 KiB a read, what is answered thrown away. \
                Instructions and allocations by callgrind, the difference of two lengths; nanoseconds of CPU, medians of \
                9 rounds in turn. Processes: CPU of the whole receiving process over a socket, the kernel's part \
                included, Wayline in its own loop; medians of the ratios of 9 rounds. **Bold**: the goal is missed.";
    Table::new("Receiving", &head, note)
}

/// A figure, bold where it is above its goal.
fn judged(value: f64, goal: Option<f64>) -> String {
    let text = figure(value);
    if goal.is_some_and(|goal| value > goal) { format!("**{text}**") } else { text }
}

/// Of floor and Wayline.
fn counts(programs: &Programs, case: Case, place: &Path) -> Result<[Count; 2], Failure> {
    if !is_installed("valgrind") {
        return Ok([Count { instructions: f64::NAN, allocations: f64::NAN }; 2]);
    }
    let count = |library| callgrind_memory(programs, library, case, place);
    Ok([count(LIBRARIES[0])?, count(LIBRARIES[1])?])
}

/// Of floor and Wayline.
fn nanoseconds(programs: &Programs, case: Case) -> Result<[f64; 2], Failure> {
    let start = |library| Ok((library, Pair::memory(programs, library, case, &[])?));
    let pairs = LIBRARIES.into_iter().map(start).collect::<Result<_, Failure>>()?;
    let costs = measure(pairs, READS * case.messages(), EFFORT)?;
    Ok([costs[0].cpu[0], costs[1].cpu[0]])
}

/// CPU of the receiving process in multiples of the floor's.
fn whole(programs: &Programs, case: Case) -> Result<f64, Failure> {
    let comparison = compare_some(programs, &LIBRARIES, case.work, Cores::Two, EFFORT)?;
    Ok(comparison.of(Library::Wayline).map_or(f64::NAN, |cost| cost.over_floor[case.side()]))
}

fn sizes(programs: &Programs, place: &Path) -> Result<Table, Failure> {
    let note = "Text: machine code in this benchmark's program, which is a server and a client of bench.xml, each in its \
                own loop and inside calloop. A run is the loop, the decoder and the handlers for one interface, compiled \
                for each application and side. Memory: W7, 8 objects a client.";
    let mut table = Table::new("Receiving: text and memory", &["", "bytes"], note);
    match runs() {
        Some(runs) if !runs.is_empty() => {
            table.row(format!("text of all {} runs", runs.len()), [figure(runs.iter().sum())]);
            table.row(
                "the largest: 12 requests, with the handlers compiled into it",
                [figure(runs.iter().copied().fold(0.0, f64::max))],
            );
            table.row("the one in the middle", [figure(median(runs.into_iter()))]);
        }
        _ => table.row("text: `nm` is not installed, or finds no symbols", [figure(f64::NAN)]),
    }
    progress(&format!("memory of {CLIENTS} clients"));
    let crowd = crowd(programs, Library::Wayline, CLIENTS, &place.join("crowd"))?;
    table.row(format!("private memory of the server for an idle client, of {CLIENTS}"), [figure(crowd.memory)]);
    Ok(table)
}

/// Bytes of the functions that handle a run of messages, as the symbols of this program say.
fn runs() -> Option<Vec<f64>> {
    let this = std::env::current_exe().ok()?;
    let symbols = Command::new("nm").args(["--print-size", "--demangle"]).arg(this).output().ok()?;
    let text = String::from_utf8(symbols.stdout).ok()?;
    let size = |line: &str| {
        let (numbers, name) = line.split_once(" wayline::endpoint::receive::run")?;
        // Symbols of code that was given up have no size.
        let size = numbers.split(' ').nth(1).filter(|_| name.is_empty() || name.starts_with("::<"))?;
        u32::from_str_radix(size, 16).ok().map(f64::from)
    };
    Some(text.lines().filter_map(size).collect())
}
