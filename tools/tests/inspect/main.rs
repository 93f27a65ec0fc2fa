//! `wayline inspect` between real processes and sockets: programs work as without it, and what goes wrong is one line and
//! an exit code. Programs that are not installed are skipped, and the tests say so.

mod gtk;
mod kit;
#[path = "../support/session.rs"]
mod session;
mod trace;
#[path = "../support/wireshark.rs"]
mod wireshark;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use session::{PATIENCE, output, text, wayline};
use tempfile::TempDir;

/// A server of bytes: what it does with its only client is up to the test.
struct Server {
    directory: TempDir,
    listener: UnixListener,
}

impl Server {
    fn start() -> Server {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("up")).unwrap();
        Server { directory, listener }
    }

    /// A proxy before it, with one client. Returns the far end of the client's connection.
    fn proxy(&self, args: &[&str]) -> (Proxy, UnixStream, UnixStream) {
        let socket = self.directory.path().join("wl");
        let mut command = wayline(self.directory.path(), &["inspect", "--socket", "wl", "--upstream", "up"]);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It connects before it accepts anybody.
        let (server, _) = self.listener.accept().unwrap();
        let (sender, lines) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|length| length > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
        });
        let input = child.stdin.take().unwrap();
        let client = UnixStream::connect(socket).unwrap();
        for end in [&client, &server] {
            end.set_read_timeout(Some(PATIENCE)).unwrap();
            end.set_write_timeout(Some(PATIENCE)).unwrap();
        }
        (Proxy { child, lines, input }, client, server)
    }
}

struct Proxy {
    child: Child,
    lines: mpsc::Receiver<String>,
    input: ChildStdin,
}

