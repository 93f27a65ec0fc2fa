//! Counts that do not depend on the machine's mood: instructions and heap
//! allocations (callgrind), system calls (strace).
//!
//! Each figure is the difference of two runs, one with twice the messages, so
//! that start and end of the processes drop out.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::compare::own_sides;
use crate::memory::Case;
use crate::pair::{Cores, Failure, Pair, Programs, Wrappers};
use crate::peer::Library;
use crate::work::{Step, Work};

/// Counts for one message: client, server.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Instructions in user mode.
    pub(crate) instructions: [f64; 2],
    /// Calls of malloc, calloc, realloc and their kin.
    pub(crate) allocations: [f64; 2],
}

/// Counts of one process for one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// Instructions in user mode.
    pub(crate) instructions: f64,
    /// Calls of malloc, calloc, realloc and their kin.
    pub(crate) allocations: f64,
}

/// Whether a program can be started at all.
pub(crate) fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Messages in the shorter run. Whole turns of [`Step::Lock`].
fn messages(work: Work) -> u32 {
    match work {
        Work::Open | Work::Frame { .. } => 560,
        _ => 6400,
    }
}

/// Counts instructions and allocations under callgrind.
pub(crate) fn callgrind(programs: &Programs, library: Library, work: Work, place: &Path) -> Result<Counts, Failure> {
    let run = |count: u32| -> Result<[Totals; 2], Failure> {
        let file = |side: &str| place.join(format!("callgrind.{side}"));
        let wrappers = Wrappers { client: valgrind(&file("client")), server: valgrind(&file("server")) };
        run(programs, library, work, Step::Lock, count, &wrappers)?;
        Ok([Totals::read(&file("client"))?, Totals::read(&file("server"))?])
    };
    let count = messages(work);
    let (once, twice) = (run(count)?, run(2 * count)?);
    let each = [0, 1].map(|side| Totals::difference(&once[side], &twice[side], count));
    Ok(Counts {
        instructions: own_sides(library, each.map(|count| count.instructions)),
        allocations: own_sides(library, each.map(|count| count.allocations)),
    })
}

/// As [`callgrind`], for messages in memory.
pub(crate) fn callgrind_memory(
    programs: &Programs,
    library: Library,
    case: Case,
    place: &Path,
) -> Result<Count, Failure> {
    const READS: u32 = 4;
    let file = place.join("callgrind.memory");
    let run = |count: u32| {
        let mut pair = Pair::memory(programs, library, case, &valgrind(&file))?;
        pair.round(count)?;
        pair.finish()?;
        Totals::read(&file)
    };
    let count = READS * case.messages();
    Ok(Totals::difference(&run(count)?, &run(2 * count)?, count))
}

/// What stands in front of a command to have its instructions counted into `file`.
pub(crate) fn valgrind(file: &Path) -> Vec<String> {
    let options = ["--tool=callgrind", "--quiet", "--dump-instr=yes", "--compress-strings=no", "--compress-pos=no"];
    let mut words: Vec<String> = vec!["valgrind".into()];
    words.extend(options.map(String::from));
    words.push(format!("--callgrind-out-file={}", file.display()));
    words
}

/// Counts system calls under strace: client, server.
pub(crate) fn strace(programs: &Programs, library: Library, work: Work, place: &Path) -> Result<[f64; 2], Failure> {
    let file = |side: &str| place.join(format!("strace.{side}"));
    let run = |count: u32| -> Result<[u64; 2], Failure> {
        let wrapper =
            |side: &str| ["strace", "-qq", "-o", &file(side).display().to_string()].map(String::from).to_vec();
        let wrappers = Wrappers { client: wrapper("client"), server: wrapper("server") };
        run(programs, library, work, Step::Stream, count, &wrappers)?;
        Ok([lines(&file("client"))?, lines(&file("server"))?])
    };
    const TRIPS: u32 = 200;
    let (once, twice) = (run(TRIPS)?, run(2 * TRIPS)?);
    Ok(own_sides(library, [0, 1].map(|side| (twice[side] as f64 - once[side] as f64) / f64::from(TRIPS))))
}

/// Runs a pair for one round.
fn run(
    programs: &Programs,
    library: Library,
    work: Work,
    step: Step,
    count: u32,
    wrappers: &Wrappers,
) -> Result<(), Failure> {
    let mut pair = Pair::start(programs, library, work, step, Cores::Two, wrappers)?;
    pair.round(count)?;
    pair.finish()
}

/// What a callgrind file adds up to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    instructions: u64,
    allocations: u64,
}

impl Totals {
    /// What each of `count` messages adds.
    pub(crate) fn difference(once: &Totals, twice: &Totals, count: u32) -> Count {
        let each = |figure: fn(&Totals) -> u64| (figure(twice) as f64 - figure(once) as f64) / f64::from(count);
        Count { instructions: each(|totals| totals.instructions), allocations: each(|totals| totals.allocations) }
    }

    /// Reads a file without compressed names: `cfn=` names a callee, the
    /// `calls=` behind it says how often it was called.
    pub(crate) fn read(path: &Path) -> Result<Totals, Failure> {
        const HEAP: [&str; 6] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];
        let text = fs::read_to_string(path).map_err(Failure::io(path.display().to_string()))?;
        let mut totals = Totals { instructions: 0, allocations: 0 };
        let mut heap = false;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("cfn=") {
                heap = HEAP.contains(&name);
            } else if let Some(calls) = line.strip_prefix("calls=").filter(|_| heap) {
                let count = calls.split_whitespace().next().and_then(|count| count.parse().ok());
                totals.allocations += count.unwrap_or(0u64);
            } else if let Some(total) = line.strip_prefix("totals:") {
                totals.instructions = total.trim().parse().unwrap_or(0);
            }
        }
        Ok(totals)
    }
}

/// System calls in an strace file: one a line.
fn lines(path: &Path) -> Result<u64, Failure> {
    let text = fs::read_to_string(path).map_err(Failure::io(path.display().to_string()))?;
    Ok(text.lines().filter(|line| line.contains('(')).count() as u64)
}
