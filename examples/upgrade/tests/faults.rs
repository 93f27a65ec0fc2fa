//! Every system call of a hand-over fails once, or is the last one of its process: one of the two serves afterwards, never
//! both, and the client that was there before is served by it.
//!
//! strace(1) has calls fail. Of the old server those that it makes from the signal on, of the new one all. With
//! `WAYLINE_EVERY_FAULT=1` all calls of the list are tried, otherwise those that decide who serves.
//!
//! Of epoll_ctl(2) those calls count that add what the loop waits for, or remove it. The loop of either also modifies its own
//! timer in each turn, and a server whose loop fails ends, with or without an upgrade.

mod counter;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use counter::{Counter, PATIENCE};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use upgrade::Tally;
use wayline::client;

/// Calls that decide who serves, and what they can fail with.
const DECIDING: &[(&str, &str)] =
    &[("flock", "ENOLCK"), ("sendmsg", "EPIPE"), ("recvmsg", "ECONNRESET"), ("memfd_create", "EMFILE")];

const EPOLL_CTL: &str = "epoll_ctl";

/// What the event loop does in each turn.
const LOOP: &str = "EPOLL_CTL_MOD";

/// The others of a hand-over.
const OTHERS: &[(&str, &str)] = &[
    ("flock", "EINTR"),
    ("sendmsg", "EAGAIN"),
    ("sendmsg", "ENOBUFS"),
    ("recvmsg", "EINTR"),
    ("recvmsg", "ENOMEM"),
    ("ftruncate", "EIO"),
    ("fcntl", "EMFILE"),
    ("poll", "ENOMEM"),
    ("openat", "ENFILE"),
    ("getsockopt", "ENOBUFS"),
    ("getsockname", "ENOBUFS"),
    ("getpeername", "ENOBUFS"),
    ("socketpair", "EMFILE"),
    ("epoll_create1", "EMFILE"),
    ("timerfd_create", "EMFILE"),
    ("eventfd2", "EMFILE"),
    ("signalfd4", "ENOMEM"),
    (EPOLL_CTL, "ENOSPC"),
    ("lseek", "EIO"),
    ("fstat", "EIO"),
    ("ioctl", "EIO"),
    ("prlimit64", "EPERM"),
];

/// More than any of the two makes of one call.
const MOST: u32 = 200;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Old,
    New,
}

/// What a server says.
#[derive(Debug, PartialEq)]
enum Said {
    Serving(u32),
    GoesOn,
}

/// A server with a client.
struct Run {
    dir: tempfile::TempDir,
    old: Child,
    said: Receiver<Said>,
    counter: Counter,
    tally: Tally,
}

impl Run {
    fn start() -> Run {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("upgrade");
        symlink(env!("CARGO_BIN_EXE_upgrade"), &program).unwrap();
        let path = dir.path().join("tally");
        let mut command = Command::new(&program);
        let mut old = command.arg(&path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, said) = channel();
        listen(old.stdout.take().unwrap(), sender.clone());
        listen(old.stderr.take().unwrap(), sender);
        assert_eq!(said.recv_timeout(PATIENCE), Ok(Said::Serving(old.id())));
        let mut counter = Counter::connect(&path);
        let tally = counter.client.bind(1).unwrap();
        let mut run = Run { dir, old, said, counter, tally };
        assert_eq!(run.ask(), Some(run.old.id()));
        run
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Has the client count, and returns who has answered; `None` if its connection has ended.
    fn ask(&mut self) -> Option<u32> {
        let wanted = self.counter.own + 1;
        let deadline = Instant::now() + PATIENCE;
        self.tally.add(&mut self.counter.client, 1).ok()?;
        while self.counter.own < wanted {
            assert!(Instant::now() < deadline, "an answer is missing");
            if client::dispatch(&mut self.counter, Some(PATIENCE)).is_err() || self.counter.client.ended().is_some() {
                return None;
            }
        }
        Some(self.counter.server)
    }

    /// Has the old server make a new one, with a fault. Returns whether the fault came.
    fn upgrade(&mut self, role: Role, call: &str, fault: &str, when: u32) -> bool {
        let log = self.path("log");
        let inject = [format!("--trace={call}"), format!("--inject={call}:{fault}:when={when}")];
        let mut tracer = match role {
            Role::Old => {
                let mut command = Command::new("strace");
                command.args(inject).arg("-o").arg(&log).arg("-p").arg(self.old.id().to_string());
                let mut tracer = command.stderr(Stdio::piped()).spawn().unwrap();
                let mut line = String::new();
                BufReader::new(tracer.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
                assert!(line.contains("attached"), "{line}");
                Some(tracer)
            }
            Role::New => {
                let (script, program) = (self.path("script"), env!("CARGO_BIN_EXE_upgrade"));
                let text = format!(
                    "#!/bin/sh\nexec strace -D {} {} -o {} {program} \"$@\"\n",
                    inject[0],
                    inject[1],
                    log.display()
                );
                fs::write(&script, text).unwrap();
                fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
                fs::remove_file(self.path("upgrade")).unwrap();
                symlink(script, self.path("upgrade")).unwrap();
                None
            }
        };
        kill_process(pid(self.old.id()), Signal::HUP).unwrap();
        let serves = self.check(role, call, fault);
        if let Some(tracer) = &mut tracer {
            tracer.wait().unwrap();
        }
        let deadline = Instant::now() + PATIENCE;
        let read = || fs::read_to_string(&log).unwrap();
        while role == Role::New && serves == Some(self.old.id()) && !read().contains("+++") {
            assert!(Instant::now() < deadline, "the successor does not end");
            std::thread::yield_now();
        }
        let log = read();
        if serves.is_none() && !fault.contains("KILL") {
            let failed = log.lines().find(|line| line.contains("(INJECTED)"));
            assert!(failed.is_some_and(|line| line.contains(LOOP)), "nobody serves: {log}");
        }
        log.contains(if fault.contains("KILL") { "killed by SIGKILL" } else { "(INJECTED)" })
    }

    /// Waits until it is over, and looks who serves.
    fn check(&mut self, role: Role, call: &str, fault: &str) -> Option<u32> {
        let old = self.old.id();
        let deadline = Instant::now() + PATIENCE;
        let said = loop {
            assert!(Instant::now() < deadline, "neither says anything");
            match self.said.recv_timeout(Duration::from_millis(20)) {
                Ok(said) => break Some(said),
                // A server that is killed while nobody else has all that it has takes its clients along.
                Err(_) if self.counter.client.ended().is_some() => break None,
                Err(_) => drop(client::dispatch(&mut self.counter, Some(Duration::ZERO))),
            }
        };
        let serves = match said {
            Some(Said::Serving(new)) => Some(new),
            Some(Said::GoesOn) => Some(old),
            None => None,
        };
        // What comes from here on is no part of it.
        match serves {
            Some(serves) => detach(serves),
            None => assert!(role == Role::Old && (fault.contains("KILL") || call == EPOLL_CTL), "nobody serves"),
        }
        if serves != Some(old) {
            self.old.wait().unwrap();
        }
        assert_eq!(self.ask(), serves);
        // The other one says nothing more.
        assert_eq!(self.ask(), serves);
        assert!(self.said.try_recv().is_err(), "both serve");
        if let Some(new) = serves.filter(|new| *new != old) {
            kill_process(pid(new), Signal::TERM).unwrap();
            let deadline = Instant::now() + PATIENCE;
            while test_kill_process(pid(new)).is_ok() && !is_dead(new) {
                assert!(Instant::now() < deadline, "it does not end");
                std::thread::yield_now();
            }
        }
        serves
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.old.kill();
        let _ = self.old.wait();
    }
}

/// Tells what a server and its successor say that matters.
fn listen(output: impl Read + Send + 'static, sender: Sender<Said>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let said = match line.strip_prefix("serving ") {
                Some(pid) => Said::Serving(pid.parse().unwrap()),
                None if line.starts_with("this server goes on") => Said::GoesOn,
                None => continue,
            };
            if sender.send(said).is_err() {
                break;
            }
        }
    });
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number as i32).unwrap()
}