impl Proxy {
    /// The next line with this text; those before it are left out.
    fn line(&self, wanted: &str) -> String {
        let mut seen = String::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {wanted:?} in\n{seen}"));
            if line.contains(wanted) {
                return line.trim_end().to_owned();
            }
            seen += &line;
        }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message: object, opcode, words.
fn message(object: u32, opcode: u32, words: &[u32]) -> Vec<u8> {
    let size = 8 + 4 * words.len() as u32;
    [&[object, size << 16 | opcode][..], words].concat().into_iter().flat_map(u32::to_ne_bytes).collect()
}

/// `wl_display.sync`.
fn sync(id: u32) -> Vec<u8> {
    message(1, 0, &[id])
}

#[track_caller]
fn read(stream: &mut UnixStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn bytes_and_ids_pass_through_unchanged_in_both_directions() {
    let (server, mut came) = (Server::start(), Vec::new());
    let (proxy, mut client, mut up) = server.proxy(&[]);
    let requests = [message(1, 1, &[2]), sync(3), sync(4)].concat();
    client.write_all(&requests).unwrap();
    came.extend(read(&mut up, requests.len()));
    assert_eq!(came, requests);
    let events = [message(4, 0, &[0xffff_ffff]), message(1, 1, &[4]), message(3, 0, &[7])].concat();
    up.write_all(&events).unwrap();
    assert_eq!(read(&mut client, events.len()), events);
    assert!(proxy.line("done").contains("wl_callback#4.done(callback_data=4294967295) from wl_display#1.sync after "));
    proxy.signal(rustix::process::Signal::INT);
    assert_eq!(proxy.end(), (Some(0), String::new()));
    assert!(!server.directory.path().join("wl").exists(), "the socket is still there");
}

#[test]
fn padding_that_is_not_zero_is_passed_on_and_is_a_fault() {
    let server = Server::start();
    let (proxy, mut client, mut up) = server.proxy(&["--write", "a.pcapng"]);
    client.write_all(&message(1, 1, &[2])).unwrap();
    // `wl_registry.global(1, "wl_shm", 1)`, with a byte behind the string.
    let global = [message(2, 0, &[1, 7]), b"wl_shm\0x".to_vec(), 1u32.to_ne_bytes().to_vec()].concat();
    let global = [&global[..4], &(28u32 << 16).to_ne_bytes(), &global[8..]].concat();
    up.write_all(&global).unwrap();
    assert_eq!(read(&mut client, 28), global);
    let fault = "padding-not-zero: wl_registry#2.global has padding behind interface that is not zero: ";
    assert!(proxy.line("!!").contains(fault));
    proxy.signal(rustix::process::Signal::INT);
    assert_eq!(proxy.end(), (Some(0), String::new()));
    let again = output(wayline(server.directory.path(), &["decode", "a.pcapng"]));
    assert!(text(&again.stdout).contains(fault));
}

#[test]
fn a_client_that_dies_in_the_middle_of_a_message_is_one_line() {
    let server = Server::start();
    let (proxy, mut client, mut up) = server.proxy(&["--filter", "errors"]);
    client.write_all(&[&sync(2)[..], &sync(3)[..5]].concat()).unwrap();
    drop(client);
    assert_eq!(read(&mut up, 12), sync(2), "what was whole arrives");
    assert_eq!(up.read(&mut [0; 8]).unwrap(), 0, "and nothing after it");
    assert!(
        proxy
            .line("!!")
            .ends_with("broken-connection: the client's connection: closed by the peer after 5 bytes of a message")
    );
}

#[test]
fn a_message_that_is_not_valid_is_named_and_the_client_is_told() {
    let server = Server::start();
    let (proxy, mut client, mut up) = server.proxy(&[]);
    client.write_all(&[sync(2), message(99, 0, &[])].concat()).unwrap();
    assert_eq!(read(&mut up, 12), sync(2));
    assert!(proxy.line("refused: ").ends_with("-- refused: 8 bytes: 63000000 00000800"));
    assert!(proxy.line("!!").ends_with("refused: the client sends what is not valid: invalid object 99"));
    assert!(proxy.line("--").ends_with("ended: the client is at fault"));
    // `wl_display.error`, then the end.
    let mut told = Vec::new();
    client.read_to_end(&mut told).unwrap();
    assert!(told.starts_with(&1u32.to_ne_bytes()) && text(&told[20..]).contains("invalid object 99"));
}

#[test]
fn a_server_that_goes_away_ends_its_clients_after_what_it_still_said() {
    let server = Server::start();
    let (proxy, mut client, mut up) = server.proxy(&[]);
    client.write_all(&sync(2)).unwrap();
    read(&mut up, 12);
    let last = message(2, 0, &[5]);
    up.write_all(&last).unwrap();
    drop(up);
    let mut came = Vec::new();
    client.read_to_end(&mut came).unwrap();
    assert_eq!(came, last);
    assert!(
        proxy.line("--").contains("connected")
            && proxy.line("--").ends_with("ended: the server has closed the connection")
    );
}

#[test]
fn a_side_that_does_not_read_stops_the_other_one() {
    let server = Server::start();
    let (proxy, mut client, mut up) = server.proxy(&["--filter", "errors"]);
    // A `wl_surface` 4, since there may not be as many objects as there are messages.
    let text = b"wl_compositor\0\0\0".chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap()));
    let bind: Vec<u32> = [1, 14].into_iter().chain(text).chain([4, 3]).collect();
    let made = [message(1, 1, &[2]), message(2, 0, &bind), message(3, 0, &[4])].concat();
    client.write_all(&made).unwrap();
    assert_eq!(read(&mut up, made.len()), made);
    client.set_nonblocking(true).unwrap();
    // More than the sockets and the proxy may hold together: the proxy must stop to read.
    let many: Vec<u8> = (0..200_000).flat_map(|scale| message(4, 8, &[scale])).collect();
    let mut written = 0;
    let deadline = Instant::now() + PATIENCE;
    let fault = loop {
        match client.write(&many[written..]) {
            Ok(count) => written += count,
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
                if let Some(line) = proxy.lines.try_iter().find(|line| line.contains("peer-not-reading")) {
                    break line;
                }
            }
        }
        assert!(written < many.len() && Instant::now() < deadline, "the proxy takes everything, or hangs");
    };
    assert!(fault.contains("peer-not-reading: the server does not read: "), "{fault}");
    // Once it reads, all comes, in order.
    assert_eq!(read(&mut up, written / 12 * 12), many[..written / 12 * 12]);
}

#[test]
fn a_message_is_held_back_until_the_user_goes_on() {
    let server = Server::start();
    let (mut proxy, mut client, mut up) = server.proxy(&["--stop-at", r"sync\(callback=new wl_callback#3\)"]);
    client.write_all(&[sync(2), sync(3), sync(4), sync(5)].concat()).unwrap();
    assert_eq!(read(&mut up, 12), sync(2));
    proxy.line("#3)");
    up.set_nonblocking(true).unwrap();
    assert!(up.read(&mut [0; 12]).is_err(), "the message was not held back");
    up.set_nonblocking(false).unwrap();
    // A step, which stops at the next message whatever it is; then on to the end.
    proxy.input.write_all(b"\n").unwrap();
    assert_eq!(read(&mut up, 12), sync(3));
    proxy.line("#4)");
    proxy.input.write_all(b"c\n").unwrap();
    assert_eq!(read(&mut up, 24), [sync(4), sync(5)].concat());
}

