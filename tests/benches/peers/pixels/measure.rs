//! Rounds of all compositors in turn, and the table of them.

use super::Show;
use super::compositor::{Kind, build, start_all};
use crate::compare::median;
use crate::figures::progress;
use crate::pair::{Failure, Pair, Programs};
use crate::table::{Table, figure};

/// Frames in a round: half a second.
const FRAMES: u32 = 30;
const ROUNDS: usize = 9;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Pixels {
    /// In the order of [`Show::ALL`].
    pub(crate) rows: Vec<Row>,
    /// The compositors and their versions.
    pub(crate) versions: Vec<String>,
    pub(crate) skipped: Vec<String>,
}

/// One picture on all compositors.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) show: Show,
    /// CPU microseconds of a frame.
    pub(crate) costs: Vec<(Measured, f64)>,
    /// What Wayline costs in multiples of each; medians of the ratios within the rounds.
    pub(crate) ratios: Vec<(Measured, f64)>,
}

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measured {
    /// One copy of a screen of pixels.
    Copy,
    /// A compositor.
    By(Kind),
}

impl Measured {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Measured::Copy => "one copy",
            Measured::By(kind) => kind.name(),
        }
    }
}

/// Measures all pictures, or those that are named.
pub(crate) fn measure(only: &[Show]) -> Result<Pixels, Failure> {
    let programs = Programs::new(None)?;
    progress("demo-server is built");
    let demo_server = build()?;
    let mut skipped = Vec::new();
    let compositors = start_all(&demo_server, &mut skipped)?;
    let versions = compositors.iter().filter_map(|compositor| compositor.kind.version()).collect();
    let mut rows = Vec::new();
    for show in if only.is_empty() { &Show::ALL } else { only } {
        progress(&show.title());
        let mut pairs = vec![(Measured::Copy, Pair::copy(&programs)?, Vec::new())];
        for compositor in &compositors {
            let pair = Pair::draw(&programs, *show, compositor.kind.name(), compositor.socket(), compositor.id())?;
            pairs.push((Measured::By(compositor.kind), pair, Vec::new()));
        }
        for _ in 0..ROUNDS {
            for (_, pair, rounds) in &mut pairs {
                rounds.push(pair.round(FRAMES)?.server as f64 / f64::from(FRAMES) / 1e3);
            }
        }
        let own = pairs.iter().find(|(who, ..)| *who == Measured::By(Kind::Wayline));
        let own = own.map(|(.., rounds)| rounds.clone()).unwrap_or_default();
        let mut row = Row { show: *show, costs: Vec::new(), ratios: Vec::new() };
        for (who, pair, rounds) in pairs {
            row.costs.push((who, median(rounds.iter().copied())));
            row.ratios.push((who, median(own.iter().zip(&rounds).map(|(own, other)| own / other))));
            pair.finish()?;
        }
        rows.push(row);
    }
    Ok(Pixels { rows, versions, skipped })
}

impl Pixels {
    pub(crate) fn table(&self) -> Table {
        let head =
            ["frame", "one copy, µs", "weston, µs", "sway, µs", "demo-server, µs", "÷ copy", "÷ weston", "÷ sway"];
        let note = format!(
            "CPU of the compositor's process for a frame of 1920×1080, the kernel's part included; medians of {ROUNDS} \
             rounds of {FRAMES} frames, taken in turn; ratios are taken within a round. One copy: memcpy of a screen of \
             pixels, as often. **Bold**: a goal is missed."
        );
        let mut table = Table::new("Composing on the CPU", &head, &note);
        for row in &self.rows {
            let [weston, sway] = row.show.goals();
            let of = |list: &[(Measured, f64)], who| {
                list.iter().find(|(other, _)| *other == who).map_or(f64::NAN, |(_, value)| *value)
            };
            let [w, s, own] = Kind::ALL.map(Measured::By);
            let costs = [Measured::Copy, w, s, own].map(|who| figure(of(&row.costs, who)));
            let ratios = [(Measured::Copy, None), (w, weston), (s, sway)];
            let ratios = ratios.map(|(who, goal)| judged(of(&row.ratios, who), goal));
            table.row(row.show.title(), costs.into_iter().chain(ratios));
        }
        table
    }
}

/// A figure and its goal, bold where it is above that.
fn judged(value: f64, goal: Option<f64>) -> String {
    let text = format!("{value:.2}");
    match goal {
        Some(goal) if value > goal => format!("**{text}** ({goal})"),
        Some(goal) => format!("{text} ({goal})"),
        None => text,
    }
}
