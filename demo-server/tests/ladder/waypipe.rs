//! Programs on another machine, by waypipe: both of its ends run here, with a
//! directory for sockets each. What it knows crosses; descriptors of interfaces
//! that it does not know stay behind, and both sides say so.

use std::process::Command;

use crate::desk::{Desk, Program};
use crate::support::{SERVER, installed};

/// The connection between the two machines.
struct Tunnel {
    near: Program,
}

impl Tunnel {
    /// Starts the end that is beside the compositor.
    fn new(desk: &Desk) -> Tunnel {
        let near = desk.start(&["waypipe", "--socket", &tunnel(desk), "client"]);
        desk.wait_for("tunnel", |_| is_listening(&tunnel(desk)).then_some(()));
        std::fs::create_dir(desk.path().join("far")).unwrap();
        Tunnel { near }
    }

    /// The command that runs a program at the other end.
    fn command(&self, desk: &Desk, program: &[&str]) -> Command {
        let waypipe = ["waypipe", "--socket", &tunnel(desk), "server", "--"];
        let mut command = desk.command(&[&waypipe, program].concat());
        // There is nothing in this directory but what waypipe puts there.
        command.env("XDG_RUNTIME_DIR", desk.path().join("far")).env_remove("WAYLAND_DISPLAY");
        command
    }

    fn start(&self, desk: &Desk, program: &[&str]) -> Program {
        desk.start_command(self.command(desk, program))
    }
}

/// The socket between the two ends. No other has its name, wherever it may be.
fn tunnel(desk: &Desk) -> String {
    let unique = desk.path().file_name().unwrap().display();
    format!("{}/tunnel{unique}", desk.path().display())
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
    let mut desk = Desk::new("waypipe-simple-shm", &[]);
    let tunnel = Tunnel::new(&desk);
    let mut program = tunnel.start(&desk, &["weston-simple-shm"]);
    desk.shown(&mut program);
    let before = desk.screen();
    desk.wait_for("next frame", |screen| (*screen != before).then_some(()));
    desk.close(program);
    drop(tunnel.near);
    desk.finish();
}

#[test]
fn waypipe_carries_keys_to_foot() {
    if !installed("waypipe") || !installed("foot") {
        return;
    }
    let mut desk = Desk::new("waypipe-foot", &[]);
    let tunnel = Tunnel::new(&desk);
    let mut program = tunnel.start(&desk, &["foot"]);
    desk.shown(&mut program);
    desk.type_text("echo from afar; touch effect.1\n");
    let effect = desk.path().join("effect.1");
    desk.wait_for("effect of the command", |_| effect.exists().then_some(()));
    desk.keep();
    desk.close(program);
    drop(tunnel.near);
    desk.finish();
}

#[test]
fn waypipe_carries_the_clipboard() {
    if !installed("waypipe") || !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    let desk = Desk::new("waypipe-clipboard", &[]);
    let tunnel = Tunnel::new(&desk);
    let far = tunnel.start(&desk, &["wl-copy", "--foreground", "a word from afar"]);
    let text = desk.wait_for("clipboard", |_| {
        let output = desk.command(&["wl-paste", "--no-newline"]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    });
    assert_eq!(text, "a word from afar");
    drop((far, tunnel.near));
    desk.finish();
}

/// Told to speak Wayland, our own clients come through.
#[test]
fn waypipe_shows_our_viewer() {
    if !installed("waypipe") {
        return;
    }
    let mut desk = Desk::new("waypipe-view", &[]);
    let picture = desk.picture();
    let tunnel = Tunnel::new(&desk);
    let mut program = tunnel.start(&desk, &[SERVER, "client", "--wayland", "view", &picture]);
    let window = desk.shown(&mut program);
    // The picture is grey, and nothing else here is.
    let ((x, y), screen) = (window.middle(), desk.screen());
    let [_, red, green, blue] = screen.colour(x, y).to_be_bytes();
    assert!(red == green && green == blue, "{red} {green} {blue}");
    desk.close(program);
    drop(tunnel.near);
    desk.finish();
}

/// waypipe passes on messages of the native protocol, but not the descriptors in
/// them. That ends the connection with a reason, and nobody waits for anything.
#[test]
fn waypipe_loses_descriptors_of_the_native_protocol() {
    if !installed("waypipe") {
        return;
    }
    let desk = Desk::new("waypipe-native", &[]);
    let picture = desk.picture();
    let tunnel = Tunnel::new(&desk);
    let listed = tunnel.command(&desk, &[SERVER, "client", "info"]).output().unwrap();
    let globals = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.status.success() && globals.contains("way_compositor"), "{globals}");

    let mut program = tunnel.start(&desk, &[SERVER, "client", "view", &picture]);
    let status = program.wait(&desk);
    let (said, heard) = (program.log(), desk.log());
    let reason = "create_pool: a file descriptor is missing";
    assert!(!status.success() && said.contains("lost the compositor: ") && said.contains(reason), "{said}");
    assert!(heard.contains("has ended: ") && heard.contains(reason), "{heard}");
    // The server is as it was.
    assert_eq!(desk.change(&desk.screen()).count, 0);
}