#[test]
fn what_cannot_start_is_one_line_and_an_exit_code() {
    let server = Server::start();
    let directory = server.directory.path();
    std::fs::write(directory.join("bad.xml"), "<protocol>").unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--upstream", "nowhere", "--", "true"], 125, "error: there is no socket at "),
        (&["--upstream", "up", "--", "./no-such-program"], 127, "error: ./no-such-program cannot be started: "),
        (&["--upstream", "up", "--protocol", "bad.xml", "--", "true"], 125, "error: bad.xml:1:"),
        (&["--upstream", "up", "--write", "none/a.pcapng", "--", "true"], 125, "error: none/a.pcapng: "),
        (&["--filter", "(", "--", "true"], 2, "error: invalid value '('"),
        (&[], 2, "error: "),
    ];
    for (args, code, said) in cases {
        let output = output(wayline(directory, &[&["inspect"], args].concat()));
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(
            stderr.starts_with(said) && (code == 2 || stderr.lines().count() == 1 || said.contains("bad.xml")),
            "{stderr}"
        );
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn the_exit_code_is_that_of_the_program_and_its_output_is_its_own() {
    let server = Server::start();
    let run = |script: &str| {
        let args = ["inspect", "--upstream", "up", "-o", "lines", "--", "sh", "-c", script];
        output(wayline(server.directory.path(), &args))
    };
    assert_eq!(run("exit 7").status.code(), Some(7));
    assert_eq!(run("kill -KILL $$").status.code(), Some(128 + 9));
    // Signals that are waited for here are not blocked there.
    assert_eq!(run("kill -TERM $$").status.code(), Some(128 + 15));
    let said = run("test -S \"$WAYLAND_DISPLAY\" && echo there");
    assert_eq!((text(&said.stdout).as_str(), said.status.signal()), ("there\n", None));
}

#[test]
fn a_full_disk_is_told_and_does_not_stop_the_program() {
    let server = Server::start();
    let args = ["inspect", "--upstream", "up", "--write", "/dev/full", "--", "true"];
    let output = output(wayline(server.directory.path(), &args));
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(text(&output.stderr), "error: the capture cannot be written: No space left on device (os error 28)\n");
}

#[test]
fn a_capture_is_printed_as_the_messages_were() {
    let server = Server::start();
    let directory = server.directory.path();
    let (proxy, mut client, mut up) = server.proxy(&["--write", "a.pcapng", "-o", "live", "--patience", "20"]);
    client.write_all(&[message(1, 1, &[2]), sync(3), sync(4)].concat()).unwrap();
    read(&mut up, 36);
    // An interface that nobody knows: `wl_registry.global(1, "strange", 1)`.
    let strange = [message(2, 0, &[1, 8]), b"strange\0".to_vec(), 1u32.to_ne_bytes().to_vec()].concat();
    let mut strange = strange;
    strange[4..8].copy_from_slice(&(28u32 << 16).to_ne_bytes());
    up.write_all(&[strange, message(4, 0, &[0])].concat()).unwrap();
    assert_eq!(read(&mut client, 12), message(4, 0, &[0]), "the strange one is hidden");
    client.write_all(&message(99, 0, &[])).unwrap();
    client.read_to_end(&mut Vec::new()).unwrap();
    proxy.signal(rustix::process::Signal::INT);
    assert_eq!(proxy.end(), (Some(0), String::new()));
    let live = std::fs::read(directory.join("live")).unwrap();
    assert!(text(&live).contains("hidden from the client") && text(&live).contains("refused"), "{}", text(&live));

    let decode = |name: &str| output(wayline(directory, &["decode", name, "--patience", "20"]));
    let again = decode("a.pcapng");
    assert_eq!((again.status.code(), text(&again.stdout), text(&again.stderr)), (Some(0), text(&live), String::new()));

    let bytes = std::fs::read(directory.join("a.pcapng")).unwrap();
    std::fs::write(directory.join("cut"), &bytes[..bytes.len() - 10]).unwrap();
    std::fs::write(directory.join("other"), b"#!/bin/sh\n").unwrap();
    for name in ["cut", "other", "none"] {
        let output = decode(name);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(stderr.starts_with(&format!("error: {name}: ")) && stderr.lines().count() == 1, "{stderr}");
        assert!(live.starts_with(&output.stdout), "{name}: what is before the damage is printed");
    }
}
