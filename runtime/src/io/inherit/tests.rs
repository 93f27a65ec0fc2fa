use std::fs::File;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::io::fcntl_dupfd_cloexec;

use super::*;

/// A descriptor as a parent passes it: open, without close-on-exec, owned by nobody here.
fn pass(fd: &impl std::os::fd::AsFd, at_least: RawFd) -> RawFd {
    let fd = fcntl_dupfd_cloexec(fd, at_least).unwrap();
    fcntl_setfd(&fd, FdFlags::empty()).unwrap();
    fd.into_raw_fd()
}

fn connection(value: &str) -> Environment {
    Environment { wayland_socket: Some(value.into()), ..Environment::default() }
}

fn listeners(pid: u32, count: &str, names: Option<&str>) -> Environment {
    Environment {
        listen_pid: Some(pid.to_string().into()),
        listen_fds: Some(count.into()),
        listen_fdnames: names.map(Into::into),
        ..Environment::default()
    }
}

#[test]
fn k01_what_is_not_a_number_is_refused_and_forgotten() {
    for value in ["7x", "", "-1", "+7", " 7", "99999999999", "0x7"] {
        let mut env = connection(value);
        let error = env.take_connection().unwrap_err();
        assert!(matches!(error, InheritError::NotANumber { variable: "WAYLAND_SOCKET", .. }), "{value}: {error:?}");
        assert_eq!(env.wayland_socket, None);
    }
}

#[test]
fn k01_a_closed_descriptor_is_refused() {
    assert!(matches!(connection("9999").take_connection(), Err(InheritError::NotOpen { fd: 9999 })));
}

#[test]
fn the_standard_streams_are_not_for_adoption() {
    for stream in ["0", "1", "2"] {
        assert!(matches!(connection(stream).take_connection(), Err(InheritError::NotOpen { .. })));
    }
}

#[test]
fn k02_a_valid_connection_is_adopted_with_close_on_exec() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let number = pass(&ours, 3);
    let mut env = connection(&number.to_string());
    let fd = env.take_connection().unwrap().unwrap();
    assert_eq!(fd.as_raw_fd(), number);
    assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::CLOEXEC);
    assert!(env.take_connection().unwrap().is_none(), "the variable was not forgotten");
}

#[test]
fn a_descriptor_is_adopted_only_once() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let number = pass(&ours, 3).to_string();
    let _fd = connection(&number).take_connection().unwrap();
    assert!(matches!(connection(&number).take_connection(), Err(InheritError::NotInherited { .. })));
}

#[test]
fn a_connection_must_be_a_connected_stream_socket() {
    let directory = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(directory.path().join("s")).unwrap();
    for number in [pass(&File::open("/dev/null").unwrap(), 3), pass(&listener, 3)] {
        let error = connection(&number.to_string()).take_connection().unwrap_err();
        assert!(matches!(error, InheritError::WrongKind { fd, .. } if fd == number), "{error:?}");
    }
}

#[test]
fn k15_listeners_of_another_process_or_none_at_all_are_ignored() {
    assert!(Environment::default().take_listeners().unwrap().is_empty());
    let mut foreign = listeners(process::id() + 1, "2", None);
    assert!(foreign.take_listeners().unwrap().is_empty());
    assert!(foreign.listen_fds.is_some(), "the variables are for somebody else");
    assert!(listeners(process::id(), "0", None).take_listeners().unwrap().is_empty());
    let error = listeners(process::id(), "two", None).take_listeners().unwrap_err();
    assert!(matches!(error, InheritError::NotANumber { variable: "LISTEN_FDS", .. }), "{error:?}");
}

#[test]
fn k15_two_listeners_are_used_and_a_stranger_among_them_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(directory.path().join("s")).unwrap();
    let first = pass(&listener, 600);
    assert_eq!(pass(&listener, 600), first + 1);

    let mut env = listeners(process::id(), "2", Some("native:wayland"));
    let taken = env.take_listeners_from(first).unwrap();
    assert_eq!(taken.iter().map(|(_, name)| name.as_deref().unwrap()).collect::<Vec<_>>(), ["native", "wayland"]);
    for (fd, _) in &taken {
        assert_eq!(fcntl_getfd(fd).unwrap(), FdFlags::CLOEXEC);
    }
    assert_eq!((&env.listen_pid, &env.listen_fds, &env.listen_fdnames), (&None, &None, &None));
    drop(taken);

    let first = pass(&listener, 700);
    let second = pass(&File::open("/dev/null").unwrap(), 700);
    assert_eq!(second, first + 1);
    let error = listeners(process::id(), "2", None).take_listeners_from(first).unwrap_err();
    assert!(matches!(error, InheritError::WrongKind { fd, .. } if fd == second), "{error:?}");
    assert!(error.to_string().contains("not a listening Unix stream socket"), "{error}");
}

#[test]
fn a_listener_that_a_parent_made_is_adopted_once_with_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("socket")).unwrap();
    let number = pass(&listener, 60);
    let passed = || Environment {
        wayland_socket_fd: Some(number.to_string().into()),
        wayland_socket_name: Some("wayland-7".into()),
        ..Environment::default()
    };
    let mut env = passed();
    let (socket, name) = env.take_listener().unwrap().unwrap();
    assert_eq!((socket.as_raw_fd(), name), (number, Some("wayland-7".into())));
    assert_eq!((env.wayland_socket_fd.clone(), env.wayland_socket_name.clone()), (None, None));
    assert!(env.take_listener().unwrap().is_none());
    assert!(matches!(passed().take_listener(), Err(InheritError::NotInherited { .. })), "only once");
    let connected = pass(&UnixStream::pair().unwrap().0, 60);
    let mut wrong = Environment { wayland_socket_fd: Some(connected.to_string().into()), ..Environment::default() };
    assert!(matches!(wrong.take_listener(), Err(InheritError::WrongKind { .. })));
    let mut wrong = Environment { wayland_socket_fd: Some("three".into()), ..Environment::default() };
    assert!(matches!(wrong.take_listener(), Err(InheritError::NotANumber { .. })));
}
