use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};

use super::*;

/// A process that connects to a listener and ends when its standard input does, and our end of the connection.
fn connected() -> (Child, UnixStream) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let test = std::env::current_exe().unwrap();
    let child = Command::new(test)
        .args(["--exact", "io::process::tests::helper", "--nocapture"])
        .env("WAYLINE_TEST_SOCKET", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (socket, _) = listener.accept().unwrap();
    (child, socket)
}

/// Not a test of its own: what the process of another one does.
#[test]
fn helper() {
    if let Some(path) = std::env::var_os("WAYLINE_TEST_SOCKET") {
        let _socket = UnixStream::connect(path).unwrap();
        std::io::read_to_string(std::io::stdin()).unwrap();
    }
}

fn of(socket: &UnixStream) -> Option<Process> {
    match Process::of_peer(socket) {
        Err(ProcessError::Unsupported) => {
            eprintln!("skipped: this kernel has no SO_PEERPIDFD");
            None
        }
        process => Some(process.unwrap()),
    }
}

#[test]
fn a_process_is_known_by_number_name_and_control_group_while_it_lives() {
    let (mut child, socket) = connected();
    let Some(process) = of(&socket) else { return };
    assert_eq!(process.pid().unwrap(), Some(child.id()));
    assert!(process.is_alive().unwrap());
    let name = std::fs::read_to_string(format!("/proc/{}/comm", child.id())).unwrap();
    assert_eq!(process.name().unwrap().as_deref(), Some(name.trim_end()));
    let group = std::fs::read_to_string(format!("/proc/{}/cgroup", child.id())).unwrap();
    let unified = group.lines().find_map(|line| line.strip_prefix("0::"));
    assert_eq!(process.control_group().unwrap().as_deref(), unified);
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(!process.is_alive().unwrap());
    assert_eq!((process.pid().unwrap(), process.name().unwrap(), process.control_group().unwrap()), (None, None, None));
}

#[test]
fn another_process_with_the_number_of_one_that_is_gone_is_not_taken_for_it() {
    let (mut child, socket) = connected();
    let Some(process) = of(&socket) else { return };
    let number = child.id();
    drop(child.stdin.take());
    child.wait().unwrap();
    // The next process gets the number behind this one, unless another one was faster.
    let mut second = None;
    for _ in 0..100 {
        if std::fs::write("/proc/sys/kernel/ns_last_pid", (number - 1).to_string()).is_err() {
            eprintln!("skipped: only root chooses numbers of processes");
            return;
        }
        let mut other = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        if other.id() == number {
            second = Some(other);
            break;
        }
        other.kill().unwrap();
        other.wait().unwrap();
    }
    let Some(mut second) = second else {
        eprintln!("skipped: others take the numbers");
        return;
    };
    assert!(std::fs::exists(format!("/proc/{number}/comm")).unwrap());
    assert_eq!((process.name().unwrap(), process.pid().unwrap()), (None, None));
    assert!(!process.is_alive().unwrap());
    second.kill().unwrap();
    second.wait().unwrap();
}

#[test]
fn groups_are_those_of_the_peer_and_a_label_is_there_or_unsupported() {
    let (socket, _other) = UnixStream::pair().unwrap();
    let mut own: Vec<u32> =
        rustix::process::getgroups().unwrap().into_iter().map(rustix::process::Gid::as_raw).collect();
    let mut groups = socket::peer_groups(socket.as_fd()).unwrap();
    own.sort_unstable();
    groups.sort_unstable();
    assert_eq!(groups, own);
    match socket::peer_label(socket.as_fd()).map_err(ProcessError::of) {
        Ok(label) => assert!(!label.is_empty()),
        Err(error) => assert!(matches!(error, ProcessError::Unsupported), "{error}"),
    }
}

#[test]
fn descriptors_can_be_refused_before_they_are_sent() {
    let (socket, other) = UnixStream::pair().unwrap();
    match socket::set_pass_rights(socket.as_fd(), false).map_err(ProcessError::of) {
        Err(ProcessError::Unsupported) => return eprintln!("skipped: this kernel has no SO_PASSRIGHTS"),
        result => result.unwrap(),
    }
    use crate::conn::Link;
    let mut link = crate::io::Socket::new(other.into());
    let error = link.send(b"x", &[socket.as_fd()]).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(Errno::PERM.raw_os_error()));
    // Bytes alone go on.
    assert_eq!(link.send(b"x", &[]).unwrap(), 1);
}

#[test]
fn what_is_no_socket_has_no_process() {
    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(matches!(Process::of_peer(file), Err(ProcessError::Io(_))));
}
