//! A short stress: no time is judged, everything else is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The directory of the programs that cargo has built.
fn programs() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().nth(2).unwrap().to_owned()
}

/// Requires that a server passes every scenario that is not about times.
fn passes(server: &Path) {
    if !server.exists() {
        println!("skipped: {} is not built", server.display());
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_conform"))
        .args(["stress", "--untimed", "--kills", "200", "--clients", "100", "--patience", "10", "--"])
        .arg(server)
        .args(["--headless", "--socket", "{socket}"].iter().skip(usize::from(server.ends_with("probe-server"))))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    println!("{printed}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains(" passed, 0 failed"), "{printed}\n{said}");
}

#[test]
fn d11_p14_k17_the_probe_server_weathers_a_storm() {
    passes(&programs().join("examples/probe-server"));
}

#[test]
fn d11_p14_k17_demo_server_weathers_a_storm() {
    passes(&programs().join("demo-server"));
}
