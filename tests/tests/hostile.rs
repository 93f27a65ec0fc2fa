//! Hostile clients in short: no time is judged, everything else is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The directory of the programs that cargo has built.
fn programs() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().nth(2).unwrap().to_owned()
}

/// Requires that a server holds every verdict that is not about time.
fn holds(server: &Path, attacks: &[&str], words: &[&str]) {
    if !server.exists() {
        println!("skipped: {} is not built", server.display());
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_conform"))
        .args(["hostile", "--untimed"])
        .args(attacks)
        .arg("--")
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

const ALL: &[&str] = &["--scale", "0.05"];

/// Those that make a server allocate most, as large as they are.
const LARGE: &[&str] =
    &["registries", "ids", "unread", "half-sent", "pool-buffers", "orphans", "toplevels", "titles", "sources"];

/// Requires that a server gives back what the largest attacks made it allocate.
fn gives_back(server: &Path, words: &[&str]) {
    let attacks: Vec<&str> = LARGE.iter().flat_map(|attack| ["--case", attack]).collect();
    holds(server, &attacks, words);
}

fn probe_server() -> (PathBuf, &'static [&'static str]) {
    (programs().join("examples/probe-server"), &["--socket", "{socket}"])
}

fn demo_server() -> (PathBuf, &'static [&'static str]) {
    (programs().join("demo-server"), &["--headless", "--socket", "{socket}"])
}

#[test]
fn hostile_clients_cost_the_probe_server_no_innocent_client_and_nothing_that_stays() {
    let (server, words) = probe_server();
    holds(&server, ALL, words);
}

#[test]
fn hostile_clients_cost_demo_server_no_innocent_client_and_nothing_that_stays() {
    let (server, words) = demo_server();
    holds(&server, ALL, words);
}

#[test]
fn the_probe_server_gives_back_the_memory_of_large_attacks() {
    let (server, words) = probe_server();
    gives_back(&server, words);
}

#[test]
fn demo_server_gives_back_the_memory_of_large_attacks() {
    let (server, words) = demo_server();
    gives_back(&server, words);
}
