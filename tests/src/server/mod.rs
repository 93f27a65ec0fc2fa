//! Cases for a server: the kit is its client, with bytes and fds of its own making.
//!
//! `fixture` holds the server under test and the innocent client, `peer` is a client, `launch` brings the server up; the other
//! modules are the cases, by subject. A case needs only what it asks the fixture for; what the server does not offer makes it
//! a skip that says so.

mod accepting;
mod activation;
mod backpressure;
mod fds;
mod files;
mod fixture;
mod launch;
mod objects;
mod paths;
mod peer;
mod pixels;
mod pools;
mod probed;
mod registry;
mod requests;
mod strays;
mod versions;

use std::time::Instant;

pub use accepting::{PASS_FD, pass_fd};
pub use fixture::{Fixture, FixtureError};
pub(crate) use launch::Server;
pub use launch::{LaunchError, NAME, Start, Target};
pub(crate) use peer::bind;
pub use peer::{Client, Death, Global};

use crate::case::{Case, Outcome, Part, Record, Selection, Stop, in_order};

/// All server cases in the order of reports.
#[must_use]
pub fn cases() -> Vec<&'static Case<Fixture>> {
    in_order(&[
        objects::CASES,
        requests::CASES,
        probed::CASES,
        registry::CASES,
        versions::CASES,
        fds::CASES,
        strays::CASES,
        backpressure::CASES,
        pools::CASES,
        pixels::CASES,
        paths::CASES,
        accepting::CASES,
        activation::CASES,
    ])
}

/// Runs the selected cases against `target`, telling `report` of each as it is over.
///
/// # Errors
/// When the target cannot be brought up, at the start or again after a case has ended it.
pub fn run(
    target: &Target,
    selection: &Selection,
    report: &mut dyn FnMut(&Record),
) -> Result<Vec<Record>, FixtureError> {
    let mut fixture = Fixture::new(target)?;
    let mut records = Vec::new();
    for case in cases().into_iter().filter(|case| selection.includes(&case.row)) {
        let began = Instant::now();
        let before = fixture.fds()?;
        let mut verdict = (case.run)(&mut fixture);
        let mut unharmed = true;
        // Nothing was sent by a case that is skipped.
        if !matches!(verdict, Err(Stop::Skip(_))) {
            let aftermath = fixture.aftermath(before);
            unharmed = aftermath.is_ok();
            verdict = match (verdict, aftermath) {
                (Err(Stop::Fail(observed)), Err(Stop::Fail(then))) => {
                    Err(Stop::Fail(format!("{observed}; then {then}")))
                }
                (verdict, aftermath) => verdict.and(aftermath),
            };
        }
        let record =
            Record { row: case.row, part: Part::Server, outcome: Outcome::from(verdict), took: began.elapsed() };
        report(&record);
        records.push(record);
        if !unharmed {
            drop(fixture);
            fixture = Fixture::new(target)?;
        }
    }
    Ok(records)
}
