//! `wayline decode --perfetto`: a trace is there as a whole, or what was there before.

use std::io::{Read, Write};
use std::process::Command;

use crate::session::{output, text, wayline};
use crate::{Server, message, read, sync};

/// A directory with the capture `a.pcapng` of a client that asks and is answered.
fn captured() -> Server {
    let server = Server::start();
    let (proxy, mut client, mut up) = server.proxy(&["--write", "a.pcapng"]);
    client.write_all(&sync(2)).unwrap();
    read(&mut up, 12);
    up.write_all(&message(2, 0, &[5])).unwrap();
    read(&mut client, 12);
    drop(client);
    assert_eq!(up.read(&mut [0]).unwrap(), 0);
    proxy.line("ended");
    proxy.signal(rustix::process::Signal::INT);
    assert_eq!(proxy.end(), (Some(0), String::new()));
    server
}

#[test]
fn a_trace_has_what_was_said() {
    let server = captured();
    let directory = server.directory.path();
    let said = output(wayline(directory, &["decode", "a.pcapng", "--perfetto", "a.pftrace"]));
    assert_eq!((said.status.code(), text(&said.stdout), text(&said.stderr)), (Some(0), String::new(), String::new()));
    let trace = std::fs::read(directory.join("a.pftrace")).unwrap();
    for name in ["wl_display.sync", "wl_callback.done", "requests", "callback_data"] {
        assert!(trace.windows(name.len()).any(|bytes| bytes == name.as_bytes()), "{name}");
    }
    // As far as it can be read, as when it is printed.
    let capture = std::fs::read(directory.join("a.pcapng")).unwrap();
    std::fs::write(directory.join("cut"), &capture[..capture.len() - 10]).unwrap();
    let said = output(wayline(directory, &["decode", "cut", "--perfetto", "cut.pftrace"]));
    assert!(text(&said.stderr).starts_with("error: cut: ") && said.status.code() == Some(1));
    let cut = std::fs::read(directory.join("cut.pftrace")).unwrap();
    assert!(!cut.is_empty() && trace.starts_with(&cut));
}

#[test]
fn a_full_disk_leaves_the_trace_that_was_there() {
    let server = captured();
    let directory = server.directory.path();
    std::fs::write(directory.join("a.pftrace"), "old").unwrap();
    let before = std::fs::read_dir(directory).unwrap().count();
    let mut command = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" decode a.pcapng --perfetto a.pftrace";
    command.args(["-c", script, env!("CARGO_BIN_EXE_wayline")]).current_dir(directory);
    let said = output(command);
    assert_eq!(said.status.code(), Some(1));
    assert_eq!(text(&said.stderr), "error: the trace cannot be written: File too large (os error 27)\n");
    assert_eq!(std::fs::read(directory.join("a.pftrace")).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(directory).unwrap().count(), before, "something is left over");
    let full = output(wayline(directory, &["decode", "a.pcapng", "--perfetto", "/dev/full"]));
    assert_eq!(text(&full.stderr), "error: the trace cannot be written: No space left on device (os error 28)\n");
}
