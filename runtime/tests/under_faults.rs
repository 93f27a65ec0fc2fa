//! All integration tests once more, over links that cut what they move short, and say EAGAIN or EINTR, by a seed.
//! `slow_peers` is not among them: its links are full by its own plan.
//!
//! The results have to be the same. Without a seed of its own the program runs itself once for each of [`SEEDS`].

#![allow(clippy::duplicate_mod, reason = "each file is a program of its own, with a `probe` of its own")]

mod probe;

#[path = "endings.rs"]
mod endings;
#[path = "globals.rs"]
mod globals;
#[path = "in_memory.rs"]
mod in_memory;
#[path = "limits.rs"]
mod limits;
#[path = "objects.rs"]
mod objects;
#[path = "sockets.rs"]
mod sockets;

use std::process::Command;

use wayline::testing::SEED;

const SEEDS: std::ops::Range<u64> = 0..32;

#[test]
fn the_results_do_not_depend_on_how_bytes_move() {
    if std::env::var_os(SEED).is_some() {
        return;
    }
    for seed in SEEDS {
        let output = Command::new(std::env::current_exe().unwrap()).env(SEED, seed.to_string()).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{SEED}={seed} cargo test -p wayline --test under_faults\n{printed}");
    }
}
