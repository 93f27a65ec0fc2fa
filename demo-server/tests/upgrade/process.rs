//! What belongs to the process: signals, files, time, programs that it started.

use std::io::{Read, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use wayline_conformance::socket::wait_fd;
use wayline_conformance::target::Launch;

use crate::screen::Screen;
use crate::servers::{Servers, pid_of, wait_for_end};
use crate::support::{PATIENCE, SERVER, Server};
use crate::test_client::TestClient;

#[test]
fn clients_go_on_over_five_upgrades_and_no_descriptor_is_left_over() {
    let mut servers = Servers::start(&[]);
    let mut clients: Vec<_> = (0..10).map(|_| servers.client()).collect();
    let offered = |servers: &Servers| -> Vec<(u32, String, u32)> {
        servers.client().globals.into_iter().map(|global| (global.name, global.interface, global.version)).collect()
    };
    let (before, mut fds) = (offered(&servers), None);
    for _ in 0..5 {
        let report = servers.upgrade();
        assert_eq!(report.clients, 10);
        assert!(report.bytes > 0 && report.waited_ms > 0.0, "{report:?}");
        clients.iter_mut().for_each(TestClient::sync);
        assert_eq!(offered(&servers), before);
        servers.must_have(&mut fds);
    }
    // Who comes later finds the same sockets.
    servers.client().sync();
    servers.terminate();
    for name in ["wayland-t", "wayland-t.lock", "wayland-t.control", "wayland-t.control.lock"] {
        assert!(!servers.first.running.path(name).exists(), "{name} is left");
    }
}

#[test]
fn a_successor_has_the_descriptors_of_the_first_process_and_those_of_successors() {
    let mut servers = Servers::start(&[]);
    let mut fds = None;
    servers.must_have(&mut fds);
    let mut fds = fds.unwrap();
    *fds.get_mut("pipe").unwrap() -= 1;
    // Its standard input, which leads to its predecessor; what says that it serves; and the keymap, which it makes before the
    // first client wants a keyboard.
    for kind in ["socket", "/memfd:wayline-token (deleted)", "/memfd:keymap (deleted)"] {
        *fds.entry(kind.to_owned()).or_default() += 1;
    }
    servers.upgrade();
    servers.must_have(&mut Some(fds));
}

#[test]
fn the_answer_to_requests_under_way_comes_from_the_new_process() {
    let mut servers = Servers::start(&[]);
    let mut clients: Vec<_> = (0..10).map(|_| servers.client()).collect();
    let mut command = Command::new(SERVER);
    let mut asked = command.arg("--socket").arg(&servers.first.socket).arg("--upgrade").spawn().unwrap();
    // They ask as long as it takes.
    while asked.try_wait().unwrap().is_none() {
        clients.iter_mut().for_each(TestClient::sync);
    }
    assert!(asked.wait().unwrap().success(), "{}", servers.log());
    assert!(servers.first.running.wait(PATIENCE).unwrap().unwrap().success());
    clients.iter_mut().for_each(TestClient::sync);
    // For the cleaning up.
    servers.follow_any();
}

/// Copies the program. Another process does: see `failures::install`.
fn copy(to: &Path) {
    assert!(Command::new("cp").arg(SERVER).arg(to).status().unwrap().success());
}

#[test]
fn sighup_replaces_the_server_by_the_program_that_is_installed_now() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("demo-server");
    std::fs::hard_link(SERVER, &program).unwrap_or_else(|_| copy(&program));
    let mut servers = Servers::of(Server::start_with(program.to_str().unwrap(), &[], &[]));
    let mut client = servers.client();
    // A newer one is installed, as package managers do it.
    let newer = dir.path().join("newer");
    copy(&newer);
    std::fs::rename(&newer, &program).unwrap();
    servers.signal(Signal::HUP);
    assert!(servers.first.running.wait(PATIENCE).unwrap().unwrap().success(), "{}", servers.log());
    servers.follow_any();
    assert_eq!(servers.program(), program);
    client.sync();
}

