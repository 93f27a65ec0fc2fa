//! A hundred clients while their server is replaced five times: no answer is missing, none comes twice, nobody is
//! disconnected, and each server has as many descriptors as the one before.

mod counter;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use counter::{Counter, PATIENCE};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use upgrade::Tally;
use wayline::client;

const CLIENTS: usize = 100;
const UPGRADES: usize = 5;

/// The first server, and what it and its successors print.
struct Servers {
    first: Child,
    lines: Receiver<String>,
    current: u32,
}

impl Servers {
    fn start(path: &Path) -> Servers {
        let mut first = Command::new(env!("CARGO_BIN_EXE_upgrade")).arg(path).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(first.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut servers = Servers { first, lines, current: 0 };
        servers.wait_for_next();
        servers
    }

    fn wait_for_next(&mut self) {
        let line = self.lines.recv_timeout(PATIENCE).expect("a server says that it serves");
        self.current = line.strip_prefix("serving ").expect("its number").parse().unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.current as i32).unwrap()
    }

    fn fds(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.current)).unwrap().count()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = kill_process(self.pid(), Signal::TERM);
        let _ = self.first.kill();
        let _ = self.first.wait();
    }
}

#[test]
fn a_hundred_clients_notice_nothing_of_five_upgrades() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tally");
    let mut servers = Servers::start(&path);
    let first = servers.current;
    let mut clients: Vec<(Counter, Tally)> = (0..CLIENTS)
        .map(|_| {
            let mut counter = Counter::connect(&path);
            let tally = counter.client.bind(1).unwrap();
            (counter, tally)
        })
        .collect();
    let mut sent = 0;
    let mut longest = Duration::ZERO;
    let mut fds = Vec::new();
    for _ in 0..UPGRADES {
        round(&mut clients, &mut sent);
        fds.push(servers.fds());
        let before = servers.current;
        // Requests are under way while it happens.
        let start = Instant::now();
        for (counter, tally) in &mut clients {
            tally.add(&mut counter.client, 1).unwrap();
            counter.client.flush();
        }
        sent += 1;
        kill_process(servers.pid(), Signal::HUP).unwrap();
        for (counter, tally) in &mut clients {
            tally.add(&mut counter.client, 1).unwrap();
            counter.client.flush();
        }
        sent += 1;
        answers(&mut clients, sent);
        longest = longest.max(start.elapsed());
        servers.wait_for_next();
        assert_ne!(servers.current, before);
        // The old one ends by itself; the first one is a child of ours, which has to be waited for.
        if before == first {
            assert!(servers.first.wait().unwrap().success());
        } else {
            let pid = Pid::from_raw(before as i32).unwrap();
            let deadline = Instant::now() + PATIENCE;
            while test_kill_process(pid).is_ok() && !is_dead(before) {
                assert!(Instant::now() < deadline, "it does not end");
                std::thread::yield_now();
            }
        }
        round(&mut clients, &mut sent);
        assert!(clients.iter().all(|(counter, _)| counter.server == servers.current));
    }
    // The token of a successor is one more than the first one has; from then on nothing is added.
    fds.push(servers.fds());
    assert!(fds[1..].iter().all(|count| *count == fds[1]), "{fds:?}");
    let most = clients.iter().map(|(counter, _)| counter.sum).max().unwrap();
    assert_eq!(most, sent * CLIENTS as u32, "nothing was lost and nothing counted twice");
    println!("longest round with an upgrade: {longest:?}");
    drop(servers);
    for (counter, _) in &mut clients {
        while counter.client.ended().is_none() {
            client::dispatch(counter, Some(PATIENCE)).ok();
        }
    }
    // Its clients hear of its end before it has removed all.
    let deadline = Instant::now() + PATIENCE;
    while std::fs::read_dir(dir.path()).unwrap().count() > 0 {
        assert!(Instant::now() < deadline, "the last one removes the socket");
        std::thread::yield_now();
    }
}

/// Whether a process has ended and was not waited for.
fn is_dead(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.starts_with('Z'))
}

/// Each client adds one and hears of it.
fn round(clients: &mut [(Counter, Tally)], sent: &mut u32) {
    for (counter, tally) in clients.iter_mut() {
        tally.add(&mut counter.client, 1).unwrap();
    }
    *sent += 1;
    answers(clients, *sent);
}

/// Waits until each client has heard of all that it sent.
fn answers(clients: &mut [(Counter, Tally)], sent: u32) {
    let deadline = Instant::now() + PATIENCE;
    for (counter, _) in clients {
        while counter.own < sent {
            assert!(Instant::now() < deadline, "an answer is missing");
            client::dispatch(counter, Some(PATIENCE)).unwrap();
        }
    }
}
