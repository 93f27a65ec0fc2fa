//! Sockets that a service manager passes.

mod support;

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::SERVER;
use wayline_conformance::protocol::display;
use wayline_conformance::socket::Stream;
use wayline_conformance::wire::{DISPLAY, Message};

#[test]
fn a_server_listens_on_the_sockets_it_is_passed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("activated");
    let listener = UnixListener::bind(&path).unwrap();
    // Descriptor 3 belongs to the process with the number that the variable names.
    let start = r#"exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --headless"#;
    let mut server = Command::new("sh")
        .args(["-c", start, SERVER])
        .env("XDG_RUNTIME_DIR", dir.path())
        .env_remove("WAYLAND_DISPLAY")
        .stdin(OwnedFd::from(listener))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let mut client = Stream::connect(&path).unwrap();
    let patience = Duration::from_secs(30);
    client.send(&Message::new(DISPLAY, display::GET_REGISTRY).uint(2).bytes(), &[], patience).unwrap();
    let first = client.receive(patience).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(first.map(|event| event.object), Some(2));
    assert!(!dir.path().join("wayland-0").exists(), "{line}");
}

/// A server on descriptor 3, which is this listener; how it is told is what `told` says.
fn restarted(listener: &UnixListener, told: &str) -> std::process::Child {
    let start = format!("exec 3<&0 </dev/null; {told}");
    Command::new("sh")
        .args(["-c", &start, SERVER])
        .env_remove("WAYLAND_DISPLAY")
        .stdin(OwnedFd::from(listener.try_clone().unwrap()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn clients_that_come_while_the_server_is_started_again_wait_for_the_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kept");
    let listener = UnixListener::bind(&path).unwrap();
    let by_option = format!("exec \"$0\" --headless --socket {} --wayland-fd 3", path.display());
    let by_variable = format!("WAYLAND_SOCKET_FD=3 WAYLAND_SOCKET_NAME={} exec \"$0\" --headless", path.display());
    for told in [by_option, by_variable] {
        // It comes before there is a server.
        let mut client = Stream::connect(&path).unwrap();
        let patience = Duration::from_secs(30);
        client.send(&Message::new(DISPLAY, display::GET_REGISTRY).uint(2).bytes(), &[], patience).unwrap();
        let mut server = restarted(&listener, &told);
        let first = client.receive(patience).unwrap();
        assert_eq!(first.map(|event| event.object), Some(2), "{told}");
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(path.exists(), "the file is not the server's");
    }
}
