//! Each loop of the examples serves, and follows, as the conformance kit wants it.

use std::path::PathBuf;
use std::time::Duration;

use wayline_conformance::case::{Outcome, Record, Selection};
use wayline_conformance::server::{Start, Target};
use wayline_conformance::target::Template;
use wayline_conformance::{client, server};

/// How long each answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Cases that wait for many seconds, whatever the loop; and those about signals, which are no part of the examples.
const LEFT_OUT: [&str; 4] = ["D19", "M14", "P01", "K10a"];

fn example(name: &str, words: &[&str]) -> Template {
    let mut dir: PathBuf = std::env::current_exe().unwrap();
    while !dir.ends_with("deps") {
        assert!(dir.pop(), "tests are in deps");
    }
    let program = dir.with_file_name("examples").join(name).to_string_lossy().into_owned();
    Template::new([program].into_iter().chain(words.iter().copied().map(str::to_owned)).collect()).unwrap()
}

fn failures(records: &[Record]) -> Vec<String> {
    let failed = records.iter().filter_map(|record| match &record.outcome {
        Outcome::Failed(observed) => Some(format!("{}: {observed}", record.row.id)),
        Outcome::Passed | Outcome::Skipped(_) => None,
    });
    failed.collect()
}

fn passed(records: &[Record]) -> usize {
    records.iter().filter(|record| record.outcome == Outcome::Passed).count()
}

#[track_caller]
fn serves(name: &str) {
    let ids = server::cases().into_iter().map(|case| case.row.id).filter(|id| !LEFT_OUT.contains(id));
    let selection = Selection { ids: ids.map(str::to_owned).collect(), musts_only: false };
    let target = Target::new(Start::Command(example(name, &["server", "{socket}"])), PATIENCE);
    let records = server::run(&target, &selection, &mut |_| {}).unwrap();
    assert_eq!(failures(&records), Vec::<String>::new());
    assert!(passed(&records) > 150, "{}", passed(&records));
}

#[track_caller]
fn follows(name: &str) {
    let target = client::Target { command: example(name, &["client"]), patience: PATIENCE };
    let records = client::run(&target, &Selection::default(), &mut |_| {});
    assert_eq!(failures(&records), Vec::<String>::new());
    assert!(passed(&records) > 80, "{}", passed(&records));
}

macro_rules! loops {
    ($($module:ident $name:literal)*) => {$(
        mod $module {
            #[test]
            fn a_server_in_this_loop_passes_the_conformance_run() {
                super::serves($name);
            }

            #[test]
            fn a_client_in_this_loop_passes_the_conformance_run() {
                super::follows($name);
            }
        }
    )*};
}

loops! { calloop "calloop" poll "poll" mio "mio" tokio "tokio" async_io "async-io" }
