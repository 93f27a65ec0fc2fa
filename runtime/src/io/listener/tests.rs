use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, Output};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_getfd};
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit, umask};
use tempfile::TempDir;

use super::*;
use crate::io::connect::{ConnectError, connect_to};
use crate::io::path::AddressError;

/// Tells a test that it runs in a process of its own, and what to do there.
const CHILD: &str = "WAYLINE_TEST_CHILD";

/// Nobody, on all systems.
const NOBODY: u32 = 65534;

/// This test program again, to run one test alone: for what a process has only
/// one of, such as the umask, or needs another user for. Started through /proc,
/// since another user may not be able to reach the path of the program.
fn child(test: &str, task: &str) -> Command {
    let module = module_path!().split_once("::").unwrap().1;
    let mut command = Command::new("/proc/self/exe");
    command.args(["--exact", &format!("{module}::{test}")]).env(CHILD, task);
    command
}

fn assert_success(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn directory() -> (TempDir, Environment) {
    let directory = tempfile::tempdir().unwrap();
    let env = Environment { xdg_runtime_dir: Some(directory.path().into()), ..Environment::default() };
    (directory, env)
}

fn at(directory: &TempDir, name: &str) -> Address {
    Address::at_path(directory.path().join(name)).unwrap()
}

fn entries(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode_of(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn is_readable(listener: &Listener) -> bool {
    let mut fds = [PollFd::new(listener, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).unwrap() == 1
}

#[test]
fn accept_gives_the_connection_and_its_credentials_and_never_blocks() {
    let (directory, _) = directory();
    let mut listener = Listener::at(&at(&directory, "s")).unwrap();
    assert_eq!(fcntl_getfd(&listener).unwrap(), FdFlags::CLOEXEC);
    assert!(listener.accept().unwrap().is_none());
    let _client = connect_to(listener.address().unwrap()).unwrap();
    assert!(is_readable(&listener));
    let (socket, peer) = listener.accept().unwrap().unwrap();
    assert_eq!(fcntl_getfd(&socket).unwrap(), FdFlags::CLOEXEC);
    assert_eq!((peer.pid, peer.uid), (Some(process::id()), geteuid().as_raw()));
    assert!(listener.accept().unwrap().is_none());
}

#[test]
fn k05_the_longest_path_listens() {
    let (directory, env) = directory();
    let room = 107 - directory.path().as_os_str().len() - 1;
    let address = Address::named("x".repeat(room), &env).unwrap();
    let _listener = Listener::at(&address).unwrap();
    assert_eq!(entries(&directory), ["x".repeat(room), "x".repeat(room) + ".lock"]);
}

#[test]
fn k06_a_held_name_is_in_use_and_its_socket_untouched() {
    let (directory, _) = directory();
    let address = at(&directory, "s");
    let _holder = Listener::at(&address).unwrap();
    let before = fs::symlink_metadata(address.path().unwrap()).unwrap().ino();
    let error = Listener::at(&address).unwrap_err();
    assert!(matches!(error, ListenError::InUse { .. }), "{error:?}");
    assert_eq!(fs::symlink_metadata(address.path().unwrap()).unwrap().ino(), before);
    connect_to(&address).unwrap();
}

#[test]
fn k06_a_live_server_without_a_lock_is_respected_too() {
    let (directory, _) = directory();
    let _stream = UnixListener::bind(directory.path().join("stream")).unwrap();
    let _datagram = UnixDatagram::bind(directory.path().join("datagram")).unwrap();
    for name in ["stream", "datagram"] {
        let error = Listener::at(&at(&directory, name)).unwrap_err();
        assert!(matches!(error, ListenError::InUse { .. }), "{error:?}");
    }
    connect_to(&at(&directory, "stream")).unwrap();
    assert_eq!(entries(&directory), ["datagram", "stream"]);
}

#[test]
fn k07_a_stale_socket_with_an_unlocked_lock_file_is_taken_over() {
    let (directory, _) = directory();
    drop(UnixListener::bind(directory.path().join("s")).unwrap());
    File::create(directory.path().join("s.lock")).unwrap();
    let listener = Listener::at(&at(&directory, "s")).unwrap();
    connect_to(&at(&directory, "s")).unwrap();
    drop(listener);
    assert!(entries(&directory).is_empty());
}

#[test]
fn k08_automatic_names_end_after_33() {
    let (directory, env) = directory();
    fs::write(directory.path().join("wayland-1"), "in the way").unwrap();
    let mut listeners: Vec<_> = (0..32).map(|_| Listener::at_free_name(&env).unwrap()).collect();
    let name = |listener: &Listener| listener.address().unwrap().path().unwrap().file_name().unwrap().to_owned();
    assert_eq!(name(&listeners[0]), "wayland-0");
    assert_eq!(name(&listeners[1]), "wayland-2");
    assert_eq!(name(&listeners[31]), "wayland-32");
    let error = Listener::at_free_name(&env).unwrap_err();
    assert!(matches!(error, ListenError::AllTaken { tried: 33, .. }), "{error:?}");

    drop(listeners.remove(7));
    assert_eq!(name(&Listener::at_free_name(&env).unwrap()), "wayland-8");
    let error = Listener::at_free_name(&Environment::default()).unwrap_err();
    assert!(matches!(error, ListenError::Address(AddressError::NoRuntimeDir { .. })), "{error:?}");
}

#[test]
fn k09_names_that_differ_in_the_extension_both_listen() {
    let (directory, _) = directory();
    let _x = Listener::at(&at(&directory, "a.x")).unwrap();
    let _y = Listener::at(&at(&directory, "a.y")).unwrap();
    assert_eq!(entries(&directory), ["a.x", "a.x.lock", "a.y", "a.y.lock"]);
}

#[test]
fn k10_drop_removes_socket_and_lock() {
    let (directory, _) = directory();
    drop(Listener::at(&at(&directory, "s")).unwrap());
    assert!(entries(&directory).is_empty());
}

#[test]
fn k10_drop_leaves_the_files_of_a_successor() {
    let (directory, _) = directory();
    let address = at(&directory, "s");
    let first = Listener::at(&address).unwrap();
    fs::remove_file(directory.path().join("s")).unwrap();
    fs::remove_file(directory.path().join("s.lock")).unwrap();
    let second = Listener::at(&address).unwrap();
    drop(first);
    assert_eq!(entries(&directory), ["s", "s.lock"]);
    connect_to(&address).unwrap();
    assert!(matches!(Listener::at(&address), Err(ListenError::InUse { .. })), "the lock was lost");
    drop(second);
    assert!(entries(&directory).is_empty());
}

#[test]
fn k10_a_lock_that_vanishes_while_it_is_taken_is_taken_again() {
    // Servers that come and go at one name: the lock file is removed between
    // another's open and flock. Whoever gets through must hold the file on disk.
    let (directory, _) = directory();
    let address = at(&directory, "s");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    match Listener::at(&address) {
                        Ok(_listener) => {
                            let again = Listener::at(&address);
                            assert!(matches!(again, Err(ListenError::InUse { .. })), "{again:?}");
                        }
                        Err(ListenError::InUse { .. }) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            });
        }
    });
    assert!(entries(&directory).is_empty());
}

