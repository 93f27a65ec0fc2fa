//! Cases for a client: the kit is its server, and the client reports on its standard output.
//!
//! # The client under test
//!
//! It is a small program over the library that is judged. The kit starts it once for each case, with `WAYLAND_DISPLAY` or
//! `WAYLAND_SOCKET` set, and it does this:
//!
//! 1. Connect as its library does by default. If that fails, print `connect-failed TEXT` and exit with code 3.
//! 2. Print `env WAYLAND_SOCKET VALUE`, or `env WAYLAND_SOCKET unset`, as its environment is *after* connecting.
//! 3. Make a registry. Print `global NAME INTERFACE VERSION` and `global_remove NAME` as the events come. Bind the first
//!    `wlcf_driver` in the lower of the announced version and its own, and print `bound VERSION`.
//! 4. Handle events until something ends it. The events of `wlcf_driver` are orders, those of `wlcf_child` are to be
//!    printed; `conformance.xml` says what each asks for. Children are counted from 0 as they come to be, by order or
//!    by event, and `child INDEX ID` is printed for each. An order its library has nothing for: `unsupported ORDER`.
//! 5. When the library reports a fatal error, print it as `error OBJECT INTERFACE CODE TEXT` if it is a protocol error that
//!    the server posted (`unknown` where the interface is), else as `fatal KIND TEXT`, where KIND is `malformed` (the
//!    server's bytes make no sense), `closed` (end of file, broken pipe), `reset` or `other`. Then try to send `ready(2)`
//!    and flush, print the error of *that* in the same form with `again ` before it, and exit with code 2.
//!
//! Lines are flushed as they are printed. The libwayland client in `peers/` is an example of 350 lines.
//!
//! `client` holds a started client, `host` starts it, `ending` is its last report; the other modules are the cases, by subject.

mod backpressure;
mod connecting;
mod ending;
mod errors;
mod events;
mod fds;
mod host;
mod objects;
mod registry;
mod tested;

use std::time::Instant;

pub use ending::Ending;
pub use host::{Host, Target};
pub use tested::TestedClient;

use crate::case::{Case, Outcome, Part, Record, Selection, in_order};

/// All client cases in the order of reports.
#[must_use]
pub fn cases() -> Vec<&'static Case<Host>> {
    in_order(&[
        objects::CASES,
        events::CASES,
        errors::CASES,
        registry::CASES,
        fds::CASES,
        backpressure::CASES,
        connecting::CASES,
    ])
}

/// Runs the selected cases against `target`, telling `report` of each as it is over.
pub fn run(target: &Target, selection: &Selection, report: &mut dyn FnMut(&Record)) -> Vec<Record> {
    let mut host = Host::new(target);
    let selected = cases().into_iter().filter(|case| selection.includes(&case.row));
    let judge = |case: &'static Case<Host>| {
        let began = Instant::now();
        let outcome = Outcome::from((case.run)(&mut host));
        let record = Record { row: case.row, part: Part::Client, outcome, took: began.elapsed() };
        report(&record);
        record
    };
    selected.map(judge).collect()
}
