//! Successors that come to nothing: the old server goes on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::servers::{Servers, pid_of, wait_for_end};
use crate::support::SERVER;

/// A program in the directory of a server, and run there.
fn script(servers: &Servers, text: &str) -> PathBuf {
    let dir = servers.first.running.dir();
    let path = dir.join("successor");
    install(&path, &format!("#!/bin/sh\ncd {}\n{text}\n", dir.display()));
    path
}

/// Writes a program. Another process does, so that nobody here has it open for writing, not even a child of another test that
/// is about to be started: who has would keep it from running.
fn install(path: &Path, text: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", "printf %s \"$1\" >\"$0\" && chmod 700 \"$0\""]).arg(path).arg(text);
    assert!(shell.status().unwrap().success());
}

/// Asks for an upgrade to this program, which fails for a reason with these words, in one line here and one in the log, and
/// sees that the server goes on.
fn fails(servers: &Servers, program: &str, reason: &str) {
    let mut client = servers.client();
    let before = servers.log().len();
    let output = servers.ask(&[program]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains(reason), "{text}");
    let log = servers.log();
    assert_eq!(log[before..].matches("no upgrade: ").count(), 1, "{log}");
    client.sync();
    servers.client().sync();
}

#[test]
fn a_successor_that_cannot_be_started_leaves_the_server_as_it_is() {
    let mut servers = Servers::start(&[]);
    let mut fds = None;
    servers.must_have(&mut fds);
    fails(&servers, "/nowhere/demo-server", "cannot be started: No such file");
    fails(&servers, "/dev/null", "cannot be started: Permission denied");
    let text = servers.first.running.path("text");
    install(&text, "no program");
    fails(&servers, text.to_str().unwrap(), "cannot be started");
    servers.must_have(&mut fds);
    servers.upgrade();
}

#[test]
fn a_successor_that_ends_leaves_the_server_as_it_is() {
    let mut servers = Servers::start(&[]);
    fails(&servers, "/bin/false", "gone");
    let path = script(&servers, "exit 0");
    fails(&servers, path.to_str().unwrap(), "gone");
    // Half of its first words.
    let path = script(&servers, r"printf '\114\171\141\127\001' >&0");
    fails(&servers, path.to_str().unwrap(), "gone");
    servers.upgrade();
}

#[test]
fn a_successor_that_says_something_else_leaves_the_server_as_it_is() {
    let mut servers = Servers::start(&[]);
    let path = script(&servers, "echo hello, this is no successor >&0; exec sleep 1000");
    fails(&servers, path.to_str().unwrap(), "does not speak this protocol");
    servers.upgrade();
}

#[test]
fn a_successor_that_does_not_know_the_state_leaves_the_server_as_it_is() {
    let mut servers = Servers::start(&[]);
    // It reads an older format.
    let path = script(&servers, r"printf '\114\171\141\127\001\0\0\0\0\0\0\0\0\0\0\0' >&0; exec sleep 1000");
    fails(&servers, path.to_str().unwrap(), "does not speak this protocol");
    // It reads this one, looks at the state, and has other interfaces.
    let hello = r"\114\171\141\127\001\0\0\0\377\0\0\0\0\0\0\0";
    let refusal = r"\114\171\141\127\005\0\0\0\0\0\0\0\013\0\0\0what a mess";
    let text = format!("printf '{hello}' >&0; head -c 16 >/dev/null; printf '{refusal}' >&0; exec sleep 1000");
    let path = script(&servers, &text);
    fails(&servers, path.to_str().unwrap(), "cannot take over: what a mess");
    servers.upgrade();
}

#[test]
fn a_successor_that_hangs_is_given_up_and_meanwhile_clients_are_served_and_another_upgrade_is_refused() {
    let mut servers = Servers::start(&[]);
    let path = script(&servers, "echo $$ >started; mv started successor.pid; exec sleep 1000");
    let mut command = Command::new(SERVER);
    command.arg("--socket").arg(&servers.first.socket).arg("--upgrade").arg(&path).stderr(Stdio::piped());
    let asked = command.spawn().unwrap();
    let hanging = pid_of(&servers, "successor.pid");
    let refused = servers.ask(&["/bin/false"]);
    assert_eq!(String::from_utf8(refused.stderr).unwrap(), "demo-server: another upgrade is under way\n");
    let mut client = servers.client();
    client.sync();
    let output = asked.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "demo-server: the new process does not say that it is one\n");
    assert_eq!(output.status.code(), Some(1));
    wait_for_end(&hanging, &servers.log());
    client.sync();
    servers.upgrade();
    client.sync();
}

#[test]
fn a_server_that_ends_while_a_successor_starts_takes_that_one_along() {
    let mut servers = Servers::start(&[]);
    let path = script(&servers, "echo $$ >started; mv started successor.pid; exec sleep 1000");
    let mut command = Command::new(SERVER);
    command.arg("--socket").arg(&servers.first.socket).arg("--upgrade").arg(&path).stderr(Stdio::piped());
    let asked = command.spawn().unwrap();
    let started = pid_of(&servers, "successor.pid");
    servers.terminate();
    wait_for_end(&started, &servers.log());
    assert_eq!(asked.wait_with_output().unwrap().status.code(), Some(1));
}