#[test]
fn k11_what_is_not_a_socket_is_left_alone() {
    let (directory, env) = directory();
    fs::write(directory.path().join("file"), "precious").unwrap();
    fs::create_dir(directory.path().join("dir")).unwrap();
    std::os::unix::fs::symlink("file", directory.path().join("link")).unwrap();
    for name in ["file", "dir", "link", ""] {
        let error = Listener::at(&Address::named(name, &env).unwrap()).unwrap_err();
        assert!(matches!(error, ListenError::NotASocket { .. }), "{name}: {error:?}");
    }
    assert_eq!(fs::read(directory.path().join("file")).unwrap(), b"precious");
    assert_eq!(entries(&directory), ["dir", "file", "link"]);
}

#[test]
fn a_missing_directory_is_named() {
    let (directory, _) = directory();
    let error = Listener::at(&at(&directory, "missing/s")).unwrap_err();
    assert!(matches!(error, ListenError::NoDirectory { .. }), "{error:?}");
}

/// Connects as another user if that is possible; else as this one.
fn connect_as_nobody(test: &str, address: &Address) -> process::Child {
    let mut command = child(test, &format!("connect {address}"));
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.stdout(process::Stdio::piped()).spawn().unwrap()
}

#[test]
fn k12_the_socket_is_private_whatever_the_umask() {
    let test = "k12_the_socket_is_private_whatever_the_umask";
    match env::var(CHILD).ok().as_deref() {
        None => {
            for mask in ["0", "511"] {
                assert_success(&child(test, mask).output().unwrap());
            }
        }
        Some(mask) if !mask.starts_with("connect") => {
            let (directory, _) = directory();
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
            let address = at(&directory, "s");
            umask(Mode::from_raw_mode(mask.parse().unwrap()));
            let _listener = Listener::at(&address).unwrap();
            assert_eq!(mode_of(address.path().unwrap()), 0o600);
            let _group = Listener::at_with_mode(&at(&directory, "group"), 0o660).unwrap();
            assert_eq!(mode_of(&directory.path().join("group")), 0o660);
            if geteuid().is_root() {
                assert_success(&connect_as_nobody(test, &address).wait_with_output().unwrap());
            }
        }
        Some(task) => {
            let address = Address::at_path(task.strip_prefix("connect ").unwrap()).unwrap();
            let error = connect_to(&address).unwrap_err();
            assert!(matches!(error, ConnectError::PermissionDenied { .. }), "{error:?}");
        }
    }
}

