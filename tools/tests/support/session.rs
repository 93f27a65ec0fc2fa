//! Compositors that run for a test, and the command beside them.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use wayline_conformance::target::{Launch, Running, program};

/// How long anything may take. Nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// `wayline` in a directory of its own, where sockets are.
pub(crate) fn wayline(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
    command.args(args).env("XDG_RUNTIME_DIR", directory).env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
    command.env_remove("WAYLAND_DEBUG").current_dir(directory).stdin(Stdio::null());
    command
}

/// What a program says until it ends, which must be soon.
pub(crate) fn output(mut command: Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    receiver
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            panic!("{command:?} does not end");
        })
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A headless demo-server, which listens at `wayland-t` in a directory of its own.
pub(crate) fn demo_server() -> (Running, PathBuf) {
    let server = program(env!("CARGO_TARGET_TMPDIR"), "demo-server", "demo-server");
    let launch = Launch::prepare().unwrap();
    let socket = launch.dir().join("wayland-t");
    let words = [server.display().to_string(), "--headless".into(), "--socket".into()];
    let words = [&words[..], &[socket.display().to_string()]].concat();
    let mut running = launch.words(&words).start_talking().unwrap();
    assert_eq!(running.ready(PATIENCE).unwrap(), socket);
    (running, socket)
}

/// A headless weston, as [`demo_server`].
pub(crate) fn weston() -> (Running, PathBuf) {
    let launch = Launch::prepare().unwrap();
    let words = ["weston", "--backend=headless-backend.so", "--socket=wayland-t", "--idle-time=0"].map(str::to_owned);
    let weston = launch.words(&words).start().unwrap();
    let socket = weston.dir().join("wayland-t");
    let deadline = Instant::now() + PATIENCE;
    while UnixStream::connect(&socket).is_err() {
        assert!(Instant::now() < deadline, "weston does not start: {}", weston.log());
        std::thread::yield_now();
    }
    (weston, socket)
}
