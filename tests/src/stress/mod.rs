//! Bad weather: real processes that die, stop, crowd and stall around a real server, and what is left of it afterwards.
//!
//! Each scenario has a server of its own. When it is over the server's fds, its private memory and its CPU have to be
//! back, and the innocent client's worst answer is told. A [`Plan`] that judges times turns figures into verdicts; one that does
//! not serves machines that are busy with other things.

pub mod animator;
pub mod doomed;
mod full;
mod scenarios;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use crate::case::{Case, Outcome, Part, Record, Selection, Stop, Verdict, ensure, fail};
use crate::codec::Random;
use crate::server::{Fixture, FixtureError, Target};
use crate::socket::{seconds, wait_fd};
use crate::target::Template;
use doomed::{Kind, Orders};

/// The longest the innocent client may wait, and the most a server may grow, if times are judged.
const ANSWER: Duration = Duration::from_millis(50);
/// The most private memory a server may have gained.
const GROWTH: u64 = 1 << 20;
/// Victims that are alive at a time.
const TOGETHER: usize = 4;
/// How long a doomed client that is to be killed after a step has for that step.
const STEP: Duration = Duration::from_millis(200);

/// How bad the weather is to be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the moments of death are drawn from.
    pub seed: u64,
    /// Processes to be killed.
    pub kills: u32,
    /// Clients that are there at once, and come and go.
    pub clients: u32,
    /// Whether times are judged, not only told.
    pub timed: bool,
    /// The `conform` command, which is started anew as the doomed client.
    pub conform: PathBuf,
    /// Another client to kill, `{socket}` in it.
    pub client: Option<Template>,
}

/// A scenario under way.
#[derive(Debug)]
pub struct Stress {
    fixture: Fixture,
    plan: Plan,
    random: Random,
    worst: Duration,
    /// What the scenario has to tell besides.
    told: String,
}

/// All scenarios.
#[must_use]
pub fn cases() -> Vec<&'static Case<Stress>> {
    scenarios::CASES.iter().chain(full::CASES).collect()
}

/// Runs the selected scenarios, telling `report` of each, and its figures, as it is over.
///
/// # Errors
/// When the target cannot be brought up.
pub fn run(
    target: &Target,
    plan: &Plan,
    selection: &Selection,
    report: &mut dyn FnMut(&Record, &str),
) -> Result<Vec<Record>, FixtureError> {
    let mut records = Vec::new();
    for case in cases().into_iter().filter(|case| selection.includes(&case.row)) {
        let began = Instant::now();
        let fixture = Fixture::new(target)?;
        let (plan, random) = (plan.clone(), Random::new(plan.seed));
        let mut stress = Stress { fixture, plan, random, worst: Duration::ZERO, told: String::new() };
        let outcome = Outcome::from((case.run)(&mut stress));
        let record = Record { row: case.row, part: Part::Server, outcome, took: began.elapsed() };
        report(&record, &stress.told);
        records.push(record);
    }
    Ok(records)
}

impl Stress {
    /// Asks the innocent client, and remembers its worst answer.
    fn check_liveness(&mut self) -> Verdict {
        self.worst = self.worst.max(self.fixture.check_liveness()?);
        Ok(())
    }

    /// What the server has to be like again: taken before the weather, when it has had its first clients.
    fn calm(&mut self) -> Result<Calm, Stop> {
        self.fixture.idle()?;
        Ok(Calm { fds: self.fixture.fds()?, private: self.fixture.process().private()? })
    }

    /// Requires that all is as before, and tells the figures. `what` says what has happened meanwhile.
    fn back(&mut self, calm: &Calm, what: &str) -> Verdict {
        self.fixture.aftermath(calm.fds)?;
        let now = self.fixture.process().private()?;
        let grown = now.saturating_sub(calm.private);
        self.told = format!(
            "{what}: 0 fds left, {} KiB grown, CPU idle, worst answer to the innocent client {:.1} ms",
            grown >> 10,
            self.worst.as_secs_f64() * 1e3,
        );
        ensure(grown < GROWTH, || format!("private memory has grown by {} KiB", grown >> 10))?;
        ensure(!self.plan.timed || self.worst < ANSWER, || {
            format!("the innocent client waited {}", seconds(self.worst))
        })
    }

