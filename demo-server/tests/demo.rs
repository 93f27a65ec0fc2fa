//! The demo, the command line, and what happens to clients that die.

mod support;

use std::process::{Command, Stdio};

use support::{SERVER, Server};

/// Width, height and RGB pixels of a PNG file.
fn picture(path: &std::path::Path) -> (u32, u32, Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let samples = info.color_type.samples();
    let rgb = pixels.chunks_exact(samples).flat_map(|pixel| pixel[..3].to_owned()).collect();
    (info.width, info.height, rgb)
}

/// How many colours there are in a rectangle: a gradient has few, a picture many.
fn colours((width, _, rgb): &(u32, u32, Vec<u8>), x: u32, y: u32, side: u32) -> usize {
    let mut found = std::collections::HashSet::new();
    for row in y..y + side {
        for column in x..x + side {
            let at = (row * width + column) as usize * 3;
            found.insert([rgb[at], rgb[at + 1], rgb[at + 2]]);
        }
    }
    found.len()
}

#[test]
fn the_demo_writes_its_picture_and_counts_what_crossed() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(SERVER).arg("--demo").current_dir(&dir).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for line in ["messages (", "bytes", "file descriptors", "megapixels in shared memory"] {
        assert!(text.contains(line), "no `{line}` in:\n{text}");
    }
    let screen = picture(&dir.path().join("demo.png"));
    assert_eq!((screen.0, screen.1), (1024, 768));
    let corner = colours(&screen, 0, 700, 40);
    let windows = colours(&screen, 400, 300, 200);
    assert!(windows > 4 * corner, "{windows} colours where the windows are, {corner} in the background");
}

#[test]
fn k06_a_busy_socket_is_a_clear_error() {
    let server = Server::start(&[]);
    let second = Command::new(SERVER).args(["--headless", "--socket"]).arg(&server.socket).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let text = String::from_utf8(second.stderr).unwrap();
    assert!(text.contains("another server listens at"), "{text}");
    assert!(server.client(&["info"]).output().unwrap().status.success(), "the first goes on");
}

#[test]
fn k05_an_overlong_or_missing_path_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    for (path, expected) in [("x".repeat(108), "107"), ("missing/socket".into(), "does not exist")] {
        let socket = dir.path().join(path);
        let output = Command::new(SERVER).args(["--headless", "--socket"]).arg(socket).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn d11_killed_clients_leave_nothing_behind() {
    let server = Server::start(&[]);
    let before = server.fds();
    for _ in 0..10 {
        let mut client = server.client(&["animate"]).stdout(Stdio::piped()).spawn().unwrap();
        // Its first line comes after its first second of frames; it may die at any point before that.
        let shown = server.client(&["capture"]).arg(server.running.path("now.png")).output().unwrap();
        assert!(shown.status.success());
        client.kill().unwrap();
        client.wait().unwrap();
        assert!(server.client(&["info"]).output().unwrap().status.success());
    }
    // A client that has ended is closed in the server's next turn; each new one makes a turn.
    let back = (0..100).any(|_| {
        assert!(server.client(&["info"]).output().unwrap().status.success());
        server.fds() == before
    });
    assert!(back, "{} descriptors, {before} before the first client", server.fds());
}

/// The screen of a server that ran `command` and played `script`. `{dir}` is a
/// directory of its own.
fn screen_after(command: &str, script: &str) -> (u32, u32, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let (steps, shot) = (dir.path().join("script"), dir.path().join("shot.png"));
    std::fs::write(&steps, script).unwrap();
    let status = Command::new(SERVER)
        .args(["--headless", "--exit-after", "2.5", "--socket"])
        .arg(dir.path().join("outer"))
        .arg("--script")
        .arg(&steps)
        .arg("--screenshot")
        .arg(&shot)
        .arg("--run")
        .arg(command.replace("{dir}", &dir.path().display().to_string()))
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    picture(&shot)
}

#[test]
fn a_screenshot_waits_for_a_program_that_is_slow_to_start() {
    let dir = tempfile::tempdir().unwrap();
    let shot = dir.path().join("shot.png");
    // Longer than the window must be there.
    let late = format!("sh -c 'sleep 3.5; exec {SERVER} client paint'");
    let mut server = Command::new(SERVER);
    server.args(["--headless", "--socket"]).arg(dir.path().join("socket")).args(["--run", &late, "--screenshot"]);
    assert!(server.arg(&shot).stdout(Stdio::null()).status().unwrap().success());
    let (_, _, rgb) = picture(&shot);
    assert!(rgb.chunks_exact(3).filter(|pixel| *pixel == [0xfa, 0xf6, 0xec]).count() > 10_000, "no paper");
}

/// A stroke over the middle of the first window.
const STROKE: &str = "1.5 move 300 300\n1.6 button left press\n1.7 move 400 360\n1.8 button left release\n";

/// How many pixels a stroke changes.
fn stroke_through(command: &str) -> usize {
    let (with, without) = (screen_after(command, STROKE), screen_after(command, ""));
    with.2.chunks_exact(3).zip(without.2.chunks_exact(3)).filter(|(a, b)| a != b).count()
}

#[test]
fn a_scripted_stroke_appears_in_the_screenshot() {
    let differ = stroke_through(&format!("{SERVER} client paint"));
    // A line of a hundred pixels, some pixels wide.
    assert!((100..20_000).contains(&differ), "{differ} pixels differ");
}

#[test]
fn a_stroke_reaches_a_client_of_a_nested_server_and_its_picture_comes_back() {
    let inner = format!("--socket {{dir}}/inner --run '{SERVER} client --socket {{dir}}/inner paint'");
    let differ = stroke_through(&format!("{SERVER} --host {{dir}}/outer --size 640x480 {inner}"));
    assert!((100..20_000).contains(&differ), "{differ} pixels differ");
}
