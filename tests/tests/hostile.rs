//! Hostile clients in short: no time is judged, everything else is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The directory of the programs that cargo has built.
fn programs() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().nth(2).unwrap().to_owned()
}

/// Requires that a server holds every verdict that is not about time.
fn holds(server: &Path, words: &[&str]) {
    if !server.exists() {
        println!("skipped: {} is not built", server.display());
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_conform"))
        .args(["hostile", "--untimed", "--scale", "0.05", "--"])
        .arg(server)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    println!("{printed}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains(" passed, 0 failed"), "{printed}\n{said}");
}

#[test]
fn hostile_clients_cost_the_probe_server_nothing_that_stays() {
    holds(&programs().join("examples/probe-server"), &["--socket", "{socket}"]);
}

#[test]
fn hostile_clients_cost_demo_server_nothing_that_stays() {
    holds(&programs().join("demo-server"), &["--headless", "--socket", "{socket}"]);
}
