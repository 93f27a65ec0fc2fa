//! The examples that no conformance run is for.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use wayline_conformance::protocol::display;
use wayline_conformance::server::Client;
use wayline_conformance::socket::Stream;
use wayline_conformance::wire::{DISPLAY, Message};

/// How long a server may take to start, and an answer to come.
const PATIENCE: Duration = Duration::from_secs(20);

fn example(name: &str) -> Command {
    let mut dir: PathBuf = std::env::current_exe().unwrap();
    while !dir.ends_with("deps") {
        assert!(dir.pop(), "tests are in deps");
    }
    Command::new(dir.with_file_name("examples").join(name))
}

/// Ended when the test is.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn connect(path: &Path) -> UnixStream {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        std::thread::yield_now();
    }
}

fn globals(path: &Path, arguments: &[&str]) -> Output {
    example("globals").args(arguments).env("WAYLAND_DISPLAY", path).env_remove("WAYLAND_SOCKET").output().unwrap()
}

#[test]
fn an_async_function_connects_and_makes_a_round_trip() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("loops-0");
    let _server = Running(example("tokio").arg("server").arg(&path).spawn().unwrap());
    drop(connect(&path));
    let output = globals(&path, &[]);
    let listed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && listed.contains("wlcf_probe version 3\n"), "{listed}");
}

#[test]
fn an_async_round_trip_to_a_silent_server_ends_at_its_time_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("silent-0");
    let _listening = UnixListener::bind(&path).unwrap();
    let output = globals(&path, &["5"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("the server does not answer"), "{said}");
}

#[test]
fn servers_of_several_threads_with_one_listener_serve_every_client() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("threads-0");
    let _server = Running(example("threads").arg(&path).arg("2").spawn().unwrap());
    let clients: Vec<UnixStream> = (0..100).map(|_| connect(&path)).collect();
    let mut clients: Vec<Client> =
        clients.into_iter().map(|client| Client::over(Stream::new(client.into()), PATIENCE)).collect();
    let callbacks: Vec<u32> = clients.iter_mut().map(Client::fresh).collect();
    for (client, callback) in clients.iter().zip(&callbacks) {
        client.send(&Message::new(DISPLAY, display::SYNC).uint(*callback)).unwrap();
    }
    for (client, callback) in clients.iter_mut().zip(callbacks) {
        client.until_done(callback).unwrap();
    }
}
