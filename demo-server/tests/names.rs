//! What programs that the server starts are told to connect to.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use support::SERVER;

/// What a program started by `--run` finds in `WAYLAND_DISPLAY`.
fn told(options: &[&str], dir: &std::path::Path) -> String {
    let mut server = Command::new(SERVER)
        .args(["--headless", "--run", "printenv WAYLAND_DISPLAY"])
        .args(options)
        .env("XDG_RUNTIME_DIR", dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // One line of the server's, one of the program's; the end of the stream if it dies.
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told = lines.find(|line| !line.starts_with("ready "));
    server.kill().unwrap();
    server.wait().unwrap();
    told.expect("the program says what it was told")
}

#[test]
fn a_program_is_told_a_name_where_that_finds_the_socket_and_a_path_elsewhere() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(told(&[], dir.path()), "wayland-0");
    let path = other.path().join("elsewhere");
    let path = path.to_str().unwrap();
    assert_eq!(told(&["--socket", path], dir.path()), path);
}
