//! The two programs of the README, as two processes.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// An example of this package; cargo builds them with its tests.
fn example(name: &str) -> PathBuf {
    let mut dir = std::env::current_exe().unwrap();
    dir.pop();
    if dir.ends_with("deps") {
        dir.pop();
    }
    dir.join("examples").join(name)
}

#[test]
fn the_client_of_the_readme_counts_with_its_server() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Command::new(example("counter-server")).env("XDG_RUNTIME_DIR", dir.path()).spawn().unwrap();
    let mut totals = Vec::new();
    // The server says nothing when it is ready: connecting is how one finds out.
    while totals.len() < 2 {
        let client = Command::new(example("counter-client"))
            .env("XDG_RUNTIME_DIR", dir.path())
            .stderr(Stdio::null())
            .output()
            .unwrap();
        if client.status.success() {
            totals.push(String::from_utf8(client.stdout).unwrap());
        }
        assert_eq!(server.try_wait().unwrap(), None, "the server has ended");
    }
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(totals, ["the total is 5\n", "the total is 10\n"]);
}
