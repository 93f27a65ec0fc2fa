//! A demo-server to put programs on: looks at its screen, acts as its user.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::event::PollFlags;
use rustix::fd::AsFd;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use wayline_conformance::server::Client;
use wayline_conformance::socket::wait_fd;

use crate::screen::{Change, Screen};
use crate::support::{PATIENCE, SERVER, Server};
use crate::test_client::{self, TestClient};

/// Fewest pixels that make a window.
const WINDOW: usize = 1000;

/// A server with a user at its standard input.
pub(crate) struct TestServer {
    name: String,
    server: Server,
    /// The screen without any window.
    empty: Screen,
}

/// A program on the server; killed when dropped.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
    started: Instant,
}

impl TestServer {
    /// Starts a server. `name` is that of the pictures.
    pub(crate) fn new(name: &str, args: &[&str]) -> TestServer {
        let server = Server::start(&[&["--stats", "--script", "-"], args].concat());
        let empty = capture(&server.socket, server.running.dir());
        TestServer { name: name.to_owned(), server, empty }
    }

    /// Where clients connect.
    pub(crate) fn socket(&self) -> &Path {
        &self.server.socket
    }

    /// A private directory for files of the test.
    pub(crate) fn path(&self) -> &Path {
        self.server.running.dir()
    }

    /// A command that will find this server, and nothing else of this machine's session.
    pub(crate) fn command(&self, command: &[&str]) -> Command {
        self.server.command(command)
    }

    /// Starts a program.
    pub(crate) fn start(&self, command: &[&str]) -> Program {
        self.start_command(self.command(command))
    }

    /// Starts a program whose command is not the usual one.
    pub(crate) fn start_command(&self, mut command: Command) -> Program {
        let (file, log) = tempfile::Builder::new().suffix(".log").tempfile_in(self.path()).unwrap().keep().unwrap();
        let started = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Program { child, log, started }
    }

    /// A picture to look at.
    pub(crate) fn picture(&self) -> String {
        self.server.picture()
    }

    /// Where the screen is not empty.
    pub(crate) fn change(&self, screen: &Screen) -> Change {
        screen.change_since(&self.empty)
    }

    /// The screen as it is now.
    pub(crate) fn screen(&self) -> Screen {
        capture(self.socket(), self.path())
    }

