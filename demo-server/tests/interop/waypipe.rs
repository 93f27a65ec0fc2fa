//! Programs on another machine, by waypipe: both of its ends run here, with a
//! directory for sockets each. What it knows crosses; descriptors of interfaces
//! that it does not know stay behind, and both sides say so.

use std::process::Command;

use crate::support::SERVER;
use crate::test_server::{Program, TestServer};
use wayline_conformance::target::installed;

/// The connection between the two machines.
struct Tunnel {
    near: Program,
}

impl Tunnel {
    /// Starts the end that is beside the compositor.
    fn new(server: &TestServer) -> Tunnel {
        let near = server.start(&["waypipe", "--socket", &tunnel(server), "client"]);
        server.wait_for("tunnel", |_| is_listening(&tunnel(server)).then_some(()));
        std::fs::create_dir(server.path().join("far")).unwrap();
        Tunnel { near }
    }

    /// The command that runs a program at the other end.
    fn command(&self, server: &TestServer, program: &[&str]) -> Command {
        let waypipe = ["waypipe", "--socket", &tunnel(server), "server", "--"];
        let mut command = server.command(&[&waypipe, program].concat());
        // There is nothing in this directory but what waypipe puts there.
        command.env("XDG_RUNTIME_DIR", server.path().join("far")).env_remove("WAYLAND_DISPLAY");
        command
    }

    fn start(&self, server: &TestServer, program: &[&str]) -> Program {
        server.start_command(self.command(server, program))
    }
}

/// The socket between the two ends. No other has its name, wherever it may be.
fn tunnel(server: &TestServer) -> String {
    let unique = server.path().file_name().unwrap().display();
    format!("{}/tunnel{unique}", server.path().display())
}

/// Whether someone listens on a socket, without connecting to it.
fn is_listening(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    let sockets = std::fs::read_to_string("/proc/net/unix").unwrap();
    // The fourth column holds flags, of which one says that connections are accepted. The last is the path as it was
    // bound, which waypipe does from within the directory.
    sockets.lines().any(|line| line.ends_with(name) && line.split_whitespace().nth(3) == Some("00010000"))
}

#[test]
fn waypipe_shows_an_animation() {
    if !installed("waypipe") || !installed("weston-simple-shm") {
        return;
    }
    let mut server = TestServer::new("waypipe-simple-shm", &[]);
    let tunnel = Tunnel::new(&server);
    let mut program = tunnel.start(&server, &["weston-simple-shm"]);
    server.shown(&mut program);
    let before = server.screen();
    server.wait_for("next frame", |screen| (*screen != before).then_some(()));
    server.close(program);
    drop(tunnel.near);
    server.finish();
}

#[test]
fn waypipe_carries_keys_to_foot() {
    if !installed("waypipe") || !installed("foot") {
        return;
    }
    let mut server = TestServer::new("waypipe-foot", &[]);
    let tunnel = Tunnel::new(&server);
    let mut program = tunnel.start(&server, &["foot"]);
    server.shown(&mut program);
    server.type_text("echo from afar; touch effect.1\n");
    let effect = server.path().join("effect.1");
    server.wait_for("effect of the command", |_| effect.exists().then_some(()));
    server.keep();
    server.close(program);
    drop(tunnel.near);
    server.finish();
}

#[test]
fn waypipe_carries_the_clipboard() {
    if !installed("waypipe") || !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    let server = TestServer::new("waypipe-clipboard", &[]);
    let tunnel = Tunnel::new(&server);
    let far = tunnel.start(&server, &["wl-copy", "--foreground", "a word from afar"]);
    let text = server.wait_for("clipboard", |_| {
        let output = server.command(&["wl-paste", "--no-newline"]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    });
    assert_eq!(text, "a word from afar");
    drop((far, tunnel.near));
    server.finish();
}

/// Told to speak Wayland, our own clients come through.
#[test]
fn waypipe_shows_our_viewer() {
    if !installed("waypipe") {
        return;
    }
    let mut server = TestServer::new("waypipe-view", &[]);
    let picture = server.picture();
    let tunnel = Tunnel::new(&server);
    let mut program = tunnel.start(&server, &[SERVER, "client", "--wayland", "view", &picture]);
    let window = server.shown(&mut program);
    // The picture is grey, and nothing else here is.
    let ((x, y), screen) = (window.middle(), server.screen());
    let [_, red, green, blue] = screen.colour(x, y).to_be_bytes();
    assert!(red == green && green == blue, "{red} {green} {blue}");
    server.close(program);
    drop(tunnel.near);
    server.finish();
}

/// waypipe passes on messages of the native protocol, but not the descriptors in
/// them. That ends the connection with a reason, and nobody waits for anything.
#[test]
fn waypipe_loses_descriptors_of_the_native_protocol() {
    if !installed("waypipe") {
        return;
    }
    let server = TestServer::new("waypipe-native", &[]);
    let picture = server.picture();
    let tunnel = Tunnel::new(&server);
    let listed = tunnel.command(&server, &[SERVER, "client", "info"]).output().unwrap();
    let globals = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.status.success() && globals.contains("way_compositor"), "{globals}");

    let mut program = tunnel.start(&server, &[SERVER, "client", "view", &picture]);
    let status = program.wait(&server);
    let (said, heard) = (program.log(), server.log());
    let reason = "create_pool: a file descriptor is missing";
    assert!(!status.success() && said.contains("lost the compositor: ") && said.contains(reason), "{said}");
    assert!(heard.contains("has ended: ") && heard.contains(reason), "{heard}");
    // The server is as it was.
    assert_eq!(server.change(&server.screen()).count, 0);
}
