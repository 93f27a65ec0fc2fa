//! Rounds of all libraries in turn, and what is made of them: medians, and
//! ratios of neighbours in time.

use std::path::Path;

use crate::pair::{Cores, Failure, Pair, Programs, Wrappers};
use crate::peer::Library;
use crate::rounds::Sample;
use crate::trace::Program;
use crate::work::{Step, Work};

/// What one library costs for one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) library: Library,
    /// CPU nanoseconds: client, server.
    pub(crate) cpu: [f64; 2],
    /// CPU in multiples of the floor's: client, server. Medians of the ratios
    /// within each round, so that a slow moment of the machine hits both.
    pub(crate) over_floor: [f64; 2],
    /// Nanoseconds that passed.
    pub(crate) wall: f64,
    /// How often the processes slept: client, server.
    pub(crate) sleeps: [f64; 2],
}

/// All libraries at one workload.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) work: Work,
    pub(crate) costs: Vec<Cost>,
}

impl Comparison {
    /// What `library` costs, if it was measured.
    pub(crate) fn of(&self, library: Library) -> Option<&Cost> {
        self.costs.iter().find(|cost| cost.library == library)
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Messages in a round are divided by this.
    pub(crate) divisor: u32,
}

impl Effort {
    pub(crate) const FULL: Effort = Effort { rounds: 21, divisor: 1 };
    pub(crate) const QUICK: Effort = Effort { rounds: 5, divisor: 8 };
}

/// Messages in a round: some 5 ms of the fastest library.
fn count(work: Work) -> u32 {
    match work {
        Work::Calc | Work::Motion => 500_000,
        Work::Text | Work::Bytes => 250_000,
        Work::Churn => 100_000,
        // Files are made before the round, and a process may have only so many.
        Work::Open => 8_000,
        Work::Trip => 1_000,
        Work::Frame { .. } => 500,
        Work::Trace(Program::Gtk) => 60,
        Work::Trace(Program::Terminal) | Work::Pixels { .. } => 8,
        Work::Bulk => 20_000,
        Work::Batch(size) => 20_000 * size.min(16),
    }
}

/// Measures `work` with all libraries.
pub(crate) fn compare(programs: &Programs, work: Work, cores: Cores, effort: Effort) -> Result<Comparison, Failure> {
    compare_some(programs, &programs.libraries(), work, cores, effort)
}

/// Measures `work` with some libraries.
pub(crate) fn compare_some(
    programs: &Programs,
    libraries: &[Library],
    work: Work,
    cores: Cores,
    effort: Effort,
) -> Result<Comparison, Failure> {
    let start = |library| {
        let wrappers = Wrappers::default();
        Ok((library, Pair::start(programs, library, work, Step::Stream, cores, &wrappers)?))
    };
    let able = libraries.iter().copied().filter(|library| library.does(work));
    let pairs = able.map(start).collect::<Result<_, Failure>>()?;
    Ok(Comparison { work, costs: measure(pairs, count(work), effort)? })
}

/// W7: measures connections that come and go, with each library on both sides.
/// Sockets are made in `place`.
pub(crate) fn visits(programs: &Programs, place: &Path, effort: Effort) -> Result<Vec<Cost>, Failure> {
    const VISITS: u32 = 400;
    let mut servers = Vec::new();
    let mut pairs = Vec::new();
    for library in programs.libraries().into_iter().filter(|library| library.listens()) {
        let path = place.join(library.word());
        servers.push(programs.listen(library, &path)?);
        pairs.push((library, Pair::visit(programs, library, &path)?));
    }
    measure(pairs, VISITS, effort)
}

/// Lets each pair do its rounds in turn.
pub(crate) fn measure(pairs: Vec<(Library, Pair)>, count: u32, effort: Effort) -> Result<Vec<Cost>, Failure> {
    let count = (count / effort.divisor).max(1);
    let mut pairs: Vec<(Library, Pair, Vec<Round>)> =
        pairs.into_iter().map(|(library, pair)| (library, pair, Vec::new())).collect();
    // Buffers grow and caches fill in a round that does not count.
    for (_, pair, _) in &mut pairs {
        pair.round(count)?;
    }
    for _ in 0..effort.rounds {
        for (_, pair, rounds) in &mut pairs {
            let before = pair.sleeps();
            let sample = pair.round(count)?;
            let after = pair.sleeps();
            rounds.push(Round::new(sample, [after.0 - before.0, after.1 - before.1], count));
        }
    }
    let floor = pairs.iter().find(|(library, ..)| *library == Library::Floor).map(|(_, _, rounds)| rounds.clone());
    let floor = floor.unwrap_or_default();
    let mut costs = Vec::new();
    for (library, pair, rounds) in pairs {
        let over_floor =
            |side: usize| median(rounds.iter().zip(&floor).map(|(round, floor)| round.cpu[side] / floor.cpu[side]));
        let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
        let has = |both: [f64; 2]| own_sides(library, both);
        costs.push(Cost {
            library,
            cpu: has([of(|round| round.cpu[0]), of(|round| round.cpu[1])]),
            over_floor: has([over_floor(0), over_floor(1)]),
            wall: of(|round| round.wall),
            sleeps: has([of(|round| round.sleeps[0]), of(|round| round.sleeps[1])]),
        });
        pair.finish()?;
    }
    Ok(costs)
}

/// Of the figures of client and server those that are the library's own.
pub(crate) fn own_sides(library: Library, figures: [f64; 2]) -> [f64; 2] {
    let roles = library.roles();
    [0, 1].map(|side| if roles[side] { figures[side] } else { f64::NAN })
}

/// A round, for one message.
#[derive(Clone, Copy, Debug)]
struct Round {
    cpu: [f64; 2],
    wall: f64,
    sleeps: [f64; 2],
}

impl Round {
    fn new(sample: Sample, sleeps: [u64; 2], count: u32) -> Round {
        let each = |total: u64| total as f64 / f64::from(count);
        Round { cpu: [each(sample.client), each(sample.server)], wall: each(sample.wall), sleeps: sleeps.map(each) }
    }
}

/// The middle of some figures; not a number if there are none.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
