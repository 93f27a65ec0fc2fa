//! Clients that mean harm: each attack costs a server as much as one client can make it, beside an innocent client that is
//! innocent.
//!
//! Every attack uses core interfaces or xdg-shell, so that any server can be tried. What is required does not depend on
//! the machine: the server lives, no innocent client is dropped, newcomers are served, memory and fds come back. How
//! long the innocent client waited is judged too unless the [`Plan`] says otherwise. Work for each byte that was sent, memory and
//! fds that were held, and who was dropped are told, not judged.

pub(crate) mod attacker;
mod core;
mod data;
mod descriptors;
mod figures;
mod liveness;
mod peers;
mod pools;
mod shell;
mod table;
mod tree;
pub(crate) mod window;

use std::rc::Rc;
use std::time::{Duration, Instant};

pub use figures::Figures;
pub use table::{Column, columns, render};

use crate::case::{Case, Outcome, Part, Record, Row, Selection, Stop, Verdict, ensure, fail};
use crate::server::{Client, Fixture, FixtureError, Target};
use attacker::{Attacker, Ledger};
use liveness::LivenessCheck;

/// How hard the attacks are, and what is too much.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What every count is multiplied by.
    pub scale: f64,
    /// The longest that the innocent client may wait during attacks through core interfaces.
    pub answer: Duration,
    /// The same for those through others.
    pub answer_elsewhere: Duration,
    /// The most memory that may stay when the attackers are gone, in bytes.
    pub growth: u64,
    /// The most descriptors that may be there more than before: those of others that use the server meanwhile.
    pub fds: usize,
    /// Whether the innocent client's time is judged, not only told.
    pub timed: bool,
}

impl Default for Plan {
    fn default() -> Self {
        let (answer, answer_elsewhere) = (Duration::from_millis(20), Duration::from_millis(50));
        Self { scale: 1.0, answer, answer_elsewhere, growth: 1 << 20, fds: 0, timed: true }
    }
}

/// What is sent before anything is measured, as a part of the attack: first uses allocate what stays.
const FIRST: f64 = 0.05;

/// An attack under way.
#[derive(Debug)]
pub struct Siege {
    fixture: Fixture,
    scale: f64,
    ledger: Rc<Ledger>,
    /// Attackers that are still there when the attack is over.
    kept: Vec<Attacker>,
    /// Whether a client that comes then has to be served.
    newcomers: bool,
}