#[test]
fn a_link_to_the_program_is_followed_again() {
    let dir = tempfile::tempdir().unwrap();
    let (link, old, new) = (dir.path().join("demo-server"), dir.path().join("old"), dir.path().join("new"));
    for file in [&old, &new] {
        std::fs::hard_link(SERVER, file).unwrap_or_else(|_| copy(file));
    }
    std::os::unix::fs::symlink(&old, &link).unwrap();
    let mut servers = Servers::of(Server::start_with(link.to_str().unwrap(), &[], &[]));
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&new, &link).unwrap();
    servers.upgrade();
    assert_eq!(servers.program(), new);
    // What was named once is the server's program from then on.
    let output = servers.ask(&[old.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    servers.follow_any();
    assert_eq!(servers.program(), old);
    servers.upgrade();
    assert_eq!(servers.program(), old);
}

#[test]
fn programs_that_the_server_started_go_over_and_end_with_the_last_process() {
    let start = "sh -c 'echo $$ >started; mv started child.pid; exec sleep 1000'";
    let mut servers = Servers::start(&["--run", start]);
    let child = pid_of(&servers, "child.pid");
    servers.upgrade();
    servers.upgrade();
    assert!(!wait_fd(std::os::fd::AsFd::as_fd(&child), rustix::event::PollFlags::IN, Instant::now()).unwrap());
    servers.terminate();
    wait_for_end(&child, &servers.log());
}

#[test]
fn the_time_to_exit_and_what_is_counted_go_over() {
    let mut servers = Servers::start(&["--exit-after", "4", "--stats"]);
    let mut client = servers.client();
    (0..100).for_each(|_| client.sync());
    servers.upgrade();
    (0..100).for_each(|_| client.sync());
    servers.upgrade();
    servers.wait();
    let mut text = String::new();
    servers.first.running.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    let messages = text.lines().find_map(|line| line.strip_prefix("messages ")?.split(' ').next()?.parse().ok());
    // Once, by the last one: what all of them have handled.
    assert_eq!(text.matches("messages ").count(), 1, "{text}");
    assert!(messages >= Some(200_u32), "{text}");
}

#[test]
fn what_is_counted_of_each_client_goes_over() {
    let mut servers = Servers::start(&[]);
    let mut client = servers.client();
    let requests = |servers: &Servers| servers.status()[0].requests;
    for _ in 0..3 {
        (0..10).for_each(|_| client.sync());
        let before = requests(&servers);
        assert!(before > 10);
        servers.upgrade();
        assert_eq!(requests(&servers), before);
        client.sync();
        assert_eq!(requests(&servers), before + 1);
    }
}

#[test]
fn a_directory_of_its_own_is_removed_by_the_last_process_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut launch = Launch::prepare().unwrap().words(&[SERVER.into(), "--headless".into()]);
    launch.command().env_remove("XDG_RUNTIME_DIR").env("TMPDIR", dir.path());
    let mut running = launch.start_talking().unwrap();
    let socket = running.ready(PATIENCE).unwrap();
    assert!(socket.starts_with(dir.path()));
    let mut servers = Servers::of(Server { running, socket: socket.clone() });
    let mut client = servers.client();
    // One that comes to nothing, and two that do not.
    assert!(!servers.ask(&["/bin/false"]).status.success());
    servers.upgrade();
    servers.upgrade();
    assert!(socket.exists());
    client.sync();
    servers.terminate();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_script_goes_on_where_it_was() {
    let mut servers = Servers::start(&["--script", "-"]);
    let say = |servers: &mut Servers, text: &str| {
        servers.first.running.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    };
    // A step that comes later, and half a line.
    say(&mut servers, "0.2 this is no step\n0.3 move 10 20\n0 jump ar");
    servers.client();
    servers.upgrade();
    say(&mut servers, "ound\n0 jump again\n");
    let deadline = Instant::now() + PATIENCE;
    while !servers.log().contains("0 jump again") {
        assert!(Instant::now() < deadline, "{}", servers.log());
        servers.client();
    }
    // Whole lines, each once, by whichever process.
    let log = servers.log();
    assert_eq!((log.matches("0 jump around:").count(), log.matches("0.2 this is no step:").count()), (1, 1), "{log}");
}

#[test]
fn a_service_manager_is_told_which_process_to_watch() {
    let dir = tempfile::tempdir().unwrap();
    let notify = dir.path().join("notify");
    let manager = UnixDatagram::bind(&notify).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut servers = Servers::of(Server::start_with(SERVER, &[], &[("NOTIFY_SOCKET", notify.to_str().unwrap())]));
    for _ in 0..2 {
        let report = servers.upgrade();
        let mut text = [0; 64];
        let length = manager.recv(&mut text).unwrap();
        assert_eq!(std::str::from_utf8(&text[..length]).unwrap(), format!("MAINPID={}\n", report.pid));
    }
}

#[test]
fn a_window_on_another_server_opens_anew() {
    let host = Servers::start(&[]);
    let empty = host.screen();
    let launch = Launch::prepare().unwrap();
    let socket = launch.dir().join("wayland-t");
    let words = ["--size", "320x200", "--socket", socket.to_str().unwrap(), "--host"];
    let words = [SERVER].into_iter().chain(words).chain(host.first.socket.to_str());
    let mut running = launch.words(&words.map(str::to_owned).collect::<Vec<_>>()).start_talking().unwrap();
    running.ready(PATIENCE).unwrap();
    let mut nested = Servers::of(Server { running, socket });
    let mut client = nested.client();
    client.window(100, 100, 0x00ff_0000);
    let is_red = |screen: &Screen| {
        let [left, top, right, bottom] = screen.change_since(&empty).edges;
        left < right && screen.colour(left.midpoint(right), top.midpoint(bottom)) == 0x00ff_0000
    };
    host.wait_for_screen(is_red);
    for _ in 0..2 {
        nested.upgrade();
        client.sync();
        host.wait_for_screen(is_red);
    }
    nested.terminate();
    host.wait_for_screen(|screen| *screen == empty);
}
