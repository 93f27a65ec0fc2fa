//! `wayline info`: what compositors offer, and one clear line if one cannot be asked.

#[path = "../support/session.rs"]
mod session;

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use serde_json::Value;
use session::{demo_server, output, text, wayline, weston};
use wayline_conformance::target::installed;

/// A message: object, opcode, bytes of the arguments.
fn message(object: u32, opcode: u32, arguments: &[u8]) -> Vec<u8> {
    let size = 8 + arguments.len() as u32;
    [&object.to_ne_bytes()[..], &(size << 16 | opcode).to_ne_bytes(), arguments].concat()
}

/// `wl_registry.global` of the registry 2.
fn global(name: u32, interface: &str, version: u32) -> Vec<u8> {
    let mut text = [interface.as_bytes(), &[0]].concat();
    let length = text.len() as u32;
    text.resize(text.len().next_multiple_of(4), 0);
    message(2, 0, &[&name.to_ne_bytes()[..], &length.to_ne_bytes(), &text, &version.to_ne_bytes()].concat())
}

/// `wl_callback.done` of the callback 3.
fn done() -> Vec<u8> {
    message(3, 0, &[0; 4])
}

/// What the command says of a server that answers with these bytes, which stays until the command has ended: its exit
/// code, standard output and standard error.
fn asked(args: &[&str], answer: Vec<u8>) -> (Option<i32>, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(directory.path().join("up")).unwrap();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.set_read_timeout(Some(session::PATIENCE)).unwrap();
        let mut asked = [0; 24];
        client.read_exact(&mut asked).unwrap();
        assert_eq!(asked[..], [message(1, 1, &2u32.to_ne_bytes()), message(1, 0, &3u32.to_ne_bytes())].concat());
        // It may end before it has heard all.
        let _ = client.write_all(&answer);
        let _ = client.read(&mut [0]);
    });
    let said = output(wayline(directory.path(), &[&["info", "--socket", "up"], args].concat()));
    server.join().unwrap();
    (said.status.code(), text(&said.stdout), text(&said.stderr))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn globals_are_listed_in_the_order_of_the_compositor() {
    let gone = message(2, 1, &7u32.to_ne_bytes());
    let answer = [global(1, "wl_compositor", 6), global(7, "wl_seat", 9), global(40, "lamp", 1), gone, done()].concat();
    let table = "interface      version  name\nwl_compositor        6     1\nlamp                 1    40\n";
    assert_eq!(asked(&[], answer.clone()), (Some(0), table.to_owned(), String::new()));
    let (code, said, _) = asked(&["--json"], answer);
    let expected = serde_json::json!([
        { "interface": "wl_compositor", "version": 6, "name": 1 },
        { "interface": "lamp", "version": 1, "name": 40 },
    ]);
    let said = json(&said);
    assert_eq!((code, &said["format"], &said["globals"]), (Some(0), &Value::from(1), &expected));
    // This test listens.
    let own = std::fs::read_to_string("/proc/self/comm").unwrap();
    assert_eq!(said["compositor"], own.trim_end());
}

