//! GTK programs work on compositors as they do without a proxy. Where they are not installed the tests say that they skip.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use wayline_conformance::target::installed;

use crate::session::{PATIENCE, demo_server, wayline, weston};

/// Runs a GTK program on a display until its window has a picture, and ends it by way of `inspect`. Returns the lines.
fn gtk_on(directory: &Path, display: &str) -> Vec<String> {
    let path = directory.join("lines");
    // A busy machine may take longer than the second that is usual.
    let patience = ["--patience", "60000"];
    let args = ["inspect", "--upstream", display, "-o", path.to_str().unwrap()];
    let args = [&args[..], &patience, &["--", "gtk4-demo"]].concat();
    let mut command = wayline(directory, &args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines =
        || -> Vec<String> { std::fs::read_to_string(&path).unwrap_or_default().lines().map(str::to_owned).collect() };
    let deadline = Instant::now() + PATIENCE;
    while !shows_a_window(&lines()) && child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15), "{said}");
    assert!(!said.contains("rotocol error") && !said.contains("Error "), "{said}");
    let lines = lines();
    let faults: Vec<_> = lines.iter().filter(|line| line.contains(" !! ")).collect();
    assert!(faults.iter().all(|line| line.contains("frame-unanswered")), "it is blamed: {faults:#?}");
    lines
}

/// As far as a window with a picture.
fn shows_a_window(lines: &[String]) -> bool {
    [".get_toplevel(", ".ack_configure(", ".attach(buffer=wl_buffer#", ".commit()"]
        .iter()
        .all(|message| lines.iter().any(|line| line.contains(message)))
}

#[test]
fn gtk_works_on_demo_server_as_without() {
    if !installed("gtk4-demo") {
        return eprintln!("skipped: gtk4-demo is not installed");
    }
    let (running, socket) = demo_server();
    let lines = gtk_on(running.dir(), socket.to_str().unwrap());
    assert!(shows_a_window(&lines), "{lines:#?}");
}

#[test]
fn gtk_works_on_weston_as_without() {
    if !installed("weston") || !installed("gtk4-demo") {
        return eprintln!("skipped: weston or gtk4-demo is not installed");
    }
    let (running, socket) = weston();
    let lines = gtk_on(running.dir(), socket.to_str().unwrap());
    assert!(shows_a_window(&lines), "{lines:#?}");
}
