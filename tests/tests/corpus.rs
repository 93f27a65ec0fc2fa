//! Every input of the fuzzers' corpus once more, without a fuzzer: what they found stays found.

use std::fs;
use std::path::Path;

#[allow(dead_code, missing_docs, unreachable_pub, reason = "the library of the fuzz targets, as it is")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

fn replay(target: &str, run: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        // Names the input if it fails.
        if std::panic::catch_unwind(|| run(&input)).is_err() {
            panic!("{}", path.display());
        }
        count += 1;
    }
    assert!(count > 10, "{count} inputs in {}", directory.display());
}

#[test]
fn xml() {
    replay("xml", fuzz::xml::run);
}

#[test]
fn codec() {
    replay("codec", fuzz::codec::run);
}

#[test]
fn server() {
    replay("server", fuzz::server::run);
}

#[test]
fn client() {
    replay("client", fuzz::client::run);
}

#[test]
fn carry() {
    replay("carry", fuzz::carry::run);
}

#[test]
fn pool() {
    replay("pool", fuzz::pool::run);
}
