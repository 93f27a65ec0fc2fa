//! Starts demo-server for tests and knows when it can be connected to.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use wayline_conformance::target::{Launch, Running};

/// How long anything may take. Nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

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

/// A headless demo-server in a private directory, which listens there at `wayland-t`; ended when dropped.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) socket: PathBuf,
}

impl Server {
    /// Starts it and waits for its ready line.
    pub(crate) fn start(args: &[&str]) -> Server {
        let launch = Launch::prepare().unwrap();
        let socket = launch.dir().join("wayland-t");
        let words = [&[SERVER, "--headless", "--socket", socket.to_str().unwrap()], args].concat();
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let mut running = launch.words(&words).start_talking().unwrap();
        assert_eq!(running.ready(PATIENCE).unwrap(), socket);
        Server { running, socket }
    }

    /// A client command of demo-client, by way of the server's own program.
    pub(crate) fn client(&self, args: &[&str]) -> Command {
        let mut command = Command::new(SERVER);
        command.arg("client").arg("--socket").arg(&self.socket).args(args);
        command
    }

    /// Open descriptors of the server.
    pub(crate) fn fds(&self) -> usize {
        self.running.process().fd_count().unwrap()
    }
}