/// Whether a process has ended and was not waited for.
fn is_dead(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.starts_with('Z'))
}

/// Ends whoever traces a process. While a tracer ends, the kernel may name the parent of the process instead, which is this
/// test or a server.
fn detach(pid_of_traced: u32) {
    let deadline = Instant::now() + PATIENCE;
    let tracer = || {
        let status = fs::read_to_string(format!("/proc/{pid_of_traced}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
        line.and_then(|number| number.trim().parse().ok()).filter(|&number: &u32| number != 0)
    };
    while let Some(tracer) = tracer() {
        assert!(Instant::now() < deadline, "it stays traced");
        if fs::read_to_string(format!("/proc/{tracer}/comm")).is_ok_and(|name| name == "strace\n") {
            let _ = kill_process(pid(tracer), Signal::KILL);
        }
        std::thread::yield_now();
    }
}

/// How many calls of epoll_ctl(2) a new server makes before its loop does.
fn registrations() -> u32 {
    let mut run = Run::start();
    assert!(!run.upgrade(Role::New, EPOLL_CTL, "error=ENOSPC", MOST));
    let log = fs::read_to_string(run.path("log")).unwrap();
    let own = log.lines().take_while(|line| !line.contains(LOOP)).filter(|line| line.contains("EPOLL_CTL_ADD"));
    own.count() as u32
}

/// Why nothing can be made to fail here.
fn missing() -> Option<String> {
    let mut sleeper = Command::new("sleep").arg("60").spawn().ok()?;
    let mut command = Command::new("strace");
    let tried = command.args(["-o", "/dev/null", "-p"]).arg(sleeper.id().to_string()).stderr(Stdio::piped()).spawn();
    let reason = match tried {
        Err(error) => Some(format!("strace: {error}")),
        Ok(mut tracer) => {
            let mut line = String::new();
            let read = BufReader::new(tracer.stderr.as_mut().unwrap()).read_line(&mut line);
            let _ = tracer.kill();
            tracer.wait().unwrap();
            (read.is_err() || !line.contains("attached")).then_some(line)
        }
    };
    let _ = sleeper.kill();
    sleeper.wait().unwrap();
    reason
}

#[test]
fn one_server_serves_whichever_system_call_of_a_hand_over_fails() {
    if let Some(reason) = missing() {
        println!("skipped, system calls cannot be made to fail here: {reason}");
        return;
    }
    let every = std::env::var_os("WAYLINE_EVERY_FAULT").is_some();
    let mut tried = 0;
    let calls = DECIDING.iter().chain(if every { OTHERS } else { &[] });
    for &(call, error) in calls {
        for role in [Role::Old, Role::New] {
            let last = if (call, role) == (EPOLL_CTL, Role::New) { registrations() } else { MOST };
            for fault in [format!("error={error}"), "signal=SIGKILL".to_owned()] {
                for when in 1..=last {
                    assert!(when < MOST, "{call} comes too often");
                    println!("{role:?}: {call}, {fault}, {when}");
                    if !Run::start().upgrade(role, call, &fault, when) {
                        break;
                    }
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} faults");
    assert!(tried > 20, "{tried} faults");
}
