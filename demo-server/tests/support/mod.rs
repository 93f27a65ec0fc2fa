//! Starts demo-server for tests and knows when it can be connected to.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The programs under test.
pub(crate) const SERVER: &str = env!("CARGO_BIN_EXE_demo-server");

/// The window of `wayline-toolkit`'s example, a program that cargo does not build for a test of another package.
pub(crate) fn window_example() -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--package", "wayline-toolkit", "--example", "window", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success(), "the example cannot be built");
    target.join("debug/examples/window").display().to_string()
}

/// A demo-server on a socket of its own; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) dir: TempDir,
    pub(crate) socket: PathBuf,
}

impl Server {
    /// Starts it headless and waits for its ready line.
    pub(crate) fn start(args: &[&str]) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("wayland-t");
        let mut child = Command::new(SERVER)
            .args(["--headless", "--socket"])
            .arg(&socket)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), format!("ready {}", socket.display()));
        Server { child, dir, socket }
    }

    /// A client command of demo-client, by way of the server's own program.
    pub(crate) fn client(&self, args: &[&str]) -> Command {
        let mut command = Command::new(SERVER);
        command.arg("client").arg("--socket").arg(&self.socket).args(args);
        command
    }

    /// Open descriptors of the server.
    pub(crate) fn fds(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Whether a program is installed; says so if it is not.
pub(crate) fn installed(program: &str) -> bool {
    let found = Command::new("sh").arg("-c").arg(format!("command -v {program}")).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}