#[test]
fn what_is_not_valid_is_one_line_and_exit_code_1() {
    let long = "a".repeat(201);
    let cases: [(Vec<u8>, &str); 8] = [
        (vec![0xff; 64], "error: the compositor sends what is not valid: invalid object "),
        (message(2, 9, &[]), "error: the compositor sends what is not valid: invalid method 9, object wl_registry#2\n"),
        (global(1, "a b", 1), "error: the compositor sends what is not valid: a global \"a b\" of version 1\n"),
        (
            global(1, "\u{1b}[2J", 1),
            "error: the compositor sends what is not valid: a global \"\\u{1b}[2J\" of version 1\n",
        ),
        (global(1, "lamp", 0), "error: the compositor sends what is not valid: a global \"lamp\" of version 0\n"),
        (global(1, &long, 1), "error: the compositor sends what is not valid: a global \""),
        (
            (0..=10_000).flat_map(|name| global(name, "lamp", 1)).collect(),
            "error: the compositor offers more than 10000 globals\n",
        ),
        (
            message(1, 0, &[&[1, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0][..], b"no\0\0"].concat()),
            "error: the compositor ends the connection with error 3: \"no\"\n",
        ),
    ];
    for (answer, expected) in cases {
        let (code, said, error) = asked(&[], answer);
        assert_eq!((code, said.as_str()), (Some(1), ""), "{expected}");
        assert!(error.starts_with(expected) && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn a_compositor_that_does_not_answer_is_not_waited_for() {
    let late = "error: the compositor does not answer within 50 ms\n".to_owned();
    assert_eq!(asked(&["--patience", "50"], Vec::new()), (Some(1), String::new(), late.clone()));
    assert_eq!(asked(&["--patience", "50"], global(1, "lamp", 1)), (Some(1), String::new(), late.clone()));
    // One that talks without end, but not of what was asked.
    let directory = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(directory.path().join("up")).unwrap();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.set_write_timeout(Some(session::PATIENCE)).unwrap();
        let words = message(2, 1, &9u32.to_ne_bytes()).repeat(1000);
        while client.write_all(&words).is_ok() {}
    });
    let said = output(wayline(directory.path(), &["info", "--socket", "up", "--patience", "50"]));
    assert_eq!((said.status.code(), text(&said.stderr)), (Some(1), late));
    server.join().unwrap();
}

#[test]
fn a_compositor_that_is_not_there_is_one_line_and_exit_code_1() {
    let directory = tempfile::tempdir().unwrap();
    drop(UnixListener::bind(directory.path().join("dead")).unwrap());
    for (socket, start) in [("none", "error: there is no socket at "), ("dead", "error: ")] {
        let said = output(wayline(directory.path(), &["info", "--socket", socket]));
        let error = text(&said.stderr);
        assert_eq!(said.status.code(), Some(1), "{error}");
        assert!(error.starts_with(start) && error.lines().count() == 1 && error.contains(socket), "{error}");
    }
    let listener = UnixListener::bind(directory.path().join("rude")).unwrap();
    let server = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let said = output(wayline(directory.path(), &["info", "--socket", "rude"]));
    assert!(text(&said.stderr).starts_with("error: the compositor does not answer: "), "{}", text(&said.stderr));
    server.join().unwrap();
}

#[test]
fn an_inherited_connection_is_used() {
    let (mut near, far) = UnixStream::pair().unwrap();
    near.write_all(&[global(1, "lamp", 2), done()].concat()).unwrap();
    let mut command = std::process::Command::new("sh");
    let script = "WAYLAND_SOCKET=5 exec \"$0\" info 5<&0 </dev/null";
    command.args(["-c", script, env!("CARGO_BIN_EXE_wayline")]).stdin(std::os::fd::OwnedFd::from(far));
    let said = output(command);
    assert_eq!(text(&said.stdout), "interface  version  name\nlamp             2     1\n", "{}", text(&said.stderr));
    // What was asked came there.
    near.read_exact(&mut [0; 24]).unwrap();
}

/// Has pages written with what a compositor offers, and returns the table of support.
fn pages_with(directory: &Path, socket: &Path) -> String {
    let said = output(wayline(directory, &["info", "--json", "--socket", socket.to_str().unwrap()]));
    assert_eq!((said.status.code(), text(&said.stderr)), (Some(0), String::new()));
    std::fs::write(directory.join("offers.json"), &said.stdout).unwrap();
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocols/wayland.xml");
    let args = ["doc", core.to_str().unwrap(), "--output", "site", "--support", "offers.json"];
    let said = output(wayline(directory, &args));
    assert_eq!((said.status.code(), text(&said.stderr)), (Some(0), String::new()));
    std::fs::read_to_string(directory.join("site/support.html")).unwrap()
}

#[test]
fn pages_show_what_demo_server_offers() {
    let (running, socket) = demo_server();
    let page = pages_with(running.dir(), &socket);
    assert!(page.contains("demo-server") && page.contains("wl_compositor"), "{page}");
}

#[test]
fn pages_show_what_weston_offers_which_is_what_wayland_info_says() {
    if !installed("weston") {
        return eprintln!("skipped: weston is not installed");
    }
    let (running, socket) = weston();
    let page = pages_with(running.dir(), &socket);
    assert!(page.contains("weston") && page.contains("wl_compositor"), "{page}");
    if !installed("wayland-info") {
        return eprintln!("skipped: wayland-info is not installed");
    }
    let mut command = std::process::Command::new("wayland-info");
    command.env("XDG_RUNTIME_DIR", running.dir()).env("WAYLAND_DISPLAY", &socket).env_remove("WAYLAND_SOCKET");
    let said = text(&output(command).stdout);
    let offers = json(&std::fs::read_to_string(running.dir().join("offers.json")).unwrap());
    let globals = offers["globals"].as_array().unwrap();
    assert_eq!(said.lines().filter(|line| line.starts_with("interface:")).count(), globals.len());
    for global in globals {
        let interface = global["interface"].as_str().unwrap();
        let number = |field: &str| global[field].as_u64().unwrap();
        let numbers = format!("version: {:>2}, name: {:>2}", number("version"), number("name"));
        let line = said.lines().find(|line| line.contains(&format!("'{interface}',")) && line.ends_with(&numbers));
        assert!(line.is_some(), "{interface} {numbers} is not in\n{said}");
    }
}
