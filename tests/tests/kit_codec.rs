//! The codec cases can be passed: the kit's reference passes them all.
//!
//! A test program of its own, because two cases count the fds of the whole process.

use wayline_conformance::case::{Outcome, Selection};
use wayline_conformance::codec::{Bench, Reference, cases, run};

#[test]
fn the_reference_passes_every_codec_case() {
    let mut bench = Bench::new(Box::new(|| Box::new(Reference::default())), 20_000);
    let records = run(&mut bench, &Selection::default(), &mut |_| {});
    assert_eq!(records.len(), cases().len());
    for record in records {
        assert_eq!(record.outcome, Outcome::Passed, "{}", record.row.id);
    }
}