/// The attacks of one kind, and whether core interfaces are enough for them.
type Kind = (&'static [Case<Siege>], bool);

const KINDS: &[Kind] = &[
    (core::CASES, true),
    (peers::CASES, true),
    (descriptors::CASES, true),
    (pools::CASES, true),
    (tree::CASES, true),
    (shell::CASES, false),
    (data::CASES, false),
];

/// All attacks, in order.
#[must_use]
pub fn rows() -> Vec<Row> {
    KINDS.iter().flat_map(|(cases, _)| cases.iter().map(|case| case.row)).collect()
}

/// Runs the selected attacks, telling `report` of each, and its figures, as it is over.
///
/// # Errors
/// When the target cannot be brought up.
pub fn run(
    target: &Target,
    plan: &Plan,
    selection: &Selection,
    report: &mut dyn FnMut(&Record, Option<&Figures>),
) -> Result<Vec<(Record, Option<Figures>)>, FixtureError> {
    let own = crate::target::Process::new(rustix::process::getpid());
    // An attacker needs descriptors; where it may not have more, those attacks are smaller.
    let _ = own.set_fd_limit(16 << 10);
    let mut records = Vec::new();
    for (cases, core) in KINDS {
        for case in cases.iter().filter(|case| selection.includes(&case.row)) {
            let began = Instant::now();
            let mut figures = None;
            let limit = if *core { plan.answer } else { plan.answer_elsewhere };
            let mut siege = Siege::new(target)?;
            let outcome = Outcome::from(siege.attack(case, plan, limit, &mut figures));
            let record = Record { row: case.row, part: Part::Server, outcome, took: began.elapsed() };
            report(&record, figures.as_ref());
            records.push((record, figures));
        }
    }
    Ok(records)
}

impl Siege {
    fn new(target: &Target) -> Result<Self, FixtureError> {
        let fixture = Fixture::new(target)?;
        Ok(Self { fixture, scale: 1.0, ledger: Rc::default(), kept: Vec::new(), newcomers: true })
    }

    /// `count` at the scale of this run, at least 1.
    fn scaled(&self, count: u32) -> u32 {
        ((f64::from(count) * self.scale) as u32).max(1)
    }

    /// A new attacker.
    fn attacker(&self) -> Result<Attacker, Stop> {
        Attacker::connect(self.fixture.path(), &self.ledger)
    }

    /// Keeps an attacker connected until the attack has been measured.
    fn keep(&mut self, attacker: Attacker) {
        self.kept.push(attacker);
    }

    /// Carries out one attack, small at first, and judges what it did.
    fn attack(&mut self, case: &Case<Self>, plan: &Plan, limit: Duration, told: &mut Option<Figures>) -> Verdict {
        let mut innocent = LivenessCheck::start(self.fixture.path(), self.fixture.patience())?;
        self.scale = plan.scale * FIRST;
        (case.run)(self)?;
        self.settle()?;
        self.fixture.idle()?;
        self.ledger = Rc::default();
        let before = figures::State::of(&self.fixture.process())?;
        innocent.forget();

        self.scale = plan.scale;
        let sent = (case.run)(self);
        let newcomer = if self.newcomers { self.newcomer() } else { Ok(()) };
        // Looked at while the attackers are still there; the answers of the innocent client end here too.
        self.kept.iter_mut().for_each(Attacker::finish);
        let during = figures::State::of(&self.fixture.process());
        let settled = self.settle().and_then(|()| innocent.stop());
        let Ok(during) = during else {
            let exit_report =
                self.fixture.server.exit_report(self.fixture.patience()).unwrap_or_else(|| "it is gone".to_owned());
            return fail(format!("the server has ended: {exit_report}"));
        };
        let answered = settled?;
        sent?;
        let aftermath = self.fixture.aftermath(before.fds + plan.fds);
        let after = figures::State::of(&self.fixture.process())?;
        let figures = Figures::new(&self.ledger, &before, &during, &after, answered.worst, answered.count);
        let left = if figures.left < plan.growth { figures.left } else { self.left_by_another(case, &after)? };
        let log = self.fixture.server.running.as_ref().map(crate::target::Running::log).unwrap_or_default();
        let verdict = newcomer
            .and(aftermath)
            .and(unforged(&log))
            .and_then(|()| {
                let text = || format!("{} KiB of memory are left, {} more by the next", figures.left >> 10, left >> 10);
                ensure(left < plan.growth, text)
            })
            .and_then(|()| {
                let late = plan.timed && answered.worst > limit;
                ensure(!late, || format!("the innocent client waited {:.1} ms", answered.worst.as_secs_f64() * 1e3))
            });
        *told = Some(figures);
        verdict
    }

    /// Memory that another attack of the same kind leaves: what the allocator kept for it is no loss.
    fn left_by_another(&mut self, case: &Case<Self>, before: &figures::State) -> Result<u64, Stop> {
        (case.run)(self)?;
        self.settle()?;
        self.fixture.idle()?;
        Ok(figures::State::of(&self.fixture.process())?.allocated.saturating_sub(before.allocated))
    }

    /// Lets the attackers go and waits until the server has noticed.
    fn settle(&mut self) -> Verdict {
        self.kept.clear();
        self.fixture.check_liveness().map(drop)
    }

    /// A client that comes in the middle of it: it has to be answered, with a descriptor of its own if there is `wl_shm`.
    fn newcomer(&self) -> Verdict {
        let come = || -> Verdict {
            let mut client = Client::connect(self.fixture.path(), self.fixture.patience())?;
            let (registry, globals) = client.registry()?;
            if let Some(global) = globals.iter().find(|global| global.interface == "wl_shm") {
                let shm = client.bind(registry, global.name, "wl_shm", 1)?;
                let id = client.fresh();
                pools::small_pool(&client, shm, id)?;
            }
            client.lives()
        };
        match come() {
            Err(Stop::Fail(observed)) => fail(format!("a newcomer, innocent as it is: {observed}")),
            verdict => verdict,
        }
    }
}

/// Requires that no text of an attacker's has reached the log with its escape sequences or line ends. A log may have
/// colours of its own.
fn unforged(log: &str) -> Verdict {
    let forged = ["\u{1b}[2J", "\u{1b}]0;", "\nFORGED", "\u{202e}"].iter().any(|text| log.contains(text));
    ensure(!forged, || "text of a client's forges lines of the log".to_owned())
}
