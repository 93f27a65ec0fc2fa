//! The two programs of the README, as two processes, and a proxy between them.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// Ends a process when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_proxy_without_generated_code_prints_what_client_and_server_say() {
    let dir = tempfile::tempdir().unwrap();
    let command = |name: &str| {
        let mut command = Command::new(example(name));
        command.env("XDG_RUNTIME_DIR", dir.path());
        command
    };
    let _server = Running(command("counter-server").spawn().unwrap());
    let mut proxy = command("counter-proxy");
    let xml = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/counter.xml");
    proxy.args([xml, "counter-0", "counter-1"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut proxy = Running(proxy.spawn().unwrap());
    let mut lines = proxy.0.stdout.take().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    // The client goes to `counter-0`, in a directory where that is the proxy.
    let other = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(dir.path().join("counter-1"), other.path().join("counter-0")).unwrap();
    loop {
        let mut client = command("counter-client");
        let output = client.env("XDG_RUNTIME_DIR", other.path()).stderr(Stdio::null()).output().unwrap();
        if output.status.success() {
            assert_eq!(String::from_utf8(output.stdout).unwrap(), "the total is 5\n");
            break;
        }
        assert_eq!(proxy.0.try_wait().unwrap(), None, "the proxy has ended");
        assert!(Instant::now() < deadline, "nobody answers through the proxy");
    }
    // What the client has seen was printed before.
    drop(proxy);
    let mut text = String::new();
    lines.read_to_string(&mut text).unwrap();
    let seen: Vec<&str> = text.lines().collect();
    for line in [
        "-> wl_display#1.get_registry(new id wl_registry#2)",
        "<- wl_registry#2.global(1, \"counter\", 1)",
        "<- counter#3.total(5)",
    ] {
        assert!(seen.contains(&line), "{line} is not in {seen:?}");
    }
    let added = seen.iter().find(|line| line.contains("bind")).unwrap();
    assert!(added.contains("new id counter#"), "{added}");
}