#[test]
fn k13_k14_credentials_show_the_other_user_before_a_byte_is_read_and_after_it_is_gone() {
    let test = "k13_k14_credentials_show_the_other_user_before_a_byte_is_read_and_after_it_is_gone";
    if let Ok(task) = env::var(CHILD) {
        let address = Address::at_path(task.strip_prefix("connect ").unwrap()).unwrap();
        let mut socket = UnixStream::from(connect_to(&address).unwrap());
        socket.write_all(b"hello").unwrap();
        return;
    }
    let (directory, _) = directory();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let address = at(&directory, "s");
    let mut listener = Listener::at_with_mode(&address, 0o666).unwrap();
    let peer = connect_as_nobody(test, &address);
    let pid = peer.id();
    assert_success(&peer.wait_with_output().unwrap());

    let (socket, credentials) = listener.accept().unwrap().unwrap();
    let user = if geteuid().is_root() { NOBODY } else { geteuid().as_raw() };
    assert_eq!((credentials.pid, credentials.uid), (Some(pid), user));
    assert_eq!(Credentials::of_peer(&socket).unwrap(), credentials);
    let mut text = String::new();
    UnixStream::from(socket).read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
}

#[test]
fn k16_an_activated_listener_leaves_everything_in_place() {
    let (directory, _) = directory();
    let manager = UnixListener::bind(directory.path().join("s")).unwrap();
    let passed = manager.as_fd().try_clone_to_owned().unwrap();
    let mut listener = Listener::adopt(passed, Some("wayland".into())).unwrap();
    assert_eq!((listener.address(), listener.activation_name()), (None, Some(OsStr::new("wayland"))));
    assert!(listener.accept().unwrap().is_none(), "must not block");
    let _client = connect_to(&at(&directory, "s")).unwrap();
    assert!(listener.accept().unwrap().is_some());
    drop(listener);
    assert_eq!(entries(&directory), ["s"]);
    let _client = connect_to(&at(&directory, "s")).unwrap();
    manager.accept().unwrap();
}

#[test]
fn k17_at_the_descriptor_limit_the_caller_backs_off_or_refuses() {
    let test = "k17_at_the_descriptor_limit_the_caller_backs_off_or_refuses";
    if env::var_os(CHILD).is_none() {
        assert_success(&child(test, "limit").output().unwrap());
        return;
    }
    let (directory, _) = directory();
    let mut listener = Listener::at(&at(&directory, "s")).unwrap();
    let [first, second] = [(); 2].map(|()| connect_to(listener.address().unwrap()).unwrap());
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) }).unwrap();
    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    assert!(hoard.last().unwrap().as_raw_fd() < 64);

    for _ in 0..2 {
        let error = listener.accept().unwrap_err();
        assert!(matches!(&error, AcceptError::Exhausted(_)), "{error:?}");
        assert!(is_readable(&listener), "the connection is kept");
    }
    assert!(listener.refuse().unwrap());
    assert_eq!(UnixStream::from(first).read(&mut [0]).unwrap(), 0, "the first in the queue was closed");
    // Closing its end above has made room again.
    assert!(listener.accept().unwrap().is_some());
    assert!(!listener.refuse().unwrap());
    drop(second);
}

#[test]
fn k18_what_was_written_before_accept_is_there_although_the_client_is_gone() {
    let (directory, _) = directory();
    let mut listener = Listener::at(&at(&directory, "s")).unwrap();
    UnixStream::from(connect_to(listener.address().unwrap()).unwrap()).write_all(b"hello").unwrap();
    let (socket, _) = listener.accept().unwrap().unwrap();
    let mut text = String::new();
    UnixStream::from(socket).read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
}

#[test]
fn k19_an_abstract_name_works_and_is_free_again_after_drop() {
    let address = Address::open_to_everyone(format!("wayline-test-{}", process::id())).unwrap();
    let mut listener = Listener::at(&address).unwrap();
    assert!(matches!(Listener::at(&address), Err(ListenError::InUse { .. })));
    let _client = connect_to(&address).unwrap();
    assert!(listener.accept().unwrap().is_some());
    drop(listener);
    assert!(matches!(connect_to(&address).unwrap_err().kind(), ErrorKind::ConnectionRefused));
    Listener::at(&address).unwrap();
}