    /// Looks at the screen until it is as wanted.
    pub(crate) fn wait_for<T>(&self, what: &str, wanted: impl Fn(&Screen) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if let Some(found) = wanted(&screen) {
                return found;
            }
            assert!(Instant::now() < deadline, "{}: no {what}\n{}", self.name, self.log());
        }
    }

    /// Waits until the windows of a program are seen and keep their size, and keeps a picture.
    pub(crate) fn shown(&self, program: &mut Program) -> Change {
        let mut seen = None;
        let deadline = Instant::now() + PATIENCE;
        let mut last = None;
        loop {
            program.must_run(self);
            let screen = self.screen();
            let change = screen.change_since(&self.empty);
            if change.count >= WINDOW {
                let first = *seen.get_or_insert_with(|| program.started.elapsed());
                if last == Some(change.edges) {
                    self.keep();
                    println!("{}: seen after {} ms", self.name, first.as_millis());
                    return change;
                }
            }
            last = Some(change.edges);
            assert!(Instant::now() < deadline, "{}: no window\n{}{}", self.name, program.log(), self.log());
        }
    }

    /// Acts as the user: lines of a script without their times.
    pub(crate) fn act(&mut self, actions: &[&str]) {
        let mut text = String::new();
        for action in actions {
            writeln!(text, "0 {action}").unwrap();
        }
        self.server.running.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Presses and releases keys, by their names in scripts.
    pub(crate) fn press(&mut self, keys: &[&str]) {
        for key in keys {
            self.act(&[&format!("key {key} press"), &format!("key {key} release")]);
        }
    }

    /// Types lower-case letters, digits, spaces and a few signs.
    pub(crate) fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                ' ' => self.press(&["space"]),
                '\n' => self.press(&["enter"]),
                '-' => self.press(&["012"]),
                '/' => self.press(&["053"]),
                '.' => self.press(&["052"]),
                ';' => self.press(&["039"]),
                letter => self.press(&[&letter.to_string()]),
            }
        }
    }

    /// Clicks with the left button.
    pub(crate) fn click(&mut self, (x, y): (usize, usize)) {
        self.act(&[&format!("move {x} {y}"), "button left press", "button left release"]);
    }

    /// Asks the active window to close and waits for it to go.
    pub(crate) fn close_window(&mut self) {
        self.act(&["close"]);
        self.wait_for("empty screen", |screen| (*screen == self.empty).then_some(()));
    }

    /// Asks the active window to close and waits for its program to end and the window to go.
    pub(crate) fn close(&mut self, mut program: Program) {
        self.act(&["close"]);
        let status = program.wait(self);
        // Terminals end as their shells do; a signal is a crash.
        assert!(status.code().is_some(), "{}: {status}\n{}", self.name, program.log());
        self.wait_for("empty screen", |screen| (*screen == self.empty).then_some(()));
    }

    /// Ends the server in good order and reports what crossed; no client may have been dropped for an error.
    pub(crate) fn finish(mut self) {
        let (status, killed) = self.server.running.terminate().unwrap();
        assert!(status.success() && !killed, "{}", self.log());
        let mut report = String::new();
        self.server.running.stdout.take().unwrap().read_to_string(&mut report).unwrap();
        println!("{}: {}", self.name, report.trim_end().replace('\n', ", "));
        // Programs may exit without reading what is still on its way; that is no warning.
        let log = self.log();
        let is_fault = |line: &str| line.contains("has ended") && (line.contains("WARN") || line.contains("ERROR"));
        let dropped = log.lines().any(is_fault);
        assert!(!dropped, "{}: {log}", self.name);
    }

    /// What the server had to say.
    pub(crate) fn log(&self) -> String {
        self.server.running.log()
    }

    /// Puts the last picture where it can be found.
    pub(crate) fn keep(&self) {
        let dir = std::env::var_os("WAYLINE_ARTEFACTS")
            .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop"), PathBuf::from);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::copy(self.path().join("screen.png"), dir.join(format!("{}.png", self.name))).unwrap();
    }
}

impl TestClient {
    /// Connects and learns the globals.
    pub(crate) fn new(server: &TestServer) -> TestClient {
        TestClient::over(Client::connect(server.socket(), test_client::PATIENCE).unwrap())
    }
}

impl Program {
    /// What the program wrote.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until the program has written something.
    pub(crate) fn wait_for_output(&mut self, server: &TestServer, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log().contains(text) {
            self.must_run(server);
            // A round trip through the server, so that this does not spin.
            server.screen();
            assert!(Instant::now() < deadline, "no `{text}` in:\n{}", self.log());
        }
    }

    /// Does something again and again, with a round trip in between, until that says that it is enough.
    pub(crate) fn wait_while(&mut self, server: &TestServer, mut is_enough: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_enough() {
            self.must_run(server);
            server.screen();
            assert!(Instant::now() < deadline, "{}: it is never enough\n{}", server.name, self.log());
        }
    }

    /// Sends it a signal by which it ends, and waits for that.
    pub(crate) fn signal(&mut self, server: &TestServer, signal: Signal) -> std::process::ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.wait(server)
    }

    fn must_run(&mut self, server: &TestServer) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("{} ended: {status}\n{}{}", server.name, self.log(), server.log());
        }
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self, server: &TestServer) -> std::process::ExitStatus {
        let handle = pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty()).unwrap();
        let ended = wait_fd(handle.as_fd(), PollFlags::IN, Instant::now() + PATIENCE).unwrap();
        assert!(ended, "{} does not end\n{}", server.name, self.log());
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn capture(socket: &Path, dir: &Path) -> Screen {
    let file = dir.join("screen.png");
    let output =
        Command::new(SERVER).args(["client", "--socket"]).arg(socket).arg("capture").arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Screen::load(&file)
}
