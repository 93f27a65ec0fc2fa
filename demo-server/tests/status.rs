//! What a running server tells about its clients, and to whom.

mod support;
#[path = "support/test_client.rs"]
mod test_client;

use std::process::{Command, Output};

use support::{PATIENCE, SERVER, Server};
use test_client::{TestClient, request};
use wayline_conformance::server::Client;

/// Runs the command against a server.
fn ask(server: &Server, args: &[&str]) -> Output {
    Command::new(SERVER).arg("--socket").arg(&server.socket).args(args).output().unwrap()
}

fn table(server: &Server) -> Vec<Vec<String>> {
    let output = ask(server, &["--status"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn client(server: &Server) -> TestClient {
    TestClient::over(Client::connect(&server.socket, PATIENCE).unwrap())
}

#[test]
fn status_lists_each_client_with_what_crossed_and_what_is_held_and_not_the_one_that_asks() {
    let server = Server::start(&[]);
    assert_eq!(table(&server).len(), 1, "headings alone");
    let mut one = client(&server);
    let compositor = one.bind("wl_compositor", 4);
    for _ in 0..5 {
        one.make(compositor, request::CREATE_SURFACE, |m| m);
    }
    one.sync();
    let rows = table(&server);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[1][2], std::process::id().to_string(), "{rows:?}");
    let output = ask(&server, &["--status", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    // get_registry, sync, bind, five surfaces, sync.
    assert!(text.contains("\"messages_in\": 9, "), "{text}");
    // Display, registry, compositor, surfaces.
    assert!(text.contains("\"objects\": 8, "), "{text}");
}

#[test]
fn status_is_json_when_asked() {
    let server = Server::start(&[]);
    let _one = client(&server);
    let _two = client(&server);
    let output = ask(&server, &["--status", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("\"client\": ").count(), 2, "{text}");
    assert_eq!(text.matches(&format!("\"pid\": {},", std::process::id())).count(), 2, "{text}");
    assert!(text.starts_with('[') && text.ends_with("]\n"), "{text}");
}

#[test]
fn one_client_of_a_running_server_is_traced_until_that_is_undone() {
    let server = Server::start(&[]);
    let (mut one, mut other) = (client(&server), client(&server));
    let number = table(&server)[1][0].clone();
    let talk = |one: &mut TestClient, other: &mut TestClient| {
        let before = server.running.log().len();
        one.sync();
        other.sync();
        let log = server.running.log();
        log[before..].lines().filter(|line| line.contains("wl_display#1.sync")).count()
    };
    assert_eq!(talk(&mut one, &mut other), 0);
    assert!(ask(&server, &["--trace", &number]).status.success());
    assert!(table(&server)[1].contains(&"(traced)".to_owned()));
    assert_eq!(talk(&mut one, &mut other), 1);
    assert!(ask(&server, &["--untrace", &number]).status.success());
    assert_eq!(talk(&mut one, &mut other), 0);
}

#[test]
fn programs_do_not_see_what_the_control_socket_offers_and_it_offers_nothing_else() {
    let server = Server::start(&[]);
    let one = client(&server);
    assert!(one.globals.iter().all(|global| global.interface != "demo_control"));
    let path = format!("{}.control", server.socket.display());
    let control = TestClient::over(Client::connect(path.as_ref(), PATIENCE).unwrap());
    let names: Vec<&str> = control.globals.iter().map(|global| global.interface.as_str()).collect();
    assert_eq!(names, ["demo_control"]);
    // Nobody but the user may connect: sockets are 0600 or in a directory of their own.
    use std::os::unix::fs::MetadataExt;
    assert_eq!(std::fs::metadata(path).unwrap().mode() & 0o077, 0);
}

#[test]
fn asking_fails_in_one_line_where_there_is_no_server_or_no_such_client() {
    let server = Server::start(&[]);
    let output = ask(&server, &["--trace", "123456"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "demo-server: there is no client 123456\n");
    assert_eq!(output.status.code(), Some(1));
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(SERVER).arg("--socket").arg(dir.path().join("none")).arg("--status").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("demo-server: ") && text.lines().count() == 1 && text.contains("none.control"), "{text}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_log_has_what_a_client_sent_last_before_its_error() {
    let server = Server::start(&[]);
    let mut one = client(&server);
    let compositor = one.bind("wl_compositor", 4);
    one.sync();
    one.make(compositor, request::CREATE_SURFACE, |m| m);
    one.send(compositor, 77, |m| m);
    one.raw.ends().unwrap();
    let log = server.running.log();
    assert!(log.contains(&format!("sent wl_compositor#{compositor}, opcode 77, 0 bytes")), "{log}");
}

#[test]
fn more_clients_than_one_answer_has_are_all_listed_once() {
    let server = Server::start(&[]);
    let clients: Vec<TestClient> = (0..150).map(|_| client(&server)).collect();
    let rows = table(&server);
    let numbers: std::collections::BTreeSet<&String> = rows[1..].iter().map(|row| &row[0]).collect();
    assert_eq!((rows.len() - 1, numbers.len()), (clients.len(), clients.len()));
}