#[test]
fn a_listening_socket_is_a_socket_file() {
    let (directory, _) = directory();
    let _listener = Listener::at(&at(&directory, "s")).unwrap();
    assert!(fs::symlink_metadata(directory.path().join("s")).unwrap().file_type().is_socket());
    assert!(fs::symlink_metadata(directory.path().join("s.lock")).unwrap().is_file());
}

#[test]
fn only_the_socket_itself_gets_its_permissions_never_what_a_link_names() {
    let (directory, _) = directory();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("foreign"), "secret").unwrap();
    fs::set_permissions(path("foreign"), fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(path("foreign"), path("link")).unwrap();
    assert!(pin(&path("link")).unwrap().is_none());
    assert!(pin(&path("foreign")).unwrap().is_none());

    let _socket = UnixListener::bind(path("s")).unwrap();
    let (file, stat) = pin(&path("s")).unwrap().unwrap();
    assert!(is_ours(&stat));
    fs::rename(path("s"), path("moved")).unwrap();
    std::os::unix::fs::symlink(path("foreign"), path("s")).unwrap();
    set_permissions(&file, Mode::from_raw_mode(0o666)).unwrap();
    assert_eq!((mode_of(&path("moved")), mode_of(&path("foreign"))), (0o666, 0o600));

    fs::hard_link(path("moved"), path("second")).unwrap();
    assert!(!is_ours(&pin(&path("moved")).unwrap().unwrap().1), "it has another name somewhere");
}

#[test]
fn a_lock_file_that_cannot_be_used_is_named_with_the_reason() {
    let (directory, _) = directory();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("foreign"), "").unwrap();
    std::os::unix::fs::symlink(path("foreign"), path("a.lock")).unwrap();
    fs::create_dir(path("b.lock")).unwrap();
    rustix::fs::mknodat(CWD, path("c.lock"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    for (name, reason) in [("a", "symbolic link"), ("b", "directory"), ("c", "not a regular file")] {
        let lock = path(&format!("{name}.lock"));
        match Listener::at(&at(&directory, name)).unwrap_err() {
            ListenError::LockFile { path, source } => {
                assert_eq!(path, lock);
                assert!(source.to_string().contains(reason), "{source}");
            }
            error => panic!("{error:?}"),
        }
        assert!(fs::symlink_metadata(lock).is_ok(), "left untouched");
    }
}

#[test]
fn a_listener_of_any_descriptor_serves_and_leaves_the_file_to_whoever_made_it() {
    let (directory, _) = directory();
    let path = directory.path().join("foreign-0");
    let bound = UnixListener::bind(&path).unwrap();
    let mut listener = Listener::from_fd(bound.into()).unwrap();
    assert_eq!(listener.address(), None);
    assert!(listener.accept().unwrap().is_none(), "it does not block");
    let _peer = UnixStream::connect(&path).unwrap();
    assert!(listener.accept().unwrap().is_some());
    drop(listener);
    assert!(path.exists());
    let (connected, _other) = UnixStream::pair().unwrap();
    assert!(matches!(Listener::from_fd(connected.into()), Err(InheritError::WrongKind { .. })));
    let file = File::open("/dev/null").unwrap();
    assert!(matches!(Listener::from_fd(file.into()), Err(InheritError::WrongKind { .. })));
}

#[test]
fn of_two_listeners_of_one_socket_the_first_has_the_file() {
    let (_directory, env) = directory();
    let address = Address::named("cloned-0", &env).unwrap();
    let path = address.path().unwrap().to_owned();
    let first = Listener::at(&address).unwrap();
    let mut second = first.try_clone().unwrap();
    assert_eq!(second.address(), Some(&address));
    let _peer = UnixStream::connect(&path).unwrap();
    assert!(second.accept().unwrap().is_some());
    drop(second);
    assert!(path.exists());
    drop(first);
    assert!(!path.exists());
}

#[test]
fn a_listener_of_another_process_does_not_block_and_has_the_address_that_it_says() {
    let (directory, _) = directory();
    let bound = |name: &str| UnixListener::bind(directory.path().join(name)).unwrap();
    let of = |kind, text: &str| {
        Listener::of_luggage(bound(text).into(), Luggage { kind, text: Some(text.into()), lock: None })
    };
    let mut listener = of(2, "by a manager").unwrap();
    assert!(listener.accept().unwrap().is_none());
    assert!(of(1, "not abstract").is_err());
    let ours = Listener::at(&at(&directory, "ours")).unwrap();
    let (_, luggage) = ours.luggage();
    let lock = luggage.lock.map(|lock| lock.try_clone_to_owned().unwrap());
    let text = luggage.text;
    let other = Listener::of_luggage(bound("other").into(), Luggage { kind: 0, text, lock });
    assert!(other.is_err(), "it would remove the file of another listener");
}
