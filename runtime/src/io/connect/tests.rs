use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use tempfile::TempDir;

use super::*;

fn directory() -> (TempDir, Environment) {
    let directory = tempfile::tempdir().unwrap();
    let env = Environment { xdg_runtime_dir: Some(directory.path().into()), ..Environment::default() };
    (directory, env)
}

fn greet(listener: &UnixListener, socket: OwnedFd) {
    UnixStream::from(socket).write_all(b"hello").unwrap();
    let mut text = String::new();
    listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
}

#[test]
fn the_given_name_comes_before_the_variable() {
    let (directory, mut env) = directory();
    env.wayland_display = Some("missing".into());
    let listener = UnixListener::bind(directory.path().join("mine")).unwrap();
    let socket = connect(Some("mine".as_ref()), &mut env).unwrap();
    assert!(fcntl_getfd(&socket).unwrap().contains(FdFlags::CLOEXEC));
    greet(&listener, socket);
}

#[test]
fn k01_a_bad_inherited_socket_ends_the_search() {
    let (directory, env) = directory();
    let _listener = UnixListener::bind(directory.path().join("wayland-0")).unwrap();
    for value in ["7x", "", "-1", "9999"] {
        let mut env = Environment { wayland_socket: Some(value.into()), ..env.clone() };
        let error = connect(None, &mut env).unwrap_err();
        assert!(matches!(error, ConnectError::Inherited(_)), "{value}: {error:?}");
    }
}

#[test]
fn k02_an_inherited_socket_comes_before_all_names() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    fcntl_setfd(&ours, FdFlags::empty()).unwrap();
    let number = ours.into_raw_fd();
    let mut env = Environment { wayland_socket: Some(number.to_string().into()), ..Environment::default() };
    let socket = connect(Some("/nonexistent".as_ref()), &mut env).unwrap();
    assert_eq!(env.wayland_socket, None);
    UnixStream::from(socket).write_all(b"x").unwrap();
    theirs.read_exact(&mut [0]).unwrap();
}

#[test]
fn k03_an_absolute_display_connects_without_a_runtime_dir() {
    let (directory, _) = directory();
    let path = directory.path().join("absolute");
    let listener = UnixListener::bind(&path).unwrap();
    let mut env = Environment { wayland_display: Some(path.into()), ..Environment::default() };
    greet(&listener, connect(None, &mut env).unwrap());
}

#[test]
fn k04_a_name_without_a_runtime_dir_is_not_found() {
    let error = connect(None, &mut Environment::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("set it, or give an absolute path"), "{error}");
}

#[test]
fn k05_the_longest_path_connects_and_a_longer_one_is_refused() {
    let (directory, mut env) = directory();
    let room = 107 - directory.path().as_os_str().len() - 1;
    let name = "x".repeat(room);
    let listener = UnixListener::bind(directory.path().join(&name)).unwrap();
    greet(&listener, connect(Some(name.as_ref()), &mut env).unwrap());
    let error = connect(Some("x".repeat(room + 1).as_ref()), &mut env).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidFilename);
}

#[test]
fn what_is_in_the_way_is_told_apart() {
    let (directory, mut env) = directory();
    let mut kind = |name: &str| connect(Some(name.as_ref()), &mut env).unwrap_err();

    assert!(matches!(kind("missing"), ConnectError::NotFound { .. }));
    assert!(matches!(kind("no/directory"), ConnectError::NotFound { .. }));
    fs::write(directory.path().join("file"), "").unwrap();
    assert!(matches!(kind("file"), ConnectError::Refused { .. }));
    assert!(matches!(kind(""), ConnectError::Refused { .. }));
    drop(UnixListener::bind(directory.path().join("stale")).unwrap());
    assert!(matches!(kind("stale"), ConnectError::Refused { .. }));
    let _datagram = UnixDatagram::bind(directory.path().join("datagram")).unwrap();
    assert!(matches!(kind("datagram"), ConnectError::WrongType { .. }));
}

#[test]
fn a_server_that_accepts_nobody_is_waited_for_only_so_long() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("full-0");
    // Not a `Listener`, whose queue takes more.
    let listening = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&listening, &rustix::net::SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&listening, 0).unwrap();
    let address = Address::named(&path, &Environment::default()).unwrap();
    let mut waiting = Vec::new();
    let error = loop {
        match connect_to_within(&address, Duration::from_millis(1)) {
            Ok(socket) => waiting.push(socket),
            Err(error) => break error,
        }
        assert!(waiting.len() < 100, "the queue is never full");
    };
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error}");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    let mut env = Environment::default();
    let error = connect_within(Some(path.as_os_str()), &mut env, Duration::ZERO).unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error}");
    // Who got in may take as long as it likes to send.
    let timeout = rustix::net::sockopt::socket_timeout(&waiting[0], Timeout::Send).unwrap();
    assert_eq!(timeout, None);
}
