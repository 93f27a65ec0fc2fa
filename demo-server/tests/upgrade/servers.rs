//! A server and those that come after it.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Instant;

use rustix::event::PollFlags;
use rustix::process::{Pid, PidfdFlags, Signal, getpgid, pidfd_open, pidfd_send_signal};
use wayline_conformance::server::Client;
use wayline_conformance::socket::wait_fd;
use wayline_conformance::target::Process;

use crate::screen::Screen;
use crate::support::{PATIENCE, SERVER, Server};
use crate::test_client::TestClient;

/// A server that is replaced again and again; the last one is ended when dropped.
pub(crate) struct Servers {
    pub(crate) first: Server,
    /// The process that serves, and what tells its end.
    pub(crate) pid: Pid,
    ends: OwnedFd,
}

/// Descriptors: how many lead to a file or a kind of thing.
pub(crate) type Fds = BTreeMap<String, usize>;

/// What the command says of an upgrade.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) pid: i32,
    pub(crate) clients: u32,
    pub(crate) waited_ms: f64,
    pub(crate) bytes: u64,
}

/// What the server says of a client.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) pid: u32,
    /// Requests and descriptors that it has sent.
    pub(crate) requests: u64,
    pub(crate) fds: u64,
    pub(crate) objects: u64,
}

impl Servers {
    pub(crate) fn start(args: &[&str]) -> Servers {
        Servers::of(Server::start(args))
    }

    pub(crate) fn of(first: Server) -> Servers {
        let pid = first.running.process().pid();
        Servers { first, pid, ends: pidfd_open(pid, PidfdFlags::empty()).unwrap() }
    }

    /// Runs the command that replaces the server.
    pub(crate) fn ask(&self, args: &[&str]) -> Output {
        Command::new(SERVER).arg("--socket").arg(&self.first.socket).arg("--upgrade").args(args).output().unwrap()
    }

    /// Replaces the server, and waits for the end of the old one.
    pub(crate) fn upgrade(&mut self) -> Report {
        let output = self.ask(&[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stderr), self.log());
        assert_eq!(text.lines().count(), 1, "{text}");
        let numbers: Vec<&str> =
            text.split(|c: char| !c.is_ascii_digit() && c != '.').filter(|s| !s.is_empty()).collect();
        let [pid, clients, waited, bytes] = numbers[..] else { panic!("{text}") };
        let report = Report {
            pid: pid.parse().unwrap(),
            clients: clients.parse().unwrap(),
            waited_ms: waited.parse().unwrap(),
            bytes: bytes.parse().unwrap(),
        };
        self.follow(Pid::from_raw(report.pid).unwrap());
        report
    }

