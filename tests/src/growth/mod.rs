//! How the work of a server grows with what a client has made: scripts at two sizes, counted in instructions.
//!
//! A script makes `n` of something and does something to each, then at four times the size. Where the cost of one depends
//! on how many there are, four times as many cost far more than four times as much. Instructions are counted by valgrind,
//! so neither the machine nor its load matters. Hash maps place entries by a random key, which changes the result by a
//! tenth from run to run. Frames are not counted: what many windows on the screen cost is bounded by the budget of a frame,
//! and tested with the desktop.

mod counter;
mod native;
mod shell;
mod surfaces;
mod things;

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

pub use counter::{CounterError, is_installed};

use crate::case::{Case, Outcome, Part, Record, Row, Selection, Stop, Verdict, fail};
use crate::hostile::attacker::{Attacker, Ledger};
use crate::server::Client;
use crate::target::Template;
use counter::Counter;

/// Objects of the smaller size. Four times as many are still allowed.
const SMALL: u32 = 240;

/// The same for what servers allow fewer of, by the ids of the scripts.
const FEW: u32 = 60;
const OF_FEW: &[&str] = &[
    "layer",
    "keyboard",
    "pointer",
    "output",
    "device",
    "feedback",
    "text-input",
    "native-pointer",
    "native-keyboard",
    "native-fenced",
];

/// How many times larger the larger size is.
const TIMES: u32 = 4;

/// The most that the larger size may cost, in costs of the smaller one. Linear work was seen at up to 4.5: trees cost a
/// little more with each doubling, and maps fill differently. Work of which a tenth is quadratic costs more than this.
const MOST: f64 = 5.0;

/// The same where a list is searched that has at most 1,024 or 256 members: the larger size is nearly all there can be.
const MOST_SEARCHED: f64 = 10.0;
const SEARCHED: &[&str] = &[
    "subsurface",
    "subsurface-restack",
    "layer",
    "keyboard",
    "pointer",
    "output",
    "device",
    "text-input",
    "native-pointer",
    "native-keyboard",
    // The event loop looks for room for each descriptor that it waits for.
    "native-fenced",
];

/// How often that is measured before it is said. Some work is done with each frame of the screen, and how many there are
/// meanwhile depends on the machine. What grows is too much each time.
const TRIES: u32 = 4;

/// How long an answer may take under valgrind.
const PATIENCE: Duration = Duration::from_secs(60);

/// A script under way.
#[derive(Debug)]
pub struct Script {
    path: PathBuf,
    ledger: Rc<Ledger>,
    n: u32,
}

/// What a script cost at both sizes, in instructions.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// The smaller size.
    pub n: u32,
    /// At the smaller size.
    pub small: u64,
    /// At the larger size.
    pub large: u64,
}

impl Growth {
    /// Costs of the larger size in those of the smaller one.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.large as f64 / self.small.max(1) as f64
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |count: u64, n: u32| count as f64 / f64::from(n);
        let (few, many) = (self.n, self.n * TIMES);
        write!(
            f,
            "{:.0} instructions each with {few}, {:.0} with {many}: {:.2} times as much for {TIMES} times as many",
            each(self.small, few),
            each(self.large, many),
            self.ratio(),
        )
    }
}

fn cases() -> Vec<&'static Case<Script>> {
    surfaces::CASES.iter().chain(shell::CASES).chain(things::CASES).chain(native::CASES).collect()
}

/// All scripts, in order.
#[must_use]
pub fn rows() -> Vec<Row> {
    cases().iter().map(|case| case.row).collect()
}

/// Runs the selected scripts against one server, telling `report` of each, and what it cost, as it is over.
///
/// # Errors
/// When valgrind or the server under it does not come up.
pub fn run(
    server: &Template,
    selection: &Selection,
    report: &mut dyn FnMut(&Record, Option<&Growth>),
) -> Result<Vec<Record>, CounterError> {
    let mut counter = Counter::start(server)?;
    let mut records = Vec::new();
    for case in cases().into_iter().filter(|case| selection.includes(&case.row)) {
        let began = Instant::now();
        let mut growth = None;
        let outcome = Outcome::from(measure(&mut counter, case, &mut growth));
        let record = Record { row: case.row, part: Part::Server, outcome, took: began.elapsed() };
        report(&record, growth.as_ref());
        records.push(record);
    }
    Ok(records)
}

/// Runs a script at both sizes and judges what they cost.
fn measure(counter: &mut Counter, case: &Case<Script>, told: &mut Option<Growth>) -> Verdict {
    let n = if OF_FEW.contains(&case.row.id) { FEW } else { SMALL };
    let most = if SEARCHED.contains(&case.row.id) { MOST_SEARCHED } else { MOST };
    // What is allocated with the first use is not counted.
    cost(counter, case, n)?;
    let mut ratio = f64::INFINITY;
    for _ in 0..TRIES {
        let small = cost(counter, case, n)?;
        let large = cost(counter, case, n * TIMES)?;
        ratio = told.insert(Growth { n, small, large }).ratio();
        if ratio <= most {
            return Ok(());
        }
    }
    fail(format!("{TIMES} times as many cost {ratio:.2} times as much"))
}

/// Instructions of the server for the script with `n` objects, until its clients are gone.
fn cost(counter: &mut Counter, case: &Case<Script>, n: u32) -> Result<u64, Stop> {
    let failed = |error: CounterError| Stop::Fail(error.to_string());
    let mut script = Script { path: counter.path().to_owned(), ledger: Rc::default(), n };
    rest(&script.path)?;
    counter.count().map_err(failed)?;
    (case.run)(&mut script)?;
    rest(&script.path)?;
    let count = counter.count().map_err(failed)?;
    match script.ledger.dropped.get() {
        0 => Ok(count),
        _ => fail(format!("the server dropped the client: {}", script.ledger.reason.borrow())),
    }
}

/// Waits until a server has nothing left to do for clients that have left.
fn rest(path: &Path) -> Verdict {
    let mut client = Client::connect(path, PATIENCE)?;
    for _ in 0..3 {
        client.lives()?;
    }
    Ok(())
}

impl Script {
    /// A client of the script. It leaves when it is dropped.
    fn client(&self) -> Result<Attacker, Stop> {
        Attacker::connect(&self.path, &self.ledger)
    }
}