    /// Starts a doomed client.
    fn doomed(&mut self, kind: Kind) -> Result<DoomedClient, Stop> {
        let orders = Orders::new(self.fixture.path(), kind, self.fixture.offered());
        let mut command = Command::new(&self.plan.conform);
        command.args(orders.words());
        let steps = self.random.below(doomed::ENOUGH as u32);
        Ok(DoomedClient::start(command, steps)?)
    }

    /// Starts a client of another make, if there is one.
    fn stranger(&mut self) -> Result<Option<DoomedClient>, Stop> {
        let Some(template) = &self.plan.client else { return Ok(None) };
        let words = template.fill(&[("{socket}", &self.fixture.path().to_string_lossy())]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        // It tells nothing of its steps: what is waited for never comes, and the wait is short.
        let mut doomed = DoomedClient::start(command, 1)?;
        doomed.wait = Duration::from_micros(u64::from(self.random.below(30_000)));
        Ok(Some(doomed))
    }

    /// Kills `count` processes of `kinds` and of other makes, some at a time, asking the innocent client all the while.
    fn kill(&mut self, count: u32, kinds: &[Kind]) -> Verdict {
        let mut living = VecDeque::new();
        for n in 0..count {
            let stranger = if n % 8 == 7 { self.stranger()? } else { None };
            let kind = kinds[self.random.below(kinds.len() as u32) as usize];
            let doomed = if let Some(stranger) = stranger { stranger } else { self.doomed(kind)? };
            living.push_back(doomed);
            self.check_liveness()?;
            if living.len() == TOGETHER
                && let Some(doomed) = living.pop_front()
            {
                doomed.die()?;
                self.check_liveness()?;
            }
        }
        living.into_iter().try_for_each(DoomedClient::die)?;
        self.check_liveness()
    }
}

/// What a server was like before.
#[derive(Clone, Copy, Debug)]
struct Calm {
    fds: usize,
    private: u64,
}

/// A process that will be killed.
#[derive(Debug)]
struct DoomedClient {
    child: Child,
    /// Steps it may do before.
    steps: u32,
    /// How long each may take.
    wait: Duration,
}

impl DoomedClient {
    fn start(mut command: Command, steps: u32) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(Self { child: command.spawn()?, steps, wait: STEP })
    }

    /// Lets it do its steps, if it can, and kills it in the middle of what comes next.
    fn die(mut self) -> Verdict {
        let mut left = self.steps as usize;
        if let Some(output) = &mut self.child.stdout {
            let mut told = [0; doomed::ENOUGH];
            while left > 0 && wait_fd(output.as_fd(), PollFlags::IN, Instant::now() + self.wait)? {
                match output.read(&mut told[..left.min(doomed::ENOUGH)])? {
                    0 => break,
                    count => left -= count,
                }
            }
        }
        Ok(())
    }
}

impl Drop for DoomedClient {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Raises the number of fds that the kit itself may have.
fn allow_fds(count: u64) -> Verdict {
    let own = crate::target::Process::new(rustix::process::getpid());
    match own.set_fd_limit(count) {
        Ok(_) => Ok(()),
        Err(error) => fail(format!("the kit may not have {count} fds: {error}")),
    }
}

/// The socket of a server as seen from outside of the mount namespace it is in.
fn through(process: crate::target::Process, path: &Path) -> PathBuf {
    let inside = path.strip_prefix("/").unwrap_or(path);
    Path::new("/proc").join(process.pid().as_raw_nonzero().to_string()).join("root").join(inside)
}
