//! The server and every client, as processes: what they say, and that they end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running program, which does not outlive the test.
struct Program {
    child: Child,
    /// The lines that it prints, and `None` when it closes its output.
    lines: Receiver<Option<String>>,
}

impl Program {
    fn start(path: &str, directory: &Path) -> Program {
        let mut command = Command::new(path);
        let mut child = command.env("XDG_RUNTIME_DIR", directory).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok).map(Some);
            lines.chain([None]).try_for_each(|line| sender.send(line))
        });
        Program { child, lines }
    }

    fn line(&self) -> Option<String> {
        self.lines.recv_timeout(PATIENCE).expect("the program says something or ends in time")
    }

    /// What it says until it ends, which is without an error.
    fn finish(mut self) -> Vec<String> {
        let lines: Vec<String> = std::iter::from_fn(|| self.line()).collect();
        // The output was closed by its end, so this wait is short.
        assert!(self.child.wait().unwrap().success(), "{lines:#?}");
        lines
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn clients_in_four_kinds_of_loops_use_the_kiosk_and_a_signal_ends_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = Program::start(env!("CARGO_BIN_EXE_kiosk-server"), directory.path());
    assert_eq!(server.line().as_deref(), Some("ready"));

    // All at once. `says` checks that a client has said these lines in this order, whatever else it said.
    let clients = [
        env!("CARGO_BIN_EXE_kiosk-blocking"),
        env!("CARGO_BIN_EXE_kiosk-calloop"),
        env!("CARGO_BIN_EXE_kiosk-tokio"),
        env!("CARGO_BIN_EXE_kiosk-threads"),
    ];
    let [blocking, calloop, tokio, threads] =
        clients.map(|path| Program::start(path, directory.path())).map(Program::finish);
    let notice = "notice: Some(\"open until six\")";
    says(
        &blocking,
        &["panel: Err", notice, "is buttons", "is scanner", "for us: false", "shown: 12288", "for us: true"],
    );
    says(&blocking, &["for us: true", "shown: 0", "is removed", "is removed", "refused: kiosk_manager#"]);
    says(&calloop, &[notice, "shown: 24576", "shown: 24576", "shown: 24576"]);
    says(&tokio, &["has version 1", notice, "shown: 36864", "for us: true"]);
    assert_eq!(tokio.iter().filter(|line| line.contains("notice")).count(), 1, "{tokio:#?}");
    says(&threads, &["notice: None", "placed: true, inputs: buttons | scanner"]);
    says(&threads, &["shown: 49152", "shown: 61440", "shown: 73728"]);

    kill_process(Pid::from_child(&server.child), Signal::TERM).unwrap();
    assert!(server.finish().is_empty());
    assert_eq!(directory.path().read_dir().unwrap().count(), 0, "the sockets are gone");
}

/// Checks that lines with these texts are there, in this order.
fn says(lines: &[String], texts: &[&str]) {
    let mut rest = lines.iter();
    for text in texts {
        assert!(rest.any(|line| line.contains(text)), "no {text:?} at its place in {lines:#?}");
    }
}