    /// What the server says of its clients.
    pub(crate) fn status(&self) -> Vec<Row> {
        let mut command = Command::new(SERVER);
        let output = command.arg("--socket").arg(&self.first.socket).arg("--status").output().unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stderr), self.log());
        let text = String::from_utf8(output.stdout).unwrap();
        let rows = text.lines().skip(1).map(|line| {
            let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            // Client, process, user; requests, events; bytes in and out; descriptors in and out.
            let [_, pid, _, requests, _, _, _, fds, _, objects, ..] = numbers[..] else { panic!("{line}") };
            Row { pid: pid as u32, requests, fds, objects }
        });
        rows.collect()
    }

    /// Another process serves; waits for the end of the old one.
    pub(crate) fn follow(&mut self, pid: Pid) {
        assert_ne!(pid, self.pid);
        let ends = pidfd_open(pid, PidfdFlags::empty()).unwrap();
        let old = std::mem::replace(&mut self.ends, ends);
        wait_for_end(&old, &self.log());
        if self.pid == self.first.running.process().pid() {
            let status = self.first.running.wait(PATIENCE).unwrap().unwrap();
            assert!(status.success(), "{status}\n{}", self.log());
        }
        self.pid = pid;
    }

    /// Another process serves, which nobody has named: the one that is left in the group of the first.
    pub(crate) fn follow_any(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let pid = loop {
            match self.successors()[..] {
                [pid] => break pid,
                ref several => assert!(Instant::now() < deadline, "{several:?}\n{}", self.log()),
            }
        };
        self.follow(pid);
    }

    /// The file of the program that serves.
    pub(crate) fn program(&self) -> PathBuf {
        std::fs::read_link(format!("/proc/{}/exe", self.pid)).unwrap()
    }

    /// The successors in the group of the first.
    fn successors(&self) -> Vec<Pid> {
        let group = self.first.running.process().pid();
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let pid = Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?)?;
            let words = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let is_successor = words.split(|byte| *byte == 0).any(|word| word == b"--successor");
            (is_successor && pid != self.pid && getpgid(Some(pid)) == Ok(group)).then_some(pid)
        });
        processes.collect()
    }

    /// Has the one that serves leave, and waits for its end.
    pub(crate) fn terminate(&mut self) {
        self.signal(Signal::TERM);
        self.wait();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        pidfd_send_signal(&self.ends, signal).unwrap();
    }

    /// Waits for the end of the one that serves.
    pub(crate) fn wait(&self) {
        wait_for_end(&self.ends, &self.log());
    }

    /// Looks at the descriptors of the one that serves, which have to be as before, soon: it may have to notice first that
    /// clients are gone. Of those before, when they are the same twice.
    pub(crate) fn must_have(&self, before: &mut Option<Fds>) {
        let deadline = Instant::now() + PATIENCE;
        let mut last = before.clone();
        loop {
            let fds = self.fds();
            if last.as_ref() == Some(&fds) {
                *before = last;
                return;
            }
            assert!(Instant::now() < deadline, "{fds:?}, before {last:?}\n{}", self.log());
            if before.is_none() {
                last = Some(fds);
            }
        }
    }

    /// The descriptors of the one that serves, when all that clients have sent is done.
    fn fds(&self) -> Fds {
        let mut client = self.client();
        client.sync();
        let mut fds = Fds::new();
        for link in Process::new(self.pid).fd_links().unwrap() {
            // Numbers of sockets and pipes are new ones each time.
            let kind = link.split(":[").next().unwrap_or_default();
            *fds.entry(kind.to_owned()).or_default() += 1;
        }
        fds
    }

    /// Acts as the user: a line of a script without its time, for a server that reads one.
    pub(crate) fn act(&self, action: &str) {
        let mut stdin = self.first.running.stdin.as_ref().unwrap();
        stdin.write_all(format!("0 {action}\n").as_bytes()).unwrap();
    }

    pub(crate) fn log(&self) -> String {
        self.first.running.log()
    }

    /// A client of the kit, which knows nothing yet.
    pub(crate) fn raw(&self) -> Client {
        Client::connect(&self.first.socket, PATIENCE).unwrap()
    }

    /// A client that knows the globals.
    pub(crate) fn client(&self) -> TestClient {
        TestClient::over(self.raw())
    }

    /// The screen as it is now.
    pub(crate) fn screen(&self) -> Screen {
        let file = self.first.running.path("screen.png");
        let output = self.first.client(&["capture"]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stderr), self.log());
        Screen::load(&file)
    }

    /// The screen, when nothing changes on it any more.
    pub(crate) fn screen_at_rest(&self) -> Screen {
        let deadline = Instant::now() + PATIENCE;
        let mut last = self.screen();
        loop {
            let next = self.screen();
            if next == last {
                return next;
            }
            assert!(Instant::now() < deadline, "the screen changes all the time\n{}", self.log());
            last = next;
        }
    }

    /// Looks at the screen until it is as wanted.
    pub(crate) fn wait_for_screen(&self, wanted: impl Fn(&Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(&self.screen()) {
            assert!(Instant::now() < deadline, "the screen is never as wanted\n{}", self.log());
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // It may have ended. What it started, and whoever was to replace it, is of the group that the kit ends.
        let _ = pidfd_send_signal(&self.ends, Signal::KILL);
    }
}

/// Waits for the end of a process.
pub(crate) fn wait_for_end(process: &OwnedFd, log: &str) {
    assert!(wait_fd(process.as_fd(), PollFlags::IN, Instant::now() + PATIENCE).unwrap(), "it does not end\n{log}");
}

/// The process whose number is in a file of the server's directory, or will be.
pub(crate) fn pid_of(servers: &Servers, name: &str) -> OwnedFd {
    let deadline = Instant::now() + PATIENCE;
    let path = servers.first.running.path(name);
    let pid = loop {
        if let Ok(text) = std::fs::read_to_string(&path) {
            break text.trim().parse().unwrap();
        }
        assert!(Instant::now() < deadline, "no {name}\n{}", servers.log());
        // A round trip, so that this does not spin.
        servers.client();
    };
    pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).unwrap()
}
