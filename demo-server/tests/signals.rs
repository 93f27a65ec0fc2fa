//! What a signal leaves behind.

mod support;

use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use support::SERVER;

/// A server that waits for its host has not begun to listen: that this host
/// never answers makes the moment between the two last as long as the test needs.
#[test]
fn k10_a_signal_before_the_server_is_ready_leaves_no_socket_behind() {
    let dir = tempfile::tempdir().unwrap();
    let host = UnixListener::bind(dir.path().join("host")).unwrap();
    let mut server = Command::new(SERVER)
        .arg("--host")
        .arg(dir.path().join("host"))
        .arg("--socket")
        .arg(dir.path().join("own"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (connection, _) = host.accept().unwrap();
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    let status = server.wait().unwrap();
    drop(connection);
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()), "{status}");
    let left: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["host"]);
}
