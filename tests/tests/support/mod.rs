//! Has the `conform` command judge the servers of this repository.

use std::process::{Command, Stdio};

/// A server: where it is below the directory of the programs that cargo has built, and how it is told to listen.
pub(crate) type Server = (&'static str, &'static [&'static str]);

pub(crate) const PROBE: Server = ("examples/probe-server", &["--socket", "{socket}"]);
pub(crate) const DEMO: Server = ("demo-server", &["--headless", "--socket", "{socket}"]);

/// Requires that nothing fails that `conform` is told to look at. Says so if the server is not built.
pub(crate) fn conform(arguments: &[&str], (name, words): Server) {
    let programs = std::env::current_exe().unwrap();
    let server = programs.ancestors().nth(2).unwrap().join(name);
    if !server.exists() {
        println!("skipped: {} is not built", server.display());
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_conform"))
        .args(arguments)
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
